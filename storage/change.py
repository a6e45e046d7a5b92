"""A committed write as watchers see it: selectors turn it into ADDED, MODIFIED, DELETED or nothing.

Models convertToWatchEvent of apiserver/pkg/storage/cacher/cache_watcher.go.
"""

from __future__ import annotations

from apimachinery.objects import StoredObject
from storage.codec import restamped
from storage.interfaces import Event, SelectionPredicate


class Change:
    """One write of one object; its events are made once and shared by every watcher."""

    __slots__ = ("_added", "_deleted", "_modified", "key", "object", "previous", "revision")

    def __init__(self, key: str, revision: int, obj: StoredObject | None, previous: StoredObject | None) -> None:
        self.key = key
        self.revision = revision
        self.object = obj
        self.previous = previous
        self._added: Event | None = None
        self._modified: Event | None = None
        self._deleted: Event | None = None

    def event_for(self, predicate: SelectionPredicate) -> Event | None:
        """What a watcher with this predicate is told; None when the write does not concern it."""
        now, before = self.object, self.previous
        if predicate.empty():
            matches, matched = now is not None, before is not None
        else:
            matches = now is not None and predicate.matches(now.labels, now.fields)
            matched = before is not None and predicate.matches(before.labels, before.fields)
        if matches:
            return self._modified_event() if matched else self._added_event()
        return self._deleted_event() if matched else None

    def overwritten(self) -> int:
        """Bytes that only history still holds."""
        return len(self.previous.raw) if self.previous is not None else 0

    def _added_event(self) -> Event:
        if self._added is None:
            self._added = Event("ADDED", self.object, self.revision)
        return self._added

    def _modified_event(self) -> Event:
        if self._modified is None:
            self._modified = Event("MODIFIED", self.object, self.revision)
        return self._modified

    def _deleted_event(self) -> Event:
        if self._deleted is None and self.previous is not None:
            self._deleted = Event("DELETED", restamped(self.previous, self.revision), self.revision)
        assert self._deleted is not None  # noqa: S101 - asked for only when there is a previous state
        return self._deleted
