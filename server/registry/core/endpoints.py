"""Endpoints. Models pkg/registry/core/endpoint, core's endpoint validation and pkg/api/v1/endpoints (RepackSubsets)."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry.addresses import ip_warnings, legacy_ip, non_special_ip
from server.registry.config import RegistryConfig
from server.registry.core.endpoint_subsets import repack
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, names
from server.registry.printing import NONE, limited, simple
from server.registry.rest import Column, Context, Resource

MANAGED_BY: Final = "endpoints.kubernetes.io/managed-by"
CONTROLLER: Final = "endpoint-controller"
PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_DEPRECATED: Final = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"


class EndpointsStrategy(BuiltinStrategy):
    """Addresses and ports, subset by subset."""

    allow_create_on_update = True

    def default(self, obj: Object) -> None:
        for subset in obj.get("subsets") or ():
            for port in subset.get("ports") or ():
                port.setdefault("protocol", "TCP")

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        for i, subset in enumerate(obj.get("subsets") or ()):
            found += _subset_errors(subset, field.Path("subsets")[i], ctx)
        return found

    def canonicalize(self, obj: Object) -> None:
        if obj.get("subsets"):
            obj["subsets"] = repack(obj["subsets"])

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        if meta.labels(obj).get(MANAGED_BY) == CONTROLLER:
            return []
        found = []
        for i, subset in enumerate(obj.get("subsets") or ()):
            for part in ("addresses", "notReadyAddresses"):
                for j, address in enumerate(subset.get(part) or ()):
                    found += ip_warnings((field.Path("subsets")[i] / part)[j] / "ip", address.get("ip") or "")
        return found

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)


def _subset_errors(subset: View, path: field.Path, ctx: Context) -> list[field.Error]:
    found: list[field.Error] = []
    if not subset.get("addresses") and not subset.get("notReadyAddresses"):
        found.append(field.required(path, "must specify `addresses` or `notReadyAddresses`"))
    for part in ("addresses", "notReadyAddresses"):
        for i, address in enumerate(subset.get(part) or ()):
            found += _address_errors(address, (path / part)[i], ctx)
    ports = subset.get("ports") or ()
    for i, port in enumerate(ports):
        found += _port_errors(port, len(ports) > 1, (path / "ports")[i])
    return found


def _address_errors(address: View, path: field.Path, ctx: Context) -> list[field.Error]:
    ip = address.get("ip") or ""
    found = legacy_ip(path / "ip", ip, ctx.version)
    if address.get("hostname"):
        found += names(path / "hostname", address["hostname"], validation.dns1123_label)
    if address.get("nodeName") is not None:
        found += names(path / "nodeName", address["nodeName"], validation.dns1123_subdomain)
    return found + non_special_ip(ip, path / "ip")


def _port_errors(port: View, named: bool, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    if named and not port.get("name"):
        found.append(field.required(path / "name"))
    elif port.get("name"):
        found += names(path / "name", port["name"], validation.dns1123_label)
    number = port.get("port") or 0
    found += [field.invalid(path / "port", number, problem) for problem in validation.valid_port_num(number)]
    protocol = port.get("protocol") or ""
    if not protocol:
        found.append(field.required(path / "protocol"))
    elif protocol not in PROTOCOLS:
        found.append(field.not_supported(path / "protocol", protocol, PROTOCOLS))
    if port.get("appProtocol") is not None:
        found += names(path / "appProtocol", port["appProtocol"], validation.qualified_name)
    return found


def format_endpoints(obj: View) -> str:
    """`ip:port,…` of ready addresses, at most three; `<none>` without subsets."""
    if not obj.get("subsets"):
        return NONE
    shown: list[str] = []
    for subset in obj["subsets"]:
        addresses: list[Any] = subset.get("addresses") or []
        if not subset.get("ports"):
            shown += [a.get("ip", "") for a in addresses]
            continue
        for port in subset["ports"]:
            for address in addresses:
                ip = address.get("ip", "")
                shown.append(f"[{ip}]:{port.get('port', 0)}" if ":" in ip else f"{ip}:{port.get('port', 0)}")
    return limited(shown, 3)


def resource(config: RegistryConfig) -> Resource:
    """endpoints."""
    return declare(
        "",
        "v1",
        "Endpoints",
        namespaced=True,
        plural="endpoints",
        short_names=("ep",),
        deprecated=_DEPRECATED if config.version >= (1, 33) else "",
        strategy=EndpointsStrategy(),
        printer=simple((Column("Endpoints", doc="io.k8s.api.core.v1.Endpoints.subsets"), format_endpoints)),
    )
