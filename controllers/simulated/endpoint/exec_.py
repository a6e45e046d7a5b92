"""/exec: a command in a running container, interpreted. Models pkg/kubelet/server (getExec) and the CRI's exec."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from apimachinery import meta
from controllers.simulated.endpoint.channels import Channels, open_channels
from controllers.simulated.endpoint.target import Refused, Target
from controllers.simulated.process import Effect, Output, Program, ReadInput, Request, Sleep
from controllers.simulated.sandbox import Sandbox
from controllers.simulated.shell import commands

INTERRUPTED: Final = 130
NOT_FOUND: Final = 126


async def serve(request: web.Request, target: Target) -> web.StreamResponse:
    """Upgrade, run, report the exit code."""
    argv = request.query.getall("command", [])
    if not argv:
        raise Refused(400, "you must specify at least 1 command for the container")
    target.require_running()
    sandbox = Sandbox.inside(target.machine, target.container)
    async with open_channels(request) as channels:
        code = await run(program_of(sandbox, argv, tty=channels.tty), channels, target)
        await channels.finish(code)
    socket: web.StreamResponse = request["socket"]
    return socket


def program_of(sandbox: Sandbox, argv: list[str], *, tty: bool) -> Program:
    """The command as a program; one that this container does not know says so and ends with 126."""
    if commands.find(argv[0]) is None:
        return _unknown(argv[0])
    shell = sandbox.shell()
    if tty:
        shell.variables["TERM"] = "xterm"
    return shell.start(argv)


def _unknown(name: str) -> Program:
    where = "no such file or directory" if "/" in name else "executable file not found in $PATH"
    yield Output(
        "OCI runtime exec failed: exec failed: unable to start container process: "
        f'exec: "{name}": {where}: unknown\n'
        "(this container is simulated: it knows sh and the commands that its `help` lists)\n",
        "stderr",
    )
    return NOT_FOUND


async def run(program: Program, channels: Channels, target: Target) -> int:
    """Play a program in the cluster's time over the channels; its exit code."""
    answer: Any = None
    try:
        while True:
            effect: Effect = program.send(answer)
            answer = None
            match effect:
                case Output(text, stream):
                    await channels.write(text, stream)
                case Sleep(seconds):
                    if await _interrupted(target.clock.sleep(min(seconds, 1e9)), channels):
                        return INTERRUPTED
                case ReadInput():
                    answer = await channels.read()
                case Request():
                    pod = target.machine.pod
                    account = pod["spec"].get("serviceAccountName") or "default"
                    answer = await target.pods.ask(meta.namespace(pod), account, effect)
    except StopIteration as end:
        return int(end.value or 0)


async def _interrupted(sleep: Any, channels: Channels) -> bool:
    sleeping, interrupted = asyncio.ensure_future(sleep), asyncio.ensure_future(channels.interrupted.wait())
    try:
        await asyncio.wait({sleeping, interrupted}, return_when=asyncio.FIRST_COMPLETED)
        return not sleeping.done()
    finally:
        channels.interrupted.clear()
        for task in (sleeping, interrupted):
            task.cancel()
        await asyncio.gather(sleeping, interrupted, return_exceptions=True)
