"""When a watcher is told how far it has come. Models nextBookmarkTime of storage/cacher/cache_watcher.go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apimachinery.clock import Clock, Timer

FREQUENCY: Final = 60.0
BEFORE_DEADLINE: Final = 2.0


def next_bookmark(now: float, deadline: float | None) -> float | None:
    """The moment of the next bookmark: in a minute or two seconds before the deadline; None when that is past."""
    moment = now + FREQUENCY
    if deadline is not None:
        moment = min(moment, deadline - BEFORE_DEADLINE)
    return moment if moment > now else None


class Bookmarks:
    """Calls `send` at each bookmark's time until stopped."""

    def __init__(self, clock: Clock, deadline: float | None, send: Callable[[], None]) -> None:
        self._clock = clock
        self._deadline = deadline
        self._send = send
        self._timer: Timer | None = None
        self._schedule()

    def stop(self) -> None:
        """Send no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        now = self._clock.monotonic()
        moment = next_bookmark(now, self._deadline)
        self._timer = self._clock.call_later(moment - now, self._fire) if moment is not None else None

    def _fire(self) -> None:
        self._schedule()
        self._send()
