"""StorageClass. Models pkg/registry/storage/storageclass and pkg/apis/storage/validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry import node_labels
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource
from server.registry.storage.validation import is_default_class, parameters, provisioner, unchanged

RECLAIM_POLICIES: Final = ("Delete", "Retain")
BINDING_MODES: Final = ("Immediate", "WaitForFirstConsumer")


class StorageClassStrategy(BuiltinStrategy):
    """A class is what it was made as, but for expansion and topologies."""

    returns_deleted_object = True

    def default(self, obj: Object) -> None:
        obj["reclaimPolicy"] = obj.get("reclaimPolicy") or "Delete"
        obj["volumeBindingMode"] = obj.get("volumeBindingMode") or "Immediate"

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        found += provisioner(obj.get("provisioner") or "", field.Path("provisioner"))
        found += parameters(obj.get("parameters"), field.Path("parameters"), required=False)
        policy, mode = obj.get("reclaimPolicy") or "", obj.get("volumeBindingMode") or ""
        if policy not in RECLAIM_POLICIES:
            found.append(field.not_supported(field.Path("reclaimPolicy"), policy, RECLAIM_POLICIES))
        if mode not in BINDING_MODES:
            found.append(field.not_supported(field.Path("volumeBindingMode"), mode, BINDING_MODES))
        return found + _topologies(obj.get("allowedTopologies") or ())

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx) + unchanged(obj, old, "parameters", "provisioner", "reclaimPolicy")
        path = field.Path("volumeBindingMode")
        return found + validation.immutable(obj.get("volumeBindingMode"), old.get("volumeBindingMode"), path)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        found = []
        for i, term in enumerate(obj.get("allowedTopologies") or ()):
            path = field.Path("allowedTopologies")[i] / "matchLabelExpressions"
            for j, requirement in enumerate(term.get("matchLabelExpressions") or ()):
                if text := node_labels.DEPRECATED.get(requirement.get("key") or ""):
                    found.append(f"{path[j] / 'key'}: {text}")
        return found

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)


def _topologies(terms: Sequence[View]) -> list[field.Error]:
    found: list[field.Error] = []
    seen: list[dict[str, frozenset[str]]] = []
    for i, term in enumerate(terms):
        path = field.Path("allowedTopologies")[i] / "matchLabelExpressions"
        expressions: dict[str, frozenset[str]] = {}
        for j, requirement in enumerate(term.get("matchLabelExpressions") or ()):
            key, values = requirement.get("key") or "", requirement.get("values") or []
            if not values:
                found.append(field.required(path[j] / "values"))
            found += [
                field.duplicate((path[j] / "values")[k], value) for k, value in enumerate(values) if value in values[:k]
            ]
            found += validation.label_name(key, path[j] / "key")
            if key in expressions:
                found.append(field.duplicate(path[j] / "key", key))
            expressions[key] = frozenset(values)
        if expressions in seen:
            found.append(field.duplicate(path, ""))
        seen.append(expressions)
    return found


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    name = meta.name(obj)
    return [
        f"{name} (default)" if is_default_class(obj) else name,
        obj.get("provisioner") or "",
        obj.get("reclaimPolicy") or "Delete",
        obj.get("volumeBindingMode") or "Immediate",
        bool(obj.get("allowVolumeExpansion")),
        age(obj, ctx),
    ]


def resource(config: RegistryConfig) -> Resource:
    """storageclasses."""
    kind = "io.k8s.api.storage.v1.StorageClass"
    columns = (
        NAME,
        Column("Provisioner", doc=f"{kind}.provisioner"),
        Column("ReclaimPolicy", doc=f"{kind}.reclaimPolicy"),
        Column("VolumeBindingMode", doc=f"{kind}.volumeBindingMode"),
        Column("AllowVolumeExpansion", doc=f"{kind}.allowVolumeExpansion"),
        AGE,
    )
    return declare(
        "storage.k8s.io",
        "v1",
        "StorageClass",
        namespaced=False,
        plural="storageclasses",
        short_names=("sc",),
        strategy=StorageClassStrategy(),
        printer=Printer(columns, _cells),
    )
