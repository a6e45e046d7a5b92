"""A Backend in this process: one revision, a window of history, synchronous delivery. Models etcd's mvcc store.

A write is committed, remembered and handed to every watch within one plain call, so that nothing is ever seen half
done and a reader who comes after a write finds it everywhere.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

from apimachinery.clock import Clock
from storage.backend import dump
from storage.backend.expiry import Leases
from storage.backend.interfaces import BackendWatch, GetResult, KeyValue, RangeResult, TxnResult, WatchEvent, WatchSink
from storage.errors import Compacted, FutureRevision
from storage.history import HistoryLimits

_FORGET_AT_ONCE: Final = 32
"""How many events one commit drops at most, so that a long pause is paid back in small pieces."""


class _Version:
    """What one write made of a key; `previous` is cut off when it is too old to be read."""

    __slots__ = ("at", "key", "kv", "previous", "revision")

    def __init__(self, key: str, revision: int, kv: KeyValue | None, previous: _Version | None, at: float) -> None:
        self.key = key
        self.revision = revision
        self.kv = kv
        self.previous = previous
        self.at = at

    def event(self) -> WatchEvent:
        previous = self.previous.kv if self.previous is not None else None
        return WatchEvent(self.revision, self.key, self.kv, previous)

    def as_of(self, revision: int) -> KeyValue | None:
        version: _Version | None = self
        while version is not None and version.revision > revision:
            version = version.previous
        return version.kv if version is not None else None

    def overwritten(self) -> int:
        """Bytes that this write made history."""
        return len(self.previous.kv.value) if self.previous is not None and self.previous.kv is not None else 0


class MemoryBackend:
    """All state of a cluster as bytes in memory."""

    def __init__(self, clock: Clock, limits: HistoryLimits | None = None) -> None:
        self._clock = clock
        self._limits = limits or HistoryLimits()
        self._revision = 1
        self._compacted = 1
        self._latest: dict[str, _Version] = {}
        self._live: list[str] = []
        self._known: list[str] = []
        self._log: deque[_Version] = deque()
        self._overwritten = 0
        self._watches: dict[str, list[_MemoryWatch]] = {}
        self._leases = Leases(clock, self._expire)
        self._committed = asyncio.Event()

    @property
    def revision(self) -> int:
        """The revision of the last write."""
        return self._revision

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Drop the watches and the lease timer."""
        self._watches.clear()
        self._leases.close()

    async def current_revision(self) -> int:
        """The revision of the last write."""
        return self._revision

    async def oldest_revision(self) -> int:
        """The revision of the last compaction."""
        return self._compacted

    async def get(self, key: str, *, revision: int = 0) -> GetResult:
        """One key, now or at a revision within the history."""
        self._check(revision)
        version = self._latest.get(key)
        if version is None:
            return GetResult(None, self._revision)
        return GetResult(version.as_of(revision) if revision else version.kv, self._revision)

    async def range(self, start: str, end: str, *, limit: int = 0, revision: int = 0) -> RangeResult:
        """Keys of `[start, end)`, now or at a revision within the history."""
        self._check(revision)
        if revision and revision != self._revision:
            found = self._range_at(start, end, revision)
            count = len(found)
            kvs = found[:limit] if limit else found
        else:
            low, high = bisect_left(self._live, start), bisect_left(self._live, end)
            count = max(0, high - low)
            if limit:
                high = min(high, low + limit)
            kvs = [kv for key in self._live[low:high] if (kv := self._latest[key].kv) is not None]
        return RangeResult(kvs, self._revision, count, len(kvs) < count)

    async def count(self, start: str, end: str) -> int:
        """How many keys live in `[start, end)`."""
        return max(0, bisect_left(self._live, end) - bisect_left(self._live, start))

    async def put(self, key: str, value: bytes, *, expected: int, lease: int = 0) -> TxnResult:
        """Write if the key is still at `expected`."""
        return self._commit(key, value, expected, lease)

    async def delete(self, key: str, *, expected: int) -> TxnResult:
        """Remove if the key is still at `expected`."""
        return self._commit(key, None, expected, 0)

    def watch(self, prefix: str, *, start_revision: int, sink: WatchSink) -> BackendWatch:
        """Hand over what the history has from `start_revision` on, then every write as it happens."""
        if start_revision <= self._compacted:
            raise Compacted(start_revision - 1, self._compacted)
        missed = [v.event() for v in self._since(start_revision) if v.key.startswith(prefix)]
        watch = _MemoryWatch(self, prefix, start_revision, sink)
        self._watches.setdefault(prefix, []).append(watch)
        if missed:
            sink.deliver(missed)
        return watch

    async def compact(self, revision: int) -> None:
        """Forget what was overwritten before `revision`; FutureRevision when it has not been reached."""
        if revision > self._revision:
            raise FutureRevision(revision, self._revision)
        while self._log and self._log[0].revision <= revision:
            self._forget(self._log.popleft())
        self._compacted = max(self._compacted, revision)

    async def grant(self, ttl: int) -> int:
        """A lease of `ttl` seconds on the injected clock."""
        return self._leases.grant(ttl)

    async def snapshot(self) -> bytes:
        """The whole state, with revisions and what is left of each lease; not its history."""
        kvs = [kv for key in self._live if (kv := self._latest[key].kv) is not None]
        return dump.save(self._revision, kvs, self._leases.remaining())

    async def restore(self, data: bytes) -> None:
        """Replace the state by a snapshot's. The revision still grows, and every watch is lost; ValueError."""
        state = dump.load(data)
        self._revision = self._compacted = max(self._revision, state.revision) + 1
        self._latest = {kv.key: _Version(kv.key, kv.mod_revision, kv, None, 0.0) for kv in state.kvs}
        self._live = sorted(self._latest)
        self._known = list(self._live)
        self._log.clear()
        self._overwritten = 0
        self._leases.restore(state.leases, ((kv.key, kv.lease) for kv in state.kvs if kv.lease))
        watches, self._watches = self._watches, {}
        for watch in [w for group in watches.values() for w in group]:
            watch.sink.lost(Compacted(self._revision - 1, self._revision))
        self._wake()

    def _check(self, revision: int) -> None:
        if revision > self._revision:
            raise FutureRevision(revision, self._revision)
        if revision and revision < self._compacted:
            raise Compacted(revision, self._compacted)

    def _range_at(self, start: str, end: str, revision: int) -> list[KeyValue]:
        keys = self._known[bisect_left(self._known, start) : bisect_left(self._known, end)]
        return [kv for key in keys if (kv := self._latest[key].as_of(revision)) is not None]

    def _since(self, revision: int) -> Iterator[_Version]:
        behind = 0
        for version in reversed(self._log):
            if version.revision < revision:
                break
            behind += 1
        return islice(self._log, len(self._log) - behind, None)

    def _commit(self, key: str, value: bytes | None, expected: int, lease: int) -> TxnResult:
        before = self._latest.get(key)
        current = before.kv if before is not None else None
        if (current.mod_revision if current is not None else 0) != expected:
            return TxnResult(False, self._revision, current)
        if value is None and current is None:
            return TxnResult(True, self._revision)
        self._leases.attach(key, lease)
        self._revision = revision = self._revision + 1
        kv = None
        if value is not None:
            kv = KeyValue(key, value, current.create_revision if current is not None else revision, revision, lease)
        version = _Version(key, revision, kv, before, self._clock.monotonic())
        self._latest[key] = version
        if before is None:
            insort(self._known, key)
        if current is None:
            insort(self._live, key)
        elif kv is None:
            del self._live[bisect_left(self._live, key)]
        self._log.append(version)
        self._overwritten += version.overwritten()
        self._trim()
        self._deliver(version)
        self._wake()
        return TxnResult(True, revision)

    def _deliver(self, version: _Version) -> None:
        event = version.event()
        at = 0
        while (at := version.key.find("/", at) + 1) > 0:
            for watch in tuple(self._watches.get(version.key[:at], ())):
                if watch.start_revision <= version.revision:
                    watch.sink.deliver((event,))

    def _wake(self) -> None:
        self._committed.set()
        self._committed = asyncio.Event()

    def _trim(self) -> None:
        limits, oldest = self._limits, self._clock.monotonic() - self._limits.seconds
        for _ in range(_FORGET_AT_ONCE):
            first = self._log[0]
            if first.at >= oldest and len(self._log) <= limits.events and self._overwritten <= limits.size:
                return
            if first.revision == self._revision:
                return
            self._log.popleft()
            self._forget(first)
            self._compacted = first.revision

    def _forget(self, version: _Version) -> None:
        self._overwritten -= version.overwritten()
        version.previous = None
        if version.kv is None and self._latest.get(version.key) is version:
            del self._latest[version.key]
            del self._known[bisect_left(self._known, version.key)]

    def _expire(self, key: str) -> None:
        version = self._latest.get(key)
        if version is not None and version.kv is not None:
            self._commit(key, None, version.kv.mod_revision, 0)

    async def reached(self, revision: int) -> None:
        """Return once the store stands at `revision`."""
        while self._revision < revision:
            await self._committed.wait()

    def drop_watch(self, watch: _MemoryWatch) -> None:
        """Stop delivering to a watch."""
        group = self._watches.get(watch.prefix, [])
        if watch in group:
            group.remove(watch)
        if not group:
            self._watches.pop(watch.prefix, None)


class _MemoryWatch:
    synchronous = True

    def __init__(self, backend: MemoryBackend, prefix: str, start_revision: int, sink: WatchSink) -> None:
        self._backend = backend
        self.prefix = prefix
        self.start_revision = start_revision
        self.sink = sink

    @property
    def revision(self) -> int:
        return self._backend.revision

    async def reached(self, revision: int) -> None:
        await self._backend.reached(revision)

    def cancel(self) -> None:
        self._backend.drop_watch(self)
