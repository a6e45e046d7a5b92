"""PersistentVolume. Models pkg/registry/core/persistentvolume and printPersistentVolume."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta
from apimachinery.objects import Object, View
from apimachinery.quantity import canonical
from apimachinery.timestamp import format_time
from server.registry.config import RegistryConfig
from server.registry.core import persistentvolume_validation
from server.registry.core.resourcelist import round_up
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.node_labels import expression_warnings
from server.registry.printing import age, or_unset
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource

CLASS_ANNOTATION: Final = "volume.beta.kubernetes.io/storage-class"
MOUNT_OPTIONS_ANNOTATION: Final = "volume.beta.kubernetes.io/mount-options"
_MODES: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
_SOURCE_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "hostPath": {"type": ""},
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "azureDisk": {"cachingMode": "ReadWrite", "kind": "Shared", "fsType": "ext4", "readOnly": False},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}
_TERMS: Final = field.Path("spec") / "nodeAffinity" / "required" / "nodeSelectorTerms"
_DEPRECATED_SOURCES: Final = (
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
)
_RECYCLE: Final = (
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. "
    "Instead, the recommended approach is to use dynamic provisioning."
)


class PersistentVolumeStrategy(SpecStrategy):
    """A volume begins Pending, and its source never changes."""

    returns_deleted_object = True

    def default(self, obj: Object) -> None:
        _default(obj)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": format_time(ctx.now)}

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + persistentvolume_validation.validate(obj, ctx)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return self.validate(obj, ctx) + persistentvolume_validation.validate_update(obj, old)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        found = class_annotation_warnings(obj)
        if MOUNT_OPTIONS_ANNOTATION in meta.annotations(obj) and ctx.version >= (1, 31):
            advice = 'deprecated since v1.31; use "mountOptions" attribute instead'
            found.append(f"metadata.annotations[{MOUNT_OPTIONS_ANNOTATION}]: {advice}")
        if obj["spec"].get("persistentVolumeReclaimPolicy") == "Recycle":
            found.append(_RECYCLE)
        affinity = (obj["spec"].get("nodeAffinity") or {}).get("required") or {}
        for i, term in enumerate(affinity.get("nodeSelectorTerms") or ()):
            found += expression_warnings(term, _TERMS[i])
        return found + [f"spec.{shown}: {text}" for name, shown, text in _DEPRECATED_SOURCES if name in obj["spec"]]

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)


class PersistentVolumeStatusStrategy(StatusStrategy):
    """The phase, with the time it last changed."""

    def default(self, obj: Object) -> None:
        _default(obj)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        status, stored = obj.setdefault("status", {}), old.get("status") or {}
        moved = status.get("lastPhaseTransitionTime")
        if status.get("phase") != stored.get("phase") and moved in (None, stored.get("lastPhaseTransitionTime")):
            status["lastPhaseTransitionTime"] = format_time(ctx.now)


def _default(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec["persistentVolumeReclaimPolicy"] = spec.get("persistentVolumeReclaimPolicy") or "Retain"
    spec["volumeMode"] = spec.get("volumeMode") or "Filesystem"
    round_up(spec, "capacity")
    for name, defaults in _SOURCE_DEFAULTS.items():
        source = spec.get(name)
        if source is not None:
            for key, value in defaults.items():
                if source.get(key) is None or (value and source[key] == ""):
                    source[key] = value
    status = obj.setdefault("status", {})
    status["phase"] = status.get("phase") or "Pending"


def class_annotation_warnings(obj: View) -> list[str]:
    """The warning for a storage class in an annotation."""
    if CLASS_ANNOTATION not in meta.annotations(obj):
        return []
    advice = 'deprecated since v1.8; use "storageClassName" attribute instead'
    return [f"metadata.annotations[{CLASS_ANNOTATION}]: {advice}"]


def access_modes(modes: list[str] | None) -> str:
    """`RWO,ROX,…` in their fixed order."""
    return ",".join(short for mode, short in _MODES.items() if mode in (modes or ()))


def storage_class(obj: View) -> str:
    """The class of a volume or claim, by annotation or by field."""
    named = meta.annotations(obj).get(CLASS_ANNOTATION)
    return named if named is not None else (obj["spec"].get("storageClassName") or "")


def phase(obj: View) -> str:
    """The phase, or `Terminating`."""
    return "Terminating" if meta.is_deleting(obj) else (obj.get("status") or {}).get("phase", "")


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec = obj["spec"]
    claim = spec.get("claimRef")
    return [
        meta.name(obj),
        canonical(str((spec.get("capacity") or {}).get("storage", "0"))),
        access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        phase(obj),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim is not None else "",
        storage_class(obj),
        or_unset(spec.get("volumeAttributesClassName")),
        (obj.get("status") or {}).get("reason", ""),
        age(obj, ctx),
        or_unset(spec.get("volumeMode")),
    ]


def _printer() -> Printer:
    spec, status = "io.k8s.api.core.v1.PersistentVolumeSpec", "io.k8s.api.core.v1.PersistentVolumeStatus"
    columns = (
        NAME,
        Column("Capacity", doc=f"{spec}.capacity"),
        Column("Access Modes", doc=f"{spec}.accessModes"),
        Column("Reclaim Policy", doc=f"{spec}.persistentVolumeReclaimPolicy"),
        Column("Status", doc=f"{status}.phase"),
        Column("Claim", doc=f"{spec}.claimRef"),
        Column("StorageClass", description="StorageClass of the pv"),
        Column("VolumeAttributesClass", description="VolumeAttributesClass of the pv"),
        Column("Reason", doc=f"{status}.reason"),
        AGE,
        Column("VolumeMode", priority=1, doc=f"{spec}.volumeMode"),
    )
    return Printer(columns, _cells)


def resource(config: RegistryConfig) -> Resource:
    """persistentvolumes."""
    return declare(
        "",
        "v1",
        "PersistentVolume",
        namespaced=False,
        short_names=("pv",),
        strategy=PersistentVolumeStrategy(),
        status=PersistentVolumeStatusStrategy(),
        printer=_printer(),
        selectable_fields=lambda o: {"name": meta.name(o)},
        known_field_labels=("metadata.name", "name"),
    )
