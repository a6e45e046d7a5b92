"""Keeps this process on the cluster's time, of which the API server holds the master."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from typing import Final

from apimachinery import errors, serializer
from apimachinery.clusterclock import ClusterClock
from controllers.runtime.client import Client
from controllers.runtime.errors import TransportError
from controllers.runtime.metrics import Registry

PATH: Final = "/mockube/v1/clock/follow"
SETTLE_SECONDS: Final = 0.003
_CALM: Final = 3
_BUSY_LOOKS: Final = 1000
"""After so many looks, a few seconds, the server hears that work goes on."""
_DRIFT_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 2.0

log = logging.getLogger(__name__)


class ClockFollower:
    """Follows the master's time and speed, and says when nothing goes on here. A server without it is left alone."""

    def __init__(self, client: Client, clock: ClusterClock, metrics: Registry, *, identity: str) -> None:
        self._client = client
        self._clock = clock
        self._metrics = metrics
        self._identity = identity

    async def run(self) -> None:
        """Follow until cancelled."""
        version = 0
        while True:
            due = self._clock.next_timer()
            params = {"follower": self._identity, "version": str(version), "next": "" if due is None else repr(due)}
            try:
                state = serializer.loads(await self._client.request("GET", PATH, params))
            except (errors.NotFound, errors.Forbidden, errors.Unauthorized):
                log.info("the server keeps no cluster clock; following the machine's")
                return
            except (errors.StatusError, TransportError) as error:
                log.debug("following the clock: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if state["version"] == version:
                continue
            version = state["version"]
            speed, moment = state["speed"], state["now"]
            if not speed or speed != self._clock.speed or abs(moment - self._clock.time()) > _DRIFT_SECONDS:
                self._clock.follow(moment, speed)
            if speed == 0:
                await self._settle()

    async def _settle(self) -> None:
        """Return once nothing has happened for a few looks in a row."""
        calm, before, looks = 0, -math.inf, 0
        while calm < _CALM:
            looks += 1
            if looks % _BUSY_LOOKS == 0:
                await self._say_busy()
                before = self._activity()
            await asyncio.sleep(SETTLE_SECONDS)
            now = self._activity()
            waiting = self._metrics.queue_depth.total() + self._metrics.queue_soon.total()
            busy = self._client.open_requests > 0 or waiting > 0
            calm = calm + 1 if now == before and not busy else 0
            before = now

    async def _say_busy(self) -> None:
        with contextlib.suppress(errors.StatusError, TransportError):
            await self._client.request("GET", PATH, {"follower": self._identity, "busy": "true"})

    def _activity(self) -> float:
        return self._metrics.queue_adds.total() + self._metrics.requests.total()
