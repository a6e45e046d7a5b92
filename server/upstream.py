"""The way from the API to kubelets and pods, over HTTP and WebSockets. Models apimachinery/pkg/util/proxy."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Final

import aiohttp

from apimachinery import errors
from server.certificates import Pair
from server.endpoints.connect import Location, Unreachable
from server.endpoints.request import Request, Response, WebSocket

CONNECT_TIMEOUT: Final = 5.0
_NORMAL: Final = 1000
_NEVER_SENT: Final = frozenset({1005, 1006, 1015})
"""Close codes that stand for the lack of one."""
_HOP_HEADERS: Final = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class HttpUpstream:
    """One client session for all kubelets, opened with the first request.

    `credentials` gives the certificate that kubelets get to see. Theirs are not verified, as upstream unless told to.
    """

    def __init__(self, credentials: Callable[[], Pair] | None = None) -> None:
        self._credentials = credentials
        self._session: aiohttp.ClientSession | None = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT)
            connector = aiohttp.TCPConnector(ssl=self._tls(), limit=0)
            self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False)
        return self._session

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self._credentials is not None:
            pair = self._credentials()
            context.load_cert_chain(pair.certificate, pair.key)
        return context

    async def close(self) -> None:
        """End every connection."""
        if self._session is not None:
            await self._session.close()

    async def fetch(self, location: Location, request: Request) -> Response:
        """The same method and body there; what comes back is passed on as it comes."""
        try:
            answer = await self._client().request(
                request.method,
                location.url,
                data=await request.body() or None,
                headers={k: v for k, v in request.headers.items() if k not in _HOP_HEADERS},
                allow_redirects=False,
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as e:
            raise Unreachable(_dialing(location, e)) from e
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_HEADERS}
        return Response(answer.status, headers, _chunks(answer), live=True)

    async def tunnel(self, location: Location, request: Request, protocols: tuple[str, ...]) -> Response:
        """Messages both ways until either side closes."""
        try:
            socket = await self._client().ws_connect(location.url, protocols=protocols, max_msg_size=0, compress=0)
        except aiohttp.WSServerHandshakeError as e:
            raise errors.Unknown(f"unable to upgrade connection: {e.message}", code=e.status) from e
        except (aiohttp.ClientError, OSError, TimeoutError) as e:
            raise errors.Unknown(f"error dialing backend: {_dialing(location, e)}", code=500) from e
        chosen = (socket.protocol,) if socket.protocol else ()
        return Response(101, upgrade=_Bridge(socket).run, protocols=chosen)


def _dialing(location: Location, error: BaseException) -> str:
    address = location.base.partition("://")[2]
    if isinstance(error, TimeoutError):
        return f"dial tcp {address}: i/o timeout"
    cause = getattr(error, "os_error", error)
    if isinstance(cause, ConnectionRefusedError):
        return f"dial tcp {address}: connect: connection refused"
    return f"dial tcp {address}: {cause}"


async def _chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.content.iter_any():
            yield chunk
    finally:
        answer.close()


class _Bridge:
    """Passes the messages of two WebSockets on to each other."""

    def __init__(self, far: aiohttp.ClientWebSocketResponse) -> None:
        self._far = far

    async def run(self, near: WebSocket) -> None:
        """Until either side closes."""
        tasks = {asyncio.ensure_future(self._outward(near)), asyncio.ensure_future(self._inward(near))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._far.close()

    async def _outward(self, near: WebSocket) -> None:
        while (message := await near.receive()) is not None:
            await (self._far.send_bytes(message) if isinstance(message, bytes) else self._far.send_str(message))

    async def _inward(self, near: WebSocket) -> None:
        async for message in self._far:
            if message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
                await near.send(message.data)
        code = self._far.close_code or _NORMAL
        await near.close(_NORMAL if code in _NEVER_SENT else code)
