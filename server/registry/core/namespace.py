"""Namespace: phases, finalizers of the spec and deletion in two steps. Models pkg/registry/core/namespace."""

from __future__ import annotations

from typing import Final

from apimachinery import field, validation
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import LabelNames, SpecStrategy, StatusStrategy
from server.registry.printing import simple
from server.registry.rest import Column, Context, FieldPath, Resource, Strategy, Subresource, Verb, keep_metadata_and

NAME_LABEL: Final = "kubernetes.io/metadata.name"
FINALIZER: Final = "kubernetes"
VERBS: Final[tuple[Verb, ...]] = ("create", "delete", "get", "list", "patch", "update", "watch")
_FINALIZERS: Final = field.Path("spec") / "finalizers"


def _default(obj: Object) -> None:
    name = obj["metadata"].get("name")
    if name:
        obj["metadata"].setdefault("labels", {}).setdefault(NAME_LABEL, name)


class NamespaceStrategy(LabelNames, SpecStrategy):
    """A namespace is labelled with its name and held by spec.finalizers until its content is gone."""

    new_status = {"phase": "Active"}  # noqa: RUF012 - copied for each object

    def default(self, obj: Object) -> None:
        _default(obj)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        finalizers = obj.setdefault("spec", {}).get("finalizers") or []
        if FINALIZER not in finalizers:
            finalizers = [*finalizers, FINALIZER]
        obj["spec"]["finalizers"] = finalizers

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        keep_metadata_and(obj, old, "spec")

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        for name in obj.get("spec", {}).get("finalizers") or ():
            found += _finalizer(name, _FINALIZERS)
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return []

    def canonicalize(self, obj: Object) -> None:
        obj["metadata"].setdefault("labels", {})[NAME_LABEL] = obj["metadata"]["name"]

    def hold_deletion(self, obj: Object, ctx: Context) -> bool:
        metadata = obj["metadata"]
        if not metadata.get("deletionTimestamp"):
            metadata["deletionTimestamp"] = format_time(ctx.now)
            obj.setdefault("status", {})["phase"] = "Terminating"
            return True
        return bool(obj.get("spec", {}).get("finalizers"))


class NamespaceStatusStrategy(StatusStrategy):
    """Conditions; the phase follows from the deletionTimestamp."""

    def default(self, obj: Object) -> None:
        _default(obj)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        phase = (obj.get("status") or {}).get("phase") or ""
        path = field.Path("status") / "Phase"
        if not obj["metadata"].get("deletionTimestamp"):
            wanted, detail = "Active", "may only be 'Active' if `deletionTimestamp` is empty"
        else:
            wanted, detail = "Terminating", "may only be 'Terminating' if `deletionTimestamp` is not empty"
        return [] if phase == wanted else [field.invalid(path, phase, detail)]


class NamespaceFinalizeStrategy(Strategy):
    """The only way to change spec.finalizers."""

    reset_fields: frozenset[FieldPath] = frozenset({("status",)})

    def default(self, obj: Object) -> None:
        _default(obj)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        keep_metadata_and(obj, old, "status")

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found: list[field.Error] = []
        for i, name in enumerate(obj.get("spec", {}).get("finalizers") or ()):
            found += _finalizer(name, _FINALIZERS[i])
        return found

    def hold_deletion(self, obj: Object, ctx: Context) -> bool:
        return bool(obj.get("spec", {}).get("finalizers"))


def _finalizer(name: str, path: field.Path) -> list[field.Error]:
    found = [field.invalid(path, name, problem) for problem in validation.qualified_name(name)]
    if "/" not in name and name not in ("kubernetes", "orphan", "foregroundDeletion"):
        detail = "name is neither a standard finalizer name nor is it fully qualified"
        found.append(field.invalid(path, name, detail))
    return found


def resource(config: RegistryConfig) -> Resource:
    """namespaces."""
    gvk = GroupVersionKind("", "v1", "Namespace")
    status = Column("Status", description="The status of the namespace")
    return declare(
        "",
        "v1",
        "Namespace",
        namespaced=False,
        verbs=VERBS,
        short_names=("ns",),
        strategy=NamespaceStrategy(),
        status=NamespaceStatusStrategy(),
        subresources=(Subresource("finalize", gvk, ("update",), strategy=NamespaceFinalizeStrategy()),),
        printer=simple((status, lambda o: (o.get("status") or {}).get("phase", ""))),
        selectable_fields=lambda o: {"status.phase": (o.get("status") or {}).get("phase", "")},
        known_field_labels=("status.phase", "metadata.name"),
    )
