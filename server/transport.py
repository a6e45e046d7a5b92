"""The edge: aiohttp requests become ours, our responses become aiohttp's. The only user of aiohttp but the proxies.

Models apiserver/pkg/endpoints/handlers/responsewriters (compression) and secure_serving.go.
"""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import HttpVersion11, StreamReader, WSMsgType, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import RawRequestMessage
from multidict import CIMultiDict

from apimachinery import errors
from apimachinery.names import uuid_text
from server.endpoints.request import MAX_BODY_BYTES, Chunks, Handler, Query, Request, Response
from server.filters.warnings import SEPARATOR
from server.routes.snapshot import PATH as SNAPSHOT_PATH

GZIP_THRESHOLD: Final = 128 * 1024
GZIP_LEVEL: Final = 1
MAX_SNAPSHOT_BYTES: Final = 1024**3
OFF_LOOP_THRESHOLD: Final = 1024 * 1024
ONE_WRITE: Final = 64 * 1024
KEEPALIVE_SECONDS: Final = 180.0
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}


def http_server(handler: Handler) -> web.Server:
    """The HTTP protocol over a handler; the router behind it is our own. Needs a running loop."""
    loop = asyncio.get_running_loop()

    def request_of(
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        return _Incoming(message, payload, protocol, writer, task, loop)

    return web.Server(
        _Edge(handler).serve,
        request_factory=request_of,
        handler_cancellation=True,
        auto_decompress=False,
        access_log=None,
        keepalive_timeout=KEEPALIVE_SECONDS,
    )


class _Incoming(web.BaseRequest):
    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        """Leave out the library's own name."""
        response.headers.popall("Server", None)


class _Edge:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        if "Expect" in incoming.headers:
            await _expected(incoming)
        request = _request(incoming)
        answer = await self._handler(request)
        headers = _headers(request, answer)
        if answer.upgrade is not None:
            return await _upgrade(incoming, answer)
        if isinstance(answer.body, bytes):
            return await _whole(incoming, answer, answer.body, headers)
        return await _stream(incoming, answer, answer.body, headers)


async def _expected(incoming: web.BaseRequest) -> None:
    """Tell a client that waits for it to go on with its body."""
    if incoming.version == HttpVersion11 and incoming.headers["Expect"].lower() == "100-continue":
        await incoming.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        incoming.writer.output_size = 0


def _request(incoming: web.BaseRequest) -> Request:
    audit_id = incoming.headers.get("Audit-ID", "")
    if not 0 < len(audit_id) <= 64:
        audit_id = uuid_text(random.getrandbits(128))
    return Request(
        method=incoming.method,
        path=incoming.path,
        query=Query(incoming.rel_url.raw_query_string),
        headers=_merged(incoming.headers),
        body=_Body(incoming).read,
        peer_certificate=_peer_certificate(incoming),
        remote=incoming.remote or "",
        audit_id=audit_id,
    )


def _merged(headers: CIMultiDict[str] | Mapping[str, str]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        separator = SEPARATOR if key.startswith("impersonate-") else ","
        merged[key] = f"{merged[key]}{separator}{value}" if key in merged else value
    return merged


def _peer_certificate(incoming: web.BaseRequest) -> bytes | None:
    transport = incoming.transport
    tls = transport.get_extra_info("ssl_object") if transport is not None else None
    found: bytes | None = tls.getpeercert(binary_form=True) if tls is not None else None
    return found or None


class _Body:
    """Reads a body once, up to the limit."""

    def __init__(self, incoming: web.BaseRequest) -> None:
        self._incoming = incoming
        self._limit = MAX_SNAPSHOT_BYTES if incoming.path == SNAPSHOT_PATH else MAX_BODY_BYTES
        self._read: bytes | None = None

    async def read(self) -> bytes:
        if self._read is None:
            chunks, size = [], 0
            async for chunk in self._incoming.content.iter_any():
                size += len(chunk)
                if size > self._limit:
                    raise errors.RequestEntityTooLarge(f"Request entity too large: limit is {self._limit}", details={})
                chunks.append(chunk)
            self._read = b"".join(chunks)
        return self._read


def _headers(request: Request, answer: Response) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict()
    headers["Audit-Id"] = request.audit_id
    headers["Cache-Control"] = "no-cache, private"
    for name, value in answer.headers.items():
        if SEPARATOR in value:
            headers.popall(name, None)
            for part in value.split(SEPARATOR):
                headers.add(name, part)
        else:
            headers[name] = value
    return headers


async def _whole(
    incoming: web.BaseRequest, answer: Response, body: bytes, headers: CIMultiDict[str]
) -> web.StreamResponse:
    if len(body) <= ONE_WRITE and _plain(incoming, answer):
        return _OneWrite(answer.status, headers, body)
    if len(body) > GZIP_THRESHOLD and _accepts_gzip(incoming):
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
        off_loop = len(body) > OFF_LOOP_THRESHOLD
        body = await asyncio.to_thread(_gzip, body) if off_loop else _gzip(body)
    return web.Response(status=answer.status, headers=headers, body=body)


def _plain(incoming: web.BaseRequest, answer: Response) -> bool:
    """Whether nothing but the length is to be said of the body."""
    return (
        incoming.method != "HEAD"
        and incoming.version == HttpVersion11
        and incoming.keep_alive
        and answer.status >= 200
        and answer.status not in (204, 304)
    )


class _OneWrite(web.StreamResponse):
    """A small body that goes out together with its head in one write, without the library's general machinery."""

    def __init__(self, status: int, headers: CIMultiDict[str], body: bytes) -> None:
        super().__init__(status=status, headers=headers)
        self._content = body

    @property
    def keep_alive(self) -> bool:
        return True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError
        head = f"HTTP/1.1 {self.status} {_REASONS.get(self.status, '')}\r\n"
        for name, value in self.headers.items():
            head += f"{name}: {value}\r\n"
        if head.count("\n") != len(self.headers) + 1:
            raise ValueError("a header with a line break in it")
        head += f"Content-Length: {len(self._content)}\r\nDate: {rfc822_formatted_time()}\r\n\r\n"
        transport.write(head.encode() + self._content)
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to be said."""


def _gzip(body: bytes) -> bytes:
    compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
    return compressor.compress(body) + compressor.flush()


def _accepts_gzip(incoming: web.BaseRequest) -> bool:
    return any(
        part.partition(";")[0].strip() == "gzip" for part in incoming.headers.get("Accept-Encoding", "").split(",")
    )


async def _stream(
    incoming: web.BaseRequest, answer: Response, chunks: Chunks, headers: CIMultiDict[str]
) -> web.StreamResponse:
    compressor = None
    if not answer.live and _accepts_gzip(incoming):
        compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
    out = web.StreamResponse(status=answer.status, headers=headers)
    out.enable_chunked_encoding()
    try:
        await out.prepare(incoming)
        async for chunk in chunks:
            if compressor is None:
                await out.write(chunk)
            elif packed := await asyncio.to_thread(compressor.compress, chunk):
                await out.write(packed)
        if compressor is not None:
            await out.write(compressor.flush())
        await out.write_eof()
    except (ConnectionResetError, BrokenPipeError):
        pass
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()
    return out


async def _upgrade(incoming: web.BaseRequest, answer: Response) -> web.StreamResponse:
    assert answer.upgrade is not None  # noqa: S101 - the caller has looked
    socket = web.WebSocketResponse(protocols=answer.protocols, max_msg_size=0, compress=False, autoping=True)
    await socket.prepare(incoming)
    try:
        await answer.upgrade(_Socket(socket))
    finally:
        await socket.close()
    return socket


class _Socket:
    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    @property
    def protocol(self) -> str:
        return self._socket.ws_protocol or ""

    async def receive(self) -> bytes | str | None:
        message = await self._socket.receive()
        if message.type is WSMsgType.BINARY or message.type is WSMsgType.TEXT:
            data: bytes | str = message.data
            return data
        return None

    async def send(self, message: bytes | str) -> None:
        if isinstance(message, bytes):
            await self._socket.send_bytes(message)
        else:
            await self._socket.send_str(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._socket.close(code=code, message=reason.encode())
