"""A cluster's time, which can be stopped, sped up and moved forward; at speed 1 and unmoved it is the machine's."""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from apimachinery.clock import Timer, sleep_by_timer

_COMPACT: Final = 1024


class ClusterClock:
    """A Clock over the machine's: `now = origin + (machine time since) x speed`. Speed 0 stands still.

    Timers fire in the order of their time, then of their making, each with the clock at its own moment. `real` gives
    the machine's wall clock in seconds; tests give their own. A clock that is given its `start`, in seconds since
    1970, stands still there until somebody moves it.
    """

    def __init__(self, real: Callable[[], float] = time.time, *, start: float | None = None) -> None:
        self._real = real
        self._speed = 1.0 if start is None else 0.0
        self._anchor = real()
        self._origin = self._anchor if start is None else start
        self._started = 0.0
        self._heap: list[_Timer] = []
        self._sequence = 0
        self._cancelled = 0
        self._armed: asyncio.TimerHandle | None = None
        self._armed_for = math.inf

    # reading --------------------------------------------------------------------------------------------------------

    def time(self) -> float:
        """Seconds since 1970 of the cluster's time."""
        if self._speed == 0.0:
            return self._origin
        return self._origin + (self._real() - self._anchor) * self._speed

    def now(self) -> datetime:
        """The cluster's wall clock, aware, UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def monotonic(self) -> float:
        """Seconds of the cluster's time since some moment."""
        return self.time() - self._started

    @property
    def speed(self) -> float:
        """Cluster seconds a machine second; 0 while it stands still."""
        return self._speed

    def next_timer(self) -> float | None:
        """The moment of the next timer in seconds since 1970; None without one."""
        self._drop_cancelled()
        return self._heap[0].when if self._heap else None

    # timers ---------------------------------------------------------------------------------------------------------

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back once after `delay` seconds of the cluster's time, on the running loop."""
        self._sequence += 1
        timer = _Timer(self.time() + max(0.0, delay), self._sequence, callback, self)
        heapq.heappush(self._heap, timer)
        if timer.when < self._armed_for:
            self._arm()
        return timer

    async def sleep(self, delay: float) -> None:
        """Return after `delay` seconds of the cluster's time; at once for 0 or less."""
        await sleep_by_timer(self, delay)

    # moving ---------------------------------------------------------------------------------------------------------

    def set_speed(self, speed: float) -> None:
        """Go on at another speed from now; 0 stops. Raises ValueError for a negative one."""
        if speed < 0 or not math.isfinite(speed):
            raise ValueError("a clock's speed is 0 or more")
        self._origin, self._anchor = self.time(), self._real()
        self._speed = speed
        self._arm()

    def move_to(self, moment: float) -> None:
        """Set the time to a later moment, firing what falls due on the way; an earlier one changes nothing."""
        speed = self._speed
        self.set_speed(0.0)
        while (due := self.next_timer()) is not None and due <= moment:
            timer = heapq.heappop(self._heap)
            self._origin = max(self._origin, timer.when)
            timer.callback()
        self._origin = max(self._origin, moment)
        self.set_speed(speed)

    def follow(self, moment: float, speed: float) -> None:
        """Take another clock's time and speed, firing what is due by then; what waits is not due later for it."""
        self.move_to(moment)
        self.set_speed(0.0)
        if self._heap and (back := self._origin - moment) > 0:
            self._started -= back
            for timer in self._heap:
                timer.when -= back
        self._origin = moment
        self.set_speed(speed)

    def close(self) -> None:
        """Fire nothing any more."""
        if self._armed is not None:
            self._armed.cancel()
        self._heap.clear()

    # internals ------------------------------------------------------------------------------------------------------

    def _cancel(self) -> None:
        self._cancelled += 1
        if self._cancelled > _COMPACT and self._cancelled * 2 > len(self._heap):
            self._heap = [t for t in self._heap if not t.cancelled]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def _drop_cancelled(self) -> None:
        while self._heap and self._heap[0].cancelled:
            heapq.heappop(self._heap)
            self._cancelled -= 1

    def _arm(self) -> None:
        """Have the loop wake us at the next timer."""
        if self._armed is not None:
            self._armed.cancel()
            self._armed, self._armed_for = None, math.inf
        due = self.next_timer()
        if due is None or self._speed == 0.0:
            return
        delay = max(0.0, (due - self.time()) / self._speed)
        self._armed_for = due
        self._armed = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._armed, self._armed_for = None, math.inf
        now = self.time()
        while (due := self.next_timer()) is not None and due <= now and self._speed:
            heapq.heappop(self._heap).callback()
        if self._armed is None:
            self._arm()


class _Timer:
    __slots__ = ("_clock", "callback", "cancelled", "sequence", "when")

    def __init__(self, when: float, sequence: int, callback: Callable[[], None], clock: ClusterClock) -> None:
        self.when = when
        self.sequence = sequence
        self.callback = callback
        self.cancelled = False
        self._clock = clock

    def __lt__(self, other: _Timer) -> bool:
        return (self.when, self.sequence) < (other.when, other.sequence)

    def cancel(self) -> None:
        if not self.cancelled:
            self.cancelled = True
            self._clock._cancel()
