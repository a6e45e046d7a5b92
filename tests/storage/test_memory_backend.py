"""The memory backend: history, compaction, leases, and its whole state as bytes."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from apimachinery.clock import ManualClock
from storage import errors
from storage.backend.interfaces import WatchEvent
from storage.backend.memory import MemoryBackend
from storage.history import HistoryLimits


class Recorder:
    """A sink that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[WatchEvent] = []
        self.error: errors.StorageError | None = None

    def deliver(self, events: Sequence[WatchEvent]) -> None:
        self.events += events

    def lost(self, error: errors.StorageError) -> None:
        self.error = error

    def told(self) -> list[tuple[int, str, bytes | None, bytes | None]]:
        return [(e.revision, e.key, e.kv and e.kv.value, e.previous and e.previous.value) for e in self.events]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def backend(clock: ManualClock) -> MemoryBackend:
    return MemoryBackend(clock)


async def test_the_first_write_is_revision_two(backend: MemoryBackend) -> None:
    assert await backend.current_revision() == 1
    assert (await backend.put("/a", b"1", expected=0)).revision == 2


async def test_guards(backend: MemoryBackend) -> None:
    first = await backend.put("/a", b"1", expected=0)
    again = await backend.put("/a", b"2", expected=0)
    assert (again.succeeded, again.current and again.current.value) == (False, b"1")
    second = await backend.put("/a", b"2", expected=first.revision)
    refused = await backend.delete("/a", expected=first.revision)
    assert (refused.succeeded, refused.current and refused.current.mod_revision) == (False, second.revision)
    assert (await backend.delete("/a", expected=second.revision)).succeeded
    assert (await backend.put("/a", b"3", expected=second.revision)).current is None
    kv = (await backend.put("/a", b"3", expected=0), await backend.get("/a"))[1].kv
    assert kv is not None
    assert (kv.create_revision, kv.mod_revision) == (5, 5)


async def test_every_revision_of_the_history_can_be_read(backend: MemoryBackend) -> None:
    states: dict[int, dict[str, bytes]] = {1: {}}
    current: dict[str, bytes] = {}
    for step in range(60):
        key, value = f"/r/k{step * 7 % 5}", str(step).encode()
        before = (await backend.get(key)).kv
        if before is not None and step % 3 == 0:
            result = await backend.delete(key, expected=before.mod_revision)
            del current[key]
        else:
            result = await backend.put(key, value, expected=before.mod_revision if before else 0)
            current[key] = value
        states[result.revision] = dict(current)
    await backend.compact(20)
    for revision, state in states.items():
        if revision < 20:
            with pytest.raises(errors.Compacted):
                await backend.range("/r/", "/r0", revision=revision)
            continue
        found = await backend.range("/r/", "/r0", revision=revision)
        assert [(kv.key, kv.value) for kv in found.kvs] == sorted(state.items())
        page = await backend.range("/r/", "/r0", revision=revision, limit=2)
        assert (len(page.kvs), page.total, page.more) == (min(2, len(state)), len(state), len(state) > 2)
        for key in [f"/r/k{i}" for i in range(5)]:
            kv = (await backend.get(key, revision=revision)).kv
            assert (kv and kv.value) == state.get(key)
    with pytest.raises(errors.FutureRevision):
        await backend.range("/r/", "/r0", revision=1000)
    with pytest.raises(errors.FutureRevision):
        await backend.compact(1000)


async def test_a_watch_gets_the_history_and_then_what_happens(backend: MemoryBackend) -> None:
    await backend.put("/r/a", b"1", expected=0)
    await backend.put("/s/a", b"1", expected=0)
    await backend.put("/r/a", b"2", expected=2)
    sink = Recorder()
    watch = backend.watch("/r/", start_revision=2, sink=sink)
    later = Recorder()
    backend.watch("/r/", start_revision=6, sink=later)
    await backend.delete("/r/a", expected=4)
    await backend.put("/r/a/deeper", b"3", expected=0)
    assert sink.told() == [
        (2, "/r/a", b"1", None),
        (4, "/r/a", b"2", b"1"),
        (5, "/r/a", None, b"2"),
        (6, "/r/a/deeper", b"3", None),
    ]
    assert [e.revision for e in later.events] == [6]
    assert watch.revision == 6
    watch.cancel()
    watch.cancel()
    await backend.put("/r/b", b"1", expected=0)
    assert len(sink.events) == 4


async def test_a_watch_from_before_the_compaction_is_refused(backend: MemoryBackend) -> None:
    for i in range(5):
        await backend.put(f"/r/{i}", b"", expected=0)
    await backend.compact(4)
    with pytest.raises(errors.Compacted) as refused:
        backend.watch("/r/", start_revision=4, sink=Recorder())
    assert (refused.value.wanted, refused.value.oldest) == (3, 4)
    sink = Recorder()
    backend.watch("/r/", start_revision=5, sink=sink)
    assert [e.revision for e in sink.events] == [5, 6]


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        (HistoryLimits(events=10), 10),
        (HistoryLimits(size=100 * 5), 5),
        (HistoryLimits(seconds=7), 8),
    ],
)
async def test_the_history_is_bounded(clock: ManualClock, limits: HistoryLimits, kept: int) -> None:
    backend = MemoryBackend(clock, limits)
    before = 0
    for _ in range(100):
        before = (await backend.put("/a", b"x" * 100, expected=before)).revision
        clock.advance(1)
    assert await backend.current_revision() - await backend.oldest_revision() == kept
    sink = Recorder()
    backend.watch("/", start_revision=await backend.oldest_revision() + 1, sink=sink)
    assert len(sink.events) == kept


