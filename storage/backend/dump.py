"""A memory backend's whole state as bytes: one line of JSON that describes, then the values one after another."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from apimachinery import serializer
from storage.backend.interfaces import KeyValue

_MAGIC: Final = b"mockube-state 1\n"


class State(NamedTuple):
    """What a dump holds; `leases` maps a lease to the seconds it had left."""

    revision: int
    kvs: list[KeyValue]
    leases: dict[int, float]


def save(revision: int, kvs: list[KeyValue], leases: dict[int, float]) -> bytes:
    """The state as bytes."""
    index = [(kv.key, kv.create_revision, kv.mod_revision, kv.lease, len(kv.value)) for kv in kvs]
    head = serializer.dumps({"revision": revision, "leases": list(leases.items()), "keys": index})
    return b"".join((_MAGIC, head, b"\n", *(kv.value for kv in kvs)))


def load(data: bytes) -> State:
    """The state that `save` wrote; ValueError for anything else."""
    if not data.startswith(_MAGIC):
        raise ValueError("not a state of mockube, or one of another version")
    try:
        end = data.index(b"\n", len(_MAGIC))
        head: dict[str, Any] = serializer.loads(data[len(_MAGIC) : end])
        kvs, at = list[KeyValue](), end + 1
        for key, created, modified, lease, size in head["keys"]:
            kvs.append(KeyValue(key, data[at : at + size], created, modified, lease))
            at += size
        state = State(head["revision"], kvs, dict(head["leases"]))
    except (ValueError, LookupError, TypeError) as e:
        raise ValueError(f"a damaged state: {e}") from e
    if at != len(data):
        raise ValueError(f"a damaged state: {len(data)} bytes long, should be {at}")
    return state
