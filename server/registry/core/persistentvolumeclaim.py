"""PersistentVolumeClaim. Models pkg/registry/core/persistentvolumeclaim and its validation."""

from __future__ import annotations

import copy
from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from apimachinery.quantity import ZERO, Quantity, canonical
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_diff
from server.registry.core.persistentvolume import (
    CLASS_ANNOTATION,
    access_modes,
    class_annotation_warnings,
    phase,
    storage_class,
)
from server.registry.core.podspec_claims import validate_claim_spec
from server.registry.core.podspec_defaults import default_claim_spec
from server.registry.core.podspec_resources import is_native, resource_quantity
from server.registry.core.podspec_warnings import claim_spec_warnings
from server.registry.core.resourcelist import amounts, round_up
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy, names
from server.registry.printing import age, or_unset
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource

RESIZE_STATUSES: Final = (
    "ControllerResizeInProgress",
    "ControllerResizeInfeasible",
    "NodeResizeInProgress",
    "NodeResizeInfeasible",
    "NodeResizePending",
)
_DATA_SOURCES: Final = (("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))
_SPEC: Final = field.Path("spec")
_STORAGE: Final = _SPEC / "resources" / "requests" / "storage"
_IMMUTABLE: Final = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
)


class PersistentVolumeClaimStrategy(SpecStrategy):
    """A claim begins Pending; of its spec only the size and class of bound claims may change."""

    returns_deleted_object = True
    new_status = {"phase": "Pending"}  # noqa: RUF012 - copied for each object

    def default(self, obj: Object) -> None:
        _default(obj)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        _drop_data_sources(obj["spec"], {})
        _normalize_data_sources(obj["spec"])

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        _drop_data_sources(obj["spec"], old["spec"])
        _normalize_data_sources(obj["spec"])

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + validate_claim_spec(obj["spec"], _SPEC) + _data_sources(obj["spec"])

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return self.validate(obj, ctx) + _change_errors(obj, old)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return class_annotation_warnings(obj) + claim_spec_warnings(obj["spec"], _SPEC)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)


class PersistentVolumeClaimStatusStrategy(StatusStrategy):
    """Phase, capacity and resizing."""

    def default(self, obj: Object) -> None:
        _default(obj)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = super().validate_update(obj, old, ctx)
        status = obj.get("status") or {}
        for name, quantity in amounts(status.get("capacity")).items():
            if quantity.value() < 0:
                at = (field.Path("status") / "capacity").key(name)
                found.append(field.invalid(at, quantity.value(), "must be a valid resource quantity"))
        path = field.Path("status") / "allocatedResourceStatus"
        for name, state in sorted((status.get("allocatedResourceStatuses") or {}).items()):
            found += _resource_key(name, path)
            if state not in RESIZE_STATUSES:
                found.append(field.not_supported(path, name, sorted(RESIZE_STATUSES)))
        path = field.Path("status") / "allocatedResources"
        for name, quantity in amounts(status.get("allocatedResources")).items():
            if problems := _resource_key(name, path):
                found += problems
            elif quantity.value() < 0:
                found.append(field.invalid(path.key(name), quantity.value(), "must be a valid resource quantity"))
            else:
                found += resource_quantity("storage", quantity, path.key(name))
        return found


def _default(obj: Object) -> None:
    default_claim_spec(obj.setdefault("spec", {}))
    status = obj.setdefault("status", {})
    status["phase"] = status.get("phase") or "Pending"
    round_up(status, "capacity", "allocatedResources")


def _drop_data_sources(spec: Object, old: View) -> None:
    """Drop a reference into another namespace, which is an alpha feature, and a dataSource that was never allowed.

    Models DropDisabledFields and EnforceDataSourceBackwardsCompatibility of pkg/api/persistentvolumeclaim.
    """
    if (spec.get("dataSourceRef") or {}).get("namespace") and old.get("dataSourceRef") is None:
        del spec["dataSourceRef"]
    if old.get("dataSource") is not None or old.get("dataSourceRef") is not None or spec.get("dataSourceRef"):
        return
    source = spec.get("dataSource") or {}
    if (source.get("apiGroup") or "", source.get("kind")) not in _DATA_SOURCES:
        spec.pop("dataSource", None)


def _normalize_data_sources(spec: Object) -> None:
    """dataSource and dataSourceRef are two names for one thing where both can say it."""
    source, ref = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and ref is None:
        spec["dataSourceRef"] = dict(source)
    elif ref is not None and source is None and not ref.get("namespace"):
        spec["dataSource"] = {k: v for k, v in ref.items() if k != "namespace"}


def _data_sources(spec: View) -> list[field.Error]:
    found: list[field.Error] = []
    source, ref = spec.get("dataSource"), spec.get("dataSourceRef")
    for name, given in (("dataSource", source), ("dataSourceRef", ref)):
        if given is not None:
            found += _data_source(given, _SPEC / name)
    if ref is not None and ref.get("namespace"):
        found += names(_SPEC / "dataSourceRef" / "namespace", ref["namespace"], validation.dns1123_label)
        if source is not None:
            detail = "may not be specified when dataSourceRef.namespace is specified"
            found.append(field.invalid(_SPEC, field.Raw("{}"), detail))
    elif source is not None and ref is not None and _differ(source, ref):
        found.append(field.invalid(_SPEC, field.Raw("{}"), "must match dataSourceRef"))
    if spec.get("volumeAttributesClassName"):
        at = _SPEC / "volumeAttributesClassName"
        found += names(at, spec["volumeAttributesClassName"], validation.dns1123_subdomain)
    return found


