"""IPAddress: that an address belongs to an object. Models pkg/registry/networking/ipaddress."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import View
from server.registry.addresses import canonical_ip
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, names
from server.registry.printing import NONE, age
from server.registry.rest import NAME, CellContext, Column, Context, Printer, Resource

_PARENT: Final = field.Path("spec") / "parentRef"


class IPAddressStrategy(BuiltinStrategy):
    """The name is the address, and the parent never changes."""

    def name_rule(self, name: str) -> list[str]:
        return [e.detail for e in canonical_ip(field.Path(), name)]

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        parent = (obj.get("spec") or {}).get("parentRef")
        if parent is None:
            return [*found, field.required(_PARENT)]
        if parent.get("group"):
            found += names(_PARENT / "group", parent["group"], validation.dns1123_subdomain)
        for name in ("resource", "name"):
            value, path = parent.get(name) or "", _PARENT / name
            found += names(path, value, validation.path_segment_name) if value else [field.required(path)]
        if parent.get("namespace"):
            found += names(_PARENT / "namespace", parent["namespace"], validation.path_segment_name)
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        new, stored = (obj.get("spec") or {}).get("parentRef"), (old.get("spec") or {}).get("parentRef")
        found = super().validate(obj, ctx)
        if new != stored:
            found.append(field.invalid(_PARENT, internal_value("ParentReference", new), validation.FIELD_IMMUTABLE))
        return found


def _parent(obj: View) -> str:
    parent = (obj.get("spec") or {}).get("parentRef")
    if parent is None:
        return NONE
    group = f".{parent['group']}" if parent.get("group") else ""
    namespace = f"/{parent['namespace']}" if parent.get("namespace") else ""
    return f"{parent.get('resource', '')}{group}".lower() + f"{namespace}/{parent.get('name', '')}"


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    return [meta.name(obj), _parent(obj), age(obj, ctx)]


def resource(config: RegistryConfig) -> Resource:
    """ipaddresses; the age is among the cells of a row, without a column of its own."""
    parent = Column("ParentRef", doc="io.k8s.api.networking.v1.IPAddressSpec.parentRef")
    stored = "v1beta1" if config.version == (1, 33) else "v1"
    return declare(
        "networking.k8s.io",
        "v1",
        "IPAddress",
        namespaced=False,
        plural="ipaddresses",
        stored_as=("networking.k8s.io", stored),
        short_names=("ip",),
        strategy=IPAddressStrategy(),
        printer=Printer((NAME, parent), _cells),
    )
