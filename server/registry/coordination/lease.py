"""Lease. Models pkg/registry/coordination/lease and pkg/apis/coordination/validation."""

from __future__ import annotations

from typing import Final

from apimachinery import field, validation
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, domain_prefixed_path
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource

_SPEC: Final = field.Path("spec")


class LeaseStrategy(BuiltinStrategy):
    """Leases may be created by PUT, and are updated with a resourceVersion only."""

    allow_create_on_update = True
    allow_unconditional_update = False

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        _drop_disabled(obj, {})

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        _drop_disabled(obj, old)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        spec = obj.get("spec") or {}
        duration, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
        if duration is not None:
            found += validation.positive(duration, _SPEC / "leaseDurationSeconds")
        if transitions is not None:
            found += validation.non_negative(transitions, _SPEC / "leaseTransitions")
        strategy = spec.get("strategy")
        if strategy is not None and strategy != "OldestEmulationVersion":
            found += domain_prefixed_path(_SPEC / "strategy", strategy)
        if spec.get("preferredHolder") and not strategy:
            detail = "may only be specified when `strategy` is defined"
            found.append(field.forbidden(_SPEC / "preferredHolder", detail))
        return found


def _drop_disabled(obj: Object, old: View) -> None:
    """Drop the fields of coordinated leader election, which is off by default."""
    spec, stored = obj.get("spec") or {}, old.get("spec") or {}
    for name in ("strategy", "preferredHolder"):
        if name in spec and stored.get(name) is None:
            del spec[name]


def resource(config: RegistryConfig) -> Resource:
    """leases."""
    holder = Column("Holder", doc="io.k8s.api.coordination.v1.LeaseSpec.holderIdentity")
    return declare(
        "coordination.k8s.io",
        "v1",
        "Lease",
        namespaced=True,
        strategy=LeaseStrategy(),
        printer=simple((holder, lambda o: (o.get("spec") or {}).get("holderIdentity") or "")),
    )
