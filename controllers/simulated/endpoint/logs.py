"""GET /containerLogs: what a container wrote, as it comes with `follow`. Models pkg/kubelet/kubelet_pods.go."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import NamedTuple

from aiohttp import web
from multidict import MultiMapping

from apimachinery.timestamp import parse_time
from controllers.simulated.container import Container, Stage
from controllers.simulated.endpoint.target import Refused, Target
from controllers.simulated.logs import InstanceLog, Line
from controllers.simulated.process import Stream


class LogOptions(NamedTuple):
    """PodLogOptions as a kubelet gets them; `since` in seconds of the wall clock."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail: int | None = None
    since: float = 0.0
    limit: int | None = None

    @classmethod
    def parse(cls, query: MultiMapping[str], now: float) -> LogOptions:
        """From the query; Refused for what makes no sense."""
        try:
            since = 0.0
            if seconds := query.get("sinceSeconds"):
                since = now - int(seconds)
            elif moment := query.get("sinceTime"):
                since = parse_time(moment).timestamp()
            tail, limit = query.get("tailLines"), query.get("limitBytes")
            return cls(
                query.get("follow") == "true",
                query.get("previous") == "true",
                query.get("timestamps") == "true",
                int(tail) if tail is not None else None,
                since,
                int(limit) if limit is not None else None,
            )
        except ValueError as error:
            raise Refused(400, f"unable to decode query: {error}") from None


def choose(container: Container, pod: str, *, previous: bool) -> InstanceLog:
    """The log that is meant; Refused with the kubelet's words when there is none yet."""
    name = container.name
    if previous:
        found = container.previous_log
        if container.log is not None and container.ended is not None and container.stage is Stage.BACKOFF:
            found = container.log
        if found is None:
            raise Refused(400, f'previous terminated container "{name}" in pod "{pod}" not found')
        return found
    if container.log is None:
        reason = {
            "ErrImagePull": "image can't be pulled",
            "ImagePullBackOff": "trying and failing to pull image",
        }.get(container.reason, container.reason)
        raise Refused(400, f'container "{name}" in pod "{pod}" is waiting to start: {reason}')
    return container.log


def render(line: Line, *, timestamps: bool) -> bytes:
    """A line as it goes over the wire."""
    text = line.text if line.partial else line.text + "\n"
    if timestamps:
        moment = datetime.fromtimestamp(line.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        text = f"{moment} {text}"
    return text.encode()


async def serve(request: web.Request, target: Target) -> web.StreamResponse:
    """The log as plain text."""
    options = LogOptions.parse(request.query, target.now)
    log = choose(target.container, str(target.machine.pod["metadata"]["name"]), previous=options.previous)
    out = web.StreamResponse(headers={"Content-Type": "text/plain"})
    out.enable_chunked_encoding()
    await out.prepare(request)
    left = options.limit if options.limit is not None else math.inf
    until = target.now
    present = log.lines(options.since - 1e-6, until)
    chosen = present if options.tail is None else iter(deque(present, maxlen=options.tail))
    for line in chosen:
        left = await _send(out, render(line, timestamps=options.timestamps), left)
        if left <= 0:
            break
    if options.follow:
        async for line in follow(target, log, until):
            if left <= 0:
                break
            left = await _send(out, render(line, timestamps=options.timestamps), left)
    await out.write_eof()
    return out


async def _send(out: web.StreamResponse, data: bytes, left: float) -> float:
    await out.write(data[: int(left)] if left < len(data) else data)
    return left - len(data)


async def follow(target: Target, log: InstanceLog, after: float) -> AsyncIterator[Line]:
    """The lines written after a moment, each when it is written, until the container ends."""
    changed = asyncio.Event()

    def tap(text: str, stream: Stream) -> None:
        changed.set()

    log.taps.append(tap)
    seen = sum(1 for line in log.written if line.at <= after)
    try:
        while True:
            changed.clear()
            now = target.now
            planned = list(InstanceLog(log.started_at, log.plan, log.ended_at).lines(after, now))
            written = list(log.written)[min(seen, len(log.written)) :]
            seen += len(written)
            for line in sorted([*planned, *written], key=lambda found: found.at):
                yield line
            after = now
            if not math.isinf(log.ended_at):
                return
            due = log.next_after(now)
            timer = target.clock.call_later(due - now, changed.set) if not math.isinf(due) else None
            try:
                await changed.wait()
            finally:
                if timer is not None:
                    timer.cancel()
    finally:
        log.taps.remove(tap)
