"""Time comes in by this door: one Clock is injected everywhere, so that a cluster's time can be moved as a whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Timer(Protocol):
    """A pending call; cancel() before it is due drops it."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """The cluster's time. Models k8s.io/utils/clock."""

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back and move with the cluster's time."""
        ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back once after `delay` seconds of the cluster's time, on the running loop."""
        ...

    async def sleep(self, delay: float) -> None:
        """Return after `delay` seconds of the cluster's time; at once for 0 or less."""
        ...


class RealClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The machine's monotonic clock in seconds."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Schedule on the running event loop."""
        return asyncio.get_running_loop().call_later(max(0.0, delay), callback)

    async def sleep(self, delay: float) -> None:
        """asyncio.sleep."""
        await asyncio.sleep(max(0.0, delay))


async def sleep_by_timer(clock: Clock, delay: float) -> None:
    """Return after `delay` seconds by one of the clock's own timers; at once for 0 or less."""
    if delay <= 0:
        await asyncio.sleep(0)
        return
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timer = clock.call_later(delay, lambda: None if done.done() else done.set_result(None))
    try:
        await done
    finally:
        timer.cancel()


class ManualClock:
    """A clock that stands still until it is advanced; timers fire in order of their time, then of their making."""

    def __init__(self, start: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sequence = 0
        self._timers: list[_ManualTimer] = []

    def now(self) -> datetime:
        """The start plus what was advanced."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._elapsed

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Keep the call until advance() reaches it."""
        self._sequence += 1
        timer = _ManualTimer(self._elapsed + max(0.0, delay), self._sequence, callback, self._timers)
        self._timers.append(timer)
        return timer

    async def sleep(self, delay: float) -> None:
        """Wait until advance() passes the delay."""
        await sleep_by_timer(self, delay)

    def next_timer(self) -> float | None:
        """Seconds until the next timer is due, None when there is none."""
        if not self._timers:
            return None
        return max(0.0, min(t.when for t in self._timers) - self._elapsed)

    def advance(self, seconds: float) -> None:
        """Move time forward, firing every timer that falls due in between at its own moment."""
        end = self._elapsed + seconds
        while self._timers:
            timer = min(self._timers, key=lambda t: (t.when, t.sequence))
            if timer.when > end:
                break
            self._timers.remove(timer)
            self._elapsed = max(self._elapsed, timer.when)
            timer.callback()
        self._elapsed = end


class _ManualTimer:
    __slots__ = ("_all", "callback", "sequence", "when")

    def __init__(self, when: float, sequence: int, callback: Callable[[], None], pending: list[_ManualTimer]) -> None:
        self.when = when
        self.sequence = sequence
        self.callback = callback
        self._all = pending

    def cancel(self) -> None:
        if self in self._all:
            self._all.remove(self)
