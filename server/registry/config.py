"""What kinds need to know of the server they live in; `builtin.resources(config)` is given one."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network

from apimachinery.clock import Clock, RealClock
from apimachinery.names import NameGenerator
from server.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """The server's settings as far as kinds depend on them."""

    registry: Registry = field(default_factory=Registry)
    """Every store, by resource; filled after the kinds are made, so only use it while serving."""
    clock: Clock = field(default_factory=RealClock)
    names: NameGenerator = field(default_factory=NameGenerator)
    version: tuple[int, int] = (1, 36)
    service_cidrs: tuple[IPv4Network | IPv6Network, ...] = (ip_network("10.0.0.0/24"),)
    node_port_range: tuple[int, int] = (30000, 32767)
    """First and last port."""
    allow_privileged: bool = True
    event_ttl: int = 3600
