"""HTTP/1.1 to one server over kept-alive connections, with as little in between as a control loop wants.

A request is one write and one future; a watch is a stream of decoded chunks with back-pressure. No redirects, no
compression, no proxies: an API server needs none of them.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import Final, NamedTuple, cast
from urllib.parse import urlsplit

_STREAM_HIGH_WATER: Final = 1 << 20
_CLOSE_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 30.0
_BODILESS: Final = frozenset({204, 304})


class ConnectionFailed(Exception):
    """No answer came: the connection could not be made or broke; `reused` if it may only have been idle too long."""

    def __init__(self, message: str, *, reused: bool = False) -> None:
        super().__init__(message)
        self.reused = reused


class Head(bytes):
    """The status line and the headers of an answer in lower case, looked at only where somebody asks."""

    def get(self, name: bytes) -> str | None:
        """The value of a header, whose name is given in lower case."""
        at = self.find(b"\r\n%b:" % name)
        if at < 0:
            return None
        begin = at + len(name) + 3
        end = self.find(b"\r\n", begin)
        return self[begin : end if end >= 0 else None].strip().decode("latin-1")


class Response(NamedTuple):
    """A whole answer."""

    status: int
    headers: Head
    body: bytes


class Stream:
    """An answer whose body is still coming: read() gives what is there, b"" at the end."""

    def __init__(self, connection: _Connection, status: int) -> None:
        self.status = status
        self._connection = connection
        self._parts: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._ended = False
        self._error: ConnectionFailed | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def read(self) -> bytes:
        """Everything received since the last read; waits for something; raises ConnectionFailed."""
        while not self._parts:
            if self._error is not None:
                raise self._error
            if self._ended:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        data = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        if self._paused:
            self._paused = False
            self._connection.resume()
        return data

    async def read_all(self) -> bytes:
        """The rest of the body."""
        parts = []
        while part := await self.read():
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        """Drop the connection unless the body has come to its end."""
        if not self._ended:
            self._connection.abort()

    def feed(self, data: bytes) -> None:
        """The connection received a part of the body."""
        self._parts.append(data)
        self._size += len(data)
        if self._size > _STREAM_HIGH_WATER and not self._paused:
            self._paused = True
            self._connection.pause()
        self._wake()

    def end(self, error: ConnectionFailed | None = None) -> None:
        """The body is complete, or the connection broke."""
        self._ended = error is None
        self._error = error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Connection(asyncio.Protocol):
    """One request at a time; parses the answer as it arrives."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response | Stream] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._streaming = False
        self._stream: Stream | None = None
        self._rest = b""
        self._in_head = True
        self._status = 0
        self._headers = Head()
        self._parts: list[bytes] = []
        self._left = 0
        self._chunked = False
        self._chunk_end = False
        self._trailer = False
        self._until_close = False
        self._requests = 0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, data: bytes, *, streaming: bool, timeout: float) -> asyncio.Future[Response | Stream]:
        """Write a request; the future gives its answer, or TimeoutError when it has not come in time."""
        if self._transport is None:
            raise ConnectionFailed("not connected")
        self._requests += 1
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        self._deadline = loop.call_later(timeout, self._expire)
        self._streaming = streaming
        self._stream = None
        self._in_head = True
        self._parts = []
        self._transport.write(data)
        return self._answer

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TimeoutError())
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            data = self._rest + data
            self._rest = b""
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            rest = data[end + 4 :]
            if not self._head(data[:end]):
                if rest:
                    self.data_received(rest)
                return
            data = rest
            if not self._chunked and not self._until_close and self._left == 0:
                self._finish()
                return
        if not data:
            return
        if self._chunked:
            self._chunks(data)
        elif self._until_close:
            self._body(data)
        else:
            self._left -= len(data)
            self._body(data)
            if self._left <= 0:
                self._finish()

    def _head(self, head: bytes) -> bool:
        """Take the status line and headers; False for an interim answer."""
        self._status = int(head[9:12])
        if self._status < 200:
            return False
        headers = self._headers = Head(head.lower())
        self._in_head = False
        length = headers.get(b"content-length")
        self._chunked = headers.get(b"transfer-encoding") == "chunked"
        self._left = int(length) if length is not None else 0
        self._chunk_end = self._trailer = False
        self._until_close = not self._chunked and length is None and self._status not in _BODILESS
        if self._streaming and self._answer is not None and not self._answer.done():
            self._in_time()
            self._stream = Stream(self, self._status)
            self._answer.set_result(self._stream)
        return True

    def _body(self, data: bytes) -> None:
        if self._stream is not None:
            self._stream.feed(data)
        else:
            self._parts.append(data)

    def _chunks(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        position, size, found = 0, len(data), []
        while position < size:
            if self._left:
                part = data[position : position + self._left]
                found.append(part)
                position += len(part)
                self._left -= len(part)
                self._chunk_end = not self._left
                continue
            line_end = data.find(b"\r\n", position)
            if line_end < 0:
                break
            line = data[position:line_end]
            position = line_end + 2
            if self._chunk_end:
                self._chunk_end = False
            elif self._trailer:
                if not line:
                    self._rest = b""
                    self._emit(found)
                    self._finish()
                    return
            else:
                self._left = int(line.partition(b";")[0], 16)
                self._trailer = not self._left
        self._rest = data[position:]
        self._emit(found)

    def _emit(self, found: list[bytes]) -> None:
        if found:
            self._body(found[0] if len(found) == 1 else b"".join(found))

    def _finish(self) -> None:
        self._in_time()
        self._in_head = True
        answer, self._answer = self._answer, None
        stream, self._stream = self._stream, None
        if self._headers.get(b"connection") == "close":
            self.abort()
        else:
            self._pool.release(self)
        if stream is not None:
            stream.end()
        elif answer is not None and not answer.done():
            answer.set_result(Response(self._status, self._headers, b"".join(self._parts)))
        self._parts = []

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._in_time()
        self._pool.forget(self)
        if self._until_close and not self._in_head and exc is None:
            self._finish()
        failure = ConnectionFailed(str(exc or "server closed the connection"), reused=self._requests > 1)
        if self._stream is not None:
            self._stream.end(failure)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(failure)
        if not self.closed.done():
            self.closed.set_result(None)

    @property
    def usable(self) -> bool:
        """Whether another request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def abort(self) -> None:
        """Close without ceremony."""
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Stop reading."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()


class ConnectionPool:
    """Connections to one origin; as many as there are requests at once, kept for the next ones."""

    def __init__(self, server: str, context: ssl.SSLContext | None, *, server_name: str = "") -> None:
        parts = urlsplit(server)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (443 if context is not None else 80)
        self._context = context
        self._server_name = (server_name or self._host) if context is not None else None
        self.authority = parts.netloc
        self._idle: list[_Connection] = []
        self._all: set[_Connection] = set()
        self._closed = False

    async def request(self, data: bytes, *, timeout: float) -> Response:
        """Send an encoded request, wait for its whole answer. ConnectionFailed, TimeoutError."""
        answer = await self._exchange(data, streaming=False, timeout=timeout)
        assert isinstance(answer, Response)  # noqa: S101 - what was asked for
        return answer

    async def stream(self, data: bytes, *, timeout: float) -> Stream:
        """Send an encoded request, wait for the head of its answer; the timeout is for the head alone."""
        answer = await self._exchange(data, streaming=True, timeout=timeout)
        assert isinstance(answer, Stream)  # noqa: S101 - what was asked for
        return answer

    async def _exchange(self, data: bytes, *, streaming: bool, timeout: float) -> Response | Stream:
        connection = self._take() or await self._connect(min(timeout, _CONNECT_SECONDS))
        try:
            return await connection.send(data, streaming=streaming, timeout=timeout)
        except asyncio.CancelledError:
            connection.abort()
            raise

    def _take(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        return None

    async def _connect(self, patience: float) -> _Connection:
        if self._closed:
            raise ConnectionFailed("the client is closed")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(patience):
                _, connection = await loop.create_connection(
                    lambda: _Connection(self),
                    self._host,
                    self._port,
                    ssl=self._context,
                    server_hostname=self._server_name,
                )
        except (OSError, ssl.SSLError, TimeoutError) as error:
            raise ConnectionFailed(str(error) or type(error).__name__) from error
        self._all.add(connection)
        return connection

    def release(self, connection: _Connection) -> None:
        """A connection may serve the next request."""
        if self._closed:
            connection.abort()
        elif connection.usable:
            self._idle.append(connection)

    def forget(self, connection: _Connection) -> None:
        """A connection is gone."""
        self._all.discard(connection)

    async def close(self) -> None:
        """Close every connection and wait until the last is closed."""
        self._closed = True
        self._idle.clear()
        going = [c.closed for c in self._all]
        for connection in list(self._all):
            connection.abort()
        if going:
            await asyncio.wait(going, timeout=_CLOSE_SECONDS)
