"""The volumes of a pod. Models pkg/apis/core/validation (ValidateVolumes, validateVolumeSource)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from server.registry.core.podspec_claims import validate_claim_template
from server.registry.core.podspec_legacy_volumes import LEGACY_SOURCES, host_path
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_projected import downward_api_file, file_mode, key_to_path, projected

SourceRule = Callable[[View, Path], list[Error]]

_MORE_THAN_ONE: Final = "may not specify more than 1 volume type"


def validate_volumes(
    spec: View, meta: View | None, path: Path, options: Options
) -> tuple[dict[str, View], list[Error]]:
    """The valid volumes by name, and the field errors of the others; `meta` is that of a real pod, else None."""
    volumes = spec.get("volumes") or ()
    pod = (meta or {}).get("name") or ""
    created = {f"{pod}-{v.get('name', '')}" for v in volumes if pod and v.get("ephemeral") is not None}
    valid: dict[str, View] = {}
    found: list[Error] = []
    for i, volume in enumerate(volumes):
        name = volume.get("name") or ""
        errors = _source(volume, name, pod, path[i], options)
        if not name:
            errors.append(field.required(path[i] / "name"))
        else:
            errors += [field.invalid(path[i] / "name", name, p) for p in validation.dns1123_label(name)]
        if name in valid:
            errors.append(field.duplicate(path[i] / "name", name))
        if not errors:
            valid[name] = volume
        found += errors
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim in created:
            detail = "must not reference a PVC that gets created for an ephemeral volume"
            found.append(field.invalid(path[i] / "persistentVolumeClaim" / "claimName", claim, detail))
    return valid, found


def _source(volume: View, name: str, pod: str, path: Path, options: Options) -> list[Error]:
    found: list[Error] = []
    given = 0
    for source, reported, rule in _SOURCES:
        value = volume.get(source)
        if value is None:
            continue
        if given:
            found.append(field.forbidden(path / reported[0], _MORE_THAN_ONE))
        elif source == "image":
            found += _image(value, path / "image", options)
        else:
            found += rule(value, path / reported[1])
        given += 1
        if source == "iscsi" and value.get("initiatorName") is not None:
            found += _iscsi_name(name, value, path)
        if source == "ephemeral" and given == 1 and pod and name:
            claim = f"{pod}-{name}"
            problems = validation.dns1123_subdomain(claim)
            found += [field.invalid(path / "name", name, f'PVC name "{claim}": {p}') for p in problems]
    if not given:
        found.append(field.required(path, "must specify a volume type"))
    return found


def _iscsi_name(name: str, source: View, path: Path) -> list[Error]:
    if len(f"{name}:{source.get('targetPortal') or ''}") <= 64:
        return []
    limit = "must be under 64 characters if iscsi.initiatorName is specified."
    detail = f"Total length of <volume name>:<iscsi.targetPortal> {limit}"
    return [field.invalid(path / "name", name, detail)]


def _empty_dir(source: View, path: Path) -> list[Error]:
    limit = source.get("sizeLimit")
    if limit is None or Quantity.parse(limit).sign() >= 0:
        return []
    return [field.forbidden(path / "sizeLimit", "SizeLimit field must be a valid resource quantity")]


def _named_items(name: str) -> SourceRule:
    def rule(source: View, path: Path) -> list[Error]:
        found = [] if source.get(name) else [field.required(path / name)]
        found += file_mode(source.get("defaultMode"), path / "defaultMode")
        for i, item in enumerate(source.get("items") or ()):
            found += key_to_path(item, (path / "items")[i])
        return found

    return rule


def _claim(source: View, path: Path) -> list[Error]:
    return [] if source.get("claimName") else [field.required(path / "claimName")]


def _downward_api(source: View, path: Path) -> list[Error]:
    found = file_mode(source.get("defaultMode"), path / "defaultMode")
    for item in source.get("items") or ():
        found += downward_api_file(item, path)
    return found


def _csi(source: View, path: Path) -> list[Error]:
    found = csi_driver_name(source.get("driver") or "", path / "driver")
    secret = source.get("nodePublishSecretRef")
    if secret is not None:
        name = secret.get("name") or ""
        if not name:
            found.append(field.required(path / "nodePublishSecretRef" / "name"))
        else:
            found += [field.invalid(path / "name", name, p) for p in validation.dns1123_subdomain(name)]
    return found


def csi_driver_name(name: str, path: Path) -> list[Error]:
    """Field errors of the name of a CSI driver."""
    found = [] if name else [field.required(path)]
    if len(name) > 63:
        found.append(field.too_long(path, 63))
    return found + [field.invalid(path, name, p) for p in validation.dns1123_subdomain(name.lower())]


def _ephemeral(source: View, path: Path) -> list[Error]:
    template = source.get("volumeClaimTemplate")
    at = path / "volumeClaimTemplate"
    return [field.required(at)] if template is None else validate_claim_template(template, at)


def _image(source: View, path: Path, options: Options) -> list[Error]:
    missing = options.resource_is_pod and not source.get("reference")
    found = [field.required(path / "reference")] if missing else []
    return found + pull_policy(source.get("pullPolicy") or "", path / "pullPolicy")


def pull_policy(policy: str, path: Path) -> list[Error]:
    """Field errors of an image pull policy."""
    if not policy:
        return [field.required(path)]
    supported = ["Always", "IfNotPresent", "Never"]
    return [] if policy in supported else [field.not_supported(path, policy, supported)]


def _legacy(name: str) -> SourceRule:
    return LEGACY_SOURCES[name]


_ODD_PATHS: Final[Mapping[str, tuple[str, str]]] = {
    "gcePersistentDisk": ("gcePersistentDisk", "persistentDisk"),
    "cephfs": ("cephFS", "cephfs"),
    "downwardAPI": ("downwarAPI", "downwardAPI"),
}

_RULES: Final[tuple[tuple[str, SourceRule], ...]] = (
    ("emptyDir", _empty_dir),
    ("hostPath", host_path),
    ("gitRepo", _legacy("gitRepo")),
    ("gcePersistentDisk", _legacy("gcePersistentDisk")),
    ("awsElasticBlockStore", _legacy("awsElasticBlockStore")),
    ("secret", _named_items("secretName")),
    ("nfs", _legacy("nfs")),
    ("iscsi", _legacy("iscsi")),
    ("glusterfs", _legacy("glusterfs")),
    ("flocker", _legacy("flocker")),
    ("persistentVolumeClaim", _claim),
    ("rbd", _legacy("rbd")),
    ("cinder", _legacy("cinder")),
    ("cephfs", _legacy("cephfs")),
    ("quobyte", _legacy("quobyte")),
    ("downwardAPI", _downward_api),
    ("fc", _legacy("fc")),
    ("flexVolume", _legacy("flexVolume")),
    ("configMap", _named_items("name")),
    ("azureFile", _legacy("azureFile")),
    ("vsphereVolume", _legacy("vsphereVolume")),
    ("photonPersistentDisk", _legacy("photonPersistentDisk")),
    ("portworxVolume", _legacy("portworxVolume")),
    ("azureDisk", _legacy("azureDisk")),
    ("storageos", _legacy("storageos")),
    ("projected", projected),
    ("scaleIO", _legacy("scaleIO")),
    ("csi", _csi),
    ("ephemeral", _ephemeral),
    ("image", lambda _source, _path: []),
)

_SOURCES: Final = tuple((name, _ODD_PATHS.get(name, (name, name)), rule) for name, rule in _RULES)
"""Source, the names under which a second source and its own errors are reported, rule; in the order of judgement."""
