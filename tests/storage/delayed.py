"""A backend that is far away: every call takes a turn of the loop, and watches hear of writes later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from storage.backend.interfaces import BackendWatch, GetResult, RangeResult, TxnResult, WatchEvent, WatchSink
from storage.backend.memory import MemoryBackend
from storage.errors import StorageError


class DelayedBackend:
    """A memory backend behind a network that takes `turns` of the loop each way."""

    def __init__(self, inner: MemoryBackend, turns: int = 3) -> None:
        self.inner = inner
        self.turns = turns

    async def start(self) -> None:
        await self.inner.start()

    async def close(self) -> None:
        await self.inner.close()

    async def current_revision(self) -> int:
        await self._travel()
        return await self.inner.current_revision()

    async def oldest_revision(self) -> int:
        await self._travel()
        return await self.inner.oldest_revision()

    async def get(self, key: str, *, revision: int = 0) -> GetResult:
        await self._travel()
        return await self.inner.get(key, revision=revision)

    async def range(self, start: str, end: str, *, limit: int = 0, revision: int = 0) -> RangeResult:
        await self._travel()
        found = await self.inner.range(start, end, limit=limit, revision=revision)
        await self._travel()
        return found

    async def count(self, start: str, end: str) -> int:
        await self._travel()
        return await self.inner.count(start, end)

    async def put(self, key: str, value: bytes, *, expected: int, lease: int = 0) -> TxnResult:
        await self._travel()
        result = await self.inner.put(key, bytes(bytearray(value)), expected=expected, lease=lease)
        await self._travel()
        return result

    async def delete(self, key: str, *, expected: int) -> TxnResult:
        await self._travel()
        result = await self.inner.delete(key, expected=expected)
        await self._travel()
        return result

    def watch(self, prefix: str, *, start_revision: int, sink: WatchSink) -> BackendWatch:
        return _DelayedWatch(self, prefix, start_revision, sink)

    async def compact(self, revision: int) -> None:
        await self.inner.compact(revision)

    async def grant(self, ttl: int) -> int:
        await self._travel()
        return await self.inner.grant(ttl)

    async def snapshot(self) -> bytes:
        await self._travel()
        return await self.inner.snapshot()

    async def restore(self, data: bytes) -> None:
        await self.inner.restore(data)

    async def _travel(self) -> None:
        for _ in range(self.turns):
            await asyncio.sleep(0)


class _DelayedWatch:
    """Delivers what it was told at a later turn, and learns of other revisions only when it asks."""

    synchronous = False

    def __init__(self, backend: DelayedBackend, prefix: str, start_revision: int, sink: WatchSink) -> None:
        self.revision = start_revision - 1
        self._backend = backend
        self._prefix = prefix
        self._sink: WatchSink | None = sink
        self._inner: BackendWatch | None = None
        self._error: StorageError | None = None
        self._loop = asyncio.get_running_loop()
        self._later(lambda: self._connect(start_revision), backend.turns)

    def deliver(self, events: Sequence[WatchEvent]) -> None:
        self._later(lambda: self._arrive(events), self._backend.turns * 20)

    def lost(self, error: StorageError) -> None:
        self._later(lambda: self._lose(error), self._backend.turns)

    async def reached(self, revision: int) -> None:
        while self.revision < revision:
            if self._error is not None:
                raise self._error
            asked = await self._backend.current_revision() if self._inner is not None else 0
            for _ in range(self._backend.turns * 25):
                await asyncio.sleep(0)
            self.revision = max(self.revision, asked)

    def cancel(self) -> None:
        self._sink = None
        if self._inner is not None:
            self._inner.cancel()

    def _connect(self, start_revision: int) -> None:
        if self._sink is None:
            return
        try:
            self._inner = self._backend.inner.watch(self._prefix, start_revision=start_revision, sink=self)
        except StorageError as e:
            self._lose(e)

    def _lose(self, error: StorageError) -> None:
        self._error = error
        if self._sink is not None:
            self._sink.lost(error)

    def _arrive(self, events: Sequence[WatchEvent]) -> None:
        if self._sink is not None:
            self._sink.deliver(events)
            self.revision = max(self.revision, events[-1].revision)

    def _later(self, call: Callable[[], None], turns: int) -> None:
        if turns:
            self._loop.call_soon(self._later, call, turns - 1)
        else:
            call()
