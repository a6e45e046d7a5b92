"""The last writes that a watch stream brought, so that watches which start a little in the past can join it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from apimachinery.clock import Clock
from storage.backend.interfaces import WatchEvent
from storage.history import HistoryLimits


class EventLog:
    """Every write after `oldest`, in order, within the limits; `oldest` is the last revision that it lacks."""

    def __init__(self, clock: Clock, limits: HistoryLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._events: deque[tuple[float, WatchEvent]] = deque()
        self._size = 0
        self.oldest = 0

    def reset(self, revision: int) -> None:
        """Begin anew after this revision."""
        self._events.clear()
        self._size = 0
        self.oldest = revision

    def append(self, events: list[WatchEvent]) -> None:
        """Add the writes of one revision."""
        now = self._clock.monotonic()
        for event in events:
            self._events.append((now, event))
            self._size += _size(event)
        limits, horizon = self._limits, now - self._limits.seconds
        while self._events:
            at, event = self._events[0]
            if at >= horizon and len(self._events) <= limits.events and self._size <= limits.size:
                return
            self.forget(event.revision)

    def forget(self, revision: int) -> None:
        """Drop the writes up to a revision."""
        while self._events and self._events[0][1].revision <= revision:
            self._size -= _size(self._events.popleft()[1])
        self.oldest = max(self.oldest, revision)

    def since(self, revision: int) -> Iterator[WatchEvent]:
        """The writes from a revision on."""
        behind = 0
        for _, event in reversed(self._events):
            if event.revision < revision:
                break
            behind += 1
        return (event for _, event in islice(self._events, len(self._events) - behind, None))


def _size(event: WatchEvent) -> int:
    return len(event.kv.value) if event.kv is not None else 64
