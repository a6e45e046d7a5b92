"""A queue where an item waits once and is worked on by one worker at a time. Models client-go/util/workqueue."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

from apimachinery.clock import Clock, Timer
from controllers.runtime.metrics import Registry
from controllers.runtime.rate_limiter import ControllerRateLimiter, ItemExponentialFailureRateLimiter

K = TypeVar("K", bound=Hashable)
_SOON_SECONDS = 1.0


class ShutDown(Exception):
    """The queue takes and gives no more."""


class WorkQueue(Generic[K]):
    """Items in the order of their first add; an item added while it is worked on comes back when it is done.

    Bounded by nature: it holds keys, each once. Delays that stand for the cluster's time run on `clock`; delays that
    only protect the server (retries, coalescing) run on `pacing`, so that a paused cluster still gets its retries.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        name: str = "",
        pacing: Clock | None = None,
        rate_limiter: ItemExponentialFailureRateLimiter[K] | None = None,
        metrics: Registry | None = None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._pacing = pacing or clock
        self._limiter = rate_limiter or ControllerRateLimiter[K](self._pacing)
        self._metrics = metrics or Registry()
        self._queue: deque[K] = deque()
        self._dirty: set[K] = set()
        self._processing: dict[K, float] = {}
        self._added: dict[K, float] = {}
        self._waiting: dict[K, tuple[float, Timer, bool]] = {}
        self._soon: dict[K, tuple[float, Timer, bool]] = {}
        self._getters: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, item: K) -> None:
        """Put the item in unless it waits already."""
        if self._closed or item in self._dirty:
            return
        self._dirty.add(item)
        self._metrics.queue_adds.inc(self.name)
        self._added.setdefault(item, self._pacing.monotonic())
        if item not in self._processing:
            self._push(item)

    def add_after(self, item: K, delay: float) -> None:
        """Put the item in after `delay` seconds of the cluster's time; of several delays the earliest counts."""
        self._later(self._waiting, self._clock, item, delay)

    def add_soon(self, item: K, delay: float) -> None:
        """Put the item in after `delay` seconds of real time, to gather what else happens to it until then."""
        if item not in self._dirty:
            self._later(self._soon, self._pacing, item, delay)

    def add_rate_limited(self, item: K) -> None:
        """Put the item in when its back-off allows."""
        self._metrics.queue_retries.inc(self.name)
        self._later(self._soon, self._pacing, item, self._limiter.when(item))

    def num_requeues(self, item: K) -> int:
        """Failures since the last forget()."""
        return self._limiter.num_requeues(item)

    def forget(self, item: K) -> None:
        """End the item's back-off."""
        self._limiter.forget(item)

    async def get(self) -> K:
        """The next item, which is this worker's until done(); raises ShutDown once the queue is closed."""
        while not self._queue:
            if self._closed:
                raise ShutDown
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._getters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if not waiter.cancelled():
                    self._wake()
                raise
        item = self._queue.popleft()
        now = self._pacing.monotonic()
        self._processing[item] = now
        self._dirty.discard(item)
        self._metrics.queue_depth.set(len(self._queue), self.name)
        self._metrics.queue_duration.observe(now - self._added.pop(item, now), self.name)
        return item

    def done(self, item: K) -> None:
        """The worker is finished with the item."""
        started = self._processing.pop(item)
        self._metrics.work_duration.observe(self._pacing.monotonic() - started, self.name)
        if item in self._dirty:
            self._push(item)

    def shut_down(self) -> None:
        """Close the queue: timers are dropped, waiting workers get ShutDown."""
        self._closed = True
        for timers in (self._waiting, self._soon):
            for _, timer, _ in timers.values():
                timer.cancel()
            timers.clear()
        while self._getters:
            self._wake()

    def _later(self, timers: dict[K, tuple[float, Timer, bool]], clock: Clock, item: K, delay: float) -> None:
        if self._closed:
            return
        if delay <= 0:
            self.add(item)
            return
        ready = clock.monotonic() + delay
        known = timers.get(item)
        if known is not None:
            if known[0] <= ready:
                return
            known[1].cancel()
            if known[2]:
                self._metrics.queue_soon.inc(self.name, by=-1)

        soon = timers is self._soon and delay < _SOON_SECONDS
        if soon:
            self._metrics.queue_soon.inc(self.name)

        def due() -> None:
            timers.pop(item, None)
            if soon:
                self._metrics.queue_soon.inc(self.name, by=-1)
            self.add(item)

        timers[item] = (ready, clock.call_later(delay, due), soon)

    def _push(self, item: K) -> None:
        self._queue.append(item)
        self._metrics.queue_depth.set(len(self._queue), self.name)
        self._wake()

    def _wake(self) -> None:
        while self._getters:
            waiter = self._getters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
