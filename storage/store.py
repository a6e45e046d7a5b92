"""Storage over any Backend: encoding, revisions as resourceVersions, update retry. Models storage/etcd3/store.go."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, NamedTuple

from apimachinery import serializer
from apimachinery.clock import Clock
from apimachinery.objects import Object, StoredObject
from apimachinery.strconv import parse_uint
from storage import keys, versioner
from storage.backend.interfaces import Backend, BackendWatch, KeyValue, WatchEvent
from storage.backend.lease import LeaseManager
from storage.cacher.cache_watcher import CacheWatcher
from storage.change import Change
from storage.codec import Codec, metadata_attributes, restamped
from storage.errors import (
    Compacted,
    CorruptObject,
    KeyExists,
    KeyNotFound,
    ResourceVersionSet,
    StorageError,
)
from storage.interfaces import (
    Attributes,
    DeleteFunc,
    Event,
    ListOptions,
    ListResult,
    Preconditions,
    UpdateFunc,
    Watch,
    WatchOptions,
)
from storage.listing import ALL, ListPlan, next_token, plan_list, require_reached
from storage.preconditions import check

_log = logging.getLogger(__name__)

_MAX_PAGE: Final = 10_000


class Cached(NamedTuple):
    """What a cache holds under a key; `current` when it cannot be stale."""

    object: StoredObject | None
    current: bool


class Store:
    """One resource's objects below `prefix` of a backend, read from the backend each time."""

    def __init__(
        self,
        backend: Backend,
        clock: Clock,
        prefix: str,
        *,
        attributes: Attributes = metadata_attributes,
        leases: LeaseManager | None = None,
    ) -> None:
        self.backend = backend
        self.prefix = prefix
        self.codec = Codec(prefix, attributes)
        self._clock = clock
        self._leases = leases or LeaseManager(backend, clock)

    async def create(self, key: str, obj: Object, *, ttl: int = 0) -> StoredObject:
        """Store a new object; KeyExists when the key is taken. `ttl` in seconds, 0 for ever."""
        if _is_version(obj["metadata"].get("resourceVersion") or ""):
            raise ResourceVersionSet
        path = self.prefix + key
        value = self.codec.encode(obj)
        result = await self.backend.put(path, value, expected=0, lease=await self._leases.lease_for(ttl))
        if not result.succeeded:
            raise KeyExists(path, result.current.mod_revision if result.current is not None else 0)
        return self.codec.decode(KeyValue(path, value, result.revision, result.revision))

    async def get(self, key: str, *, resource_version: int | None = None) -> StoredObject:
        """The object as the backend has it now. KeyNotFound, FutureRevision."""
        path = self.prefix + key
        result = await self.backend.get(path)
        require_reached(resource_version, result.revision)
        if result.kv is None:
            raise KeyNotFound(path, result.revision)
        return self.codec.decode(result.kv)

    async def get_list(self, prefix: str, options: ListOptions) -> ListResult:
        """Objects under a key prefix (`""` or `<namespace>/`). Compacted, FutureRevision, InvalidContinue."""
        return await self.list_from_backend(prefix, options, plan_list(prefix, options))

    async def list_from_backend(self, prefix: str, options: ListOptions, plan: ListPlan) -> ListResult:
        """Carry out a plan: read pages at one revision until the limit is filled or the range is read."""
        start, end, predicate = self.prefix + plan.start, self._end(plan.end), options.predicate
        revision, page, items = plan.exact, plan.limit, list[StoredObject]()
        while True:
            try:
                found = await self.backend.range(start, end, limit=page, revision=revision)
            except Compacted as e:
                raise plan.expired(prefix, e) from e
            if not revision:
                require_reached(plan.at_least, found.revision)
                revision = found.revision
            for at, kv in enumerate(found.kvs):
                stored = self.codec.decode(kv)
                if not predicate.matches(stored.labels, stored.fields):
                    continue
                items.append(stored)
                if plan.limit and len(items) == plan.limit:
                    left = found.total - at - 1
                    token = next_token(prefix, stored.key, revision) if left else ""
                    return ListResult(items, revision, token, left if left and predicate.empty() else None)
            if not found.more:
                return ListResult(items, revision)
            start = found.kvs[-1].key + "\0"
            page = min(page * 2, _MAX_PAGE)

    async def guaranteed_update(
        self,
        key: str,
        update: UpdateFunc,
        *,
        preconditions: Preconditions | None = None,
        ignore_not_found: bool = False,
        ttl: int = 0,
        cached: Cached | None = None,
    ) -> StoredObject:
        """Read, update and write back until no one else wrote in between. An unchanged object is not written.

        `cached` is used in place of the first read; what goes wrong with a stale one is tried again with the present.
        """
        path = self.prefix + key
        before, certain = cached or Cached(await self._present(path), current=True)
        while True:
            try:
                if before is None and not ignore_not_found:
                    raise KeyNotFound(path)
                before = before.opened() if before is not None else None
                check(path, before, preconditions)
                obj = await update(before)
            except Exception:
                if certain:
                    raise
                seen, before, certain = before, await self._present(path), True
                if _revision(seen) == _revision(before):
                    raise
                continue
            if obj is None:
                if before is None:
                    raise KeyNotFound(path)
                return before
            value = self.codec.encode(obj)
            if before is not None and _unchanged(value, obj, before):
                if certain:
                    return before
                seen, before, certain = before, await self._present(path), True
                if before is not None and _revision(seen) == _revision(before):
                    return before
                continue
            lease = await self._leases.lease_for(ttl)
            result = await self.backend.put(path, value, expected=_revision(before), lease=lease)
            if result.succeeded:
                return self.codec.decode(KeyValue(path, value, 0, result.revision))
            before, certain = self._decoded(result.current), True

    async def delete(
        self,
        key: str,
        *,
        preconditions: Preconditions | None = None,
        validate: DeleteFunc | None = None,
        cached: Cached | None = None,
    ) -> StoredObject:
        """Remove and return the last state, stamped with the deletion's revision. KeyNotFound, InvalidObject."""
        path = self.prefix + key
        before, certain = cached or Cached(await self._present(path), current=True)
        while True:
            try:
                if before is None:
                    raise KeyNotFound(path)
                check(path, before, preconditions)
                if validate is not None:
                    await validate(before)
            except Exception:
                if certain:
                    raise
                seen, before, certain = before, await self._present(path), True
                if _revision(seen) == _revision(before):
                    raise
                continue
            result = await self.backend.delete(path, expected=before.resource_version)
            if result.succeeded:
                return restamped(before, result.revision)
            before, certain = self._decoded(result.current), True

    def watch(self, prefix: str, options: WatchOptions) -> Watch:
        """Changes under a key prefix, in revision order, none lost and none twice."""
        return CacheWatcher(options, self._clock, _StoreWatch(self, prefix).open)

    async def count(self, prefix: str) -> int:
        """How many objects stand under the prefix."""
        return await self.backend.count(self.prefix + prefix, keys.prefix_end(self.prefix + prefix))

    @property
    def cached_revision(self) -> int | None:
        """Nothing is cached."""
        return None

    def change(self, event: WatchEvent) -> Change:
        """A backend's event with both states decoded; a value that is no object counts as absent."""
        now, before = self._readable(event.kv), self._readable(event.previous)
        return Change(event.key[len(self.prefix) :], event.revision, now, before)

    def _end(self, end: str) -> str:
        return keys.prefix_end(self.prefix) if end == ALL else self.prefix + end

    async def _present(self, path: str) -> StoredObject | None:
        return self._decoded((await self.backend.get(path)).kv)

    def _decoded(self, kv: KeyValue | None) -> StoredObject | None:
        return self.codec.decode(kv) if kv is not None else None

    def _readable(self, kv: KeyValue | None) -> StoredObject | None:
        try:
            return self._decoded(kv)
        except CorruptObject:
            _log.exception("skipping a stored value")
            return None


