"""/attach: the standard streams of a container's first process. Models pkg/kubelet/server (getAttach)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from controllers.simulated.endpoint.channels import Channels, open_channels
from controllers.simulated.endpoint.logs import follow
from controllers.simulated.endpoint.target import Target
from controllers.simulated.logs import InstanceLog
from controllers.simulated.process import Process, Stream


async def serve(request: web.Request, target: Target) -> web.StreamResponse:
    """Upgrade, pass streams on until the container ends or the client goes."""
    target.require_running()
    container = target.container
    log, process = container.log, container.process
    assert log is not None  # noqa: S101 - a running container has a log
    async with open_channels(request) as channels:
        feeding = asyncio.ensure_future(_feed(channels, process, target)) if process is not None else None
        showing = asyncio.ensure_future(_show(channels, log, process, target))
        leaving = asyncio.ensure_future(channels.interrupted.wait())
        try:
            await asyncio.wait({showing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (feeding, showing, leaving):
                if task is not None:
                    task.cancel()
            await asyncio.gather(*(t for t in (feeding, showing, leaving) if t is not None), return_exceptions=True)
        if process is not None and container.spec.get("stdinOnce"):
            process.feed(None, target.now)
            target.pods.look_again(target.machine)
        await channels.finish(0)
    socket: web.StreamResponse = request["socket"]
    return socket


async def _feed(channels: Channels, process: Process, target: Target) -> None:
    while (line := await channels.read()) is not None:
        process.feed(line, target.now)
        target.pods.look_again(target.machine)


async def _show(channels: Channels, log: InstanceLog, process: Process | None, target: Target) -> None:
    if process is None:
        async for line in follow(target, log, target.now):
            await channels.write(line.text + "\n", line.stream)
        return
    written: asyncio.Queue[tuple[str, Stream]] = asyncio.Queue()

    def tap(text: str, stream: Stream) -> None:
        written.put_nowait((text, stream))

    log.taps.append(tap)
    try:
        if rest := log.unfinished:
            await channels.write(rest, "stdout")
        while True:
            text, stream = await written.get()
            if not text:
                return
            await channels.write(text, stream)
    finally:
        log.taps.remove(tap)
