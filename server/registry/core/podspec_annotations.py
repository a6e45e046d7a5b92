"""Annotations that say what fields say too. Models pkg/apis/core/validation (ValidatePodSpecificAnnotations, …)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from apimachinery import field
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from apimachinery.serializer import go_quote
from server.registry.core.podspec_paths import local_descending
from server.registry.core.podspec_windows import visit_containers

MIRROR: Final = "kubernetes.io/config.mirror"
DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"
SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER: Final = "container.seccomp.security.alpha.kubernetes.io/"
APP_ARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"

_TYPE: Final = "{} type in annotation and field must match"
_PROFILE: Final = "{} profile in annotation and field must match"


def validate_annotations(annotations: Mapping[str, str] | None, spec: View, path: Path) -> list[Error]:
    """Field errors of the annotations that concern a pod."""
    found: list[Error] = []
    if not annotations:
        return found
    if MIRROR in annotations and not spec.get("nodeName"):
        detail = "must set spec.nodeName if mirror pod annotation is set"
        found.append(field.invalid(path.key(MIRROR), annotations[MIRROR], detail))
    if DELETION_COST in annotations and not _is_deletion_cost(annotations[DELETION_COST]):
        found.append(field.invalid(path.key(DELETION_COST), annotations[DELETION_COST], "must be a 32bit integer"))
    if SECCOMP_POD in annotations:
        found += _seccomp(annotations[SECCOMP_POD], path / SECCOMP_POD)
    for key, value in sorted(annotations.items()):
        if key.startswith(SECCOMP_CONTAINER):
            found += _seccomp(value, path / key)
    names = {c.get("name") for c, _ in visit_containers(spec, path)}
    for key, value in sorted(annotations.items()):
        if not key.startswith(APP_ARMOR):
            continue
        name = key.removeprefix(APP_ARMOR)
        if name not in names:
            found.append(field.invalid(path.key(key), name, "container not found"))
        if value not in ("", "runtime/default", "unconfined") and not value.startswith("localhost/"):
            found.append(field.invalid(path.key(key), value, f"invalid AppArmor profile name: {go_quote(value)}"))
    return found


def _is_deletion_cost(text: str) -> bool:
    if not re.fullmatch(r"0|-[0-9]+|[1-9][0-9]*", text):
        return False
    return -(2**31) <= int(text) < 2**31


def _seccomp(profile: str, path: Path) -> list[Error]:
    if profile in ("runtime/default", "docker/default", "unconfined"):
        return []
    if profile.startswith("localhost/"):
        return local_descending(profile.removeprefix("localhost/"), path)
    return [field.invalid(path, profile, "must be a valid seccomp profile")]


def validate_annotation_updates(new: View, old: View, path: Path) -> list[Error]:
    """Mirror and AppArmor annotations stay as the pod was created with them."""
    given = new.get("metadata", {}).get("annotations") or {}
    before = old.get("metadata", {}).get("annotations") or {}
    found: list[Error] = []
    for key in sorted(before):
        if given.get(key) == before[key]:
            continue
        if key.startswith(APP_ARMOR):
            found.append(field.forbidden(path.key(key), "may not remove or update AppArmor annotations"))
        if key == MIRROR:
            found.append(field.forbidden(path.key(key), "may not remove or update mirror pod annotation"))
    for key in sorted(given.keys() - before.keys()):
        if key.startswith(APP_ARMOR):
            found.append(field.forbidden(path.key(key), "may not add AppArmor annotations"))
        if key == MIRROR:
            found.append(field.forbidden(path.key(key), "may not add mirror pod annotation"))
    return found + validate_annotations(given, new.get("spec") or {}, path)


def validate_profiles_match(annotations: Mapping[str, str] | None, spec: View, path: Path) -> list[Error]:
    """Where both an annotation and a field name a seccomp or AppArmor profile, they name the same one."""
    if not annotations:
        return []
    found: list[Error] = []
    own = spec.get("securityContext") or {}
    if own.get("seccompProfile") is not None and SECCOMP_POD in annotations:
        at = path / "securityContext" / "seccompProfile"
        found += _match("seccomp", annotations[SECCOMP_POD], own["seccompProfile"], at)
    for container, at in visit_containers(spec, path):
        profile = (container.get("securityContext") or {}).get("seccompProfile")
        key = SECCOMP_CONTAINER + (container.get("name") or "")
        if profile is not None and key in annotations:
            found += _match("seccomp", annotations[key], profile, at / "securityContext" / "seccompProfile")
    if (spec.get("os") or {}).get("name") == "windows":
        return found
    for container, at in visit_containers(spec, path):
        profile = (container.get("securityContext") or {}).get("appArmorProfile") or own.get("appArmorProfile")
        key = APP_ARMOR + (container.get("name") or "")
        if profile is not None and key in annotations:
            found += _match("apparmor", annotations[key], profile, at / "securityContext" / "appArmorProfile")
    return found


def _match(what: str, annotation: str, profile: View, path: Path) -> list[Error]:
    kind = profile.get("type") or ""
    default = ("runtime/default", "docker/default") if what == "seccomp" else ("runtime/default",)
    if kind == "Unconfined":
        agrees = annotation == "unconfined"
    elif kind == "RuntimeDefault":
        agrees = annotation in default
    elif kind == "Localhost":
        agrees = annotation.startswith("localhost/")
        if agrees and annotation.removeprefix("localhost/") != profile.get("localhostProfile"):
            return [field.forbidden(path / "localhostProfile", _PROFILE.format(what))]
    else:
        agrees = True
    return [] if agrees else [field.forbidden(path / "type", _TYPE.format(what))]


def _app_armor_profile(annotation: str) -> Object | None:
    if annotation == "unconfined":
        return {"type": "Unconfined"}
    if annotation == "runtime/default":
        return {"type": "RuntimeDefault"}
    local = annotation.removeprefix("localhost/")
    return {"type": "Localhost", "localhostProfile": local} if local and local != annotation else None


def fill_app_armor_fields(pod: Object) -> None:
    """Give containers the AppArmor profile that only an annotation names, in place. Models applyAppArmorVersionSkew."""
    for container, annotation in _app_armor_annotations(pod):
        profile = _app_armor_profile(annotation)
        own = (pod["spec"].get("securityContext") or {}).get("appArmorProfile")
        if (container.get("securityContext") or {}).get("appArmorProfile") is None and profile and profile != own:
            container["securityContext"] = {**(container.get("securityContext") or {}), "appArmorProfile": profile}


def app_armor_warnings(pod: View) -> list[str]:
    """Warnings for the containers whose profile only an annotation names."""
    own = (pod["spec"].get("securityContext") or {}).get("appArmorProfile")
    found: list[str] = []
    for container, annotation in _app_armor_annotations(pod):
        profile = _app_armor_profile(annotation)
        if profile is None or profile != own:
            key = Path("metadata.annotations").key(APP_ARMOR + (container.get("name") or ""))
            found.append(f'{key}: deprecated since v1.30; use the "appArmorProfile" field instead')
    return found


def _app_armor_annotations(pod: View) -> list[tuple[Object, str]]:
    annotations = pod["metadata"].get("annotations") or {}
    if (
        not any(key.startswith(APP_ARMOR) for key in annotations)
        or (pod["spec"].get("os") or {}).get("name") == "windows"
    ):
        return []
    return [
        (container, annotations[key])  # type: ignore[misc]  # the caller's own pod
        for container, _ in visit_containers(pod["spec"], Path())
        if (key := APP_ARMOR + (container.get("name") or "")) in annotations
    ]
