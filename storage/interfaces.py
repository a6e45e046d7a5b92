"""The Storage seam: objects with resourceVersions. Models apiserver/pkg/storage/interfaces.go.

Reads are consistent unless their options say otherwise: what a create, update or delete returned is seen by every
later get, list and watch, through any Storage over the same backend.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from apimachinery.fields import FieldSelector
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, StoredObject, View

EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
Match = Literal["", "Exact", "NotOlderThan"]


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What must hold of the stored object for a write to happen."""

    uid: str | None = None
    resource_version: str | None = None


@dataclass(frozen=True, slots=True)
class SelectionPredicate:
    """Which objects of a prefix are wanted; matched on StoredObject.labels and .fields, without decoding."""

    label: LabelSelector = field(default_factory=LabelSelector.everything)
    field: FieldSelector = field(default_factory=FieldSelector.everything)

    def matches(self, labels: Mapping[str, str], fields: Mapping[str, str]) -> bool:
        """Whether an object with these labels and fields is wanted."""
        return self.label.matches(labels) and self.field.matches(fields)

    def empty(self) -> bool:
        """Whether everything is wanted."""
        return self.label.empty() and self.field.empty()


@dataclass(frozen=True, slots=True)
class ListOptions:
    """A list: `resource_version` is None for the most recent, 0 for anything cached, n with `match`."""

    resource_version: int | None = None
    match: Match = ""
    predicate: SelectionPredicate = field(default_factory=SelectionPredicate)
    limit: int = 0
    continue_: str = ""


@dataclass(frozen=True, slots=True)
class ListResult:
    """The objects in key order, at one revision; `continue_` is empty on the last page."""

    items: list[StoredObject]
    resource_version: int
    continue_: str = ""
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """A watch: `resource_version` None or 0 starts with synthetic ADDED events, n gives what came after n.

    With `send_initial_events` the state is sent as ADDED events and closed by a bookmark whose event has
    `initial_events_end` set; `bookmarks` asks for that one and for one a minute, the last of them shortly before
    `deadline`, the moment on the machine's monotonic clock at which the server will stop the watch. `start_at_current`
    (an explicit sendInitialEvents=false) makes None and 0 mean "from now on".
    """

    resource_version: int | None = None
    predicate: SelectionPredicate = field(default_factory=SelectionPredicate)
    bookmarks: bool = False
    send_initial_events: bool = False
    start_at_current: bool = False
    deadline: float | None = None


class Event(NamedTuple):
    """A change as one watcher sees it. DELETED carries the last matching state stamped with the deletion's revision."""

    type: EventType
    object: StoredObject | None
    resource_version: int
    initial_events_end: bool = False


class Watch(Protocol):
    """An open watch: iterate it, or take batches; always stop() it in the end.

    Starts at its first step, which raises Compacted or FutureRevision when it cannot. Ends without an error when its
    queue overflowed: the client carries on from the last resourceVersion it saw. Raises Compacted later when the
    store was replaced under it.
    """

    def __aiter__(self) -> AsyncIterator[Event]: ...

    async def batch(self, limit: int = 500) -> list[Event]:
        """At least one event, as many as are there up to `limit`; empty when the watch has ended."""
        ...

    def stop(self) -> None:
        """End the watch from either side; whoever waits in it returns."""
        ...


Attributes = Callable[[View], tuple[Mapping[str, str], Mapping[str, str]]]
"""Labels and selectable fields of a decoded object; the result must not change with the object."""

UpdateFunc = Callable[[StoredObject | None], Awaitable[Object | None]]
"""Given the current object (None when absent and allowed), the new state; None keeps what is stored."""

DeleteFunc = Callable[[StoredObject], Awaitable[None]]
"""A last check before a delete; raise to refuse."""


class Storage(Protocol):
    """One resource's objects. Keys are paths below the resource's prefix: `<namespace>/<name>` or `<name>`."""

    async def create(self, key: str, obj: Object, *, ttl: int = 0) -> StoredObject:
        """Store a new object; KeyExists when the key is taken. `ttl` in seconds, 0 for ever."""
        ...

    async def get(self, key: str, *, resource_version: int | None = None) -> StoredObject:
        """The object, at least as new as `resource_version` (0: anything cached). KeyNotFound, FutureRevision."""
        ...

    async def get_list(self, prefix: str, options: ListOptions) -> ListResult:
        """Objects under a key prefix (`""` or `<namespace>/`). Compacted, FutureRevision, InvalidContinue."""
        ...

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
        ...

    async def delete(
        self, key: str, *, preconditions: Preconditions | None = None, validate: DeleteFunc | None = None
    ) -> StoredObject:
        """Remove and return the last state, stamped with the deletion's revision. KeyNotFound, InvalidObject."""
        ...

    def watch(self, prefix: str, options: WatchOptions) -> Watch:
        """Changes under a key prefix, in revision order, none lost and none twice."""
        ...

    async def count(self, prefix: str) -> int:
        """How many objects stand under the prefix."""
        ...

    @property
    def cached_revision(self) -> int | None:
        """Another number whenever a read of anything cached may find something else; None where nothing is cached."""
        ...
