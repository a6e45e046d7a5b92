"""The Backend seam: bytes under keys at revisions. Models what Storage needs of etcd's KV, Watch and Lease.

One revision counts every write of every key. A read names a revision of the past, or 0 for now; what is older than
the oldest kept revision is Compacted. Keys are absolute paths (`/registry/pods/default/web-0`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from storage.errors import StorageError


class KeyValue(NamedTuple):
    """A key's value as it stood after the write at `mod_revision`; `lease` is 0 for a key that lives for ever."""

    key: str
    value: bytes
    create_revision: int
    mod_revision: int
    lease: int = 0


class GetResult(NamedTuple):
    """One key; `revision` is the store's at the time of reading."""

    kv: KeyValue | None
    revision: int


class RangeResult(NamedTuple):
    """Live keys in key order; `total` is what the whole range holds, limit or not; `revision` is the store's."""

    kvs: list[KeyValue]
    revision: int
    total: int
    more: bool


class TxnResult(NamedTuple):
    """A guarded write. When the guard failed, `current` is what stands under the key and nothing was written."""

    succeeded: bool
    revision: int
    current: KeyValue | None = None


class WatchEvent(NamedTuple):
    """One write of one key; `kv` is None for a deletion, `previous` None for a creation."""

    revision: int
    key: str
    kv: KeyValue | None
    previous: KeyValue | None


class WatchSink(Protocol):
    """Who receives a watch. Both calls are plain functions that must not write to the backend."""

    def deliver(self, events: Sequence[WatchEvent]) -> None:
        """Writes in revision order; all writes of one revision come in one call."""
        ...

    def lost(self, error: StorageError) -> None:
        """The watch cannot go on: nothing follows, read the state anew."""
        ...


class BackendWatch(Protocol):
    """An open watch of a prefix; it survives reconnections of its backend."""

    @property
    def revision(self) -> int:
        """Everything up to this revision has been delivered."""
        ...

    @property
    def synchronous(self) -> bool:
        """Whether a write is delivered before it returns, so that `revision` is always the store's."""
        ...

    async def reached(self, revision: int) -> None:
        """Return once everything up to `revision` was delivered; asks the backend for progress when nothing comes.

        Raises what the sink was told when the watch is lost.
        """
        ...

    def cancel(self) -> None:
        """End the watch; the sink hears nothing more."""
        ...


class Backend(Protocol):
    """Bytes at revisions. Raises Compacted, FutureRevision, Unreachable."""

    async def start(self) -> None:
        """Connect, and begin what runs in the background."""
        ...

    async def close(self) -> None:
        """End every watch and leave nothing running."""
        ...

    async def current_revision(self) -> int:
        """The revision of the last committed write of any server, 1 in an empty store."""
        ...

    async def oldest_revision(self) -> int:
        """A revision whose state can still be read and watched from, as old as the backend can tell."""
        ...

    async def get(self, key: str, *, revision: int = 0) -> GetResult:
        """One key, now or at a revision."""
        ...

    async def range(self, start: str, end: str, *, limit: int = 0, revision: int = 0) -> RangeResult:
        """Keys from `start` up to but without `end`, all at one revision; `limit` 0 for all of them."""
        ...

    async def count(self, start: str, end: str) -> int:
        """How many keys live between `start` and `end`."""
        ...

    async def put(self, key: str, value: bytes, *, expected: int, lease: int = 0) -> TxnResult:
        """Write if the key's mod_revision is `expected`; 0 means that the key must not exist."""
        ...

    async def delete(self, key: str, *, expected: int) -> TxnResult:
        """Remove if the key's mod_revision is `expected`."""
        ...

    def watch(self, prefix: str, *, start_revision: int, sink: WatchSink) -> BackendWatch:
        """Deliver every write under a prefix (ending in `/`) from `start_revision` on to the sink."""
        ...

    async def compact(self, revision: int) -> None:
        """Forget what was overwritten or deleted before `revision`, which itself stays readable."""
        ...

    async def grant(self, ttl: int) -> int:
        """A lease that removes the keys written with it after `ttl` seconds of the cluster's time."""
        ...

    async def snapshot(self) -> bytes:
        """Everything, as bytes that any backend can restore."""
        ...

    async def restore(self, data: bytes) -> None:
        """Put a snapshot in the place of everything; revisions still grow. ValueError when it is none."""
        ...
