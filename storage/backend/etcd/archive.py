"""A snapshot of what stands in etcd, and the way back: the difference is written, so watches see what changed."""

from __future__ import annotations

from typing import Final, Protocol

from storage import keys
from storage.backend import dump
from storage.backend.interfaces import Backend, KeyValue
from storage.errors import Unreachable

_ALL: Final = f"{keys.ROOT}/"
_ATTEMPTS: Final = 100


class Archived(Backend, Protocol):
    """A backend whose leases can be asked how long they last."""

    async def remaining(self, leases: set[int]) -> dict[int, float]:
        """Seconds left of each lease that is not over."""
        ...


async def save(backend: Archived) -> bytes:
    """Every key at one revision, and what is left of the leases; a key whose lease has just ended is left out."""
    found = await backend.range(_ALL, keys.prefix_end(_ALL))
    left = await backend.remaining({kv.lease for kv in found.kvs if kv.lease})
    kept = [kv for kv in found.kvs if not kv.lease or kv.lease in left]
    return dump.save(found.revision, kept, left)


async def restore(backend: Backend, data: bytes) -> None:
    """Delete what the snapshot lacks and write what differs. May be repeated when it broke off. ValueError."""
    state = dump.load(data)
    wanted = {kv.key: kv for kv in state.kvs}
    present = {kv.key: kv for kv in (await backend.range(_ALL, keys.prefix_end(_ALL))).kvs}
    leases: dict[int, int] = {}
    for key in sorted(present.keys() - wanted.keys(), reverse=True):
        await _settle(backend, key, None, present[key], 0)
    for key, kv in wanted.items():
        before = present.get(key)
        if before is not None and before.value == kv.value and not kv.lease and not before.lease:
            continue
        if kv.lease and kv.lease not in leases:
            leases[kv.lease] = await backend.grant(max(1, round(state.leases.get(kv.lease, 1))))
        await _settle(backend, key, kv, before, leases.get(kv.lease, 0))


async def _settle(backend: Backend, key: str, wanted: KeyValue | None, present: KeyValue | None, lease: int) -> None:
    """Write one key against whoever else writes it."""
    for _ in range(_ATTEMPTS):
        expected = present.mod_revision if present is not None else 0
        if wanted is not None:
            result = await backend.put(key, wanted.value, expected=expected, lease=lease)
        elif present is not None:
            result = await backend.delete(key, expected=expected)
        else:
            return
        if result.succeeded:
            return
        present = result.current
    raise Unreachable(f"{key} is written by others too often to be restored")
