"""The state of one resource in key order, and the window of its last changes. Models storage/cacher/watch_cache.go."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from itertools import islice

from apimachinery.clock import Clock
from apimachinery.objects import StoredObject
from storage import keys
from storage.change import Change
from storage.errors import Compacted
from storage.history import HistoryLimits
from storage.interfaces import SelectionPredicate


class WatchCache:
    """What a Cacher serves from. Plain calls only: between two awaits it never changes.

    `index` names one selectable field by whose value objects are found without walking all of them.
    """

    def __init__(self, clock: Clock, limits: HistoryLimits, *, index: str = "") -> None:
        self._clock = clock
        self._limits = limits
        self.index = index
        self._objects: dict[str, StoredObject] = {}
        self._keys: list[str] = []
        self._by_field: dict[str, set[str]] = {}
        self._window: deque[tuple[float, Change]] = deque()
        self._overwritten = 0
        self._oldest = 0
        self._revision = 0

    @property
    def revision(self) -> int:
        """The revision of the last change, or of the state that was taken when none has come since."""
        return self._revision

    def replace(self, objects: Iterable[StoredObject], revision: int) -> None:
        """Take this state, as of `revision`, in place of everything."""
        self._objects = {stored.key: stored for stored in objects}
        self._keys = sorted(self._objects)
        self._by_field = {}
        if self.index:
            for key, stored in self._objects.items():
                self._by_field.setdefault(stored.fields.get(self.index, ""), set()).add(key)
        self._window.clear()
        self._overwritten = 0
        self._oldest = self._revision = revision

    def apply(self, change: Change) -> None:
        """Take a change over into state and window."""
        key, now, before = change.key, change.object, self._objects.get(change.key)
        if now is not None:
            self._objects[key] = now
            if before is None:
                insort(self._keys, key)
        elif before is not None:
            del self._objects[key]
            del self._keys[bisect_left(self._keys, key)]
        if self.index:
            self._reindex(key, before, now)
        self._revision = change.revision
        self._window.append((self._clock.monotonic(), change))
        self._overwritten += change.overwritten()
        self._trim()

    def get(self, key: str) -> StoredObject | None:
        """The object under a key."""
        return self._objects.get(key)

    def count(self, prefix: str) -> int:
        """How many objects stand under a prefix."""
        low, high = self._bounds(prefix)
        return high - low

    def select(self, prefix: str, predicate: SelectionPredicate) -> list[StoredObject]:
        """Objects under a prefix that match, in key order."""
        candidates = self.candidates(prefix, predicate)
        if predicate.empty():
            return candidates
        return [stored for stored in candidates if predicate.matches(stored.labels, stored.fields)]

    def candidates(self, prefix: str, predicate: SelectionPredicate, *, start: str = "") -> list[StoredObject]:
        """Objects under a prefix from `start` on in key order; fewer when the predicate has a name or index value."""
        objects = self._objects
        single = predicate.field.get_exact("metadata.name")
        if single is not None and (prefix or single in objects):
            found = [prefix + single] if prefix + single in objects else []
        elif self.index and (value := predicate.field.get_exact(self.index)) is not None:
            found = sorted(key for key in self._by_field.get(value, ()) if key.startswith(prefix))
        else:
            low, high = self._bounds(prefix)
            return [objects[key] for key in self._keys[max(low, bisect_left(self._keys, start)) : high]]
        return [objects[key] for key in found if key >= start]

    def changes_since(self, revision: int) -> list[Change]:
        """The changes after a revision; Compacted when some of them are forgotten."""
        if revision < self._oldest:
            raise Compacted(revision, self._oldest)
        behind = 0
        for _, change in reversed(self._window):
            if change.revision <= revision:
                break
            behind += 1
        return [change for _, change in islice(self._window, len(self._window) - behind, None)]

    def _bounds(self, prefix: str) -> tuple[int, int]:
        if not prefix:
            return 0, len(self._keys)
        return bisect_left(self._keys, prefix), bisect_left(self._keys, keys.prefix_end(prefix))

    def _reindex(self, key: str, before: StoredObject | None, now: StoredObject | None) -> None:
        old = before.fields.get(self.index, "") if before is not None else None
        new = now.fields.get(self.index, "") if now is not None else None
        if old == new:
            return
        if old is not None:
            group = self._by_field[old]
            group.discard(key)
            if not group:
                del self._by_field[old]
        if new is not None:
            self._by_field.setdefault(new, set()).add(key)

    def _trim(self) -> None:
        limits, oldest = self._limits, self._clock.monotonic() - self._limits.seconds
        while len(self._window) > 1:
            at, change = self._window[0]
            if at >= oldest and len(self._window) <= limits.events and self._overwritten <= limits.size:
                return
            self._window.popleft()
            self._overwritten -= change.overwritten()
            self._oldest = change.revision
