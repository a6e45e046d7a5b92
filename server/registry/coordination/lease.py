"""Lease. Models pkg/registry/coordination/lease and pkg/apis/coordination/validation."""

from __future__ import annotations

from typing import Final

from apimachinery import field, validation
from apimachinery.objects import View
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
