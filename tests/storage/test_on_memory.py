"""The behavioural suite over the memory backend, near and far, straight from it and through the cacher."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from apimachinery.clock import ManualClock
from storage.backend.interfaces import Backend
from storage.backend.memory import MemoryBackend
from storage.cacher.cacher import Cacher
from storage.interfaces import Storage
from storage.store import Store
from tests.storage.delayed import DelayedBackend
from tests.support.storage_suite import NODE, PATIENCE, StorageSuite, pod_attributes

PREFIX = "/registry/pods/"


class MemoryLab:
    """A Storage over memory, its time in the test's hand."""

    def __init__(self, *, cached: bool, far: bool = False) -> None:
        self.clock = ManualClock()
        self.backend: Backend = MemoryBackend(self.clock)
        if far:
            self.backend = DelayedBackend(self.backend)
        self._cached = cached
        self._cachers: list[Cacher] = []
        self.storage = self.reopened()

    def reopened(self) -> Storage:
        store = Store(self.backend, self.clock, PREFIX, attributes=pod_attributes)
        if not self._cached:
            return store
        cacher = Cacher(store, self.clock, index=NODE, fresh_timeout=PATIENCE)
        self._cachers.append(cacher)
        return cacher

    async def compact(self, revision: int) -> None:
        await self.backend.compact(revision)

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    def hurry(self) -> None:
        for cacher in self._cachers:
            cacher._fresh_timeout = 0.05

    async def close(self) -> None:
        for cacher in self._cachers:
            cacher.stop()
        await self.backend.close()


class TestStoreOnMemory(StorageSuite):
    """Read from the backend each time."""

    @pytest.fixture
    async def lab(self) -> AsyncIterator[MemoryLab]:
        lab = MemoryLab(cached=False)
        yield lab
        await lab.close()


class TestCacherOnMemory(StorageSuite):
    """Served from the watch cache."""

    @pytest.fixture
    async def lab(self) -> AsyncIterator[MemoryLab]:
        lab = MemoryLab(cached=True)
        yield lab
        await lab.close()


class TestStoreFarAway(StorageSuite):
    """A backend whose answers and events take their time."""

    @pytest.fixture
    async def lab(self) -> AsyncIterator[MemoryLab]:
        lab = MemoryLab(cached=False, far=True)
        yield lab
        await lab.close()


class TestCacherFarAway(StorageSuite):
    """A watch cache that learns of writes after their writer does."""

    @pytest.fixture
    async def lab(self) -> AsyncIterator[MemoryLab]:
        lab = MemoryLab(cached=True, far=True)
        yield lab
        await lab.close()
