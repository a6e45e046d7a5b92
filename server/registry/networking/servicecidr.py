"""ServiceCIDR: where cluster IPs come from. Models pkg/registry/networking/servicecidr."""

from __future__ import annotations

from typing import Final

from apimachinery import field
from apimachinery.objects import View
from server.registry.addresses import canonical_cidr, dual_stack
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy, go_struct
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource

_CIDRS: Final = field.Path("spec") / "cidrs"
_ONE_EACH: Final = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"


class ServiceCIDRStrategy(SpecStrategy):
    """One CIDR, or one of each family; a second family may be added later."""

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + _cidr_errors((obj.get("spec") or {}).get("cidrs") or [])

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        new, stored = (obj.get("spec") or {}).get("cidrs") or [], (old.get("spec") or {}).get("cidrs") or []
        found = super().validate(obj, ctx)
        if new == stored:
            return found
        upgraded = len(stored) == 1 and len(new) == 2 and ctx.version >= (1, 34)
        if not upgraded:
            return [*found, field.invalid(_CIDRS, new, "field is immutable")]
        if new[0] != stored[0]:
            return [*found, field.invalid(_CIDRS[0], new[0], "field is immutable")]
        return found + _cidr_errors(new)


def _cidr_errors(cidrs: list[str]) -> list[field.Error]:
    shown = go_struct(CIDRs=cidrs)
    if not cidrs:
        return [field.required(_CIDRS, "at least one CIDR required")]
    if len(cidrs) > 2:
        return [field.invalid(_CIDRS, shown, "may only hold up to 2 values")]
    if len(cidrs) == 2 and not dual_stack(cidrs):
        return [field.invalid(_CIDRS, shown, _ONE_EACH)]
    return [e for i, cidr in enumerate(cidrs) for e in canonical_cidr(_CIDRS[i], cidr)]


def resource(config: RegistryConfig) -> Resource:
    """servicecidrs."""
    stored = "v1beta1" if config.version == (1, 33) else "v1"
    cidrs = Column("CIDRs", doc="io.k8s.api.networking.v1.ServiceCIDRSpec.cidrs")
    return declare(
        "networking.k8s.io",
        "v1",
        "ServiceCIDR",
        namespaced=False,
        stored_as=("networking.k8s.io", stored),
        strategy=ServiceCIDRStrategy(),
        status=StatusStrategy(),
        printer=simple((cidrs, lambda o: ",".join((o.get("spec") or {}).get("cidrs") or ()))),
    )
