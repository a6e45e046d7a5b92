"""The behavioural suite over a real etcd, straight from it and through the cacher."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from apimachinery.clock import RealClock
from storage.backend.etcd.backend import EtcdBackend
from storage.backend.etcd.config import EtcdConfig
from storage.cacher.cacher import Cacher
from storage.interfaces import Storage
from storage.store import Store
from tests.support.etcd import Etcd
from tests.support.storage_suite import NODE, PATIENCE, StorageSuite, pod_attributes

pytestmark = pytest.mark.etcd
PREFIX = "/registry/pods/"


class EtcdLab:
    """A Storage over a prefix of its own; every further one has a backend, as another server's would."""

    def __init__(self, etcd: Etcd, *, cached: bool, page: int) -> None:
        self.config = EtcdConfig.from_servers((etcd.endpoint,), prefix=f"/{uuid.uuid4().hex}")
        self._cached = cached
        self._page = page
        self._backends: list[EtcdBackend] = []
        self._cachers: list[Cacher] = []

    async def open(self) -> EtcdLab:
        self.backend = await self._backend()
        self._second = await self._backend()
        self.storage = self._storage(self.backend)
        return self

    async def _backend(self) -> EtcdBackend:
        backend = EtcdBackend(self.config, RealClock(), page=self._page)
        self._backends.append(backend)
        await backend.start()
        return backend

    def _storage(self, backend: EtcdBackend) -> Storage:
        store = Store(backend, RealClock(), PREFIX, attributes=pod_attributes)
        if not self._cached:
            return store
        cacher = Cacher(store, RealClock(), index=NODE, fresh_timeout=PATIENCE)
        self._cachers.append(cacher)
        return cacher

    def reopened(self) -> Storage:
        return self._storage(self._second)

    async def compact(self, revision: int) -> None:
        for backend in self._backends:
            await backend.compact(revision)

    async def advance(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def hurry(self) -> None:
        for cacher in self._cachers:
            cacher._fresh_timeout = 0.05

    async def close(self) -> None:
        for cacher in self._cachers:
            cacher.stop()
        for backend in self._backends:
            await backend.close()


class TestStoreOnEtcd(StorageSuite):
    """Read from etcd each time, two keys a page."""

    @pytest.fixture
    async def lab(self, etcd: Etcd) -> AsyncIterator[EtcdLab]:
        lab = EtcdLab(etcd, cached=False, page=2)
        yield await lab.open()
        await lab.close()


class TestCacherOnEtcd(StorageSuite):
    """Served from a watch cache that etcd's watch fills."""

    @pytest.fixture
    async def lab(self, etcd: Etcd) -> AsyncIterator[EtcdLab]:
        lab = EtcdLab(etcd, cached=True, page=1000)
        yield await lab.open()
        await lab.close()
