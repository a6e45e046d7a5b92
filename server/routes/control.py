"""The cluster's clock over HTTP: /mockube/v1/clock, for those whom authorization lets there (system:masters).

GET  /mockube/v1/clock                 {"now", "speed", "paused", "followers", "nextTimer"}
POST /mockube/v1/clock/pause           stand still
POST /mockube/v1/clock/resume          go on at the machine's speed
POST /mockube/v1/clock/speed           {"speed": 60}
POST /mockube/v1/clock/advance         {"seconds": 7200}: step by step, each step once all is quiet
POST /mockube/v1/clock/run-until-idle  {"quiet": 60, "limit": 86400}: until nothing but heartbeats is written
GET  /mockube/v1/clock/follow          for the controllers: waits for a change, tells when they are quiet
GET  /mockube/v1/clock/progress        for the controllers: {"revision", "changes"}: the last change of each resource
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from apimachinery import errors, serializer
from apimachinery.clusterclock import ClusterClock
from apimachinery.timestamp import format_micro_time
from server.endpoints.catalog import Catalog
from server.endpoints.dispatch import method_not_allowed
from server.endpoints.negotiation import JSON
from server.endpoints.request import Handler, Request, Response
from server.endpoints.request_info import RequestInfo
from server.filters.chain import Filter
from server.routes.bodies import Body, parse
from storage.factory import StorageFactory

PREFIX: Final = "/mockube/v1/clock"
FOLLOW_SECONDS: Final = 20.0
SILENT_SECONDS: Final = 30.0
"""A process that has not been heard of for so long is gone; one that works on says so now and then."""
ALIVE_SECONDS: Final = 5.0
STEP_SECONDS: Final = 1.0
STEP_SECONDS_CAP: Final = 4.0
"""Timers within this much of the next one are one step: thousands of heartbeats must not be thousands of steps.
A step grows while nothing but heartbeats is written, and is short again after a write."""
PASSES: Final = 20
"""After so many turns of the event loop, everybody in this process waits for something."""
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HEARTBEATS: Final = frozenset({"leases", "events"})


class Speed(Body):
    """How fast the clock is to go."""

    speed: Annotated[float, Field(ge=0, le=100_000)]


class Advance(Body):
    """How far the clock is to be moved."""

    seconds: Annotated[float, Field(ge=0, le=10 * 366 * 86400)]


class UntilIdle(Body):
    """What idle means, and how far to go at most."""

    quiet: Annotated[float, Field(gt=0, le=86400)] = 60.0
    limit: Annotated[float, Field(gt=0, le=366 * 86400)] = 86400.0


@dataclass(slots=True)
class _Follower:
    """A process that keeps our time: what it has reached, and its next timer."""

    version: int = 0
    next_timer: float = math.inf
    seen_at: float = 0.0
    """When it was last heard of, by the machine's monotonic clock."""


