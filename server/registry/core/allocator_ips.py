"""Cluster IPs of Services. Models pkg/registry/core/service/ipallocator.

From 1.33 each address is an IPAddress object, and creating it is what takes the address; ServiceCIDR objects say where
addresses come from. Before, addresses are read from the stored Services.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from apimachinery import errors, meta
from apimachinery.names import NameGenerator
from apimachinery.objects import Object, View
from server.registry.addresses import Address, Network, family_of, parse_cidr, parse_ip
from server.registry.core.allocator_errors import AllocationError
from server.registry.registry import Registry
from server.registry.store import Store
from storage.interfaces import ListOptions

FULL = "range is full"
TAKEN = "provided IP is already allocated"


class IPAllocator:
    """Hands out the addresses of one family; `cidr` is where they come from when no ServiceCIDR says otherwise."""

    def __init__(self, registry: Registry, cidr: Network, names: NameGenerator, *, objects: bool) -> None:
        self._registry = registry
        self._cidr = cidr
        self._names = names
        self._objects = objects
        self._held: set[str] = set()
        self.family = "IPv6" if cidr.version == 6 else "IPv4"

    async def allocate(self, service: View, text: str, *, dry_run: bool) -> None:
        """Take a certain address; AllocationError when it is taken or out of range."""
        address = parse_ip(text)
        networks = await self._networks()
        network = next((n for n in networks if address is not None and address in n), None)
        if address is None or network is None:
            raise AllocationError("the provided network does not match the current range")
        first, last = usable(network)
        if not int(first) <= int(address) <= int(last):
            raise AllocationError(
                f"the provided IP ({address}) is not in the valid range. The range of valid IPs is {network}"
            )
        if not dry_run:
            await self._take(service, str(address))

    async def allocate_next(self, service: View, *, dry_run: bool) -> str:
        """Take any free address; AllocationError when there is none."""
        networks = await self._networks()
        if dry_run:
            return str(networks[0].network_address if networks else self._cidr.network_address)
        used = await self._used()
        for network in networks:
            for candidate in candidates(network, self._names, meta.key(service)):
                if candidate in used:
                    continue
                try:
                    await self._take(service, candidate)
                except AllocationError:
                    continue
                return candidate
        raise AllocationError(FULL)

    async def release(self, text: str) -> None:
        """Give an address back; one that is not taken is not an error."""
        self._held.discard(text)
        store = self._addresses()
        if store is not None:
            try:
                await store.delete(text, store.context())
            except errors.NotFound:
                return

    def settle(self, text: str) -> None:
        """The address is a stored Service's now."""
        self._held.discard(text)

    async def _take(self, service: View, text: str) -> None:
        store = self._addresses()
        if store is None:
            if text in self._held or text in await self._used():
                raise AllocationError(TAKEN)
            self._held.add(text)
            return
        try:
            await store.create(ip_address_object(service, text), store.context())
        except errors.AlreadyExists as e:
            raise AllocationError(TAKEN) from e

    def _addresses(self) -> Store | None:
        return self._registry.find("ipaddresses.networking.k8s.io") if self._objects else None

    async def _used(self) -> set[str]:
        store = self._addresses()
        if store is not None:
            return {item.key for item in (await store.get_list()).items}
        listed = await self._registry.find("services").storage.get_list("", ListOptions())
        taken = {ip for item in listed.items for ip in item.view["spec"].get("clusterIPs") or ()}
        return taken | self._held

    async def _networks(self) -> Sequence[Network]:
        if not self._objects:
            return [self._cidr]
        listed = await self._registry.find("servicecidrs.networking.k8s.io").get_list()
        if not listed.items:
            return [self._cidr]
        views = [item.view for item in listed.items]
        return [
            network
            for view in views
            if _is_ready(view)
            for text in view["spec"].get("cidrs") or ()
            if (network := parse_cidr(text)) is not None and network.version == self._cidr.version
        ]


def _is_ready(cidr: View) -> bool:
    ready = meta.condition(cidr, "Ready")
    return not meta.is_deleting(cidr) and (ready is None or ready.get("status") == "True")


def usable(network: Network) -> tuple[Address, Address]:
    """First and last address: never the network's own, nor IPv4's broadcast address."""
    last = network.broadcast_address - 1 if network.version == 4 else network.broadcast_address
    return network.network_address + 1, last


def static_band(network: Network) -> int:
    """How many addresses at the start are left to those who ask for one by name."""
    first, last = usable(network)
    size = int(last) - int(first) + 1
    return 0 if size < 16 else min(max(16, size // 16), 256)


def candidates(network: Network, names: NameGenerator, about: str) -> Iterator[str]:
    """Every usable address, from a random one of the upper band on; the lower band last."""
    first, last = usable(network)
    band = static_band(network)
    lower = int(first)
    for low, high in ((lower + band, int(last)), (lower, lower + band - 1)):
        size = high - low + 1
        if size > 0:
            start = names.number(size, "services", str(network), about)
            for step in range(size):
                yield str(ip_address((low + (start + step) % size).to_bytes(network.max_prefixlen // 8)))


def ip_address_object(service: View, text: str) -> Object:
    """The IPAddress that belongs to a Service."""
    return {
        "kind": "IPAddress",
        "apiVersion": "networking.k8s.io/v1",
        "metadata": {
            "name": text,
            "labels": {
                "ipaddress.kubernetes.io/ip-family": family_of(text),
                "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
            },
        },
        "spec": {
            "parentRef": {
                "resource": "services",
                "namespace": meta.namespace(service),
                "name": meta.name(service),
            }
        },
    }
