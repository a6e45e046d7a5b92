"""Keeps this process on the cluster's time, of which the API server holds the master."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from typing import Any, Final

from apimachinery import errors, serializer
from apimachinery.clusterclock import ClusterClock
from controllers.runtime.client import Client
from controllers.runtime.errors import TransportError
from controllers.runtime.informer import InformerFactory
from controllers.runtime.lockstep import PASSES
from controllers.runtime.metrics import Registry

PATH: Final = "/mockube/v1/clock"
BUSY_SECONDS: Final = 0.002
_ALIVE_SECONDS: Final = 5.0
"""While work goes on, the server hears so this often."""
_PATIENCE_SECONDS: Final = 1.0
_DRIFT_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 2.0

log = logging.getLogger(__name__)


class ClockFollower:
    """Follows the master's time and speed, and says when nothing goes on here. A server without it is left alone.

    While time stands still, a client in lockstep goes on in rounds.
    """

    def __init__(
        self, client: Client, clock: ClusterClock, informers: InformerFactory, metrics: Registry, *, identity: str
    ) -> None:
        self._client = client
        self._messages = client.out_of_turn()
        self._lockstep = client.lockstep
        self._clock = clock
        self._informers = informers
        self._metrics = metrics
        self._identity = identity
        self._round = asyncio.Lock()
        self._version = 0

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            reacting = tasks.create_task(self._react(), name="rounds")
            await self._follow()
            reacting.cancel()

    async def begin(self) -> None:
        """Take the cluster's time before anybody looks at the clock."""
        if state := await self._hear():
            self._clock.follow(state["now"], state["speed"])
            self._let(state["speed"])

    async def _follow(self) -> None:
        while state := await self._hear():
            if state["version"] == self._version:
                continue
            self._version = state["version"]
            async with self._round:
                self._move(state["now"], state["speed"])
                if not state["speed"]:
                    await self._settle()

    async def _hear(self) -> Any:
        """The state of the master once it has changed; None where there is no master."""
        while True:
            due = self._clock.next_timer()
            try:
                return await self._ask("follow", version=str(self._version), next="" if due is None else repr(due))
            except (errors.NotFound, errors.Forbidden, errors.Unauthorized):
                log.info("the server keeps no cluster clock; following the machine's")
                self._lockstep.release()
                return None
            except (errors.StatusError, TransportError) as error:
                log.debug("following the clock: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)

    def _move(self, moment: float, speed: float) -> None:
        self._let(speed)
        passed = moment - self._clock.time()
        if not speed or speed != self._clock.speed or abs(passed) > _DRIFT_SECONDS:
            self._clock.follow(moment, speed)
            if self._lockstep.engaged:
                pacing = self._lockstep.pacing
                pacing.move_to(pacing.time() + passed)

    def _let(self, speed: float) -> None:
        """One thing after another while time stands still, everything as it comes while it goes."""
        if speed:
            self._lockstep.release()
        else:
            self._lockstep.engage()

    async def _react(self) -> None:
        """In lockstep, go on with what comes while nobody moves the time."""
        while True:
            await self._lockstep.stirred.wait()
            self._lockstep.stirred.clear()
            async with self._round:
                await self._settle()

    async def _settle(self) -> None:
        """Return once nothing goes on at this moment."""
        alive = asyncio.ensure_future(self._stay_alive())
        try:
            if self._lockstep.engaged:
                await self._lockstep.settle(self.caught_up)
            else:
                await self.caught_up()
                await self.calm()
        except (errors.StatusError, TransportError) as error:
            log.debug("settling: %s", error)
            await asyncio.sleep(_RETRY_SECONDS)
            self._lockstep.stirred.set()
        finally:
            alive.cancel()
            await asyncio.gather(alive, return_exceptions=True)

    async def caught_up(self) -> int:
        """The server's revision, once every cache has heard of what happened up to it."""
        while True:
            state = await self._ask("progress")
            while behind := self._informers.behind(state["changes"]):
                if not await self._informers.progress(_PATIENCE_SECONDS):
                    log.debug("waiting for %s", behind)
                    break
            else:
                return int(state["revision"])

    async def calm(self) -> None:
        """Return once everybody in this process waits for a change or a timer."""
        calm, before, busy = 0, -math.inf, False
        while calm < PASSES:
            await asyncio.sleep(BUSY_SECONDS if busy else 0)
            now = self._activity()
            waiting = self._metrics.queue_depth.total() + self._metrics.queue_soon.total()
            busy = self._client.open_requests > 0 or waiting > 0
            calm = calm + 1 if now == before and not busy else 0
            before = now

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(_ALIVE_SECONDS)
            with contextlib.suppress(errors.StatusError, TransportError):
                await self._ask("follow", busy="true")

    async def _ask(self, what: str, **params: str) -> Any:
        answer = await self._messages.request("GET", f"{PATH}/{what}", {"follower": self._identity, **params})
        return serializer.loads(answer)

    def _activity(self) -> float:
        return self._metrics.queue_adds.total() + self._metrics.requests.total()
