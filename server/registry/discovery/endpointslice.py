"""EndpointSlice. Models pkg/registry/discovery/endpointslice and pkg/apis/discovery/validation."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry.addresses import ip_warnings, is_ipv6, legacy_ip, non_special_ip, parse_ip
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, names
from server.registry.printing import UNSET, limited, simple
from server.registry.rest import Column, Context, Resource, bump_generation

MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
CONTROLLERS: Final = ("endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io")
ADDRESS_TYPES: Final = ("FQDN", "IPv4", "IPv6")
PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
MAX_ADDRESSES: Final = 100
MAX_ENDPOINTS: Final = 1000
MAX_HINTS: Final = 8
MAX_PORTS: Final = 20000
MAX_TOPOLOGY: Final = 16
_PARTS: Final = ("addressType", "endpoints", "ports")


class EndpointSliceStrategy(BuiltinStrategy):
    """The generation follows content and labels."""

    generation_of = _PARTS

    def default(self, obj: Object) -> None:
        for port in obj.get("ports") or ():
            if port.get("name") is None:
                port["name"] = ""
            if port.get("protocol") is None:
                port["protocol"] = "TCP"

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        for endpoint in obj.get("endpoints") or ():
            endpoint.pop("deprecatedTopology", None)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        bump_generation(obj, old, _PARTS)
        if obj.get("endpoints") != old.get("endpoints"):
            for endpoint in obj.get("endpoints") or ():
                endpoint.pop("deprecatedTopology", None)
        if meta.labels(obj) != meta.labels(old):
            obj["metadata"]["generation"] = meta.generation(old) + 1

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + _slice_errors(obj, (), ctx)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        old_style = ["spec.addressType: FQDN endpoints are deprecated"] if obj.get("addressType") == "FQDN" else []
        return old_style + _address_warnings(obj)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return _address_warnings(obj)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        before = [a for e in old.get("endpoints") or () for a in e.get("addresses") or ()]
        found = super().validate(obj, ctx) + _slice_errors(obj, before, ctx)
        path = field.Path("addressType")
        return found + validation.immutable(obj.get("addressType"), old.get("addressType"), path)


def _address_warnings(obj: View) -> list[str]:
    if meta.labels(obj).get(MANAGED_BY) in CONTROLLERS:
        return []
    return [
        warning
        for i, endpoint in enumerate(obj.get("endpoints") or ())
        for j, address in enumerate(endpoint.get("addresses") or ())
        for warning in ip_warnings((field.Path("endpoints")[i] / "addresses")[j], address)
    ]


def _slice_errors(obj: View, before: list[str] | tuple[()], ctx: Context) -> list[field.Error]:
    kind = obj.get("addressType") or ""
    found: list[field.Error] = []
    if not kind:
        found.append(field.required(field.Path("addressType")))
    elif kind not in ADDRESS_TYPES:
        found.append(field.not_supported(field.Path("addressType"), kind, ADDRESS_TYPES))
    endpoints, path = obj.get("endpoints") or (), field.Path("endpoints")
    if len(endpoints) > MAX_ENDPOINTS:
        found.append(field.too_many(path, len(endpoints), MAX_ENDPOINTS))
    else:
        for i, endpoint in enumerate(endpoints):
            found += _endpoint_errors(endpoint, kind, before, path[i], ctx)
    return found + _port_errors(obj.get("ports") or ())


def _endpoint_errors(
    endpoint: View, kind: str, before: list[str] | tuple[()], path: field.Path, ctx: Context
) -> list[field.Error]:
    addresses, at = endpoint.get("addresses") or (), path / "addresses"
    found: list[field.Error] = []
    if not addresses:
        found.append(field.required(at, "must contain at least 1 address"))
    elif len(addresses) > MAX_ADDRESSES:
        found.append(field.too_many(at, len(addresses), MAX_ADDRESSES))
    for i, address in enumerate(addresses):
        if kind in ("IPv4", "IPv6"):
            found += _ip_errors(address, kind, before, at[i], ctx) + non_special_ip(address, at[i])
        elif kind == "FQDN":
            found += _domain_errors(address, at[i])
    if endpoint.get("nodeName") is not None:
        found += names(path / "nodeName", endpoint["nodeName"], validation.dns1123_subdomain)
    topology = endpoint.get("deprecatedTopology") or {}
    if len(topology) > MAX_TOPOLOGY:
        found.append(field.too_many(path / "deprecatedTopology", len(topology), MAX_TOPOLOGY))
    found += validation.labels(topology, path / "deprecatedTopology")
    if "topology.kubernetes.io/zone" in topology:
        at = (path / "deprecatedTopology").key("topology.kubernetes.io/zone")
        found.append(field.forbidden(at, "use zone instead"))
    if endpoint.get("hostname") is not None:
        found += names(path / "hostname", endpoint["hostname"], validation.dns1123_label)
    hints = endpoint.get("hints") or {}
    return found + _hints(hints, "forZones", path / "hints") + _hints(hints, "forNodes", path / "hints")


def _ip_errors(
    address: str, kind: str, before: list[str] | tuple[()], path: field.Path, ctx: Context
) -> list[field.Error]:
    found = legacy_ip(path, address, ctx.version, before)
    if parse_ip(address) is not None and is_ipv6(address) != (kind == "IPv6"):
        example = "a valid IPv6 address" if kind == "IPv6" else "a valid IPv4 address"
        found.append(field.invalid(path, address, f"must be {example}"))
    return found


def _domain_errors(address: str, path: field.Path) -> list[field.Error]:
    if not address:
        return [field.required(path)]
    name = address.removesuffix(".")
    if problems := validation.dns1123_subdomain(name):
        return [field.invalid(path, name, ",".join(problems))]
    if "." not in name:
        return [field.invalid(path, name, "should be a domain with at least two segments separated by dots")]
    return [
        field.invalid(path, name, ",".join(problems))
        for label in name.split(".")
        if (problems := validation.dns1123_label(label))
    ]


def _hints(hints: View, part: str, path: field.Path) -> list[field.Error]:
    given, at = hints.get(part) or (), path / part
    if len(given) > MAX_HINTS:
        return [field.too_many(at, len(given), MAX_HINTS)]
    found: list[field.Error] = []
    seen = set()
    for i, hint in enumerate(given):
        name = hint.get("name") or ""
        if name in seen:
            found.append(field.duplicate(at[i] / "name", name))
        seen.add(name)
        rule = validation.label_value if part == "forZones" else validation.dns1123_subdomain
        found += names(at[i] / "name", name, rule)
    return found


def _port_errors(ports: Any) -> list[field.Error]:
    path = field.Path("ports")
    if len(ports) > MAX_PORTS:
        return [field.too_many(path, len(ports), MAX_PORTS)]
    found: list[field.Error] = []
    seen = set()
    for i, port in enumerate(ports):
        name, protocol = port.get("name") or "", port.get("protocol")
        if name:
            found += names(path[i] / "name", name, validation.dns1123_label)
        if name in seen:
            found.append(field.duplicate(path[i] / "name", name))
        seen.add(name)
        if protocol is None:
            found.append(field.required(path[i] / "protocol"))
        elif protocol not in PROTOCOLS:
            found.append(field.not_supported(path[i] / "protocol", protocol, PROTOCOLS))
        if port.get("appProtocol") is not None:
            found += names(path[i] / "appProtocol", port["appProtocol"], validation.qualified_name)
    return found


def _port(port: View) -> str:
    if port.get("port") is not None:
        return str(port["port"])
    return "*" if port.get("name") is None else str(port["name"])


def _ports(obj: View) -> str:
    return limited([_port(p) for p in obj.get("ports") or ()], 3) or UNSET


def _addresses(obj: View) -> str:
    return limited([a for e in obj.get("endpoints") or () for a in e.get("addresses") or ()], 3) or UNSET


def resource(config: RegistryConfig) -> Resource:
    """endpointslices."""
    kind = "io.k8s.api.discovery.v1.EndpointSlice"
    return declare(
        "discovery.k8s.io",
        "v1",
        "EndpointSlice",
        namespaced=True,
        strategy=EndpointSliceStrategy(),
        printer=simple(
            (Column("AddressType", doc=f"{kind}.addressType"), lambda o: o.get("addressType") or ""),
            (Column("Ports", doc=f"{kind}.ports"), _ports),
            (Column("Endpoints", doc=f"{kind}.endpoints"), _addresses),
        ),
    )
