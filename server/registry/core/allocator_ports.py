"""Node ports of Services. Models pkg/registry/core/service/portallocator.

What is taken is read from the stored Services each time, beside what unfinished requests of this server hold: there is
no second record that could disagree.
"""

from __future__ import annotations

from typing import Final

from apimachinery.names import NameGenerator
from server.registry.core.allocator_errors import AllocationError
from server.registry.registry import Registry
from storage.interfaces import ListOptions

DRY_RUN_BASE: Final = 32768


class PortAllocator:
    """Hands out node ports of an inclusive range."""

    def __init__(self, registry: Registry, first: int, last: int, names: NameGenerator) -> None:
        self._registry = registry
        self.names = names
        self.first, self.last = first, last
        self.held: set[int] = set()
        """Ports of requests under way."""
        self.commits = 0

    async def start(self, *, dry_run: bool) -> PortOperation:
        """An operation over what is taken now."""
        while True:
            seen = self.commits
            used = await self._used()
            if seen == self.commits:
                return PortOperation(self, used, dry_run=dry_run)

    async def _used(self) -> set[int]:
        listed = await self._registry.find("services").storage.get_list("", ListOptions())
        found: set[int] = set()
        for item in listed.items:
            spec = item.view.get("spec") or {}
            found.update(p["nodePort"] for p in spec.get("ports") or () if p.get("nodePort"))
            if spec.get("healthCheckNodePort"):
                found.add(spec["healthCheckNodePort"])
        return found

    def static_band(self) -> int:
        """How many ports at the range's start are left to those who ask for one by number."""
        size = self.last - self.first + 1
        return 0 if size < 16 else min(max(16, size // 32), 128)


class PortOperation:
    """The ports of one request: commit them once the Service is stored, or revert."""

    def __init__(self, allocator: PortAllocator, used: set[int], *, dry_run: bool) -> None:
        self._allocator = allocator
        self._used = used
        self._dry_run = dry_run
        self._taken: list[int] = []

    def allocate(self, port: int) -> None:
        """Take a certain port; AllocationError when it is taken or out of range."""
        allocator = self._allocator
        if not self._dry_run and not allocator.first <= port <= allocator.last:
            raise AllocationError(
                "provided port is not in the valid range. "
                f"The range of valid ports is {allocator.first}-{allocator.last}"
            )
        if port in self._used or port in allocator.held or port in self._taken:
            raise AllocationError("provided port is already allocated")
        self._taken.append(port)
        if not self._dry_run:
            allocator.held.add(port)

    def allocate_next(self) -> int:
        """Take any free port; AllocationError when there is none."""
        if self._dry_run:
            self._taken.append(max(self._taken, default=DRY_RUN_BASE) + 1)
            return self._taken[-1]
        allocator = self._allocator
        start = allocator.first + allocator.static_band()
        for low, high in ((start, allocator.last), (allocator.first, start - 1)):
            free = set(range(low, high + 1)) - self._used - allocator.held - set(self._taken)
            if free:
                port = sorted(free)[allocator.names.number(len(free), "nodeports")]
                self.allocate(port)
                return port
        raise AllocationError("range is full")

    def commit(self) -> None:
        """The ports are the stored Service's now."""
        self._allocator.held.difference_update(self._taken)
        self._allocator.commits += 1

    def revert(self) -> None:
        """The ports are free again."""
        self._allocator.held.difference_update(self._taken)
