"""One etcd watch that feeds every watch of this process. Models storage/etcd3/watcher.go, and etcd's clientv3 watcher.

It covers the whole key space where etcd's progress notifications cannot be trusted (before 3.4.25 and 3.5.8 they may
overtake events): each revision then brings an event of its own, and the position is known without asking. Newer
members are watched at our prefix, and asked for progress while somebody waits.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable
from itertools import count, groupby
from typing import Any, Final

import grpc.aio
from aetcd import rpc

from apimachinery.clock import Clock
from storage import keys
from storage.backend.etcd import faults
from storage.backend.etcd.client import ATTEMPT_TIMEOUT, Connection, EtcdClient, Metadata
from storage.backend.etcd.faults import RpcError
from storage.backend.etcd.log import EventLog
from storage.backend.interfaces import BackendWatch, KeyValue, WatchEvent, WatchSink
from storage.errors import Compacted, StorageError, Unreachable
from storage.history import HistoryLimits

_log = logging.getLogger(__name__)

_DELETE: Final = 1
_PROGRESS_PAUSE: Final = 0.1
_FIRST_PAUSE, _LAST_PAUSE = 0.05, 1.0
_WHOLE: Final = b"\0"

ReadKey = Callable[[bytes], str]


class _Lost(Exception):
    """The stream cannot go on where it was; the history before `oldest` is gone."""

    def __init__(self, oldest: int) -> None:
        super().__init__(oldest)
        self.oldest = oldest


class WatchStream:
    """Follows etcd from a revision on, through reconnections, and hands each write to the watches of its prefix.

    `run` goes on until cancelled. `position` is the revision up to which every watch has been served.
    """

    def __init__(
        self, client: EtcdClient, prefix: bytes, read_key: ReadKey, clock: Clock, limits: HistoryLimits
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._read_key = read_key
        self._clock = clock
        self.log = EventLog(clock, limits)
        self.position = 0
        self.covers_all = True
        self._cluster = 0
        self._watches: dict[str, list[EtcdWatch]] = {}
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._waiting = asyncio.Event()
        self._call: Any = None
        self._connected = asyncio.Event()
        client.moved = self._interrupt

    def begin(self, revision: int, *, covers_all: bool) -> None:
        """Start after a revision whose state can be read."""
        self.position = revision
        self.covers_all = covers_all
        self.log.reset(revision)

    async def connected(self) -> None:
        """Return once etcd has taken the watch for the first time; `log.oldest` is certain then."""
        await self._connected.wait()

    def open(self, prefix: str, start_revision: int, sink: WatchSink) -> BackendWatch:
        """Hand over what is known from `start_revision` on, then every write as it comes. Compacted."""
        if start_revision <= self.log.oldest:
            raise Compacted(start_revision - 1, self.log.oldest)
        missed = [e for e in self.log.since(start_revision) if e.key.startswith(prefix)]
        watch = EtcdWatch(self, prefix, start_revision, sink)
        self._watches.setdefault(prefix, []).append(watch)
        for _, events in groupby(missed, key=lambda event: event.revision):
            sink.deliver(list(events))
        return watch

    def drop(self, watch: EtcdWatch) -> None:
        """Deliver no more to a watch."""
        group = self._watches.get(watch.prefix, [])
        if watch in group:
            group.remove(watch)
        if not group:
            self._watches.pop(watch.prefix, None)

    async def reached(self, revision: int) -> None:
        """Return once the position is there."""
        if self.position >= revision:
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, (revision, next(self._order), waiter))
        self._waiting.set()
        await waiter

    async def run(self) -> None:
        """Follow etcd until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            before = self.position
            try:
                await self._follow()
            except _Lost as e:
                await self._lose(e.oldest)
            except RpcError as e:
                if faults.wants_login(e):
                    self._client.logout()
                elif e.code() is not grpc.StatusCode.CANCELLED:
                    _log.warning("the watch of etcd broke off: %s", faults.translate(e, ""))
                    self._client.move()
            except asyncio.CancelledError:
                if _being_cancelled():
                    raise
            except (StorageError, grpc.aio.UsageError, asyncio.InvalidStateError) as e:
                _log.warning("the watch of etcd broke off: %s", e)
            finally:
                self._interrupt()
            pause = _FIRST_PAUSE if self.position > before else min(pause * 2, _LAST_PAUSE)
            await asyncio.sleep(pause)

    def close(self) -> None:
        """End every watch; whoever waits is told."""
        self._watches.clear()
        self._fail_waiters(Unreachable("grpc: the client connection is closing"))

    async def _follow(self) -> None:
        """One stream, until it breaks."""
        compacted = await self._is_compacted()
        await self._client.login()
        call = self._call = self._client.connection.watch.Watch(
            metadata=(*self._client.metadata, ("hasleader", "true"))
        )
        start, end = (_WHOLE, _WHOLE) if self.covers_all else (self._prefix, _end(self._prefix))
        create = rpc.WatchCreateRequest(
            key=start,
            range_end=end,
            start_revision=self.position + 1,
            prev_kv=True,
            progress_notify=not self.covers_all,
        )
        await call.write(rpc.WatchRequest(create_request=create))
        async with asyncio.timeout(ATTEMPT_TIMEOUT):
            first = await call.read()
        self._take(first)
        if not compacted:
            self._connected.set()
        asking = None if self.covers_all else asyncio.create_task(self._ask(call), name="etcd-progress")
        try:
            while True:
                self._take(await call.read())
        finally:
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)

    async def _ask(self, call: Any) -> None:
        """Ask for progress while somebody waits for it."""
        while True:
            self._waiting.clear()
            if not self._waiters:
                await self._waiting.wait()
            await call.write(rpc.WatchRequest(progress_request=rpc.WatchProgressRequest()))
            await asyncio.sleep(_PROGRESS_PAUSE)

    def _interrupt(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.cancel()

    async def _is_compacted(self) -> bool:
        """Whether the watch will only say how far etcd was compacted.

        Lost when this etcd is another one or has gone back in time: its revisions mean something else now.
        """

        async def head(connection: Connection, metadata: Metadata) -> Any:
            request = rpc.RangeRequest(key=self._prefix, count_only=True)
            return await connection.kv.Range(request, timeout=ATTEMPT_TIMEOUT, metadata=metadata)

        async def known(connection: Connection, metadata: Metadata) -> Any:
            request = rpc.RangeRequest(key=self._prefix, count_only=True, revision=self.position)
            return await connection.kv.Range(request, timeout=ATTEMPT_TIMEOUT, metadata=metadata)

        header = (await self._client.call(head)).header
        cluster, self._cluster = self._cluster, header.cluster_id
        if header.revision < self.position or cluster not in (0, header.cluster_id):
            raise _Lost(header.revision)
        try:
            await self._client.call(known)
        except RpcError as e:
            if faults.is_compacted(e):
                return True
            raise
        return False

    def _take(self, response: Any) -> None:
        if response is grpc.aio.EOF:
            raise Unreachable("the watch ended")
        if response.compact_revision:
            raise _Lost(response.compact_revision)
        if response.canceled:
            raise Unreachable(response.cancel_reason or "the watch was cancelled")
        if not response.events:
            if not response.created and not self.covers_all:
                self._advance(response.header.revision)
            return
        for revision, group in groupby(response.events, key=lambda event: event.kv.mod_revision):
            if revision > self.position:
                self._deliver(revision, [self._event(revision, event) for event in group])

    def _event(self, revision: int, event: Any) -> WatchEvent:
        key = self._read_key(event.kv.key)
        previous = key_value(key, event.prev_kv) if event.HasField("prev_kv") else None
        if event.type == _DELETE:
            return WatchEvent(revision, key, None, previous)
        if previous is None and event.kv.create_revision != revision:
            raise _Lost(revision)
        return WatchEvent(revision, key, key_value(key, event.kv), previous)

    def _deliver(self, revision: int, events: list[WatchEvent]) -> None:
        self.log.append(events)
        found: dict[EtcdWatch, list[WatchEvent]] = {}
        for event in events:
            at = 0
            while (at := event.key.find("/", at) + 1) > 0:
                for watch in self._watches.get(event.key[:at], ()):
                    if watch.start_revision <= revision:
                        found.setdefault(watch, []).append(event)
        for watch, concerned in found.items():
            watch.deliver(concerned)
        self._advance(revision)

    def _advance(self, revision: int) -> None:
        self.position = max(self.position, revision)
        while self._waiters and self._waiters[0][0] <= self.position:
            waiter = heapq.heappop(self._waiters)[2]
            if not waiter.done():
                waiter.set_result(None)

    async def _lose(self, oldest: int) -> None:
        """Begin anew at what etcd still has; every watch is lost."""
        _log.warning("the watch of etcd fell behind what etcd keeps: revision %d, oldest %d", self.position, oldest)
        error = Compacted(self.position, oldest)
        self.position = oldest
        self.log.reset(oldest)
        watches, self._watches = self._watches, {}
        for watch in [w for group in watches.values() for w in group]:
            watch.lose(error)
        self._fail_waiters(error)

    def _fail_waiters(self, error: StorageError) -> None:
        waiters, self._waiters = self._waiters, []
        for _, _, waiter in waiters:
            if not waiter.done():
                waiter.set_exception(error)


class EtcdWatch:
    """A watch of one prefix (storage.backend.interfaces.BackendWatch)."""

    synchronous = False

    def __init__(self, stream: WatchStream, prefix: str, start_revision: int, sink: WatchSink) -> None:
        self._stream = stream
        self.prefix = prefix
        self.start_revision = start_revision
        self._sink: WatchSink | None = sink
        self._error: StorageError | None = None

    @property
    def revision(self) -> int:
        """Everything up to this revision has been delivered."""
        return self._stream.position

    def deliver(self, events: list[WatchEvent]) -> None:
        """Pass the writes of one revision on."""
        if self._sink is not None:
            self._sink.deliver(events)

    def lose(self, error: StorageError) -> None:
        """Tell the sink that nothing follows."""
        self._error = error
        if self._sink is not None:
            self._sink.lost(error)

    async def reached(self, revision: int) -> None:
        """Return once everything up to `revision` was delivered; raises what the sink was told."""
        if self._error is not None:
            raise self._error
        await self._stream.reached(revision)

    def cancel(self) -> None:
        """End the watch; the sink hears nothing more."""
        self._sink = None
        self._stream.drop(self)


def _being_cancelled() -> bool:
    """Whether it is this task that is cancelled; a call that was cancelled raises the same error."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def key_value(key: str, found: Any) -> KeyValue:
    """etcd's message as ours."""
    return KeyValue(key, found.value, found.create_revision, found.mod_revision, found.lease)


def _end(prefix: bytes) -> bytes:
    return keys.prefix_end(prefix.decode()).encode()
