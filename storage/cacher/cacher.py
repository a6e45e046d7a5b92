"""Serves one resource's reads and watches from memory, passes its writes on. Models storage/cacher/cacher.go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from apimachinery.clock import Clock
from apimachinery.objects import Object, StoredObject
from storage import keys
from storage.backend.interfaces import BackendWatch, KeyValue, WatchEvent
from storage.cacher.cache_watcher import CAPACITY, CacheWatcher
from storage.cacher.watch_cache import WatchCache
from storage.change import Change
from storage.errors import Compacted, CorruptObject, FutureRevision, KeyNotFound, StorageError
from storage.history import HistoryLimits
from storage.interfaces import (
    DeleteFunc,
    Event,
    ListOptions,
    ListResult,
    Preconditions,
    SelectionPredicate,
    UpdateFunc,
    Watch,
    WatchOptions,
)
from storage.listing import ListPlan, next_token, plan_list
from storage.store import Cached, Store, initial_events

_log = logging.getLogger(__name__)

FRESH_TIMEOUT: Final = 3.0
"""Seconds of real time that a read waits for a resourceVersion to come."""

_Scope: TypeAlias = tuple[str, str]
_EVERYTHING: Final[_Scope] = ("", "")


class Cacher:
    """Storage over a Store: state and recent changes in memory, filled and kept by one watch of the backend.

    The state is loaded at the first use and again after the backend's watch was lost. `pacing` says when bookmarks
    are due, `clock` when a change is history.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        index: str = "",
        limits: HistoryLimits | None = None,
        capacity: int = CAPACITY,
        fresh_timeout: float = FRESH_TIMEOUT,
        pacing: Clock | None = None,
    ) -> None:
        self._store = store
        self._pacing = pacing or clock
        self._capacity = capacity
        self._fresh_timeout = fresh_timeout
        self._cache = WatchCache(clock, limits or HistoryLimits(), index=index)
        self._watch: BackendWatch | None = None
        self._loading = asyncio.Lock()
        self._loads = 0
        self._watchers: dict[_Scope, dict[CacheWatcher, None]] = {}

    async def start(self) -> None:
        """Load the state."""
        await self._ready()

    def stop(self) -> None:
        """End every watcher cleanly and forget the backend's watch."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        self._end_watchers(None)

    async def create(self, key: str, obj: Object, *, ttl: int = 0) -> StoredObject:
        """Store a new object; KeyExists when the key is taken. `ttl` in seconds, 0 for ever."""
        await self._ready()
        return await self._observed(await self._store.create(key, obj, ttl=ttl))

    async def get(self, key: str, *, resource_version: int | None = None) -> StoredObject:
        """The object, at least as new as `resource_version` (0: anything cached). KeyNotFound, FutureRevision."""
        watch = await self._ready()
        if resource_version is None and not watch.synchronous:
            return await self._store.get(key)
        if resource_version:
            watch = await self._fresh(resource_version)
        stored = self._cache.get(key)
        if stored is None:
            raise KeyNotFound(self._store.prefix + key, watch.revision)
        return stored

    async def get_list(self, prefix: str, options: ListOptions) -> ListResult:
        """Objects under a key prefix (`""` or `<namespace>/`). Compacted, FutureRevision, InvalidContinue."""
        plan = plan_list(prefix, options)
        watch = await self._ready()
        if plan.exact:
            if not self._cache.revision <= plan.exact <= watch.revision:
                return await self._store.list_from_backend(prefix, options, plan)
            return self._page(prefix, plan, options.predicate, plan.exact)
        if not plan.cached:
            watch = await self._fresh(plan.at_least or None)
        return self._page(prefix, plan, options.predicate, watch.revision)

    async def guaranteed_update(
        self,
        key: str,
        update: UpdateFunc,
        *,
        preconditions: Preconditions | None = None,
        ignore_not_found: bool = False,
        ttl: int = 0,
    ) -> StoredObject:
        """Read, update and write back until no one else wrote in between. An unchanged object is not written."""
        watch = await self._ready()
        stored = await self._store.guaranteed_update(
            key,
            update,
            preconditions=preconditions,
            ignore_not_found=ignore_not_found,
            ttl=ttl,
            cached=Cached(self._cache.get(key), watch.synchronous),
        )
        return await self._observed(stored)

    async def delete(
        self, key: str, *, preconditions: Preconditions | None = None, validate: DeleteFunc | None = None
    ) -> StoredObject:
        """Remove and return the last state, stamped with the deletion's revision. KeyNotFound, InvalidObject."""
        watch = await self._ready()
        cached = Cached(self._cache.get(key), watch.synchronous)
        gone = await self._store.delete(key, preconditions=preconditions, validate=validate, cached=cached)
        return await self._observed(gone)

    def watch(self, prefix: str, options: WatchOptions) -> Watch:
        """Changes under a key prefix, in revision order, none lost and none twice."""

        async def open_watcher(watcher: CacheWatcher) -> None:
            await self._open(prefix, watcher)

        return CacheWatcher(options, self._pacing, open_watcher, capacity=self._capacity)

    @property
    def cached_revision(self) -> int | None:
        """The revision of the cache while it follows the backend."""
        return self._cache.revision if self._watch is not None else None

    @property
    def last_change(self) -> int:
        """The revision of the last write of this resource that watchers were offered, or one that is later."""
        return self._cache.revision

    async def reached(self, revision: int) -> None:
        """Return once every watcher was offered what it wants of the writes up to `revision`."""
        watch = self._watch
        if watch is not None and watch.revision < revision:
            await watch.reached(revision)

    async def count(self, prefix: str) -> int:
        """How many objects stand under the prefix."""
        await self._ready()
        return self._cache.count(prefix)

    def deliver(self, events: Sequence[WatchEvent]) -> None:
        """Take the backend's events over and pass them on; called by the backend only."""
        for event in events:
            key = event.key[len(self._store.prefix) :]
            now, before = self._decode(event.kv), self._cache.get(key)
            if now is None and before is None:
                continue
            change = Change(key, event.revision, now, before)
            self._cache.apply(change)
            if self._watchers:
                for scope in self._scopes(change):
                    for watcher in tuple(self._watchers.get(scope, ())):
                        watcher.offer(change)

    def lost(self, error: StorageError) -> None:
        """The backend cannot go on: end the watchers, load anew at the next use; called by the backend only."""
        self._watch = None
        self._loads += 1
        self._end_watchers(error)

    async def _ready(self) -> BackendWatch:
        while self._watch is None:
            async with self._loading:
                if self._watch is None:
                    await self._load()
        return self._watch

    async def _load(self) -> None:
        backend, start, load = self._store.backend, self._store.prefix, self._loads
        end = keys.prefix_end(start)
        revision = await backend.oldest_revision()
        try:
            found = await backend.range(start, end, revision=revision)
        except Compacted:
            found = await backend.range(start, end)
            revision = found.revision
        decoded = (self._decode(kv) for kv in found.kvs)
        self._cache.replace((stored for stored in decoded if stored is not None), revision)
        try:
            watch = backend.watch(start, start_revision=revision + 1, sink=self)
        except Compacted:
            _log.info("the history of %s was compacted while it was read", start)
            return
        try:
            if not watch.synchronous:
                await watch.reached(await backend.current_revision())
            if self._loads == load:
                self._watch = watch
        except Compacted:
            _log.info("the history of %s was compacted while it was read", start)
        finally:
            if self._watch is not watch:
                watch.cancel()

    async def _fresh(self, wanted: int | None) -> BackendWatch:
        """Wait until the cache stands at `wanted`, or at the backend's present for None."""
        while True:
            watch = await self._ready()
            if wanted is None:
                goal = watch.revision if watch.synchronous else await self._store.backend.current_revision()
            else:
                goal = wanted
            if watch.revision < goal:
                try:
                    async with asyncio.timeout(self._fresh_timeout):
                        await watch.reached(goal)
                except TimeoutError:
                    raise FutureRevision(goal, watch.revision) from None
                except Compacted:
                    continue
            if watch is self._watch:
                return watch

    async def _observed(self, written: StoredObject) -> StoredObject:
        """Let a write come back, so that even reads of anything cached have it; a write is never refused for this."""
        watch = self._watch
        if watch is not None and watch.revision < written.resource_version:
            with suppress(TimeoutError, StorageError):
                async with asyncio.timeout(self._fresh_timeout):
                    await watch.reached(written.resource_version)
        return written

    def _page(self, prefix: str, plan: ListPlan, predicate: SelectionPredicate, revision: int) -> ListResult:
        if not plan.limit and plan.start == prefix:
            return ListResult(self._cache.select(prefix, predicate), revision)
        candidates = self._cache.candidates(prefix, predicate, start=plan.start)
        items: list[StoredObject] = []
        for at, stored in enumerate(candidates):
            if not predicate.matches(stored.labels, stored.fields):
                continue
            items.append(stored)
            if plan.limit and len(items) == plan.limit:
                left = len(candidates) - at - 1
                token = next_token(prefix, stored.key, revision) if left else ""
                return ListResult(items, revision, token, left if left and predicate.empty() else None)
        return ListResult(items, revision)

    async def _open(self, prefix: str, watcher: CacheWatcher) -> None:
        options = watcher.options
        wanted = options.resource_version
        if wanted is None or (wanted and options.send_initial_events):
            watch = await self._fresh(wanted)
        else:
            watch = await self._ready()
        initial: Iterator[Event]
        if options.send_initial_events or (not wanted and not options.start_at_current):
            items = self._cache.select(prefix, options.predicate)
            initial = iter(initial_events(items, watch.revision, options))
        else:
            changes = self._cache.changes_since(wanted) if wanted else []
            initial = _events(changes, prefix, options.predicate)
        scope = self._scope(prefix, options.predicate)
        self._watchers.setdefault(scope, {})[watcher] = None
        watcher.begin(
            initial,
            after=max(wanted or 0, self._cache.revision),
            closed=lambda: self._forget(scope, watcher),
            revision=lambda: watch.revision,
        )

    def _scope(self, prefix: str, predicate: SelectionPredicate) -> _Scope:
        """The narrowest group of writes that holds everything a watcher may want to know."""
        name = predicate.field.get_exact("metadata.name")
        if name is not None and prefix:
            return ("key", prefix + name)
        if prefix:
            return ("prefix", prefix)
        if self._cache.index and (value := predicate.field.get_exact(self._cache.index)) is not None:
            return ("index", value)
        return _EVERYTHING

    def _scopes(self, change: Change) -> Iterator[_Scope]:
        yield _EVERYTHING
        yield ("prefix", change.key[: change.key.find("/") + 1])
        yield ("key", change.key)
        if index := self._cache.index:
            values = {o.fields.get(index, "") for o in (change.object, change.previous) if o is not None}
            for value in values:
                yield ("index", value)

    def _forget(self, scope: _Scope, watcher: CacheWatcher) -> None:
        group = self._watchers.get(scope, {})
        group.pop(watcher, None)
        if not group:
            self._watchers.pop(scope, None)

    def _end_watchers(self, error: StorageError | None) -> None:
        for watcher in [w for group in self._watchers.values() for w in group]:
            watcher.end(error)

    def _decode(self, kv: KeyValue | None) -> StoredObject | None:
        try:
            return self._store.codec.decode(kv) if kv is not None else None
        except CorruptObject:
            _log.exception("skipping a stored value")
            return None


def _events(changes: Sequence[Change], prefix: str, predicate: SelectionPredicate) -> Iterator[Event]:
    for change in changes:
        if change.key.startswith(prefix):
            event = change.event_for(predicate)
            if event is not None:
                yield event