class ClockControl:
    """The master of the cluster's clock. `with_activity()` must stand in the chain: it counts what is going on."""

    def __init__(self, clock: ClusterClock, storage: StorageFactory, catalog: Catalog) -> None:
        self._clock = clock
        self._storage = storage
        self._catalog = catalog
        self._version = 1
        self._changed = asyncio.Condition()
        self._followers: dict[str, _Follower] = {}
        self._moving = asyncio.Lock()
        self._open = 0
        self._calm = asyncio.Event()
        self._calm.set()
        self._served = 0
        self._writes = 0
        self._stride = STEP_SECONDS

    # what goes on ---------------------------------------------------------------------------------------------------

    def with_activity(self) -> Filter:
        """A filter that counts requests and the writes that are no heartbeats."""

        def wrap(handler: Handler) -> Handler:
            async def counted(request: Request) -> Response:
                info = request.info
                if request.path.startswith(PREFIX) or (info is not None and info.verb == "watch"):
                    return await handler(request)
                self._open += 1
                self._served += 1
                self._calm.clear()
                if request.method in _WRITES and info is not None and _is_work(info):
                    self._writes += 1
                try:
                    return await handler(request)
                finally:
                    self._open -= 1
                    if not self._open:
                        self._calm.set()

            return counted

        return wrap

    # requests -------------------------------------------------------------------------------------------------------

    async def __call__(self, request: Request) -> Response:
        """Serve one of the paths."""
        action = request.path[len(PREFIX) :].strip("/")
        if request.method == "GET" and action == "":
            return self._answer()
        if request.method == "GET" and action == "follow":
            return await self._follow(request)
        if request.method == "GET" and action == "progress":
            return await self._progress(request)
        if request.method != "POST":
            raise method_not_allowed()
        body = await request.body()
        match action:
            case "pause":
                await self._set_speed(0.0)
            case "resume":
                await self._set_speed(1.0)
            case "speed":
                await self._set_speed(parse(Speed, body).speed)
            case "advance":
                return self._answer_after(self._advance(parse(Advance, body).seconds))
            case "run-until-idle":
                return self._answer_after(self._run_until_idle(parse(UntilIdle, body)))
            case _:
                raise errors.NotFound("the server could not find the requested resource", details={})
        return self._answer()

    def _answer_after(self, work: Coroutine[Any, Any, None]) -> Response:
        """The answer once the work is done, with a newline now and then so that nobody takes us for dead."""

        async def chunks() -> AsyncIterator[bytes]:
            task = asyncio.ensure_future(work)
            try:
                while not (await asyncio.wait({task}, timeout=ALIVE_SECONDS))[0]:
                    yield b"\n"
                task.result()
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            yield self._document()

        return Response(200, {"Content-Type": JSON}, chunks(), live=True)

    def _answer(self) -> Response:
        return Response(200, {"Content-Type": JSON}, self._document())

    def _document(self) -> bytes:
        clock = self._clock
        due = min((f.next_timer for f in self._followers.values()), default=math.inf)
        due = min(due, clock.next_timer() or math.inf)
        found = {
            "now": format_micro_time(clock.now()),
            "speed": clock.speed,
            "paused": clock.speed == 0.0,
            "followers": len(self._followers),
            "nextTimer": None if math.isinf(due) else max(0.0, round(due - clock.time(), 3)),
        }
        return serializer.dumps(found) + b"\n"

    async def _follow(self, request: Request) -> Response:
        query = request.query
        name = query.get("follower")
        version, due = int(query.get("version") or 0), float(query.get("next") or math.inf)
        follower = self._heard_of(name)
        if query.get("busy"):
            return Response(200, {"Content-Type": JSON}, b"{}")
        follower.version, follower.next_timer = version, due
        async with self._changed:
            self._changed.notify_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_SECONDS):
                    await self._changed.wait_for(lambda: self._version > version)
        found = {"version": self._version, "now": self._clock.time(), "speed": self._clock.speed}
        return Response(200, {"Content-Type": JSON}, serializer.dumps(found))

    def _heard_of(self, name: str) -> _Follower:
        follower = self._followers.setdefault(name, _Follower())
        follower.seen_at = time.monotonic()
        return follower

    async def _progress(self, request: Request) -> Response:
        """Say how far watches have come that miss nothing, once what goes on in this process has come to rest."""
        if (name := request.query.get("follower")) in self._followers:
            self._heard_of(name)
        revision = 0
        while revision < (revision := await self._storage.caught_up()):
            for _ in range(PASSES):
                await asyncio.sleep(0)
        kept = (e.resource for e in self._catalog if e.store is not None)
        changes = {str(r.group_resource): self._storage.last_change(r.storage_resource) for r in kept}
        found = serializer.dumps({"revision": revision, "changes": changes})
        return Response(200, {"Content-Type": JSON}, found)

    # moving ---------------------------------------------------------------------------------------------------------

    async def _set_speed(self, speed: float) -> None:
        async with self._moving:
            self._clock.set_speed(speed)
            await self._publish()

    async def _advance(self, seconds: float) -> None:
        async with self._moving, _standing_still(self):
            end = self._clock.time() + seconds
            await self._settle()
            while self._clock.time() < end:
                await self._step(min(end, self._next_step()))

    async def _run_until_idle(self, wanted: UntilIdle) -> None:
        async with self._moving, _standing_still(self):
            end = self._clock.time() + wanted.limit
            await self._settle()
            writes, since = self._writes, self._clock.time()
            while self._clock.time() < end and self._clock.time() - since < wanted.quiet:
                await self._step(min(end, since + wanted.quiet, self._next_step()))
                if self._writes != writes:
                    writes, since = self._writes, self._clock.time()

    def _next_step(self) -> float:
        due = min((f.next_timer for f in self._followers.values()), default=math.inf)
        due = min(due, self._clock.next_timer() or math.inf)
        now = self._clock.time()
        return max(now + self._stride, due)

    async def _step(self, moment: float) -> None:
        writes = self._writes
        self._clock.move_to(moment)
        await self._settle()
        self._stride = min(STEP_SECONDS_CAP, self._stride * 2) if writes == self._writes else STEP_SECONDS

    async def _publish(self) -> None:
        async with self._changed:
            self._version += 1
            self._changed.notify_all()

    async def _settle(self) -> None:
        """Tell the time, and wait until nothing happens here and in every process that follows."""
        while True:
            before = self._served
            await self._publish()
            await self._acknowledged()
            await self._calm.wait()
            if self._served == before:
                return

    async def _acknowledged(self) -> None:
        version = self._version
        async with self._changed:
            while any(f.version < version for f in self._followers.values()):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await self._changed.wait()
                dead = time.monotonic() - SILENT_SECONDS
                self._followers = {k: f for k, f in self._followers.items() if f.version >= version or f.seen_at > dead}


@contextlib.asynccontextmanager
async def _standing_still(control: ClockControl) -> AsyncIterator[None]:
    """Stop the clock for as long as it is moved step by step, then let it go on as before."""
    clock = control._clock
    speed = clock.speed
    clock.set_speed(0.0)
    try:
        yield
    finally:
        clock.set_speed(speed)
        await control._publish()


def _is_work(info: RequestInfo) -> bool:
    """Whether a write is more than a sign of life."""
    if not info.resource_request or info.resource in _HEARTBEATS:
        return False
    return not (info.resource == "nodes" and info.subresource == "status")