async def test_the_last_write_is_kept_whatever_its_size(clock: ManualClock) -> None:
    backend = MemoryBackend(clock, HistoryLimits(size=10))
    sink = Recorder()
    backend.watch("/", start_revision=2, sink=sink)
    first = await backend.put("/a", b"x" * 100, expected=0)
    second = await backend.put("/a", b"y" * 100, expected=first.revision)
    await backend.delete("/a", expected=second.revision)
    assert sink.told()[1:] == [(3, "/a", b"y" * 100, b"x" * 100), (4, "/a", None, b"y" * 100)]
    assert await backend.oldest_revision() == 3


async def test_an_overwritten_value_is_let_go(clock: ManualClock) -> None:
    backend = MemoryBackend(clock, HistoryLimits(events=3))
    before = 0
    for _ in range(20):
        before = (await backend.put("/a", b"x", expected=before)).revision
    version, chain = backend._latest["/a"].previous, 0
    while version is not None:
        version, chain = version.previous, chain + 1
    assert chain == 3


async def test_a_deleted_key_leaves_nothing_behind(clock: ManualClock) -> None:
    backend = MemoryBackend(clock, HistoryLimits(events=10))
    for i in range(100):
        made = await backend.put(f"/k{i}", b"x", expected=0)
        await backend.delete(f"/k{i}", expected=made.revision)
    assert len(backend._known) <= 10
    assert len(backend._latest) <= 10
    await backend.compact(await backend.current_revision())
    assert (backend._known, backend._live, backend._latest, backend._overwritten) == ([], [], {}, 0)


async def test_leases_end_the_keys_that_still_hold_them(backend: MemoryBackend, clock: ManualClock) -> None:
    short, long = await backend.grant(10), await backend.grant(20)
    a = await backend.put("/a", b"", expected=0, lease=short)
    await backend.put("/b", b"", expected=0, lease=short)
    await backend.put("/c", b"", expected=0, lease=long)
    await backend.put("/a", b"", expected=a.revision, lease=long)
    sink = Recorder()
    backend.watch("/", start_revision=6, sink=sink)
    clock.advance(9.9)
    assert sink.events == []
    clock.advance(0.1)
    assert [e.key for e in sink.events] == ["/b"]
    clock.advance(10)
    assert [e.key for e in sink.events] == ["/b", "/a", "/c"]
    assert clock.next_timer() is None


async def test_a_write_without_a_lease_makes_a_key_live_on(backend: MemoryBackend, clock: ManualClock) -> None:
    a = await backend.put("/a", b"", expected=0, lease=await backend.grant(10))
    await backend.put("/a", b"2", expected=a.revision)
    clock.advance(100)
    assert (await backend.get("/a")).kv is not None


async def test_an_ended_lease_ends_what_is_written_with_it(backend: MemoryBackend, clock: ManualClock) -> None:
    lease = await backend.grant(1)
    clock.advance(2)
    await backend.put("/a", b"", expected=0, lease=lease)
    clock.advance(0)
    assert (await backend.get("/a")).kv is None


async def test_a_state_comes_back(backend: MemoryBackend, clock: ManualClock) -> None:
    await backend.put("/a", b"1", expected=0)
    await backend.put("/b", b"\x00\n", expected=0, lease=await backend.grant(10))
    await backend.put("/gone", b"", expected=0)
    await backend.delete("/gone", expected=4)
    clock.advance(4)
    saved = await backend.snapshot()
    other_clock = ManualClock()
    other = MemoryBackend(other_clock)
    await other.restore(saved)
    assert (await other.range("/", "0")).kvs == (await backend.range("/", "0")).kvs
    assert await other.current_revision() == 6
    other_clock.advance(5.9)
    assert (await other.get("/b")).kv is not None
    other_clock.advance(0.2)
    assert (await other.get("/b")).kv is None


async def test_restoring_never_takes_the_revision_back_and_ends_watches(backend: MemoryBackend) -> None:
    a = await backend.put("/a", b"1", expected=0)
    saved = await backend.snapshot()
    for i in range(10):
        await backend.put(f"/later{i}", b"", expected=0)
    sink = Recorder()
    backend.watch("/", start_revision=13, sink=sink)
    before = await backend.current_revision()
    await backend.restore(saved)
    assert await backend.current_revision() > before
    assert isinstance(sink.error, errors.Compacted)
    assert [kv.key for kv in (await backend.range("/", "0")).kvs] == ["/a"]
    with pytest.raises(errors.Compacted):
        await backend.range("/", "0", revision=before)
    assert (await backend.put("/a", b"2", expected=a.revision)).succeeded
    assert sink.events == []


@pytest.mark.parametrize("damage", [b"", b"nothing", b"mockube-state 1\n", b"mockube-state 1\n{}\n"])
async def test_what_is_no_state_is_refused(backend: MemoryBackend, damage: bytes) -> None:
    await backend.put("/a", b"1", expected=0)
    with pytest.raises(ValueError, match="state"):
        await backend.restore(damage)
    with pytest.raises(ValueError, match="state"):
        await backend.restore((await backend.snapshot())[:-1])
    assert (await backend.get("/a")).kv is not None


async def test_saving_and_restoring_take_milliseconds(backend: MemoryBackend) -> None:
    for i in range(2000):
        await backend.put(f"/registry/pods/ns/pod-{i:05}", b"x" * 4000, expected=0)
    start = time.process_time()
    await backend.restore(await backend.snapshot())
    assert time.process_time() - start < 1
    assert await backend.count("/registry/pods/", "/registry/pods0") == 2000
