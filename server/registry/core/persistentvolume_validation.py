"""What is wrong with a volume. Models ValidatePersistentVolume of pkg/apis/core/validation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, Final

from apimachinery import field, validation
from apimachinery.objects import View
from server.registry.core.internal import internal_diff, internal_value
from server.registry.core.podspec_legacy_volumes import LEGACY_SOURCES, host_path
from server.registry.core.podspec_paths import no_backsteps
from server.registry.core.podspec_scheduling import validate_node_selector
from server.registry.core.podspec_volumes import csi_driver_name
from server.registry.core.resourcelist import amounts
from server.registry.generic import names
from server.registry.rest import Context

ACCESS_MODES: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
RECLAIM_POLICIES: Final = ("Delete", "Recycle", "Retain")
VOLUME_MODES: Final = ("Block", "Filesystem")
_SPEC: Final = field.Path("spec")
_BETA_LABELS: Final = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
}
_SOURCES: Final = (
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
)
"""In the order in which they are judged."""


def validate(obj: View, ctx: Context) -> list[field.Error]:
    """Everything wrong with a new volume beyond its metadata."""
    return validate_spec(obj["spec"], _SPEC)


def validate_spec(spec: View, path: field.Path) -> list[field.Error]:
    """Errors of a PersistentVolumeSpec."""
    found = access_mode_errors(spec.get("accessModes") or [], path / "accessModes", "")
    found += _capacity(spec, path / "capacity")
    policy = spec.get("persistentVolumeReclaimPolicy")
    if policy and policy not in RECLAIM_POLICIES:
        found.append(field.not_supported(path / "persistentVolumeReclaimPolicy", policy, RECLAIM_POLICIES))
    affinity = spec.get("nodeAffinity")
    if affinity is not None:
        found += _node_affinity(affinity, path / "nodeAffinity")
    found += _sources(spec, path)
    root = spec.get("hostPath") and str(PurePosixPath(spec["hostPath"].get("path") or ".")) == "/"
    if root and policy == "Recycle":
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        found.append(field.forbidden(path / "persistentVolumeReclaimPolicy", detail))
    if spec.get("storageClassName"):
        found += names(path / "storageClassName", spec["storageClassName"], validation.dns1123_subdomain)
    mode = spec.get("volumeMode")
    if mode is not None and mode not in VOLUME_MODES:
        found.append(field.not_supported(path / "volumeMode", mode, VOLUME_MODES))
    return found + _attributes_class(spec, path)


def access_mode_errors(modes: list[str], path: field.Path, missing: str) -> list[field.Error]:
    """Errors of access modes; `missing` is what is said when there are none."""
    found = [] if modes else [field.required(path, missing)]
    found += [field.not_supported(path, mode, ACCESS_MODES) for mode in modes if mode not in ACCESS_MODES]
    if "ReadWriteOncePod" in modes and any(m in ACCESS_MODES and m != "ReadWriteOncePod" for m in modes):
        found.append(field.forbidden(path, "may not use ReadWriteOncePod with other access modes"))
    return found


def _capacity(spec: View, path: field.Path) -> list[field.Error]:
    capacity = spec.get("capacity") or {}
    found = [] if capacity else [field.required(path)]
    if set(capacity) != {"storage"}:
        found.append(field.not_supported(path, dict(capacity) or None, ["storage"]))
    for name, quantity in amounts(capacity).items():
        at = path.key(name)
        if quantity.value() < 0:
            found.append(field.invalid(at, quantity.value(), "must be a valid resource quantity"))
        if quantity.sign() <= 0:
            found.append(field.invalid(at, quantity.canonical(), "must be greater than zero"))
    return found


def _node_affinity(affinity: View, path: field.Path) -> list[field.Error]:
    required = affinity.get("required")
    if required is None:
        return [field.required(path / "required", "must specify required node constraints")]
    return validate_node_selector(required, path / "required")


def _sources(spec: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    count = 0
    for name in _SOURCES:
        source = spec.get(name)
        if source is None:
            continue
        if count and name != "flexVolume":
            at = path / ("cephFS" if name == "cephfs" else name)
            found.append(field.forbidden(at, "may not specify more than 1 volume type"))
            continue
        count += 1
        rule = _RULES.get(name) or LEGACY_SOURCES[name]
        found += rule(source, path / ("persistentDisk" if name == "gcePersistentDisk" else name))
        if name == "local" and spec.get("nodeAffinity") is None:
            found.append(field.required(path / "nodeAffinity", "Local volume requires node affinity"))
    if not count:
        found.append(field.required(path, "must specify a volume type"))
    return found


def _local(source: View, path: field.Path) -> list[field.Error]:
    where = source.get("path") or ""
    return no_backsteps(where, path / "path") if where else [field.required(path / "path")]


def _csi(source: View, path: field.Path) -> list[field.Error]:
    found = csi_driver_name(source.get("driver") or "", path / "driver")
    if not source.get("volumeHandle"):
        found.append(field.required(path / "volumeHandle"))
    for name in (
        "controllerPublishSecretRef",
        "controllerExpandSecretRef",
        "nodePublishSecretRef",
        "nodeExpandSecretRef",
    ):
        if source.get(name) is not None:
            found += _secret_reference(source[name], path / name)
    return found


def _secret_reference(ref: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    for name, rule in (("name", validation.dns1123_subdomain), ("namespace", validation.dns1123_label)):
        value = ref.get(name) or ""
        found += names(path / name, value, rule) if value else [field.required(path / name)]
    return found


_RULES: Final[dict[str, Callable[[View, field.Path], list[field.Error]]]] = {
    "hostPath": host_path,
    "local": _local,
    "csi": _csi,
}


def _attributes_class(spec: View, path: field.Path) -> list[field.Error]:
    name = spec.get("volumeAttributesClassName")
    if name is None:
        return []
    at = path / "volumeAttributesClassName"
    found = names(at, name, validation.dns1123_subdomain) if name else []
    if not name:
        found.append(field.required(at, "an empty string is disallowed"))
    if spec.get("csi") is None:
        found.append(field.required(path / "csi", "has to be specified when using volumeAttributesClassName"))
    return found


def validate_update(obj: View, old: View) -> list[field.Error]:
    """Everything wrong with a change, beside what is wrong with the result."""
    spec, stored = obj["spec"], old["spec"]
    found: list[field.Error] = []
    new_source, old_source = _source_of(spec), _source_of(stored)
    csi, stored_csi = new_source.get("csi"), old_source.get("csi")
    if csi and stored_csi and stored_csi.get("controllerExpandSecretRef") is None:
        new_source["csi"] = {k: v for k, v in csi.items() if k != "controllerExpandSecretRef"}
    if new_source != old_source:
        detail = "spec.persistentvolumesource is immutable after creation\n"
        detail += internal_diff("PersistentVolumeSource", old_source, new_source)
        found.append(field.forbidden(_SPEC / "persistentvolumesource", detail))
    found += validation.immutable(spec.get("volumeMode"), stored.get("volumeMode"), field.Path("volumeMode"))
    affinity, stored_affinity = spec.get("nodeAffinity"), stored.get("nodeAffinity")
    if stored_affinity is not None and affinity != stored_affinity and not _only_ga_labels(affinity, stored_affinity):
        detail = "field is immutable, except for updating from beta label to GA"
        shown = internal_value("VolumeNodeAffinity", affinity)
        found.append(field.invalid(field.Path("nodeAffinity"), shown, detail))
    if stored.get("volumeAttributesClassName") is not None and spec.get("volumeAttributesClassName") is None:
        found.append(
            field.forbidden(_SPEC / "volumeAttributesClassName", "update from non-nil value to nil is forbidden")
        )
    return found


def _source_of(spec: View) -> dict[str, Any]:
    return {name: spec[name] for name in _SOURCES if spec.get(name) is not None}


def _only_ga_labels(new: View | None, old: View) -> bool:
    def keys_as_ga(affinity: Any) -> Any:
        if isinstance(affinity, dict):
            return {k: _BETA_LABELS.get(v, v) if k == "key" else keys_as_ga(v) for k, v in affinity.items()}
        if isinstance(affinity, list):
            return [keys_as_ga(item) for item in affinity]
        return affinity

    return new is not None and new == keys_as_ga(old)
