"""Keeps an RbacIndex in step with the stored roles and bindings, by one watch a kind."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from server.authorization.rbac_index import KINDS, Kind, RbacIndex
from server.registry.registry import Registry
from server.registry.store import Store
from storage.errors import StorageError
from storage.interfaces import ListOptions, WatchOptions

_log = logging.getLogger(__name__)
_GROUP: Final = "rbac.authorization.k8s.io"


class RbacWatcher:
    """`load` once, then `run` until cancelled."""

    def __init__(self, index: RbacIndex, registry: Registry) -> None:
        self._index = index
        self._registry = registry
        self._versions: dict[Kind, int] = {}
        self._known: dict[Kind, set[tuple[str, str]]] = {kind: set() for kind in KINDS}

    async def load(self) -> None:
        """Take the present state over."""
        for kind in KINDS:
            await self._load(kind)

    async def run(self) -> None:
        """Follow every change; no task of ours outlives this call."""
        async with asyncio.TaskGroup() as tasks:
            for kind in KINDS:
                tasks.create_task(self._follow(kind), name=f"rbac-{kind.lower()}")

    def _store(self, kind: Kind) -> Store:
        return self._registry.find(f"{kind.lower()}s.{_GROUP}")

    async def _load(self, kind: Kind) -> None:
        found = await self._store(kind).get_list("", ListOptions())
        present: set[tuple[str, str]] = set()
        for item in found.items:
            view = item.view
            self._index.put(kind, view)
            present.add((view["metadata"].get("namespace", ""), view["metadata"]["name"]))
        for namespace, name in self._known[kind] - present:
            self._index.drop(kind, namespace, name)
        self._known[kind] = present
        self._versions[kind] = found.resource_version

    async def _follow(self, kind: Kind) -> None:
        while True:
            try:
                await self._take_changes(kind)
            except StorageError as e:
                _log.info("the watch of %s was lost: %s", kind, e)
            await self._load(kind)

    async def _take_changes(self, kind: Kind) -> None:
        watch = self._store(kind).watch("", WatchOptions(resource_version=self._versions[kind]))
        try:
            async for event in watch:
                if event.object is None:
                    continue
                view = event.object.view
                key = (view["metadata"].get("namespace", ""), view["metadata"]["name"])
                if event.type == "DELETED":
                    self._index.drop(kind, *key)
                    self._known[kind].discard(key)
                else:
                    self._index.put(kind, view)
                    self._known[kind].add(key)
                self._versions[kind] = event.resource_version
        finally:
            watch.stop()
