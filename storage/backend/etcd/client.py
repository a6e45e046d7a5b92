"""Calls to one of several etcd members, moving on to the next when one fails. Models etcd's client/v3.

Reads are tried again for a while, at every member in turn; writes only where the failed attempt certainly changed
nothing. What stays open is reported as Unreachable with `unknown_outcome`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, TypeVar

import grpc.aio
from aetcd import rpc

from storage.backend.etcd import faults
from storage.backend.etcd.config import EtcdConfig
from storage.backend.etcd.faults import RpcError
from storage.errors import Unreachable

_log = logging.getLogger(__name__)

Response = TypeVar("Response")
Metadata: TypeAlias = tuple[tuple[str, str], ...]
Call: TypeAlias = Callable[["Connection", Metadata], Awaitable[Response]]

ATTEMPT_TIMEOUT: Final = 5.0
"""Seconds of real time that one attempt at one member may take."""
PATIENCE: Final = 3.0
"""Seconds of real time over which attempts are made before the caller is told."""
_PAUSE: Final = 0.05
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),
)


class Connection:
    """A channel to one member and the services behind it."""

    def __init__(self, endpoint: str, credentials: Any) -> None:
        self.endpoint = endpoint
        if credentials is None:
            self.channel = grpc.aio.insecure_channel(endpoint, options=_OPTIONS)
        else:
            self.channel = grpc.aio.secure_channel(endpoint, credentials, options=_OPTIONS)
        self.kv = rpc.KVStub(self.channel)
        self.watch = rpc.WatchStub(self.channel)
        self.lease = rpc.LeaseStub(self.channel)
        self.auth = rpc.AuthStub(self.channel)
        self.maintenance = rpc.MaintenanceStub(self.channel)


class EtcdClient:
    """The members of one etcd; `moved` is called when calls go to another member from now on."""

    def __init__(self, config: EtcdConfig) -> None:
        self._config = config
        self._connections: list[Connection] = []
        self._current = 0
        self._metadata: Metadata = ()
        self._login: asyncio.Lock = asyncio.Lock()
        self.moved: Callable[[], None] = lambda: None

    @property
    def connection(self) -> Connection:
        """The member that is asked at present."""
        return self._connections[self._current]

    @property
    def metadata(self) -> Metadata:
        """What goes with every call: the token, where etcd wants one."""
        return self._metadata

    async def open(self) -> None:
        """Make the channels; they connect with the first call. OSError for unreadable certificates."""
        credentials = self._credentials()
        self._connections = [Connection(endpoint, credentials) for endpoint in self._config.endpoints]

    async def close(self) -> None:
        """Close the channels; calls under way fail."""
        connections, self._connections = self._connections, []
        for connection in connections:
            await connection.channel.close()

    async def call(self, call: Call[Response], *, write: bool = False, patience: float = PATIENCE) -> Response:
        """Make a call until it succeeds or cannot; `patience` in seconds. RpcError for answers, Unreachable."""
        end = asyncio.get_running_loop().time() + patience
        failed = 0
        while True:
            if not self._connections:
                raise Unreachable("grpc: the client connection is closing")
            index, connection = self._current, self.connection
            if self._config.username and not self._metadata:
                await self._authenticate(connection, end)
            token = self._metadata
            try:
                return await call(connection, token)
            except RpcError as e:
                if not faults.is_passing(e):
                    raise
                again = faults.never_applied(e) if write else True
                failed += 1
                if faults.wants_login(e):
                    if self._metadata is token:
                        self._metadata = ()
                else:
                    self._move_from(index)
                if not again or asyncio.get_running_loop().time() >= end:
                    raise faults.translate(e, connection.endpoint, write=write) from e
            if failed % len(self._config.endpoints) == 0:
                await asyncio.sleep(min(_PAUSE * failed, 0.5))

    async def login(self) -> None:
        """Have a token, where etcd wants one."""
        if self._config.username and not self._metadata:
            await self._authenticate(self.connection, 0.0)

    def logout(self) -> None:
        """Forget the token: it was refused."""
        self._metadata = ()

    def move(self) -> None:
        """Ask the next member from now on."""
        self._move_from(self._current)

    def _move_from(self, index: int) -> None:
        if index != self._current or len(self._connections) < 2:
            return
        self._current = (index + 1) % len(self._connections)
        _log.warning("etcd at %s fails, asking %s", self._connections[index].endpoint, self.connection.endpoint)
        self.moved()

    async def _authenticate(self, connection: Connection, end: float) -> None:
        async with self._login:
            if self._metadata:
                return
            request = rpc.AuthenticateRequest(name=self._config.username, password=self._config.password)
            try:
                answer = await connection.auth.Authenticate(request, timeout=ATTEMPT_TIMEOUT)
            except RpcError as e:
                if faults.is_passing(e) and asyncio.get_running_loop().time() < end:
                    self.move()
                    return
                raise faults.translate(e, connection.endpoint) from e
            self._metadata = (("token", answer.token),)

    def _credentials(self) -> Any:
        config = self._config
        if not config.tls:
            return None
        read = {name: path.read_bytes() if path else None for name, path in self._files().items()}
        return grpc.ssl_channel_credentials(
            root_certificates=read["ca"], private_key=read["key"], certificate_chain=read["cert"]
        )

    def _files(self) -> dict[str, Any]:
        return {"ca": self._config.cafile, "key": self._config.keyfile, "cert": self._config.certfile}
