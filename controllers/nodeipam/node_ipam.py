"""A range of pod addresses for each node. Models pkg/controller/nodeipam/ipam/range_allocator.go."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import View
from controllers.runtime.consistency import WrittenVersions
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import RETRIABLE, ReconcileError
from controllers.runtime.flags import flag
from controllers.runtime.resources import NODES

_UPDATE_TRIES: Final = 3

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class NodeIPAMOptions:
    """Flags of the node IPAM controller."""

    allocate_node_cidrs: bool = flag(False, "Give each node a podCIDR.")
    cluster_cidr: str = flag("", "Range of the pods' addresses; two, separated by a comma, for both families.")
    node_cidr_mask_size: int = flag(24, "Prefix length of a node's IPv4 range.")
    node_cidr_mask_size_ipv6: int = flag(64, "Prefix length of a node's IPv6 range.")
    service_cluster_ip_range: str = flag("", "Range of the Services' addresses, kept free in the pods' range.")


class CidrSet:
    """The equal parts of one range, handed out in order. Models cidrset.CidrSet."""

    def __init__(self, cluster: Network, prefix: int) -> None:
        if prefix < cluster.prefixlen:
            raise ValueError(f"node range /{prefix} is larger than the cluster's {cluster}")
        self._cluster = cluster
        self._prefix = prefix
        self._size = 1 << (cluster.max_prefixlen - prefix)
        self._count = 1 << (prefix - cluster.prefixlen)
        self._used: set[int] = set()
        self._next = 0

    def occupy(self, cidr: str) -> None:
        """A node has this range already."""
        network = ipaddress.ip_network(cidr, strict=False)
        if network.version == self._cluster.version and network.network_address in self._cluster:
            self._used.add(self._index(network))

    def keep_free(self, network: Network) -> None:
        """No node is to get a part of this range."""
        if network.version != self._cluster.version or not network.overlaps(self._cluster):
            return
        start = int(self._cluster.network_address)
        first = (int(network.network_address) - start) // self._size
        last = (int(network.broadcast_address) - start) // self._size
        self._used.update(range(max(0, first), min(self._count - 1, last) + 1))

    def allocate(self) -> str | None:
        """The next free range, None when all are taken."""
        for step in range(self._count):
            index = (self._next + step) % self._count
            if index not in self._used:
                self._used.add(index)
                self._next = (index + 1) % self._count
                first = int(self._cluster.network_address) + index * self._size
                address = type(self._cluster.network_address)(first)
                return f"{address}/{self._prefix}"
        return None

    def release(self, cidr: str) -> None:
        """A node gave its range back."""
        network = ipaddress.ip_network(cidr, strict=False)
        if network.version == self._cluster.version and network.network_address in self._cluster:
            self._used.discard(self._index(network))

    def _index(self, network: Network) -> int:
        return (int(network.network_address) - int(self._cluster.network_address)) // self._size


def cidr_sets(options: NodeIPAMOptions) -> list[CidrSet]:
    """One set a family of --cluster-cidr; raises ValueError."""
    networks = [ipaddress.ip_network(part.strip()) for part in options.cluster_cidr.split(",") if part.strip()]
    sizes = {4: options.node_cidr_mask_size, 6: options.node_cidr_mask_size_ipv6}
    sets = [CidrSet(network, sizes[network.version]) for network in networks]
    for part in filter(None, map(str.strip, options.service_cluster_ip_range.split(","))):
        for cidr_set in sets:
            cidr_set.keep_free(ipaddress.ip_network(part))
    return sets


class NodeIPAMController:
    """Keys are nodes; does nothing without --allocate-node-cidrs and --cluster-cidr."""

    def __init__(self, context: ControllerContext) -> None:
        options = context.options(NodeIPAMOptions)
        self._client = context.client
        self._recorder = context.events.recorder("cidrAllocator")
        self._written = WrittenVersions()
        self._sets = cidr_sets(options) if options.allocate_node_cidrs else []
        self._queue = context.queue("cidrallocator_node", str)
        self._nodes = context.informers.informer(NODES)
        if self._sets:
            self._nodes.add_handler(on_add=self._added, on_update=lambda _, new: self._added(new), on_delete=self._gone)
        self._controller = Controller(
            "node-ipam-controller", self._queue, self.sync, workers=8, informers=(self._nodes,)
        )

    async def run(self) -> None:
        """Allocate until cancelled."""
        if self._sets:
            await self._controller.run()
        else:
            await asyncio.get_running_loop().create_future()

    def _added(self, node: View) -> None:
        cidrs = _cidrs(node)
        for cidr_set, cidr in zip(self._sets, cidrs, strict=False):
            cidr_set.occupy(cidr)
        if not cidrs:
            self._queue.add(meta.name(node))

    def _gone(self, node: View) -> None:
        self._written.forget(meta.name(node))
        for cidr_set, cidr in zip(self._sets, _cidrs(node), strict=False):
            cidr_set.release(cidr)

    async def sync(self, name: str) -> None:
        """Give a node its ranges."""
        node = self._nodes.get(name)
        if node is None or _cidrs(node) or not self._written.visible(name, node):
            return
        found = [cidr_set.allocate() for cidr_set in self._sets]
        cidrs = [c for c in found if c is not None]
        if len(cidrs) < len(found):
            self._release(cidrs)
            self._tell(node, "CIDRNotAvailable")
            raise ReconcileError(
                f"failed to allocate cidr from cluster cidr at idx:{found.index(None)}: CIDR allocation failed;"
                " there are no remaining CIDRs left to allocate in the accepted range"
            )
        await self._assign(node, cidrs)

    async def _assign(self, node: View, cidrs: list[str]) -> None:
        """Write the ranges; three failures in a row are told of, and the ranges given back if that is safe."""
        patch = {"spec": {"podCIDR": cidrs[0], "podCIDRs": cidrs}}
        for attempt in range(_UPDATE_TRIES):
            try:
                written = await self._client.patch(NODES, meta.name(node), patch)
            except RETRIABLE as error:
                if attempt < _UPDATE_TRIES - 1:
                    continue
                self._tell(node, "CIDRAssignmentFailed")
                if not isinstance(error, errors.ServerTimeout):
                    self._release(cidrs)
                raise
            else:
                self._written.wrote(meta.name(node), written)
                return

    def _tell(self, node: View, what: str) -> None:
        self._recorder.event(node, "Normal", what, f"Node {meta.name(node)} status is now: {what}")

    def _release(self, cidrs: Sequence[str]) -> None:
        for cidr_set, cidr in zip(self._sets, cidrs, strict=False):
            cidr_set.release(cidr)


def _cidrs(node: View) -> list[str]:
    spec = node.get("spec") or {}
    return list(spec.get("podCIDRs") or ([spec["podCIDR"]] if spec.get("podCIDR") else []))
