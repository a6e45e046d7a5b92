"""The Backend on etcd: guarded transactions, paged ranges at one revision, leases. Models storage/etcd3."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from contextlib import suppress
from typing import Any, Final

import grpc.aio
from aetcd import rpc

from apimachinery.clock import Clock
from storage import keys
from storage.backend.etcd import archive, faults, versions
from storage.backend.etcd.client import ATTEMPT_TIMEOUT, Call, Connection, EtcdClient, Metadata, Response
from storage.backend.etcd.compactor import INTERVAL, Compactor
from storage.backend.etcd.config import EtcdConfig
from storage.backend.etcd.faults import RpcError
from storage.backend.etcd.stream import WatchStream, key_value
from storage.backend.interfaces import BackendWatch, GetResult, RangeResult, TxnResult, WatchSink
from storage.errors import Compacted, FutureRevision, Unreachable
from storage.history import HistoryLimits

_log = logging.getLogger(__name__)

START_PATIENCE: Final = 20.0
"""Seconds of real time that a server waits for etcd when it starts."""
PAGE: Final = 1000
"""Keys that one answer carries at most, so that neither side holds a whole range at once."""
_LEASES_KNOWN: Final = 256
_EQUAL, _MOD = rpc.Compare.EQUAL, rpc.Compare.MOD


class EtcdBackend:
    """Bytes at etcd's revisions. Keys below `/registry` stand below the configured prefix."""

    def __init__(
        self,
        config: EtcdConfig,
        clock: Clock,
        *,
        limits: HistoryLimits | None = None,
        compaction_interval: float = INTERVAL,
        page: int = PAGE,
    ) -> None:
        self._prefix = f"{config.prefix}/".encode()
        self._client = EtcdClient(config)
        self._stream = WatchStream(self._client, self._prefix, self._key, clock, limits or HistoryLimits())
        self._compactor = Compactor(self._client, clock, self.compact, interval=compaction_interval)
        self._page = page
        self._ttls: OrderedDict[int, int] = OrderedDict()
        self._renewed: dict[int, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._head: asyncio.Task[int] | None = None
        self._next_head: asyncio.Task[int] | None = None

    async def start(self) -> None:
        """Connect, find out how far the history reaches, follow it. Unreachable after a while without etcd."""
        try:
            await self._client.open()
            version = await self._version()
            await self._begin(covers_all=not versions.has_ordered_progress(version))
            self._tasks = [
                asyncio.create_task(self._stream.run(), name="etcd-watch"),
                asyncio.create_task(self._compactor.run(), name="etcd-compactor"),
            ]
            async with asyncio.timeout(START_PATIENCE):
                await self._stream.connected()
                await self._stream.reached(await self.current_revision())
        except TimeoutError:
            await self.close()
            raise Unreachable("etcd does not accept a watch") from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End every watch and leave nothing running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._stream.close()
        await self._client.close()

    async def current_revision(self) -> int:
        """etcd's revision, by a linearizable read that callers share."""
        if self._head is None:
            self._head = self._shared(self._read_head())
            return await asyncio.shield(self._head)
        if self._next_head is None:
            self._next_head = self._shared(self._read_head_after(self._head))
        return await asyncio.shield(self._next_head)

    async def oldest_revision(self) -> int:
        """The revision after which this process knows every write."""
        return self._stream.log.oldest

    async def get(self, key: str, *, revision: int = 0) -> GetResult:
        """One key, now or at a revision."""
        request = rpc.RangeRequest(key=self._path(key), revision=revision)
        found = await self._range(request, revision)
        return GetResult(key_value(key, found.kvs[0]) if found.kvs else None, found.header.revision)

    async def range(self, start: str, end: str, *, limit: int = 0, revision: int = 0) -> RangeResult:
        """Keys of `[start, end)` at one revision, read in pages."""
        request = rpc.RangeRequest(key=self._path(start), range_end=self._path(end), revision=revision)
        request.limit = min(limit or self._page, self._page)
        first = found = await self._range(request, revision)
        kvs = [key_value(self._key(kv.key), kv) for kv in found.kvs]
        while found.more and (not limit or len(kvs) < limit):
            request.key = bytes(found.kvs[-1].key) + b"\0"
            request.revision = revision or first.header.revision
            request.limit = min(limit - len(kvs), self._page) if limit else self._page
            found = await self._range(request, request.revision)
            kvs += [key_value(self._key(kv.key), kv) for kv in found.kvs]
        return RangeResult(kvs, first.header.revision, first.count, found.more)

    async def count(self, start: str, end: str) -> int:
        """How many keys live in `[start, end)`."""
        request = rpc.RangeRequest(key=self._path(start), range_end=self._path(end), count_only=True)
        total: int = (await self._range(request, 0)).count
        return total

    async def put(self, key: str, value: bytes, *, expected: int, lease: int = 0) -> TxnResult:
        """Write if the key is still at `expected`."""
        lease = self._renewed.get(lease, lease)
        try:
            return await self._put(key, value, expected, lease)
        except RpcError as e:
            if not faults.is_lease_gone(e):
                raise self._fault(e) from e
        self._renewed[lease] = await self.grant(self._ttls.get(lease, 1))
        return await self._put(key, value, expected, self._renewed[lease])

    async def delete(self, key: str, *, expected: int) -> TxnResult:
        """Remove if the key is still at `expected`."""
        remove = rpc.RequestOp(request_delete_range=rpc.DeleteRangeRequest(key=self._path(key)))
        try:
            return await self._guarded(key, expected, remove)
        except RpcError as e:
            raise self._fault(e) from e

    def watch(self, prefix: str, *, start_revision: int, sink: WatchSink) -> BackendWatch:
        """Deliver every write under a prefix from `start_revision` on to the sink. Compacted."""
        return self._stream.open(prefix, start_revision, sink)

    async def compact(self, revision: int) -> None:
        """Forget what was overwritten or deleted before `revision`; one that is compacted already is no error."""
        request = rpc.CompactionRequest(revision=revision)

        async def compact(connection: Connection, metadata: Metadata) -> Any:
            return await connection.kv.Compact(request, timeout=ATTEMPT_TIMEOUT, metadata=metadata)

        with suppress(Compacted):
            await self._call(compact, revision=revision)
        self._stream.log.forget(min(revision, self._stream.position))

    async def grant(self, ttl: int) -> int:
        """A lease of `ttl` seconds of real time, whatever the cluster's clock says."""
        request = rpc.LeaseGrantRequest(TTL=ttl)

        async def grant(connection: Connection, metadata: Metadata) -> Any:
            return await connection.lease.LeaseGrant(request, timeout=ATTEMPT_TIMEOUT, metadata=metadata)

        lease: int = (await self._call(grant)).ID
        self._ttls[lease] = ttl
        if len(self._ttls) > _LEASES_KNOWN:
            self._renewed.pop(self._ttls.popitem(last=False)[0], None)
        return lease

    async def remaining(self, leases: set[int]) -> dict[int, float]:
        """Seconds left of each lease that is not over."""
        left: dict[int, float] = {}
        for lease in sorted(leases):
            request = rpc.LeaseTimeToLiveRequest(ID=lease)

            async def ask(connection: Connection, metadata: Metadata, request: Any = request) -> Any:
                return await connection.lease.LeaseTimeToLive(request, timeout=ATTEMPT_TIMEOUT, metadata=metadata)

            if (seconds := (await self._call(ask)).TTL) > 0:
                left[lease] = float(seconds)
        return left

    async def snapshot(self) -> bytes:
        """Everything under the prefix at one revision, in the format of every backend."""
        return await archive.save(self)

    async def restore(self, data: bytes) -> None:
        """Make what stands under the prefix what the snapshot has; watches see it as writes. ValueError."""
        await archive.restore(self, data)

    async def _put(self, key: str, value: bytes, expected: int, lease: int) -> TxnResult:
        put = rpc.PutRequest(key=self._path(key), value=value, lease=lease)
        return await self._guarded(key, expected, rpc.RequestOp(request_put=put))

    async def _guarded(self, key: str, expected: int, operation: Any) -> TxnResult:
        path = self._path(key)
        request = rpc.TxnRequest(
            compare=[rpc.Compare(result=_EQUAL, target=_MOD, key=path, mod_revision=expected)],
            success=[operation],
            failure=[rpc.RequestOp(request_range=rpc.RangeRequest(key=path))],
        )

        async def commit(connection: Connection, metadata: Metadata) -> Any:
            return await connection.kv.Txn(request, timeout=ATTEMPT_TIMEOUT, metadata=metadata)

        answer = await self._client.call(commit, write=True)
        if answer.succeeded:
            return TxnResult(True, answer.header.revision)
        found = answer.responses[0].response_range.kvs
        return TxnResult(False, answer.header.revision, key_value(key, found[0]) if found else None)

    async def _range(self, request: Any, revision: int) -> Any:
        async def read(connection: Connection, metadata: Metadata) -> Any:
            return await connection.kv.Range(request, timeout=ATTEMPT_TIMEOUT, metadata=metadata)

        return await self._call(read, revision=revision)

    async def _call(self, call: Call[Response], *, revision: int = 0) -> Response:
        try:
            return await self._client.call(call)
        except RpcError as e:
            if faults.is_compacted(e):
                raise Compacted(revision, self._stream.log.oldest) from e
            if faults.is_future(e):
                raise FutureRevision(revision, await self.current_revision()) from e
            raise self._fault(e) from e

    def _fault(self, error: RpcError) -> Unreachable:
        return faults.translate(error, self._client.connection.endpoint)

    def _shared(self, reading: Any) -> asyncio.Task[int]:
        task: asyncio.Task[int] = asyncio.ensure_future(reading)
        task.add_done_callback(self._head_read)
        return task

    def _head_read(self, task: asyncio.Task[int]) -> None:
        if task is self._head:
            self._head, self._next_head = self._next_head, None
        if not task.cancelled():
            task.exception()

    async def _read_head_after(self, head: asyncio.Task[int]) -> int:
        """A read that begins when the present one ends, so that it has seen what its callers have."""
        await asyncio.wait([head])
        return await self._read_head()

    async def _read_head(self) -> int:
        request = rpc.RangeRequest(key=self._prefix + b"health", count_only=True)
        revision: int = (await self._range(request, 0)).header.revision
        return revision

    async def _version(self) -> str:
        """What etcd says it is; empty where it does not say. Unreachable when it stays away."""

        async def ask(connection: Connection, metadata: Metadata) -> Any:
            return await connection.maintenance.Status(rpc.StatusRequest(), timeout=ATTEMPT_TIMEOUT, metadata=metadata)

        with suppress(RpcError):
            version: str = (await self._client.call(ask, patience=START_PATIENCE)).version
            return version
        return ""

    async def _begin(self, *, covers_all: bool) -> None:
        try:
            self._stream.begin(await self._compactor.oldest(), covers_all=covers_all)
        except grpc.aio.AioRpcError as e:
            raise self._fault(e) from e

    def _path(self, key: str) -> bytes:
        return self._prefix[:-1] + key[len(keys.ROOT) :].encode()

    def _key(self, path: bytes) -> str:
        if path.startswith(self._prefix):
            return f"{keys.ROOT}/{path[len(self._prefix) :].decode(errors='replace')}"
        return path.decode(errors="replace")
