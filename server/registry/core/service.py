"""Service: defaults, strategies and printing. Models pkg/registry/core/service and printService."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, labels, meta, validation
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from server.registry.addresses import ip_warnings
from server.registry.config import RegistryConfig
from server.registry.core import service_validation
from server.registry.core.allocator_ips import IPAllocator
from server.registry.core.allocator_ports import PortAllocator
from server.registry.core.service_allocation import ServiceAllocators
from server.registry.core.service_validation import externally_accessible, needs_health_check
from server.registry.core.service_warnings import service_warnings
from server.registry.declaration import PROXY_VERBS, at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.printing import NONE, UNKNOWN, age
from server.registry.rest import (
    AGE,
    NAME,
    CellContext,
    Column,
    Context,
    Printer,
    Resource,
    Subresource,
    Transaction,
)

AFFINITY_TIMEOUT: Final = 10800
_WITH_CLUSTER_IP: Final = ("ClusterIP", "NodePort", "LoadBalancer")
_WITH_NODE_PORTS: Final = ("NodePort", "LoadBalancer")


def _default(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec["sessionAffinity"] = spec.get("sessionAffinity") or "None"
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        config = spec.get("sessionAffinityConfig") or {}
        client = config.get("clientIP") or {}
        if client.get("timeoutSeconds") is None:
            spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": AFFINITY_TIMEOUT}}
    kind = spec["type"] = spec.get("type") or "ClusterIP"
    for port in spec.get("ports") or ():
        port["protocol"] = port.get("protocol") or "TCP"
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port") or 0
    if externally_accessible(spec) and not spec.get("externalTrafficPolicy"):
        spec["externalTrafficPolicy"] = "Cluster"
    if spec.get("internalTrafficPolicy") is None and kind in _WITH_CLUSTER_IP:
        spec["internalTrafficPolicy"] = "Cluster"
    if kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is None:
        spec["allocateLoadBalancerNodePorts"] = True
    for entry in ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ():
        if kind == "LoadBalancer" and entry.get("ip") and entry.get("ipMode") is None:
            entry["ipMode"] = "VIP"


class ServiceStrategy(SpecStrategy):
    """Addresses and ports are taken before a Service is judged, and given back with it."""

    allow_create_on_update = True
    returns_deleted_object = True
    new_status = {"loadBalancer": {}}  # noqa: RUF012 - copied for each object

    def __init__(self, allocators: ServiceAllocators, *, relaxed_names: bool) -> None:
        self._allocators = allocators
        self._relaxed_names = relaxed_names

    def name_rule(self, name: str) -> list[str]:
        return validation.dns1123_label(name) if self._relaxed_names else validation.dns1035_label(name)

    def default(self, obj: Object) -> None:
        _default(obj)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        _drop_type_dependent_fields(obj["spec"], old["spec"])

    async def begin_create(self, obj: Object, ctx: Context) -> Transaction | None:
        spec = obj["spec"]
        if spec.get("clusterIP") and not spec.get("clusterIPs"):
            spec["clusterIPs"] = [spec["clusterIP"]]
        return await self._allocators.allocate_create(obj, ctx)

    async def begin_update(self, obj: Object, old: View, ctx: Context) -> Transaction | None:
        _patch_allocated_values(obj["spec"], old["spec"])
        _normalize_cluster_ips(obj["spec"], old["spec"])
        return await self._allocators.allocate_update(obj, old, ctx)

    async def after_delete(self, obj: View, ctx: Context) -> None:
        await self._allocators.release(obj)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + service_validation.validate(obj, None, ctx)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + service_validation.validate_update(obj, old, ctx)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return service_warnings(obj, ctx.version)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)


class ServiceStatusStrategy(StatusStrategy):
    """What a load balancer reports."""

    def default(self, obj: Object) -> None:
        _default(obj)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return super().validate_update(obj, old, ctx) + service_validation.validate_status(obj, old, ctx)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        path = field.Path("status") / "loadBalancer" / "ingress"
        return [w for i, e in enumerate(ingress) if e.get("ip") for w in ip_warnings(path[i], e["ip"])]


def _node_ports(spec: View) -> list[Any]:
    return [port.get("nodePort") for port in spec.get("ports") or ()]


def _drop_type_dependent_fields(spec: Object, old: View) -> None:
    """A new type drops what only the old one had, unless the client changed it too."""
    kind, was = spec.get("type"), old.get("type")
    if was in _WITH_CLUSTER_IP and kind == "ExternalName":
        _drop_unchanged(spec, old, "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
    if was in _WITH_NODE_PORTS and kind not in _WITH_NODE_PORTS and _node_ports(spec) == _node_ports(old):
        for port in spec.get("ports") or ():
            port.pop("nodePort", None)
    if needs_health_check(old) and not needs_health_check(spec):
        _drop_unchanged(spec, old, "healthCheckNodePort")
    if was == "LoadBalancer" != kind:
        _drop_unchanged(spec, old, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if externally_accessible(old) and not externally_accessible(spec):
        _drop_unchanged(spec, old, "externalTrafficPolicy")


def _drop_unchanged(spec: Object, old: View, *names: str) -> None:
    for name in names:
        if spec.get(name) == old.get(name):
            spec.pop(name, None)


def _patch_allocated_values(spec: Object, old: View) -> None:
    """What was allocated and the client left out stays. Models patchAllocatedValues."""
    kind, was = spec.get("type"), old.get("type")
    if was in _WITH_CLUSTER_IP and kind in _WITH_CLUSTER_IP:
        if not spec.get("clusterIP"):
            spec["clusterIP"] = old.get("clusterIP")
        if not spec.get("clusterIPs") and spec.get("clusterIP") == old.get("clusterIP"):
            spec["clusterIPs"] = list(old.get("clusterIPs") or ())
    if was in _WITH_NODE_PORTS and kind in _WITH_NODE_PORTS:
        used = {p["nodePort"] for p in spec.get("ports") or () if p.get("nodePort")}
        had = {(p.get("protocol"), p.get("port")): p.get("nodePort") for p in old.get("ports") or ()}
        for port in spec.get("ports") or ():
            known = had.get((port.get("protocol"), port.get("port")))
            if not port.get("nodePort") and known and known not in used:
                port["nodePort"] = known
                used.add(known)
    if needs_health_check(old) and needs_health_check(spec) and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = old.get("healthCheckNodePort")


def _normalize_cluster_ips(spec: Object, old: View) -> None:
    """clusterIP and the first of clusterIPs follow each other when only one was changed."""
    ip, was = spec.get("clusterIP") or "", old.get("clusterIP") or ""
    if ip == was:
        return
    ips, before = list(spec.get("clusterIPs") or ()), list(old.get("clusterIPs") or ())
    if not ip:
        if ips == before:
            spec.pop("clusterIPs", None)
    elif not ips or ips == before:
        spec["clusterIPs"] = [ip, *ips[1:]]


def external_ip(obj: View) -> str:
    """The External-IP cell."""
    spec = obj["spec"]
    external = list(spec.get("externalIPs") or ())
    match spec.get("type"):
        case "ClusterIP" | "NodePort":
            return ",".join(external) or NONE
        case "LoadBalancer":
            ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
            shown = sorted({e.get("ip") or e.get("hostname") or "" for e in ingress} - {""})
            return ",".join([*shown, *external]) or "<pending>"
        case "ExternalName":
            return str(spec.get("externalName") or "")
    return UNKNOWN


def _port(port: View) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port', 0)}{node_port}/{port.get('protocol', '')}"


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec = obj["spec"]
    ips = spec.get("clusterIPs") or ()
    return [
        meta.name(obj),
        spec.get("type", ""),
        ips[0] if ips else NONE,
        external_ip(obj),
        ",".join(_port(p) for p in spec.get("ports") or ()) or NONE,
        age(obj, ctx),
        labels.format_labels(spec.get("selector")),
    ]


def _printer() -> Printer:
    spec = "io.k8s.api.core.v1.ServiceSpec"
    columns = (
        NAME,
        Column("Type", doc=f"{spec}.type"),
        Column("Cluster-IP", doc=f"{spec}.clusterIP"),
        Column("External-IP", doc=f"{spec}.externalIPs"),
        Column("Port(s)", doc=f"{spec}.ports"),
        AGE,
        Column("Selector", priority=1, doc=f"{spec}.selector"),
    )
    return Printer(columns, _cells)


def allocators(config: RegistryConfig) -> ServiceAllocators:
    """The allocators of the configured ranges."""
    objects = at_least(config, 33)
    made = [IPAllocator(config.registry, cidr, config.names, objects=objects) for cidr in config.service_cidrs]
    ports = PortAllocator(config.registry, *config.node_port_range, config.names)
    return ServiceAllocators({a.family: a for a in made}, ports)


def resource(config: RegistryConfig) -> Resource:
    """services."""
    strategy = ServiceStrategy(allocators(config), relaxed_names=at_least(config, 36))
    options = GroupVersionKind("", "v1", "ServiceProxyOptions")
    return declare(
        "",
        "v1",
        "Service",
        namespaced=True,
        short_names=("svc",),
        categories=("all",),
        strategy=strategy,
        status=ServiceStatusStrategy(),
        subresources=(Subresource("proxy", options, PROXY_VERBS, handler="proxy", accepts_body=False),),
        printer=_printer(),
        selectable_fields=lambda o: {
            "spec.clusterIP": o["spec"].get("clusterIP") or "",
            "spec.type": o["spec"].get("type") or "",
        },
        known_field_labels=("metadata.namespace", "metadata.name", "spec.clusterIP", "spec.type"),
    )
