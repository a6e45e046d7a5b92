"""Leases shared by objects that end at about the same time. Models apiserver/pkg/storage/etcd3/lease_manager.go."""

from __future__ import annotations

from typing import Final

from apimachinery.clock import Clock
from storage.backend.interfaces import Backend

_REUSE_SECONDS: Final = 60
_REUSE_PART: Final = 0.05
_MAX_OBJECTS: Final = 1000


class LeaseManager:
    """Gives out leases over any backend; an object may outlive its ttl by a minute or a twentieth, if that is less."""

    def __init__(self, backend: Backend, clock: Clock) -> None:
        self._backend = backend
        self._clock = clock
        self._lease = 0
        self._ends = 0.0
        self._objects = 0

    async def lease_for(self, ttl: int) -> int:
        """A lease of at least `ttl` seconds; 0, which is none, for 0."""
        if ttl <= 0:
            return 0
        extra = int(min(_REUSE_SECONDS, ttl * _REUSE_PART))
        end = self._clock.monotonic() + ttl
        if self._lease and end < self._ends < end + extra and self._objects < _MAX_OBJECTS:
            self._objects += 1
            return self._lease
        self._lease = 0
        lease = await self._backend.grant(ttl + extra)
        self._lease, self._ends, self._objects = lease, end + extra, 1
        return lease

    def forget(self) -> None:
        """Give no lease out again: the backend's leases are others now."""
        self._lease = 0