def _differ(source: View, ref: View) -> bool:
    return any(source.get(part) != ref.get(part) for part in ("apiGroup", "kind", "name"))


def _data_source(source: View, path: field.Path) -> list[field.Error]:
    found = [field.required(path / name) for name in ("name", "kind") if not source.get(name)]
    group, kind = source.get("apiGroup") or "", source.get("kind") or ""
    if not group and kind != "PersistentVolumeClaim":
        detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        found.append(field.invalid(path, kind, detail))
    return found + (names(path / "apiGroup", group, validation.dns1123_subdomain) if group else [])


def _storage(holder: View | None, part: str) -> Quantity:
    text = ((holder or {}).get(part) or {}).get("storage")
    return Quantity.parse(str(text)) if text is not None else ZERO


def _change_errors(obj: View, old: View) -> list[field.Error]:
    found: list[field.Error] = []
    new_spec, old_spec = copy.deepcopy(dict(obj["spec"])), copy.deepcopy(dict(old["spec"]))
    if not old_spec.get("volumeName"):
        old_spec["volumeName"] = new_spec.get("volumeName")
    found += _class_change(obj, old, new_spec, old_spec)
    if (obj.get("status") or {}).get("phase") == "Bound":
        requests = (new_spec.get("resources") or {}).get("requests")
        if requests is not None:
            requests["storage"] = ((old_spec.get("resources") or {}).get("requests") or {}).get("storage")
        if new_spec.get("volumeAttributesClassName") is not None:
            new_spec["volumeAttributesClassName"] = old_spec.get("volumeAttributesClassName")
    new_set = {k: v for k, v in new_spec.items() if v is not None}
    old_set = {k: v for k, v in old_spec.items() if v is not None}
    if new_set != old_set:
        found.append(field.forbidden(_SPEC, _IMMUTABLE + internal_diff("PersistentVolumeClaimSpec", old_set, new_set)))
    size = _storage(obj["spec"].get("resources"), "requests")
    if size < _storage(old["spec"].get("resources"), "requests") and size <= _storage(old.get("status"), "capacity"):
        found.append(field.forbidden(_STORAGE, "field can not be less than status.capacity"))
    new_mode, old_mode = obj["spec"].get("volumeMode"), old["spec"].get("volumeMode")
    found += validation.immutable(new_mode, old_mode, field.Path("volumeMode"))
    new_class, old_class = obj["spec"].get("volumeAttributesClassName"), old["spec"].get("volumeAttributesClassName")
    if old_class is not None and new_class != old_class and not new_class:
        to = "nil" if new_class is None else "an empty string"
        path = _SPEC / "volumeAttributesClassName"
        found.append(field.forbidden(path, f"update from non-nil value to {to} is forbidden"))
    return found


def _class_change(obj: View, old: View, new_spec: Object, old_spec: Object) -> list[field.Error]:
    """The storage class may move from the annotation to the field, and be filled in once."""
    before, after = meta.annotations(old).get(CLASS_ANNOTATION), meta.annotations(obj).get(CLASS_ANNOTATION)
    named, was = new_spec.get("storageClassName"), old_spec.get("storageClassName")
    if before is not None and was is None and named == before and after in (None, before):
        new_spec.pop("storageClassName")
        return []
    found = []
    if (before or "") != (after or ""):
        path = (field.Path("metadata") / "annotations").key(CLASS_ANNOTATION)
        found.append(field.invalid(path, after or "", "field is immutable"))
    if named is not None and was is None and before in (None, named):
        new_spec["storageClassName"] = None
    return found


def _resource_key(name: str, path: field.Path) -> list[field.Error]:
    found = names(path, name, validation.qualified_name)
    if not found and is_native(name) and name != "storage":
        found.append(field.not_supported(path, name, ["storage"]))
    return found


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    capacity = modes = ""
    if spec.get("volumeName"):
        modes = access_modes(status.get("accessModes"))
        capacity = canonical(str((status.get("capacity") or {}).get("storage", "0")))
    return [
        meta.name(obj),
        phase(obj),
        spec.get("volumeName", ""),
        capacity,
        modes,
        storage_class(obj),
        or_unset(spec.get("volumeAttributesClassName")),
        age(obj, ctx),
        or_unset(spec.get("volumeMode")),
    ]


def _printer() -> Printer:
    spec = "io.k8s.api.core.v1.PersistentVolumeClaimSpec"
    status = "io.k8s.api.core.v1.PersistentVolumeClaimStatus"
    columns = (
        NAME,
        Column("Status", doc=f"{status}.phase"),
        Column("Volume", doc=f"{spec}.volumeName"),
        Column("Capacity", doc=f"{status}.capacity"),
        Column("Access Modes", doc=f"{status}.accessModes"),
        Column("StorageClass", description="StorageClass of the pvc"),
        Column("VolumeAttributesClass", description="VolumeAttributesClass of the pvc"),
        AGE,
        Column("VolumeMode", priority=1, doc=f"{spec}.volumeMode"),
    )
    return Printer(columns, _cells)


def resource(config: RegistryConfig) -> Resource:
    """persistentvolumeclaims."""
    return declare(
        "",
        "v1",
        "PersistentVolumeClaim",
        namespaced=True,
        short_names=("pvc",),
        strategy=PersistentVolumeClaimStrategy(),
        status=PersistentVolumeClaimStatusStrategy(),
        printer=_printer(),
        selectable_fields=lambda o: {"name": meta.name(o)},
        known_field_labels=("metadata.name", "metadata.namespace", "name"),
    )
