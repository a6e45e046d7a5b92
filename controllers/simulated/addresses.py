"""Addresses of nodes and pods: an InternalIP for each node, and pod IPs out of the node's podCIDR."""

from __future__ import annotations

import hashlib
import ipaddress

from apimachinery import meta
from apimachinery.objects import View


def node_address(name: str) -> str:
    """A stable private address of a node, from its name."""
    digest = hashlib.sha256(name.encode()).digest()
    return f"172.{18 + digest[0] % 12}.{digest[1]}.{1 + digest[2] % 254}"


class Ranges:
    """A range of pod addresses for each node without a podCIDR; no two nodes share one."""

    def __init__(self) -> None:
        self._by_node: dict[str, str] = {}

    def of(self, node: View) -> str:
        """The node's podCIDR, or a /24 of 10.128.0.0/9 in the order that nodes ask."""
        given = (node.get("spec") or {}).get("podCIDR")
        if given:
            return str(given)
        name = meta.name(node)
        number = len(self._by_node)
        return self._by_node.setdefault(name, f"10.{128 + (number >> 8) % 128}.{number & 255}.0/24")


class PodAddresses:
    """The pod addresses of one node: the lowest free one from .2 on, round after round as a CNI plugin does."""

    def __init__(self, cidr: str) -> None:
        network = ipaddress.ip_network(cidr)
        self._first = int(network.network_address) + 2
        self._count = max(1, network.num_addresses - 3)
        self._version = network.version
        self._next = 0
        self._taken: set[int] = set()
        self._by_pod: dict[str, int] = {}

    def take(self, uid: str) -> str:
        """The pod's address, the same on each call."""
        number = self._by_pod.get(uid)
        if number is None:
            for _ in range(self._count):
                number, self._next = self._next, (self._next + 1) % self._count
                if number not in self._taken:
                    break
            assert number is not None  # noqa: S101 - a range has at least one address
            self._taken.add(number)
            self._by_pod[uid] = number
        value = self._first + number
        return str(ipaddress.IPv4Address(value) if self._version == 4 else ipaddress.IPv6Address(value))

    def keep(self, uid: str, address: str) -> None:
        """Note the address that a pod has already."""
        number = int(ipaddress.ip_address(address)) - self._first
        self._taken.add(number)
        self._by_pod[uid] = number

    def release(self, uid: str) -> None:
        """Give the address back."""
        number = self._by_pod.pop(uid, None)
        if number is not None:
            self._taken.discard(number)
