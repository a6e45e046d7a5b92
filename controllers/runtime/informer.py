"""Shared caches with event handlers, one for each resource. Models client-go/tools/cache/shared_informer.go.

Everything here is synchronous: the reflector applies an event to the indexer and calls the handlers in one step, so a
handler sees the cache as of its event, and no queue of deltas can grow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from apimachinery import meta
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from controllers.runtime.client import Client
from controllers.runtime.indexer import BY_NAMESPACE, Indexer, IndexFunc, by_namespace
from controllers.runtime.reflector import Reflector


class Handler(NamedTuple):
    """Called with shared, read-only objects, inside the cache's own step: only enqueue, never wait."""

    on_add: Callable[[View], None]
    on_update: Callable[[View, View], None]
    on_delete: Callable[[View], None]


def _ignore(*_: View) -> None:
    return


class SharedInformer:
    """The cache of one resource; `indexer` reads it, handlers follow it."""

    def __init__(self, resource: GroupVersionResource) -> None:
        self.resource = resource
        self.indexer = Indexer()
        self.indexer.add_index(BY_NAMESPACE, by_namespace)
        self._handlers: list[Handler] = []
        self._synced = asyncio.Event()

    def add_handler(
        self,
        *,
        on_add: Callable[[View], None] = _ignore,
        on_update: Callable[[View, View], None] = _ignore,
        on_delete: Callable[[View], None] = _ignore,
    ) -> Handler:
        """Follow the cache; a handler that comes late gets the present objects as adds first."""
        handler = Handler(on_add, on_update, on_delete)
        for obj in self.indexer.values():
            on_add(obj)
        self._handlers.append(handler)
        return handler

    def remove_handler(self, handler: Handler) -> None:
        """Stop following."""
        self._handlers.remove(handler)

    def add_index(self, name: str, function: IndexFunc) -> None:
        """Add an index to the cache, at any time."""
        self.indexer.add_index(name, function)

    @property
    def has_synced(self) -> bool:
        """Whether the cache holds a first full state."""
        return self._synced.is_set()

    async def wait_for_sync(self) -> None:
        """Return once the cache holds a first full state."""
        await self._synced.wait()

    def get(self, name: str, namespace: str = "") -> View | None:
        """The object of this name."""
        return self.indexer.get(f"{namespace}/{name}" if namespace else name)

    def list(self, namespace: str = "") -> list[View]:
        """Everything, or everything in a namespace; a snapshot."""
        return self.indexer.by_index(BY_NAMESPACE, namespace) if namespace else self.indexer.values()

    def replace(self, items: Iterable[Object]) -> None:
        """Take a whole state: what changed or is missing reaches the handlers as events."""
        fresh = {meta.key(obj): obj for obj in items}
        for key in [k for k in self.indexer if k not in fresh]:
            self._deleted(key, None)
        for key, obj in fresh.items():
            self._changed(key, obj)
        self._synced.set()

    def apply(self, kind: str, obj: Object) -> None:
        """Take one watch event."""
        key = meta.key(obj)
        if kind == "DELETED":
            self._deleted(key, obj)
        else:
            self._changed(key, obj)

    def _changed(self, key: str, obj: Object) -> None:
        obj["metadata"].pop("managedFields", None)
        old = self.indexer.get(key)
        if old is None:
            self.indexer.put(key, obj)
            for handler in self._handlers:
                handler.on_add(obj)
        elif meta.resource_version(old) == meta.resource_version(obj):
            return
        elif meta.uid(old) != meta.uid(obj):
            self._deleted(key, None)
            self._changed(key, obj)
        else:
            self.indexer.put(key, obj)
            for handler in self._handlers:
                handler.on_update(old, obj)

    def _deleted(self, key: str, last: View | None) -> None:
        old = self.indexer.remove(key)
        if old is None:
            return
        for handler in self._handlers:
            handler.on_delete(last or old)


class InformerFactory:
    """One shared informer a resource; those asked for while it runs start at once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._informers: dict[GroupVersionResource, SharedInformer] = {}
        self._metadata_only: set[GroupVersionResource] = set()
        self._tasks: asyncio.TaskGroup | None = None
        self._running: dict[GroupVersionResource, asyncio.Task[None]] = {}
        self._reflectors: dict[GroupVersionResource, Reflector] = {}
        self._progress = asyncio.Event()

    def informer(self, resource: GroupVersionResource, *, metadata_only: bool = False) -> SharedInformer:
        """The cache of the resource; with `metadata_only` a cache that may lack spec and status, if it is new."""
        found = self._informers.get(resource)
        if found is None:
            found = self._informers[resource] = SharedInformer(resource)
            if metadata_only:
                self._metadata_only.add(resource)
            if self._tasks is not None:
                self._start(self._tasks, found)
        elif resource in self._metadata_only and not metadata_only:
            raise RuntimeError(f"{resource.group_resource} is already cached without spec and status")
        return found

    def known(self) -> list[SharedInformer]:
        """Every informer asked for so far."""
        return list(self._informers.values())

    def drop(self, resource: GroupVersionResource) -> None:
        """Stop and forget the cache of a resource that is gone from the server."""
        self._informers.pop(resource, None)
        self._metadata_only.discard(resource)
        self._reflectors.pop(resource, None)
        if task := self._running.pop(resource, None):
            task.cancel()

    def behind(self, changes: Mapping[str, int]) -> list[GroupVersionResource]:
        """The resources whose last change, a revision by `resource.group`, has not come yet."""
        return [resource for resource, reflector in self._reflectors.items() if reflector.behind(changes)]

    async def progress(self, patience: float) -> bool:
        """Wait until a cache has come further; False when none has after so many seconds of real time."""
        self._progress.clear()
        try:
            async with asyncio.timeout(patience):
                await self._progress.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Keep every cache up to date until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for informer in self._informers.values():
                    self._start(tasks, informer)
                await asyncio.get_running_loop().create_future()
        finally:
            self._tasks = None

    def _start(self, tasks: asyncio.TaskGroup, informer: SharedInformer) -> None:
        reflector = self._reflectors[informer.resource] = Reflector(
            self._client,
            informer.resource,
            informer,
            metadata_only=informer.resource in self._metadata_only,
            on_progress=self._progress.set,
        )
        self._running[informer.resource] = tasks.create_task(
            reflector.run(), name=f"reflector-{informer.resource.group_resource}"
        )


async def wait_for_sync(*informers: SharedInformer) -> None:
    """Return once every cache holds a first full state."""
    for informer in informers:
        await informer.wait_for_sync()
