"""From a URL to a Backend, from a Backend to the Storage of each resource. Models storage/storagebackend/factory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apimachinery.clock import Clock, RealClock
from apimachinery.gvk import GroupResource
from storage import keys
from storage.backend.interfaces import Backend
from storage.backend.lease import LeaseManager
from storage.backend.memory import MemoryBackend
from storage.cacher.cacher import FRESH_TIMEOUT, Cacher
from storage.codec import metadata_attributes
from storage.history import HistoryLimits
from storage.interfaces import Attributes, Storage
from storage.store import Store


def _etcd(url: str, _: Clock) -> Backend:
    """etcd knows the machine's time alone, so its history is counted in that."""
    from storage.backend.etcd.backend import EtcdBackend  # gRPC is loaded by those who use it
    from storage.backend.etcd.config import EtcdConfig

    return EtcdBackend(EtcdConfig.from_url(url), RealClock())


_BACKENDS: Final[dict[str, Callable[[str, Clock], Backend]]] = {
    "memory": lambda _url, clock: MemoryBackend(clock),
    "etcd": _etcd,
}


def open_backend(url: str, clock: Clock) -> Backend:
    """The backend of a URL (`memory://`, `etcd://host:2379/registry`), not yet started; ValueError for a bad one."""
    scheme = url.partition("://")[0]
    if scheme not in _BACKENDS:
        raise ValueError(f"unknown store {url!r}: want one of {', '.join(f'{s}://' for s in _BACKENDS)}")
    return _BACKENDS[scheme](url, clock)


class StorageFactory:
    """The Storage of every resource over one backend, one cache a resource; `start` before, `stop` after use."""

    def __init__(
        self,
        backend: Backend,
        clock: Clock,
        *,
        limits: HistoryLimits | None = None,
        fresh_timeout: float = FRESH_TIMEOUT,
    ) -> None:
        self.backend = backend
        self._clock = clock
        self._limits = limits
        self._fresh_timeout = fresh_timeout
        self._leases = LeaseManager(backend, clock)
        self._cachers: dict[str, Cacher] = {}

    def storage(
        self,
        resource: GroupResource,
        *,
        attributes: Attributes = metadata_attributes,
        prefix: str = "",
        index: str = "",
    ) -> Storage:
        """The resource's objects; the same Storage each time, until it is dropped.

        `prefix` is an absolute key prefix ending in `/` in place of upstream's own; `index` a selectable field by
        whose value lists and watches of all namespaces are served without looking at every object.
        """
        path = prefix or keys.resource_prefix(resource)
        if path not in self._cachers:
            store = Store(self.backend, self._clock, path, attributes=attributes, leases=self._leases)
            self._cachers[path] = Cacher(
                store,
                self._clock,
                index=index,
                limits=self._limits,
                fresh_timeout=self._fresh_timeout,
                pacing=RealClock(),
            )
        return self._cachers[path]

    def drop(self, resource: GroupResource, *, prefix: str = "") -> None:
        """Forget a resource no longer served, or whose attributes changed: its watches end, its objects stay."""
        cacher = self._cachers.pop(prefix or keys.resource_prefix(resource), None)
        if cacher is not None:
            cacher.stop()

    async def start(self) -> None:
        """Start the backend and load every resource asked for so far."""
        await self.backend.start()
        for cacher in list(self._cachers.values()):
            await cacher.start()

    async def caught_up(self) -> int:
        """Return once every watcher was offered what is committed now, with the revision of that."""
        revision = await self.backend.current_revision()
        for cacher in list(self._cachers.values()):
            await cacher.reached(revision)
        return revision

    def last_change(self, resource: GroupResource) -> int:
        """The revision of the last write of a resource that watchers were offered; 0 for one that is not kept."""
        cacher = self._cachers.get(keys.resource_prefix(resource))
        return cacher.last_change if cacher is not None else 0

    async def snapshot(self) -> bytes:
        """Everything that is stored, as bytes that either backend can restore."""
        return await self.backend.snapshot()

    async def restore(self, data: bytes) -> None:
        """Put a snapshot in the place of everything that is stored. ValueError when it is none."""
        await self.backend.restore(data)
        self._leases.forget()

    async def stop(self) -> None:
        """End every watch and close the backend."""
        for cacher in self._cachers.values():
            cacher.stop()
        self._cachers.clear()
        await self.backend.close()
