"""Volume mounts and block devices of containers. Models pkg/apis/core/validation (ValidateVolumeMounts, …Devices)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from apimachinery import field
from apimachinery.field import Error, Path
from apimachinery.objects import View
from server.registry.core.podspec_paths import local_descending, no_backsteps

_PROPAGATIONS: Final = ["Bidirectional", "HostToContainer", "None"]
_RECURSIVE: Final = ["Disabled", "Enabled", "IfPossible"]


def validate_volume_mounts(container: View, volumes: Mapping[str, View], path: Path) -> list[Error]:
    """Field errors of volumeMounts; those of sub paths and propagation stand on the list itself, as upstream has it."""
    mounts = container.get("volumeMounts") or ()
    devices = {d.get("name") or "": d.get("devicePath") or "" for d in container.get("volumeDevices") or ()}
    found: list[Error] = []
    used: set[str] = set()
    for i, mount in enumerate(mounts):
        name, target = mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            found.append(field.required(path[i] / "name"))
        if name not in volumes:
            found.append(field.not_found(path[i] / "name", name))
        if not target:
            found.append(field.required(path[i] / "mountPath"))
        if target in used:
            found.append(field.invalid(path[i] / "mountPath", target, "must be unique"))
        used.add(target)
        if name in devices:
            found.append(field.invalid(path[i] / "name", name, "must not already exist in volumeDevices"))
        if target in devices.values():
            detail = "must not already exist as a path in volumeDevices"
            found.append(field.invalid(path[i] / "mountPath", target, detail))
        found += _sub_paths(mount, path, i)
        if mount.get("mountPropagation") is not None:
            found += _propagation(mount["mountPropagation"], container, path / "mountPropagation")
        if mount.get("recursiveReadOnly") is not None:
            found += _recursive_read_only(mount, path / "recursiveReadOnly")
    return found


def _sub_paths(mount: View, path: Path, index: int) -> list[Error]:
    found: list[Error] = []
    plain, expression = mount.get("subPath") or "", mount.get("subPathExpr") or ""
    if plain:
        found += local_descending(plain, path / "subPath")
    if expression:
        if plain:
            detail = "subPathExpr and subPath are mutually exclusive"
            found.append(field.invalid(path[index] / "subPathExpr", expression, detail))
        found += local_descending(expression, path / "subPathExpr")
    return found


def _propagation(mode: str, container: View, path: Path) -> list[Error]:
    found = [] if mode in _PROPAGATIONS else [field.not_supported(path, mode, _PROPAGATIONS)]
    if mode == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        detail = "Bidirectional mount propagation is available only to privileged containers"
        found.append(field.forbidden(path, detail))
    return found


def _recursive_read_only(mount: View, path: Path) -> list[Error]:
    mode = mount["recursiveReadOnly"]
    if mode == "Disabled":
        return []
    if mode not in _RECURSIVE:
        return [field.not_supported(path, mode, _RECURSIVE)]
    found = []
    if not mount.get("readOnly"):
        found.append(field.forbidden(path, "may only be specified when readOnly is true"))
    if mount.get("mountPropagation") not in (None, "None"):
        detail = "may only be specified when mountPropagation is None or not specified"
        found.append(field.forbidden(path, detail))
    return found


def validate_volume_devices(container: View, volumes: Mapping[str, View], path: Path) -> list[Error]:
    """Field errors of volumeDevices."""
    mounts = {m.get("name") or "": m.get("mountPath") or "" for m in container.get("volumeMounts") or ()}
    found: list[Error] = []
    names: set[str] = set()
    paths: set[str] = set()
    for i, device in enumerate(container.get("volumeDevices") or ()):
        name, target = device.get("name") or "", device.get("devicePath") or ""
        volume = volumes.get(name)
        if not name:
            found.append(field.required(path[i] / "name"))
        if name in names:
            found.append(field.invalid(path[i] / "name", name, "must be unique"))
        if volume is not None and volume.get("persistentVolumeClaim") is None and volume.get("ephemeral") is None:
            detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            found.append(field.invalid(path[i] / "name", name, detail))
        if volume is None:
            found.append(field.not_found(path[i] / "name", name))
        if not target:
            found.append(field.required(path[i] / "devicePath"))
        if target in paths:
            found.append(field.invalid(path[i] / "devicePath", target, "must be unique"))
        if target and no_backsteps(target, path):
            found.append(field.invalid(path[i] / "devicePath", target, "can not contain backsteps ('..')"))
        else:
            paths.add(target)
        if name in mounts:
            found.append(field.invalid(path[i] / "name", name, "must not already exist in volumeMounts"))
        if target in mounts.values():
            detail = "must not already exist as a path in volumeMounts"
            found.append(field.invalid(path[i] / "devicePath", target, detail))
        if name:
            names.add(name)
    return found
