"""Families, cluster IPs and node ports of a Service. Models pkg/registry/core/service/storage/{alloc,storage}.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery import errors, field, meta
from apimachinery.objects import Object, View
from server.registry.addresses import family_of
from server.registry.core.allocator_errors import AllocationError
from server.registry.core.allocator_ips import IPAllocator
from server.registry.core.allocator_ports import PortAllocator, PortOperation
from server.registry.core.service_validation import cluster_ip_errors, is_headless, needs_health_check
from server.registry.rest import Context, Transaction

_SPEC: Final = field.Path("spec")
_POLICY: Final = _SPEC / "ipFamilyPolicy"
_OTHER: Final = {"IPv4": "IPv6", "IPv6": "IPv4"}
_WITH_NODE_PORTS: Final = ("NodePort", "LoadBalancer")


class Allocation(Transaction):
    """What one request took, and what it gives back once it is stored."""

    def __init__(self, ips: Mapping[str, IPAllocator]) -> None:
        self._ips = ips
        self.taken: dict[str, str] = {}
        self.released: dict[str, str] = {}
        self.ports: PortOperation | None = None

    async def commit(self) -> None:
        if self.ports is not None:
            self.ports.commit()
        for family, ip in self.taken.items():
            self._ips[family].settle(ip)
        await self._release(self.released)

    async def revert(self) -> None:
        if self.ports is not None:
            self.ports.revert()
        await self._release(self.taken)

    async def _release(self, addresses: Mapping[str, str]) -> None:
        for family, ip in addresses.items():
            if family in self._ips:
                await self._ips[family].release(ip)


class ServiceAllocators:
    """The allocators of each configured family, the first being the default, and that of node ports."""

    def __init__(self, ips: Mapping[str, IPAllocator], ports: PortAllocator) -> None:
        self._ips = ips
        self._ports = ports
        self.default_family = next(iter(ips))

    async def allocate_create(self, obj: Object, ctx: Context) -> Allocation:
        """Everything a new Service needs."""
        self._init_families(obj, None, ctx)
        allocation = Allocation(self._ips)
        try:
            await self._allocate_ips(obj, allocation, ctx)
            if obj["spec"].get("type") in _WITH_NODE_PORTS:
                await self._create_ports(obj, allocation, ctx)
        except BaseException:
            await allocation.revert()
            raise
        return allocation

    async def allocate_update(self, obj: Object, old: View, ctx: Context) -> Allocation:
        """What a change needs beyond what the Service has."""
        self._init_families(obj, old, ctx)
        allocation = Allocation(self._ips)
        try:
            await self._update_ips(obj, old, allocation, ctx)
            await self._update_ports(obj, old, allocation, ctx)
        except BaseException:
            await allocation.revert()
            raise
        return allocation

    async def release(self, service: View) -> None:
        """Give back what a deleted Service had."""
        spec = service["spec"]
        if spec.get("type") == "ExternalName" or is_headless(spec):
            return
        for ip in spec.get("clusterIPs") or ():
            family = family_of(ip)
            if family in self._ips:
                await self._ips[family].release(ip)

    def _init_families(self, obj: Object, old: View | None, ctx: Context) -> None:
        """Fill ipFamilyPolicy and ipFamilies; Invalid when they cannot be had. Models initIPFamilyFields."""
        spec = obj["spec"]
        stored = (old or {}).get("spec")
        if spec.get("type") == "ExternalName" or (stored is not None and _same_prefer_dual_stack(spec, stored)):
            return
        selectorless = spec.get("clusterIP") == "None" and not spec.get("selector")
        if spec.get("ipFamilyPolicy") is None:
            inherited = (stored or {}).get("ipFamilyPolicy")
            spec["ipFamilyPolicy"] = inherited or ("RequireDualStack" if selectorless else "SingleStack")
        policy = spec["ipFamilyPolicy"]
        _refuse(obj, cluster_ip_errors(spec, ctx, (stored or {}).get("clusterIPs") or ()))
        found: list[field.Error] = []
        if stored is not None:
            found += _reduce(spec, stored, policy)
        if policy == "SingleStack":
            for name, noun in (("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")):
                if len(spec.get(name) or ()) == 2:
                    detail = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {noun} are specified"
                    found.append(field.invalid(_POLICY, policy, detail))
        families = list(spec.get("ipFamilies") or ())
        for i, ip in enumerate(spec.get("clusterIPs") or ()):
            if ip == "None":
                break
            if i >= len(families):
                family = family_of(ip)
                if family in self._ips:
                    families.append(family)
                else:
                    detail = f"{family} is not configured on this cluster"
                    found.append(field.invalid((_SPEC / "clusterIPs")[i], spec["clusterIPs"], detail))
        _refuse(obj, found)
        if not selectorless:
            _refuse(obj, self._unavailable(families, policy))
        families = families or [self.default_family]
        can_be_two = selectorless or len(self._ips) == 2
        if policy != "SingleStack" and len(families) == 1 and can_be_two:
            families.append(_OTHER[families[0]])
        spec["ipFamilies"] = families

    def _unavailable(self, families: list[str], policy: str) -> list[field.Error]:
        found = []
        if policy == "RequireDualStack" and len(self._ips) < 2:
            detail = "this cluster is not configured for dual-stack services"
            found.append(field.invalid(_POLICY, policy, detail))
        for i, family in enumerate(families):
            if family not in self._ips:
                found.append(field.invalid((_SPEC / "ipFamilies")[i], family, "not configured on this cluster"))
        return found

    async def _allocate_ips(self, obj: Object, allocation: Allocation, ctx: Context) -> None:
        spec = obj["spec"]
        if spec.get("type") == "ExternalName" or is_headless(spec):
            return
        asked = list(spec.get("clusterIPs") or ())
        given: list[str] = []
        for i, family in enumerate(spec["ipFamilies"]):
            given.append(await self._take(obj, family, asked[i] if i < len(asked) else "", allocation, ctx))
        spec["clusterIPs"] = given
        spec["clusterIP"] = given[0]

    async def _take(self, obj: Object, family: str, asked: str, allocation: Allocation, ctx: Context) -> str:
        allocator = self._ips[family]
        try:
            if asked:
                await allocator.allocate(obj, asked, dry_run=ctx.dry_run)
                ip = asked
            else:
                ip = await allocator.allocate_next(obj, dry_run=ctx.dry_run)
        except AllocationError as e:
            if not asked:
                raise errors.InternalError.of(f"failed to allocate a serviceIP: {e}") from e
            path, shown = _SPEC / "clusterIPs", obj["spec"].get("clusterIPs")
            found = [field.invalid(path, shown, f"failed to allocate IP {asked}: {e}")]
            raise errors.Invalid.of("Service", meta.name(obj), found) from e
        if not ctx.dry_run:
            allocation.taken[family] = ip
        return ip

    async def _update_ips(self, obj: Object, old: View, allocation: Allocation, ctx: Context) -> None:
        spec, stored = obj["spec"], old["spec"]
        if _same_prefer_dual_stack(spec, stored):
            return
        if stored.get("type") == "ExternalName" and spec.get("type") != "ExternalName":
            await self._allocate_ips(obj, allocation, ctx)
            return
        if stored.get("type") == "ExternalName" or is_headless(stored):
            return
        families = list(stored.get("ipFamilies") or ())
        before = dict(zip(families, stored.get("clusterIPs") or (), strict=False))
        if spec.get("type") == "ExternalName":
            allocation.released = before
            return
        wanted = list(spec.get("ipFamilies") or ())
        if len(families) == 1 and len(wanted) == 2:
            ips = list(spec.get("clusterIPs") or ())
            second = await self._take(obj, wanted[1], ips[1] if len(ips) > 1 else "", allocation, ctx)
            spec["clusterIPs"] = [*ips[:1], second]
        elif len(families) == 2 and len(wanted) == 1:
            allocation.released = {families[1]: before[families[1]]} if families[1] in before else {}

    async def _create_ports(self, obj: Object, allocation: Allocation, ctx: Context) -> None:
        spec = obj["spec"]
        operation = allocation.ports = await self._ports.start(dry_run=ctx.dry_run)
        by_port: dict[int, int] = {}
        for i, port in enumerate(spec.get("ports") or ()):
            number, asked = port.get("port") or 0, port.get("nodePort") or 0
            if not asked and not _allocates_node_ports(spec):
                continue
            given = by_port.get(number, 0)
            if not given:
                wanted = next(
                    (p["nodePort"] for p in spec["ports"] if p.get("port") == number and p.get("nodePort")), 0
                )
                port["nodePort"] = by_port[number] = _node_port(obj, operation, i, wanted)
            elif not asked:
                port["nodePort"] = given
            elif asked != given:
                _node_port(obj, operation, i, asked)
        if needs_health_check(spec):
            _health_check_port(spec, operation)

    async def _update_ports(self, obj: Object, old: View, allocation: Allocation, ctx: Context) -> None:
        spec, stored = obj["spec"], old["spec"]
        if spec.get("type") not in _WITH_NODE_PORTS:
            return
        operation = allocation.ports = await self._ports.start(dry_run=ctx.dry_run)
        own = {p["nodePort"] for p in stored.get("ports") or () if p.get("nodePort")}
        taken: set[int] = set()
        for i, port in enumerate(spec.get("ports") or ()):
            asked = port.get("nodePort") or 0
            if asked and asked not in own and asked not in taken:
                _node_port(obj, operation, i, asked)
                taken.add(asked)
            elif not asked and _allocates_node_ports(spec):
                port["nodePort"] = _node_port(obj, operation, i, 0)
        if needs_health_check(spec) and not needs_health_check(stored):
            _health_check_port(spec, operation)


def _node_port(obj: View, operation: PortOperation, index: int, wanted: int) -> int:
    try:
        if not wanted:
            return operation.allocate_next()
        operation.allocate(wanted)
    except AllocationError as e:
        if not wanted:
            raise errors.InternalError.of(f"failed to allocate a nodePort: {e}") from e
        path = (_SPEC / "ports")[index] / "nodePort"
        raise errors.Invalid.of("Service", meta.name(obj), [field.invalid(path, wanted, str(e))]) from e
    return wanted


def _health_check_port(spec: Object, operation: PortOperation) -> None:
    wanted = spec.get("healthCheckNodePort") or 0
    try:
        if wanted:
            operation.allocate(wanted)
        else:
            spec["healthCheckNodePort"] = operation.allocate_next()
    except AllocationError as e:
        what = f"requested HealthCheck NodePort {wanted}" if wanted else "a HealthCheck NodePort 0"
        raise errors.InternalError.of(f"failed to allocate {what}: {e}") from e


def _allocates_node_ports(spec: View) -> bool:
    if spec.get("type") == "LoadBalancer":
        return bool(spec.get("allocateLoadBalancerNodePorts", True))
    return spec.get("type") == "NodePort"


def _refuse(obj: View, found: list[field.Error]) -> None:
    if found:
        raise errors.Invalid.of("Service", meta.name(obj), found)


def _same(spec: View, stored: View, name: str) -> bool:
    return list(spec.get(name) or ()) == list(stored.get(name) or ())


def _same_prefer_dual_stack(spec: View, stored: View) -> bool:
    """Whether a PreferDualStack Service stays as it is, whatever the cluster has become."""
    prefer: Any = "PreferDualStack"
    return (
        spec.get("ipFamilyPolicy") == prefer
        and stored.get("ipFamilyPolicy") in (None, prefer)
        and spec.get("type") == stored.get("type") != "ExternalName"
        and _same(spec, stored, "clusterIPs")
        and _same(spec, stored, "ipFamilies")
    )


def _reduce(spec: Object, stored: View, policy: str) -> list[field.Error]:
    """Going single-stack drops what is second; any other policy does not let go of it."""
    found = []
    nouns = (("clusterIPs", "secondary cluster IP"), ("ipFamilies", "secondary IP family"))
    for name, noun in nouns:
        new, old = spec.get(name) or [], stored.get(name) or []
        if policy == "SingleStack":
            if _same(spec, stored, name) and len(new) > 1:
                spec[name] = new[:1]
        elif new and len(new) < len(old):
            found.append(field.invalid(_POLICY, policy, f"must be 'SingleStack' to release the {noun}"))
    return found
