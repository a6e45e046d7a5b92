"""What the cacher adds: windows, bookmarks, bounds, one decoding for everybody, and a store replaced under it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from apimachinery.clock import ManualClock
from apimachinery.gvk import GroupResource
from apimachinery.objects import View
from storage import errors
from storage.backend.memory import MemoryBackend
from storage.cacher.bookmarks import next_bookmark
from storage.cacher.cacher import Cacher
from storage.factory import StorageFactory, open_backend
from storage.history import HistoryLimits
from storage.interfaces import ListOptions, Preconditions, WatchOptions
from storage.store import Store
from tests.storage.delayed import DelayedBackend
from tests.support.storage_suite import NODE, PATIENCE, edit, fill, label, names, pod, pod_attributes, take, told, where

PREFIX = "/registry/pods/"


def make(
    clock: ManualClock | None = None,
    backend: MemoryBackend | None = None,
    *,
    limits: HistoryLimits | None = None,
    capacity: int = 10_000,
) -> tuple[ManualClock, MemoryBackend, Cacher]:
    clock = clock or ManualClock()
    backend = backend or MemoryBackend(clock)
    store = Store(backend, clock, PREFIX, attributes=pod_attributes)
    return clock, backend, Cacher(store, clock, index=NODE, limits=limits, capacity=capacity, fresh_timeout=PATIENCE)


@pytest.mark.parametrize(
    ("now", "deadline", "moment"),
    [(0, None, 60), (10, 1000, 70), (10, 60, 58), (10, 12.5, 10.5), (10, 12, None), (10, 5, None)],
)
def test_when_the_next_bookmark_is_due(now: float, deadline: float | None, moment: float | None) -> None:
    assert next_bookmark(now, deadline) == moment


async def test_bookmarks_come_every_minute_and_before_the_deadline() -> None:
    clock, backend, cacher = make()
    [a] = await fill(cacher, "ns/a")
    options = WatchOptions(a.resource_version, bookmarks=True, deadline=100.0)
    watch = cacher.watch("", options)
    waiting = asyncio.ensure_future(take(watch, 1))
    await asyncio.sleep(0)
    clock.advance(59)
    await backend.put("/registry/other/x", b"", expected=0)
    clock.advance(1)
    assert told(await waiting) == [("BOOKMARK", "", a.resource_version + 1)]
    b = await cacher.create("ns/b", pod("b"))
    clock.advance(38)
    assert told(await take(watch, 2)) == [
        ("ADDED", "ns/b", b.resource_version),
        ("BOOKMARK", "", b.resource_version),
    ]
    assert clock.next_timer() is None
    watch.stop()


async def test_a_reader_who_is_late_gets_the_last_bookmark_only() -> None:
    clock, backend, cacher = make()
    watch = cacher.watch("", WatchOptions(bookmarks=True, send_initial_events=True))
    await take(watch, 1)
    clock.advance(60)
    await backend.put("/other", b"", expected=0)
    clock.advance(60)
    assert told(await take(watch, 1)) == [("BOOKMARK", "", 2)]
    watch.stop()
    assert clock.next_timer() is None


async def test_bookmarks_are_for_those_who_ask() -> None:
    clock, _, cacher = make()
    watch = cacher.watch("", WatchOptions(send_initial_events=True))
    waiting = asyncio.ensure_future(take(watch, 1))
    await asyncio.sleep(0)
    assert clock.next_timer() is None
    [a] = await fill(cacher, "ns/a")
    assert told(await waiting) == [("ADDED", "ns/a", a.resource_version)]
    watch.stop()


async def test_a_watcher_that_lags_too_far_is_ended_after_what_it_has() -> None:
    _, _, cacher = make(capacity=3)
    slow = cacher.watch("", WatchOptions())
    fast = cacher.watch("", WatchOptions())
    waiting = asyncio.ensure_future(take(fast, 5))
    opening = asyncio.ensure_future(take(slow, 1))
    await asyncio.sleep(0)
    made = []
    for i in range(5):
        made += await fill(cacher, f"ns/p{i}")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(await waiting) == 5
    seen = await opening + await take(slow, 10)
    assert [e.resource_version for e in seen] == [m.resource_version for m in made[:4]]
    assert await slow.batch() == []
    again = cacher.watch("", WatchOptions(seen[-1].resource_version))
    assert told(await take(again, 1)) == [("ADDED", "ns/p4", made[4].resource_version)]
    for watch in (fast, again):
        watch.stop()
    assert cacher._watchers == {}


@pytest.mark.parametrize("limits", [HistoryLimits(events=3), HistoryLimits(seconds=3), HistoryLimits(size=400)])
async def test_the_window_is_bounded(limits: HistoryLimits) -> None:
    clock, _, cacher = make(limits=limits)
    revisions = [(await cacher.create("ns/a", pod("a"))).resource_version]
    for i in range(10):
        clock.advance(1)
        changed = await cacher.guaranteed_update("ns/a", label(i=str(i)))
        revisions.append(changed.resource_version)
    with pytest.raises(errors.Compacted, match=rf"^too old resource version: {revisions[0]} \("):
        await take(cacher.watch("", WatchOptions(revisions[0])), 1)
    with pytest.raises(errors.Compacted):
        await take(cacher.watch("", WatchOptions(revisions[2])), 1)
    watch = cacher.watch("", WatchOptions(revisions[-3]))
    assert [e.resource_version for e in await take(watch, 2)] == revisions[-2:]
    watch.stop()


async def test_a_write_is_decoded_once_for_everybody() -> None:
    asked: list[str] = []

    def attributes(obj: View) -> tuple[Mapping[str, str], Mapping[str, str]]:
        asked.append(obj["metadata"]["name"])
        return pod_attributes(obj)

    clock = ManualClock()
    cacher = Cacher(Store(MemoryBackend(clock), clock, PREFIX, attributes=attributes), clock)
    watches = [cacher.watch("", WatchOptions()) for _ in range(3)]
    await fill(cacher, "ns/a")
    for watch in watches:
        await take(watch, 1)
    made = await cacher.guaranteed_update("ns/a", label(x="1"))
    seen = [(await take(watch, 1))[0] for watch in watches]
    assert asked == ["a", "a"]
    assert seen[0] is seen[1] is seen[2]
    assert seen[0].object is made
    assert (await cacher.get("ns/a")) is made
    assert (await cacher.get_list("", ListOptions())).items[0] is made
    gone = await cacher.delete("ns/a")
    [event] = await take(watches[0], 1)
    assert event.object is not None
    assert (event.object.raw, asked) == (gone.raw, ["a", "a"])
    for watch in watches:
        watch.stop()


async def test_pages_at_an_unchanged_revision_come_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    _, backend, cacher = make()
    await fill(cacher, "ns/a", "ns/b", "ns/c")
    page = await cacher.get_list("", ListOptions(limit=2))
    await backend.put("/registry/other/x", b"", expected=0)
    monkeypatch.setattr(backend, "range", None)
    rest = await cacher.get_list("", ListOptions(limit=2, continue_=page.continue_))
    assert (names(rest.items), rest.resource_version) == (["ns/c"], page.resource_version)


async def test_a_cache_made_late_has_the_backends_history() -> None:
    clock, backend, cacher = make()
    [a] = await fill(cacher, "ns/a")
    await cacher.guaranteed_update("ns/a", edit(lambda o: o["spec"].update(nodeName="n1")))
    await cacher.delete("ns/a")
    _, _, late = make(clock, backend)
    watch = late.watch("", WatchOptions(1))
    assert [e.type for e in await take(watch, 3)] == ["ADDED", "MODIFIED", "DELETED"]
    watch.stop()
    assert (await late.get_list("", ListOptions())).items == []
    exact = await late.get_list("", ListOptions(a.resource_version, match="Exact"))
    assert names(exact.items) == ["ns/a"]


async def test_a_restored_store_ends_watches_and_is_read_anew() -> None:
    _, backend, cacher = make()
    await fill(cacher, "ns/a", node="n1")
    saved = await backend.snapshot()
    await fill(cacher, "ns/b")
    last = await cacher.delete("ns/a")
    watch = cacher.watch("", WatchOptions(last.resource_version))
    waiting = asyncio.ensure_future(take(watch, 1))
    await asyncio.sleep(0)
    await backend.restore(saved)
    with pytest.raises(errors.Compacted):
        await waiting
    assert await take(watch, 1) == []
    listed = await cacher.get_list("", ListOptions())
    assert names(listed.items) == ["ns/a"]
    assert listed.resource_version > last.resource_version
    with pytest.raises(errors.Compacted):
        await take(cacher.watch("", WatchOptions(last.resource_version)), 1)
    changed = await cacher.guaranteed_update("ns/a", label(x="1"))
    assert changed.resource_version > listed.resource_version
    again = cacher.watch("", WatchOptions(listed.resource_version))
    assert told(await take(again, 1)) == [("MODIFIED", "ns/a", changed.resource_version)]
    again.stop()


async def test_a_stale_cache_is_never_believed() -> None:
    """Writes of another server that have not arrived here yet."""
    clock = ManualClock()
    far = DelayedBackend(MemoryBackend(clock), turns=50)
    other = Store(far.inner, clock, PREFIX, attributes=pod_attributes)
    cacher = Cacher(Store(far, clock, PREFIX, attributes=pod_attributes), clock)
    await cacher.start()

    a = await other.create("ns/a", pod("a", uid="1"))
    assert (await cacher.get("ns/a")).raw == a.raw
    b = await other.create("ns/b", pod("b", uid="1"))
    assert (await cacher.guaranteed_update("ns/b", label(x="1"))).resource_version > b.resource_version
    await other.create("ns/c", pod("c", uid="1"))
    assert (await cacher.delete("ns/c", preconditions=Preconditions(uid="1"))).key == "ns/c"
    await other.create("ns/d", pod("d"))
    assert names((await cacher.get_list("", ListOptions())).items) == ["ns/a", "ns/b", "ns/d"]

    await other.guaranteed_update("ns/a", label(x="1"))
    assert (await cacher.guaranteed_update("ns/a", label(x=""))).labels == {"x": ""}
    changed = await other.guaranteed_update("ns/a", label(x="2"))
    meant = Preconditions(resource_version=str(changed.resource_version))
    assert (await cacher.guaranteed_update("ns/a", label(y="3"), preconditions=meant)).labels == {"x": "2", "y": "3"}
    await other.delete("ns/a")
    with pytest.raises(errors.KeyNotFound):
        await cacher.guaranteed_update("ns/a", label(y="3"))
    await other.create("ns/a", pod("a", uid="2"))
    with pytest.raises(errors.InvalidObject):
        await cacher.delete("ns/a", preconditions=Preconditions(uid="1"))


async def test_a_watch_lost_far_away_is_read_anew() -> None:
    clock = ManualClock()
    inner = MemoryBackend(clock)
    cacher = Cacher(Store(DelayedBackend(inner), clock, PREFIX, attributes=pod_attributes), clock)
    await fill(cacher, "ns/a")
    saved = await inner.snapshot()
    await fill(cacher, "ns/b")
    watch = cacher.watch("", WatchOptions())
    await take(watch, 2)
    await inner.restore(saved)
    assert names((await cacher.get_list("", ListOptions())).items) == ["ns/a"]
    with pytest.raises(errors.Compacted):
        await take(watch, 1)


async def test_a_value_of_somebody_else_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    _, backend, cacher = make()
    await backend.put(PREFIX + "ns/odd", b"k8s\x00", expected=0)
    [a] = await fill(cacher, "ns/a")
    odd = await backend.put(PREFIX + "ns/odd2", b"k8s\x00", expected=0)
    assert names((await cacher.get_list("", ListOptions())).items) == ["ns/a"]
    await backend.delete(PREFIX + "ns/odd2", expected=odd.revision)
    watch = cacher.watch("", WatchOptions(1))
    assert told(await take(watch, 1)) == [("ADDED", "ns/a", a.resource_version)]
    watch.stop()
    assert "skipping a stored value" in caplog.text


async def test_a_future_revision_is_waited_for() -> None:
    _, _, cacher = make()
    [a] = await fill(cacher, "ns/a")
    waiting = asyncio.ensure_future(cacher.get_list("", ListOptions(a.resource_version + 1)))
    await asyncio.sleep(0.01)
    await fill(cacher, "ns/b")
    assert names((await waiting).items) == ["ns/a", "ns/b"]


async def test_watchers_are_only_asked_about_what_may_concern_them() -> None:
    _, _, cacher = make()
    for i in range(5):
        await cacher.create(f"ns{i}/a", pod("a", namespace=f"ns{i}", node=f"n{i}"))
    watches = [
        cacher.watch(prefix, WatchOptions(predicate=where(fields=selector)))
        for prefix, selector in [("", f"{NODE}=n1"), ("ns1/", ""), ("ns1/", "metadata.name=a"), ("", "")]
    ]
    for watch in watches:
        await take(watch, 1)
    assert set(cacher._watchers) == {("index", "n1"), ("prefix", "ns1/"), ("key", "ns1/a"), ("", "")}
    await cacher.guaranteed_update("ns1/a", edit(lambda o: o["spec"].update(nodeName="n2")))
    await cacher.guaranteed_update("ns2/a", edit(lambda o: o["spec"].update(nodeName="n1")))
    assert [t[:2] for t in told(await take(watches[0], 2))] == [("DELETED", "ns1/a"), ("ADDED", "ns2/a")]
    for watch in watches:
        watch.stop()
    assert cacher._watchers == {}


async def test_the_factory_gives_one_storage_a_resource() -> None:
    clock = ManualClock()
    factory = StorageFactory(open_backend("memory://", clock), clock)
    pods = GroupResource("", "pods")
    storage = factory.storage(pods, attributes=pod_attributes)
    assert factory.storage(pods) is storage
    assert factory.storage(GroupResource("", "secrets")) is not storage
    await factory.start()
    made = await storage.create("ns/a", pod("a"))
    assert (await factory.backend.get("/registry/pods/ns/a")).kv is not None
    watch = storage.watch("", WatchOptions(made.resource_version))
    waiting = asyncio.ensure_future(take(watch, 1))
    await asyncio.sleep(0)
    factory.drop(pods)
    assert await waiting == []
    anew = factory.storage(pods, prefix="/registry/pods/")
    assert anew is not storage
    assert (await anew.get("ns/a")).raw == made.raw
    await factory.stop()


def test_an_unknown_store_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown store 'redis://x': want one of memory://"):
        open_backend("redis://x", ManualClock())