class _StoreWatch:
    """Feeds one watcher straight from the backend."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._watcher: CacheWatcher | None = None
        self._watch: BackendWatch | None = None

    async def open(self, watcher: CacheWatcher) -> None:
        self._watcher = watcher
        options, after = watcher.options, watcher.options.resource_version or 0
        initial: list[Event] = []
        if options.send_initial_events or (not after and not options.start_at_current):
            found = await self._store.get_list(self._prefix, ListOptions(predicate=options.predicate))
            if options.send_initial_events:
                require_reached(after, found.resource_version)
            initial = initial_events(found.items, found.resource_version, options)
            after = found.resource_version
        elif not after:
            after = await self._store.backend.current_revision()
        watcher.begin(initial, after=after, closed=self._cancel, revision=self._revision)
        prefix = self._store.prefix + self._prefix
        self._watch = self._store.backend.watch(prefix, start_revision=after + 1, sink=self)
        if watcher.ended:
            self._watch.cancel()

    def deliver(self, events: Sequence[WatchEvent]) -> None:
        if self._watcher is not None:
            for event in events:
                self._watcher.offer(self._store.change(event))

    def lost(self, error: StorageError) -> None:
        if self._watcher is not None:
            self._watcher.end(error)

    def _revision(self) -> int:
        return self._watch.revision if self._watch is not None else 0

    def _cancel(self) -> None:
        if self._watch is not None:
            self._watch.cancel()


def initial_events(items: Sequence[StoredObject], revision: int, options: WatchOptions) -> list[Event]:
    """The state as ADDED events, closed by the bookmark that a streaming list ends with when that was asked for."""
    events = [Event("ADDED", stored, stored.resource_version) for stored in items]
    if options.send_initial_events and options.bookmarks:
        events.append(Event("BOOKMARK", None, revision, initial_events_end=True))
    return events


def _is_version(text: str) -> bool:
    """Whether it is the number of a version that there may be: neither 0 nor anything else."""
    try:
        return parse_uint(text or "0") != 0
    except ValueError:
        return False


def _revision(stored: StoredObject | None) -> int:
    return stored.resource_version if stored is not None else 0


def _unchanged(value: bytes, obj: Object, stored: StoredObject) -> bool:
    """Whether a write would change nothing: the same bytes, or the same JSON with its keys in another order."""
    raw = versioner.stamp(value, stored.resource_version)
    if raw == stored.raw:
        return True
    if len(raw) != len(stored.raw):
        return False
    before = stored.view
    if any(before.get(name) != part for name, part in obj.items() if name != "metadata"):
        return False
    return serializer.canonical(serializer.loads(raw)) == serializer.canonical(stored.view)
