"""How plugins look at other objects: from the cache of this process, and from storage when the cache has nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Protocol

from apimachinery import errors
from apimachinery.objects import StoredObject, View
from server.registry.registry import Registry
from server.registry.store import Store
from storage.interfaces import ListOptions, WatchOptions


class Lister(Protocol):
    """Objects of any served resource, by `pods`, `storageclasses.storage.k8s.io`, …; never change what it returns."""

    async def get(self, resource: str, namespace: str, name: str) -> View | None:
        """The object; None when there is none."""
        ...

    async def labels(self, resource: str, namespace: str, name: str) -> Mapping[str, str]:
        """The object's labels alone; none when there is no object."""
        ...

    async def list(self, resource: str, namespace: str = "") -> list[View]:
        """The objects of a namespace, or all, by name."""
        ...

    async def wait(self, resource: str, namespace: str, name: str, seconds: float) -> View | None:
        """The object as soon as it exists; None when it has not come by then."""
        ...


KEPT_VIEWS: Final = 1024
KEPT_LISTS: Final = 1024
KEPT_ITEMS: Final = 64
"""How long a list may be to be kept."""
_CACHED: Final = ListOptions(resource_version=0)


class RegistryLister:
    """A Lister over the server's own stores."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._views: OrderedDict[str, tuple[int, View]] = OrderedDict()
        self._lists: OrderedDict[tuple[str, str], tuple[int, list[View]]] = OrderedDict()

    def _view(self, resource: str, stored: StoredObject) -> View:
        """The decoded object, kept while it is asked for: every write reads the same few."""
        key = f"{resource}/{stored.key}"
        known = self._views.get(key)
        if known is not None and known[0] == stored.resource_version:
            self._views.move_to_end(key)
            return known[1]
        view = stored.view
        self._views[key] = (stored.resource_version, view)
        if len(self._views) > KEPT_VIEWS:
            self._views.popitem(last=False)
        return view

    def _store(self, resource: str) -> Store | None:
        try:
            return self._registry.find(resource)
        except errors.NotFound:
            return None

    async def get(self, resource: str, namespace: str, name: str) -> View | None:
        """From the cache, else with a consistent read."""
        found = await self._find(resource, namespace, name)
        return self._view(resource, found) if found is not None else None

    async def labels(self, resource: str, namespace: str, name: str) -> Mapping[str, str]:
        """As get, without decoding the object."""
        found = await self._find(resource, namespace, name)
        return found.labels if found is not None else {}

    async def _find(self, resource: str, namespace: str, name: str) -> StoredObject | None:
        store = self._store(resource)
        if store is None or not name:
            return None
        try:
            return await store.get(namespace, name, resource_version=0)
        except errors.NotFound:
            return await store.find(namespace, name)

    async def list(self, resource: str, namespace: str = "") -> list[View]:
        """From the cache; a short list is kept until the resource changes."""
        store = self._store(resource)
        if store is None:
            return []
        revision, known = store.storage.cached_revision, self._lists.get((resource, namespace))
        if known is not None and known[0] == revision:
            self._lists.move_to_end((resource, namespace))
            return known[1]
        found = await store.get_list(namespace, _CACHED)
        views = [self._view(resource, item) for item in found.items]
        if revision is not None and revision == store.storage.cached_revision and len(views) <= KEPT_ITEMS:
            self._lists[resource, namespace] = revision, views
            if len(self._lists) > KEPT_LISTS:
                self._lists.popitem(last=False)
        return views

    async def wait(self, resource: str, namespace: str, name: str, seconds: float) -> View | None:
        """Watch until the object is added; there is no polling."""
        store = self._store(resource)
        if store is None:
            return None
        watch = store.watch(namespace, WatchOptions())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for event in watch:
                        if event.type == "ADDED" and event.object is not None:
                            served = store.served(event.object).view
                            if served["metadata"]["name"] == name:
                                return served
        finally:
            watch.stop()
        return None
