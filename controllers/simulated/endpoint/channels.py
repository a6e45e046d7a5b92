"""The channels of one WebSocket: standard streams, the final status, resizes. Models util/remotecommand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp import web

from apimachinery import serializer
from apimachinery.objects import Object
from controllers.simulated.process import Stream

PROTOCOLS: Final = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDIN: Final = 0
_NUMBERS: Final = {"stdout": 1, "stderr": 2}
_ERROR: Final = 3
_CLOSE: Final = 255
_TTY_TABLE: Final = {"\x7f", "\b"}


def success() -> Object:
    """The status of a command that ended with 0."""
    return {"metadata": {}, "status": "Success"}


def failure(code: int) -> Object:
    """The status of a command that ended otherwise."""
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


class Channels:
    """Reads lines of standard input, writes output. With a terminal, input is echoed and edited line by line."""

    def __init__(self, socket: web.WebSocketResponse, *, stdin: bool, tty: bool) -> None:
        self._socket = socket
        self._stdin = stdin
        self._tty = tty
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(1024)
        self._rest = ""
        self.interrupted = asyncio.Event()
        """Set when the client has gone, or has typed Ctrl-C at a terminal."""

    @property
    def tty(self) -> bool:
        """Whether there is a terminal."""
        return self._tty

    async def write(self, text: str, stream: Stream) -> None:
        """Send output; a terminal has one stream, and lines end with a carriage return there."""
        if self._tty:
            stream, text = "stdout", text.replace("\n", "\r\n")
        if not self._socket.closed:
            await self._socket.send_bytes(bytes([_NUMBERS[stream]]) + text.encode())

    async def read(self) -> str | None:
        """The next line of input with its newline; None at its end."""
        return await self._lines.get() if self._stdin else None

    async def finish(self, code: int) -> None:
        """Say how it ended, and close."""
        if not self._socket.closed:
            status = success() if code == 0 else failure(code)
            await self._socket.send_bytes(bytes([_ERROR]) + serializer.dumps(status))
            await self._socket.close()

    async def pump(self) -> None:
        """Take what the client sends until it goes."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
                continue
            channel, data = message.data[0], message.data[1:]
            if channel == _STDIN:
                await self._take(data.decode(errors="replace"))
            elif channel == _CLOSE and data[:1] == bytes([_STDIN]):
                await self._end_input()
        await self._end_input()
        self.interrupted.set()

    async def _end_input(self) -> None:
        if self._rest:
            await self._lines.put(self._rest)
            self._rest = ""
        await self._lines.put(None)

    async def _take(self, text: str) -> None:
        if not self._tty:
            *lines, self._rest = (self._rest + text).split("\n")
            for line in lines:
                await self._lines.put(line + "\n")
            return
        for char in text:
            await self._key(char)

    async def _key(self, char: str) -> None:
        if char in "\r\n":
            await self.write("\n", "stdout")
            line, self._rest = self._rest, ""
            await self._lines.put(line + "\n")
        elif char in _TTY_TABLE:
            if self._rest:
                self._rest = self._rest[:-1]
                await self.write("\b \b", "stdout")
        elif char == "\x03":
            self._rest = ""
            await self.write("^C\n", "stdout")
            self.interrupted.set()
        elif char == "\x04" and not self._rest:
            await self._lines.put(None)
        elif char.isprintable() or char == "\t":
            self._rest += char
            await self.write(char, "stdout")


@asynccontextmanager
async def open_channels(request: web.Request) -> AsyncIterator[Channels]:
    """Upgrade the request; what the client sends is taken in beside for as long as the context lasts."""
    query = request.query
    socket = web.WebSocketResponse(protocols=PROTOCOLS, max_msg_size=0, compress=False)
    await socket.prepare(request)
    channels = Channels(socket, stdin=query.get("input") == "1", tty=query.get("tty") == "1")
    pumping = asyncio.ensure_future(channels.pump())
    try:
        yield channels
    finally:
        pumping.cancel()
        await asyncio.gather(pumping, return_exceptions=True)
        await socket.close()
        request["socket"] = socket
