"""The pods that wait for a node: ready ones by priority, failed ones in back-off or until something changes.

Models pkg/scheduler/backend/queue/scheduling_queue.go.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from apimachinery.clock import Clock, Timer
from controllers.scheduler.types import PodInfo

INITIAL_BACKOFF, MAX_BACKOFF, FLUSH_AFTER = 1.0, 10.0, 300.0
Helps = Callable[[PodInfo, frozenset[str]], bool]
"""Whether a change could help a pod that these plugins refused."""


@dataclass(slots=True)
class _Waiting:
    info: PodInfo
    attempts: int = 0
    plugins: frozenset[str] = frozenset()
    failed_at: float = 0.0
    timer: Timer | None = None
    missed: list[Helps] = field(default_factory=list)
    """What changed during the attempt."""


class SchedulingQueue:
    """Bounded by the number of unscheduled pods: each is in it once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: list[tuple[int, int, str]] = []
        self._sequence = itertools.count()
        self._pods: dict[str, _Waiting] = {}
        self._ready: set[str] = set()
        self._in_flight: set[str] = set()
        self._unschedulable: dict[str, _Waiting] = {}
        self._refused_by: Counter[str] = Counter()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._pods)

    def put(self, info: PodInfo, *, retry: bool = True) -> None:
        """A pod that is new or has changed; `retry` when the change may help it to a node."""
        known = self._pods.get(info.uid)
        if known is None:
            self._pods[info.uid] = _Waiting(info)
            self._activate(info.uid)
            return
        known.info = info
        if retry and info.uid in self._in_flight:
            known.missed.append(lambda *_: True)
        elif retry:
            self._requeue(info.uid)

    def drop(self, uid: str) -> None:
        """A pod that is bound or gone."""
        waiting = self._pods.pop(uid, None)
        self._take_out(uid)
        self._ready.discard(uid)
        self._in_flight.discard(uid)
        if waiting is not None and waiting.timer is not None:
            waiting.timer.cancel()

    async def take(self) -> PodInfo:
        """The most important pod that is ready; waits for one."""
        while True:
            while self._active:
                _, _, uid = heapq.heappop(self._active)
                if uid in self._ready:
                    self._ready.discard(uid)
                    self._in_flight.add(uid)
                    self._pods[uid].missed.clear()
                    return self._pods[uid].info
            self._wake.clear()
            await self._wake.wait()

    def failed(self, uid: str, plugins: frozenset[str]) -> None:
        """A pod found no node: it waits for a change, or backs off when one came meanwhile."""
        waiting = self._pods.get(uid)
        self._in_flight.discard(uid)
        if waiting is None:
            return
        waiting.attempts += 1
        waiting.plugins = plugins
        waiting.failed_at = self._clock.monotonic()
        self._unschedulable[uid] = waiting
        self._refused_by.update(plugins)
        if any(helps(waiting.info, plugins) for helps in waiting.missed):
            self._requeue(uid)
        else:
            waiting.timer = self._clock.call_later(FLUSH_AFTER, lambda: self._requeue(uid))

    def move(self, helps: Helps) -> None:
        """Something changed: pods that it could help are tried again after their back-off."""
        for uid in [u for u, w in self._unschedulable.items() if helps(w.info, w.plugins)]:
            self._requeue(uid)
        self._missed(helps)

    def move_refused_by(self, plugins: frozenset[str]) -> None:
        """The same for pods that one of these plugins refused, which costs little while there are none."""

        def helps(_: PodInfo, refused_by: frozenset[str]) -> bool:
            return not plugins.isdisjoint(refused_by)

        if any(self._refused_by[p] for p in plugins):
            self.move(helps)
        else:
            self._missed(helps)

    def _missed(self, helps: Helps) -> None:
        for uid in self._in_flight:
            if uid in self._pods:
                self._pods[uid].missed.append(helps)

    def _take_out(self, uid: str) -> _Waiting | None:
        waiting = self._unschedulable.pop(uid, None)
        if waiting is not None:
            self._refused_by.subtract(waiting.plugins)
        return waiting

    def _requeue(self, uid: str) -> None:
        waiting = self._take_out(uid)
        if waiting is None:
            return
        if waiting.timer is not None:
            waiting.timer.cancel()
        backoff = min(INITIAL_BACKOFF * 2 ** (waiting.attempts - 1), MAX_BACKOFF)
        left = waiting.failed_at + backoff - self._clock.monotonic()
        if left <= 0:
            self._activate(uid)
        else:
            waiting.timer = self._clock.call_later(left, lambda: self._activate(uid))

    def _activate(self, uid: str) -> None:
        waiting = self._pods.get(uid)
        if waiting is None or uid in self._ready or uid in self._in_flight:
            return
        waiting.timer = None
        self._ready.add(uid)
        heapq.heappush(self._active, (-waiting.info.priority, next(self._sequence), uid))
        self._wake.set()
