"""NetworkPolicy. Models pkg/registry/networking/networkpolicy and pkg/apis/networking/validation."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from apimachinery import field, labels, validation
from apimachinery.objects import Object, View
from server.registry.addresses import cidr_warnings, legacy_cidr, parse_cidr
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, names
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource

PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
POLICY_TYPES: Final = ("Ingress", "Egress")
_DIRECTIONS: Final = (("ingress", "from"), ("egress", "to"))
_SPEC: Final = field.Path("spec")


class NetworkPolicyStrategy(BuiltinStrategy):
    """Which traffic the selected pods may have."""

    generation_of = ("spec",)

    def default(self, obj: Object) -> None:
        spec = obj.setdefault("spec", {})
        for direction, _ in _DIRECTIONS:
            for rule in spec.get(direction) or ():
                for port in rule.get("ports") or ():
                    if port.get("protocol") is None:
                        port["protocol"] = "TCP"
        if not spec.get("policyTypes"):
            spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + _spec_errors(obj.get("spec") or {}, (), ctx)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return [w for path, cidr in _cidr_fields(obj.get("spec") or {}) for w in cidr_warnings(path, cidr)]

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        before = [cidr for _, cidr in _cidr_fields(old.get("spec") or {})]
        return super().validate(obj, ctx) + _spec_errors(obj.get("spec") or {}, before, ctx)


def _cidr_fields(spec: View) -> Iterator[tuple[field.Path, str]]:
    for direction, peers in _DIRECTIONS:
        for i, rule in enumerate(spec.get(direction) or ()):
            for j, peer in enumerate(rule.get(peers) or ()):
                block, path = peer.get("ipBlock") or {}, ((_SPEC / direction)[i] / peers)[j] / "ipBlock"
                yield path / "cidr", block.get("cidr") or ""
                for k, text in enumerate(block.get("except") or ()):
                    yield (path / "except")[k], text


def _spec_errors(spec: View, before: Collection[str], ctx: Context) -> list[field.Error]:
    found = validation.label_selector(spec.get("podSelector"), _SPEC / "podSelector")
    for direction, peers in _DIRECTIONS:
        for i, rule in enumerate(spec.get(direction) or ()):
            path = (_SPEC / direction)[i]
            for j, port in enumerate(rule.get("ports") or ()):
                found += _port(port, (path / "ports")[j])
            for j, peer in enumerate(rule.get(peers) or ()):
                found += _peer(peer, before, (path / peers)[j], ctx)
    types, path = spec.get("policyTypes") or [], _SPEC / "policyTypes"
    if len(types) > len(POLICY_TYPES):
        return [*found, field.invalid(path, types, "may not specify more than two policyTypes")]
    unknown = [field.not_supported(path[i], t, POLICY_TYPES) for i, t in enumerate(types) if t not in POLICY_TYPES]
    return found + unknown


def _port(port: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    protocol, end = port.get("protocol"), port.get("endPort")
    number: Any = port.get("port")
    if protocol is not None and protocol not in PROTOCOLS:
        found.append(field.not_supported(path / "protocol", protocol, PROTOCOLS))
    if number is None:
        if end is not None:
            found.append(field.invalid(path / "endPort", end, "may not be specified when `port` is not specified"))
    elif isinstance(number, str):
        if end is not None:
            found.append(field.invalid(path / "endPort", end, "may not be specified when `port` is non-numeric"))
        found += names(path / "port", number, validation.valid_port_name)
    else:
        found += [field.invalid(path / "port", number, p) for p in validation.valid_port_num(number)]
        if end is not None:
            if end < number:
                found.append(field.invalid(path / "endPort", end, "must be greater than or equal to `port`"))
            found += [field.invalid(path / "endPort", end, p) for p in validation.valid_port_num(end)]
    return found


def _peer(peer: View, before: Collection[str], path: field.Path, ctx: Context) -> list[field.Error]:
    found: list[field.Error] = []
    given = [n for n in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(n) is not None]
    for name in given:
        if name == "ipBlock":
            found += _ip_block(peer["ipBlock"], before, path / "ipBlock", ctx)
        else:
            found += validation.label_selector(peer[name], path / name)
    if not given:
        found.append(field.required(path, "must specify a peer"))
    elif len(given) > 1 and "ipBlock" in given:
        found.append(field.forbidden(path, "may not specify both ipBlock and another peer"))
    return found


def _ip_block(block: View, before: Collection[str], path: field.Path, ctx: Context) -> list[field.Error]:
    cidr = block.get("cidr") or ""
    if not cidr:
        return [field.required(path / "cidr")]
    found = legacy_cidr(path / "cidr", cidr, ctx.version, before)
    network = parse_cidr(cidr)
    if network is None:
        return found
    for i, text in enumerate(block.get("except") or ()):
        at = (path / "except")[i]
        found += legacy_cidr(at, text, ctx.version, before)
        inner = parse_cidr(text)
        if inner is None:
            continue
        inside = inner.version == network.version and inner.network_address in network
        if not inside or network.prefixlen >= inner.prefixlen:
            found.append(field.invalid(at, text, "must be a strict subset of `cidr`"))
    return found


def resource(config: RegistryConfig) -> Resource:
    """networkpolicies."""
    selector = Column("Pod-Selector", doc="io.k8s.api.networking.v1.NetworkPolicySpec.podSelector")
    return declare(
        "networking.k8s.io",
        "v1",
        "NetworkPolicy",
        namespaced=True,
        plural="networkpolicies",
        short_names=("netpol",),
        strategy=NetworkPolicyStrategy(),
        printer=simple((selector, lambda o: labels.format_selector((o.get("spec") or {}).get("podSelector")))),
    )
