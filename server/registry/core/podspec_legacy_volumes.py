"""Volume sources of single vendors, most of them gone but still judged. Models pkg/apis/core/validation
(validateISCSIVolumeSource, validateAzureDisk, …)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from server.registry.core.podspec_paths import local_descending, no_backsteps

_HOST_PATH_TYPES: Final = sorted(
    ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"]
)
_IQN: Final = {
    "iqn": re.compile(r"iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$"),
    "eui": re.compile(r"^eui.[A-Za-z0-9]{16}$"),
    "naa": re.compile(r"^naa.[A-Za-z0-9]{32}$"),
}


def _require(*names: str) -> Callable[[View, Path], list[Error]]:
    def rule(source: View, path: Path) -> list[Error]:
        return [field.required(path / name) for name in names if not source.get(name)]

    return rule


def host_path(source: View, path: Path) -> list[Error]:
    """Field errors of a hostPath volume."""
    text = source.get("path") or ""
    if not text:
        return [field.required(path / "path")]
    found = no_backsteps(text, path / "path")
    kind = source.get("type")
    if kind is not None and kind not in _HOST_PATH_TYPES:
        found.append(field.not_supported(path / "type", kind, _HOST_PATH_TYPES))
    return found


def _git_repo(source: View, path: Path) -> list[Error]:
    found = [] if source.get("repository") else [field.required(path / "repository")]
    return found + local_descending(source.get("directory") or "", path / "directory")


def _disk(name: str) -> Callable[[View, Path], list[Error]]:
    def rule(source: View, path: Path) -> list[Error]:
        found = [] if source.get(name) else [field.required(path / name)]
        partition = int(source.get("partition") or 0)
        if not 0 <= partition <= 255:
            found.append(field.invalid(path / "partition", partition, validation.inclusive_range(1, 255)))
        return found

    return rule


def _nfs(source: View, path: Path) -> list[Error]:
    target = source.get("path") or ""
    found = [] if source.get("server") else [field.required(path / "server")]
    if not target:
        found.append(field.required(path / "path"))
    if not target.startswith("/"):
        found.append(field.invalid(path / "path", target, "must be an absolute path"))
    return found


def _initiator(name: str, path: Path) -> list[Error]:
    prefix = name[:3]
    if prefix not in _IQN:
        return [field.invalid(path, name, "must be valid format starting with iqn, eui, or naa")]
    return [] if _IQN[prefix].search(name) else [field.invalid(path, name, "must be valid format")]


def _iscsi(source: View, path: Path) -> list[Error]:
    found = [] if source.get("targetPortal") else [field.required(path / "targetPortal")]
    iqn = source.get("iqn") or ""
    found += _initiator(iqn, path / "iqn") if iqn else [field.required(path / "iqn")]
    lun = int(source.get("lun") or 0)
    if not 0 <= lun <= 255:
        found.append(field.invalid(path / "lun", lun, validation.inclusive_range(0, 255)))
    if (source.get("chapAuthDiscovery") or source.get("chapAuthSession")) and source.get("secretRef") is None:
        found.append(field.required(path / "secretRef"))
    if source.get("initiatorName") is not None:
        found += _initiator(source["initiatorName"], path / "initiatorname")
    return found


def _flocker(source: View, path: Path) -> list[Error]:
    name, uuid = source.get("datasetName") or "", source.get("datasetUUID") or ""
    found = []
    if not name and not uuid:
        found.append(field.required(path, "one of datasetName and datasetUUID is required"))
    if name and uuid:
        detail = "datasetName and datasetUUID can not be specified simultaneously"
        found.append(field.invalid(path, "resource", detail))
    if "/" in name:
        found.append(field.invalid(path / "datasetName", name, "must not contain '/'"))
    return found


def _cinder(source: View, path: Path) -> list[Error]:
    found = [] if source.get("volumeID") else [field.required(path / "volumeID")]
    if source.get("secretRef") is not None and not source["secretRef"].get("name"):
        found.append(field.required(path / "secretRef" / "name"))
    return found


def _quobyte(source: View, path: Path) -> list[Error]:
    registry, pairs = source.get("registry") or "", "must be a host:port pair or multiple pairs separated by commas"
    found = []
    if not registry:
        found.append(field.required(path / "registry", pairs))
    elif len(source.get("tenant") or "") >= 65:
        found.append(field.required(path / "tenant", "must be a UUID and may not exceed a length of 64 characters"))
    else:
        wrong = [p for p in registry.split(",") if not re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*):[^:]*", p)]
        found += [field.invalid(path / "registry", registry, pairs) for _ in wrong]
    if not source.get("volume"):
        found.append(field.required(path / "volume"))
    return found


def _fc(source: View, path: Path) -> list[Error]:
    names, ids, lun = source.get("targetWWNs") or [], source.get("wwids") or [], source.get("lun")
    found = []
    if not names and not ids:
        found.append(field.required(path / "targetWWNs", "must specify either targetWWNs or wwids, but not both"))
    if names and ids:
        detail = "targetWWNs and wwids can not be specified simultaneously"
        found.append(field.invalid(path / "targetWWNs", list(names), detail))
    if names and lun is None:
        found.append(field.required(path / "lun", "lun is required if targetWWNs is specified"))
    elif names and not 0 <= int(lun or 0) <= 255:
        found.append(field.invalid(path / "lun", lun, validation.inclusive_range(0, 255)))
    return found


def _flex(source: View, path: Path) -> list[Error]:
    found = [] if source.get("driver") else [field.required(path / "driver")]
    for key in sorted(source.get("options") or {}):
        domain = "." + key.partition("/")[0].lower()
        if domain.endswith((".kubernetes.io", ".k8s.io")):
            detail = "kubernetes.io and k8s.io namespaces are reserved"
            found.append(field.invalid((path / "options").key(key), key, detail))
    return found


def _azure_disk(source: View, path: Path) -> list[Error]:
    found = [field.required(path / name) for name in ("diskName", "diskURI") if not source.get(name)]
    caching, kind, uri = source.get("cachingMode"), source.get("kind"), source.get("diskURI") or ""
    if caching is not None and caching not in (modes := ["None", "ReadOnly", "ReadWrite"]):
        found.append(field.not_supported(path / "cachingMode", caching, modes))
    if kind is not None and kind not in (kinds := ["Dedicated", "Managed", "Shared"]):
        found.append(field.not_supported(path / "kind", kind, kinds))
    if kind == "Managed" and not uri.startswith("/subscriptions/"):
        form = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
        found.append(field.not_supported(path / "diskURI", uri, [form]))
    if kind is not None and kind != "Managed" and not uri.startswith("https://"):
        form = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
        found.append(field.not_supported(path / "diskURI", uri, [form]))
    return found


def _storage_os(source: View, path: Path) -> list[Error]:
    name, namespace = source.get("volumeName") or "", source.get("volumeNamespace") or ""
    found = []
    if not name:
        found.append(field.required(path / "volumeName"))
    else:
        found += [field.invalid(path / "volumeName", name, p) for p in validation.dns1123_label(name)]
    if namespace:
        found += [field.invalid(path / "volumeNamespace", namespace, p) for p in validation.dns1123_label(namespace)]
    if source.get("secretRef") is not None and not source["secretRef"].get("name"):
        found.append(field.required(path / "secretRef" / "name"))
    return found


LEGACY_SOURCES: Final[dict[str, Callable[[View, Path], list[Error]]]] = {
    "gitRepo": _git_repo,
    "gcePersistentDisk": _disk("pdName"),
    "awsElasticBlockStore": _disk("volumeID"),
    "nfs": _nfs,
    "iscsi": _iscsi,
    "glusterfs": _require("endpoints", "path"),
    "flocker": _flocker,
    "rbd": _require("monitors", "image"),
    "cinder": _cinder,
    "cephfs": _require("monitors"),
    "quobyte": _quobyte,
    "fc": _fc,
    "flexVolume": _flex,
    "azureFile": _require("secretName", "shareName"),
    "vsphereVolume": _require("volumePath"),
    "photonPersistentDisk": _require("pdID"),
    "portworxVolume": _require("volumeID"),
    "azureDisk": _azure_disk,
    "storageos": _storage_os,
    "scaleIO": _require("gateway", "system", "volumeName"),
}
