"""Leases of the memory backend: keys that vanish when their time is up. Models etcd's lessor."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping

from apimachinery.clock import Clock, Timer


class Leases:
    """Leases and the keys written with them; `expire` is called with each key whose lease has run out."""

    def __init__(self, clock: Clock, expire: Callable[[str], None]) -> None:
        self._clock = clock
        self._expire = expire
        self._last = 0
        self._due: list[tuple[float, int]] = []
        self._ends: dict[int, float] = {}
        self._keys: dict[int, set[str]] = {}
        self._lease_of: dict[str, int] = {}
        self._timer: Timer | None = None

    def grant(self, ttl: float) -> int:
        """A new lease that ends in `ttl` seconds."""
        self._last += 1
        self._add(self._last, ttl)
        self._schedule()
        return self._last

    def attach(self, key: str, lease: int) -> None:
        """Tie the key to this lease and to no other; 0 for none. A lease that is over expires the key at once."""
        if (before := self._lease_of.pop(key, 0)) in self._keys:
            self._keys[before].discard(key)
        if lease:
            self._lease_of[key] = lease
            if lease not in self._keys:
                self._add(lease, 0.0)
                self._schedule()
            self._keys[lease].add(key)

    def remaining(self) -> dict[int, float]:
        """Seconds left of each lease that still holds a key."""
        now = self._clock.monotonic()
        return {lease: max(0.0, self._ends[lease] - now) for lease, keys in self._keys.items() if keys}

    def restore(self, remaining: Mapping[int, float], keys: Iterable[tuple[str, int]]) -> None:
        """Forget every lease and take these instead."""
        self.close()
        for lease, seconds in remaining.items():
            self._last = max(self._last, lease)
            self._add(lease, seconds)
        for key, lease in keys:
            self._lease_of[key] = lease
            self._keys[lease].add(key)
        self._schedule()

    def close(self) -> None:
        """Drop all leases and the timer."""
        self._due.clear()
        self._ends.clear()
        self._keys.clear()
        self._lease_of.clear()
        self._schedule()

    def _add(self, lease: int, ttl: float) -> None:
        end = self._clock.monotonic() + ttl
        self._ends[lease] = end
        self._keys[lease] = set()
        heapq.heappush(self._due, (end, lease))

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._due:
            self._timer = self._clock.call_later(self._due[0][0] - self._clock.monotonic(), self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        while self._due and self._due[0][0] <= now:
            _, lease = heapq.heappop(self._due)
            del self._ends[lease]
            for key in sorted(self._keys.pop(lease)):
                self._expire(key)
        self._schedule()
