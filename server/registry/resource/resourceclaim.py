"""ResourceClaim and ResourceClaimTemplate. Models pkg/registry/resource/{resourceclaim,resourceclaimtemplate}."""

from __future__ import annotations

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value, to_internal
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, SpecStrategy, StatusStrategy, go_struct
from server.registry.printing import simple
from server.registry.resource.claims import claim_errors, default_claim, status_errors
from server.registry.rest import Column, Context, Resource

_SPEC = field.Path("spec")


class ResourceClaimStrategy(SpecStrategy):
    """What is asked for never changes."""

    returns_deleted_object = True

    def default(self, obj: Object) -> None:
        default_claim(obj.setdefault("spec", {}))

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + claim_errors(obj.get("spec") or {}, _SPEC, ctx.version)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found, spec = super().validate(obj, ctx), obj.get("spec") or {}
        if spec != (old.get("spec") or {}):
            found.append(field.invalid(_SPEC, internal_value("ResourceClaimSpec", spec), validation.FIELD_IMMUTABLE))
        return found


class ResourceClaimStatusStrategy(StatusStrategy):
    """What the scheduler allocated, and for whom."""

    keeps_metadata = True

    def default(self, obj: Object) -> None:
        default_claim(obj.setdefault("spec", {}))

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return super().validate_update(obj, old, ctx) + status_errors(obj, old, field.Path("status"))


class ResourceClaimTemplateStrategy(BuiltinStrategy):
    """A claim that is made for each pod; it never changes either."""

    returns_deleted_object = True

    def default(self, obj: Object) -> None:
        default_claim(obj.setdefault("spec", {}).setdefault("spec", {}))

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        spec, metadata = obj.get("spec") or {}, (obj.get("spec") or {}).get("metadata") or {}
        at = _SPEC / "metadata"
        found = super().validate(obj, ctx)
        found += validation.labels(metadata.get("labels"), at / "labels")
        found += validation.annotations(metadata.get("annotations"), at / "annotations")
        return found + claim_errors(spec.get("spec") or {}, _SPEC / "spec", ctx.version)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found, spec = super().validate(obj, ctx), obj.get("spec") or {}
        if spec != (old.get("spec") or {}):
            claim = to_internal("ResourceClaimSpec", spec.get("spec") or {})
            shown = go_struct(**(spec.get("metadata") or {}), Spec=claim)
            found.append(field.invalid(_SPEC, shown, validation.FIELD_IMMUTABLE))
        return found


def state(obj: View) -> str:
    """The State cell: `pending`, or `deleted`, `allocated`, `reserved` as they apply."""
    status = obj.get("status") or {}
    states = ["deleted"] if meta.is_deleting(obj) else []
    if status.get("allocation") is not None:
        states.append("allocated")
        if status.get("reservedFor"):
            states.append("reserved")
    elif not states:
        states.append("pending")
    return ",".join(states)


def resources(config: RegistryConfig, stored_as: tuple[str, str]) -> list[Resource]:
    """resourceclaims and resourceclaimtemplates."""
    column = Column("State", description="A summary of the current state (allocated, pending, reserved, etc.).")
    return [
        declare(
            "resource.k8s.io",
            "v1",
            "ResourceClaim",
            namespaced=True,
            stored_as=stored_as,
            strategy=ResourceClaimStrategy(),
            status=ResourceClaimStatusStrategy(),
            printer=simple((column, state)),
        ),
        declare(
            "resource.k8s.io",
            "v1",
            "ResourceClaimTemplate",
            namespaced=True,
            stored_as=stored_as,
            strategy=ResourceClaimTemplateStrategy(),
            printer=simple(),
        ),
    ]
