"""One thing after another: with a seed, a run with the same inputs makes the same writes in the same order.

While the cluster's clock stands still, the process hears of changes only between rounds, in the order of their
revisions, and has one request under way at a time; what the network delivers sooner or later changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, NamedTuple

from apimachinery.clock import Timer
from apimachinery.clusterclock import ClusterClock

SOON_SECONDS: Final = 1.0
"""Retries that are due within this are part of the same moment of the cluster's time."""
_JUMPS: Final = 100
PASSES: Final = 20
"""After so many turns of the event loop without a new step, everybody waits for something."""


class _Held(NamedTuple):
    revision: int
    resource: str
    apply: Callable[[], None]


class _Pacing(ClusterClock):
    """The machine's clock while it runs; in lockstep it moves with the cluster's, and over what is due soon."""

    def __init__(self, added: Callable[[], None]) -> None:
        super().__init__(time.monotonic, start=0.0)
        self._added = added

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        timer = super().call_later(delay, callback)
        if not self.speed:
            self._added()
        return timer


class Lockstep:
    """Holds back what arrives and lets requests through one by one, for as long as it is engaged.

    One that is `wanted` is engaged from the start, until somebody knows whether time stands still.
    """

    def __init__(self, *, wanted: bool = False) -> None:
        self._wanted = wanted
        self.engaged = False
        self.pacing = _Pacing(self._stir)
        """The clock for retries."""
        if wanted:
            self.engaged = True
        else:
            self.pacing.set_speed(1.0)
        self.stirred = asyncio.Event()
        """Set when there may be something to do."""
        self._held: list[_Held] = []
        self._turn = asyncio.Lock()
        self._asking = 0
        self._answered = asyncio.Event()
        self._steps = 0

    # what the process does ------------------------------------------------------------------------------------------

    def hold(self, revision: int, resource: str, apply: Callable[[], None]) -> None:
        """Apply a change of a cache in its round."""
        self._held.append(_Held(revision, resource, apply))
        self._stir()

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Around a request: the next one begins when everybody has come as far as they can without its answer."""
        self._steps += 1
        self._asking += 1
        try:
            async with self._turn:
                try:
                    yield
                finally:
                    self._steps += 1
                    await self.rest()
        finally:
            self._asking -= 1
            self._steps += 1
            if not self._asking:
                self._answered.set()

    # how it goes on -------------------------------------------------------------------------------------------------

    def engage(self) -> None:
        """One thing after another from now on, if that is wanted."""
        if self._wanted and not self.engaged:
            self.engaged = True
            self.pacing.set_speed(0.0)

    def release(self) -> None:
        """Everything as it comes from now on, beginning with what was held back."""
        if self.engaged:
            self.engaged = False
            self._deliver(None)
            self.pacing.set_speed(1.0)

    async def rest(self) -> None:
        """Return once everybody waits for an answer, a change or a timer."""
        calm, before = 0, self._steps
        while calm < PASSES:
            await asyncio.sleep(0)
            calm = calm + 1 if self._steps == before else 0
            before = self._steps

    async def settle(self, catch_up: Callable[[], Awaitable[int]]) -> None:
        """Go round until nothing is left to do at this moment of the cluster's time.

        `catch_up` returns a revision once everything up to it has been heard. Who tries the same again and again is
        left to try once time has moved.
        """
        jumps = 0
        while self.engaged:
            self.stirred.clear()
            await self._finished()
            revision = await catch_up()
            if self._deliver(revision):
                continue
            if jumps < _JUMPS and self._jump():
                jumps += 1
            elif not self.stirred.is_set():
                return

    async def _finished(self) -> None:
        """Every request that the last round led to has been answered."""
        await self.rest()
        while self._asking:
            self._answered.clear()
            await self._answered.wait()
            await self.rest()

    def _deliver(self, revision: int | None) -> bool:
        """Apply what is held up to a revision, in order; whether there was anything."""
        due = [h for h in self._held if revision is None or h.revision <= revision]
        self._held = [h for h in self._held if revision is not None and h.revision > revision]
        due.sort(key=lambda h: (h.revision, h.resource))
        for held in due:
            held.apply()
        return bool(due)

    def _jump(self) -> bool:
        """Let the retries that are due soon happen; whether there were any."""
        due = self.pacing.next_timer()
        if due is None or due > self.pacing.time() + SOON_SECONDS:
            return False
        self.pacing.move_to(due)
        return True

    def _stir(self) -> None:
        self.stirred.set()
