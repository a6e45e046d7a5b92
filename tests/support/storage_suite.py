"""What every Storage must do, whatever it is made of; a subclass gives the `lab` fixture that builds one.

class TestCacherOnMemory(StorageSuite):
    @pytest.fixture
    async def lab(self) -> AsyncIterator[Lab]: ...
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pytest

from apimachinery.fields import FieldSelector
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, StoredObject, View
from storage import continue_token, errors
from storage.codec import metadata_attributes
from storage.interfaces import (
    Event,
    ListOptions,
    Preconditions,
    SelectionPredicate,
    Storage,
    UpdateFunc,
    Watch,
    WatchOptions,
)

NODE = "spec.nodeName"
PATIENCE = 60.0


class Lab(Protocol):
    """A Storage of pods, indexed by node, on a store of its own."""

    @property
    def storage(self) -> Storage: ...

    def reopened(self) -> Storage:
        """Another Storage over the same objects, as a second server would have it."""
        ...

    async def compact(self, revision: int) -> None:
        """Forget the past at every server."""
        ...

    async def advance(self, seconds: float) -> None:
        """Let the cluster's time pass."""
        ...

    def hurry(self) -> None:
        """Give up soon what will never come; by themselves watch caches have all the time that a machine may need."""
        ...


def pod(name: str, *, namespace: str = "ns", uid: str = "", node: str = "", **labels: str) -> Object:
    """A pod with what storage looks at."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": uid or f"uid-{name}", "labels": labels},
        "spec": {"nodeName": node},
    }


def pod_attributes(obj: View) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Labels, and pods' fields."""
    labels, fields = metadata_attributes(obj)
    return labels, {**fields, NODE: obj["spec"].get("nodeName", "")}


def where(labels: str = "", fields: str = "") -> SelectionPredicate:
    """A predicate from selectors' texts."""
    return SelectionPredicate(LabelSelector.parse(labels), FieldSelector.parse(fields))


def edit(change: Callable[[Object], None]) -> UpdateFunc:
    """An update that changes a copy of the stored object."""

    async def update(stored: StoredObject | None) -> Object | None:
        assert stored is not None
        obj = stored.thaw()
        change(obj)
        return obj

    return update


def label(**labels: str) -> UpdateFunc:
    """An update that sets labels."""
    return edit(lambda obj: obj["metadata"]["labels"].update(labels))


async def take(watch: Watch, count: int) -> list[Event]:
    """The next events of a watch, fewer when it ends."""
    events: list[Event] = []
    async with asyncio.timeout(PATIENCE):
        while len(events) < count and (more := await watch.batch(count - len(events))):
            events += more
    return events


def told(events: list[Event]) -> list[tuple[str, str, int]]:
    """Type, key and resourceVersion of events."""
    return [(e.type, e.object.key if e.object is not None else "", e.resource_version) for e in events]


def names(items: list[StoredObject]) -> list[str]:
    """The keys of a list."""
    return [stored.key for stored in items]


async def fill(storage: Storage, *keys: str, **labels: str) -> list[StoredObject]:
    """Create a pod for each `ns/name`."""
    made = []
    for key in keys:
        namespace, _, name = key.partition("/")
        made.append(await storage.create(key, pod(name, namespace=namespace, **labels)))
    return made


class StorageSuite:
    """Behaviour that a reader or writer may rely on."""

    # writes

    async def test_create_stamps_the_revision_and_puts_type_and_metadata_first(self, lab: Lab) -> None:
        made = await lab.storage.create("ns/a", {"spec": {"nodeName": "n"}, **pod("a", app="x")})
        assert made.raw.startswith(b'{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"')
        assert made.view["metadata"]["resourceVersion"] == str(made.resource_version)
        assert made.item().startswith(b'{"metadata":{')
        assert (made.key, made.labels, made.fields["metadata.name"]) == ("ns/a", {"app": "x"}, "a")
        assert (await lab.storage.get("ns/a")).raw == made.raw

    async def test_metadata_may_be_empty(self, lab: Lab) -> None:
        made = await lab.storage.create("ns/a", {"kind": "Pod", "apiVersion": "v1", "metadata": {}, "spec": {}})
        assert made.view["metadata"] == {"resourceVersion": str(made.resource_version)}

    async def test_create_refuses_a_taken_key_and_a_resource_version(self, lab: Lab) -> None:
        made = await lab.storage.create("ns/a", pod("a"))
        with pytest.raises(errors.KeyExists):
            await lab.storage.create("ns/a", pod("a"))
        with pytest.raises(errors.ResourceVersionSet, match="resourceVersion should not be set on objects to be"):
            await lab.storage.create("ns/b", made.thaw())

    async def test_revisions_grow_with_every_write(self, lab: Lab) -> None:
        a, b = await fill(lab.storage, "ns/a", "ns/b")
        changed = await lab.storage.guaranteed_update("ns/a", label(x="1"))
        gone = await lab.storage.delete("ns/b")
        assert a.resource_version < b.resource_version < changed.resource_version < gone.resource_version
        assert gone.view["metadata"]["resourceVersion"] == str(gone.resource_version)
        assert (await lab.storage.get_list("", ListOptions())).resource_version == gone.resource_version

    async def test_get_of_nothing(self, lab: Lab) -> None:
        with pytest.raises(errors.KeyNotFound, match="/ns/a"):
            await lab.storage.get("ns/a")
        with pytest.raises(errors.KeyNotFound):
            await lab.storage.delete("ns/a")
        with pytest.raises(errors.KeyNotFound):
            await lab.storage.guaranteed_update("ns/a", label(x="1"))

    async def test_an_update_that_changes_nothing_is_not_written(self, lab: Lab) -> None:
        made = await lab.storage.create("ns/a", pod("a", x="1"))

        def reorder(obj: Object) -> None:
            obj["metadata"] = dict(reversed(obj["metadata"].items()))

        for update in (label(x="1"), edit(reorder), _nothing):
            assert (await lab.storage.guaranteed_update("ns/a", update)).raw == made.raw
        assert (await lab.storage.get_list("", ListOptions())).resource_version == made.resource_version

    async def test_true_is_not_one(self, lab: Lab) -> None:
        await lab.storage.create("ns/a", {**pod("a"), "data": {"a": 1, "bcd": True}})
        changed = await lab.storage.guaranteed_update("ns/a", edit(lambda obj: obj.update(data={"a": True, "bcd": 1})))
        assert changed.view["data"] == {"a": True, "bcd": 1}
        assert changed.view["data"]["a"] is True

    async def test_updates_that_collide_are_retried(self, lab: Lab) -> None:
        await lab.storage.create("ns/a", pod("a"))
        seen: list[int] = []

        async def slow(stored: StoredObject | None) -> Object | None:
            assert stored is not None
            seen.append(stored.resource_version)
            if len(seen) < 3:
                await lab.storage.guaranteed_update("ns/a", label(other=str(len(seen))))
            obj = stored.thaw()
            obj["metadata"]["labels"]["mine"] = "1"
            return obj

        result = await lab.storage.guaranteed_update("ns/a", slow)
        assert len(seen) == 3
        assert result.labels == {"other": "2", "mine": "1"}

    async def test_concurrent_updates_lose_nothing(self, lab: Lab) -> None:
        await lab.storage.create("ns/a", {**pod("a"), "count": 0})

        async def add(stored: StoredObject | None) -> Object | None:
            assert stored is not None
            await asyncio.sleep(0)
            return {**stored.thaw(), "count": stored.view["count"] + 1}

        await asyncio.gather(*(lab.storage.guaranteed_update("ns/a", add) for _ in range(20)))
        assert (await lab.storage.get("ns/a")).view["count"] == 20

    async def test_update_may_create(self, lab: Lab) -> None:
        async def make(stored: StoredObject | None) -> Object | None:
            assert stored is None
            return pod("a")

        made = await lab.storage.guaranteed_update("ns/a", make, ignore_not_found=True)
        assert (await lab.storage.get("ns/a")).raw == made.raw

    async def test_an_update_of_a_deleted_object_finds_out(self, lab: Lab) -> None:
        await lab.storage.create("ns/a", pod("a"))

        async def overtaken(stored: StoredObject | None) -> Object | None:
            assert stored is not None
            await lab.storage.delete("ns/a")
            return {**stored.thaw(), "x": 1}

        with pytest.raises(errors.KeyNotFound):
            await lab.storage.guaranteed_update("ns/a", overtaken)

    async def test_preconditions(self, lab: Lab) -> None:
        made = await lab.storage.create("ns/a", pod("a", uid="one"))
        with pytest.raises(errors.InvalidObject) as refused:
            await lab.storage.guaranteed_update("ns/a", label(x="1"), preconditions=Preconditions(uid="two"))
        assert refused.value.detail == "Precondition failed: UID in precondition: two, UID in object meta: one"
        assert str(refused.value).startswith(
            "StorageError: invalid object, Code: 4, Key: /registry/pods/ns/a, Resource"
        )
        with pytest.raises(errors.InvalidObject, match="ResourceVersion in precondition: 1, ResourceVersion in object"):
            await lab.storage.delete("ns/a", preconditions=Preconditions(resource_version="1"))
        matching = Preconditions(uid="one", resource_version=str(made.resource_version))
        await lab.storage.delete("ns/a", preconditions=matching)

    async def test_delete_asks_before_it_removes(self, lab: Lab) -> None:
        await lab.storage.create("ns/a", pod("a"))

        async def refuse(stored: StoredObject) -> None:
            raise PermissionError(stored.key)

        with pytest.raises(PermissionError, match="ns/a"):
            await lab.storage.delete("ns/a", validate=refuse)

        async def overtake(stored: StoredObject) -> None:
            if not stored.labels:
                await lab.storage.guaranteed_update("ns/a", label(x="1"))

        assert (await lab.storage.delete("ns/a", validate=overtake)).labels == {"x": "1"}

    async def test_a_ttl_ends_an_object(self, lab: Lab) -> None:
        first = await lab.storage.create("ns/a", pod("a"), ttl=2)
        await lab.storage.create("ns/b", pod("b"))
        watch = lab.storage.watch("", WatchOptions(resource_version=first.resource_version))
        await take(watch, 1)
        await lab.advance(3)
        [gone] = await take(watch, 1)
        assert (gone.type, gone.object and gone.object.key) == ("DELETED", "ns/a")
        assert names((await lab.storage.get_list("", ListOptions())).items) == ["ns/b"]
        watch.stop()

    # lists

    async def test_lists_are_in_key_order_and_keep_to_their_prefix(self, lab: Lab) -> None:
        await fill(lab.storage, "ns/b", "ns/a", "ns2/a", "ns-x/a")
        everything = await lab.storage.get_list("", ListOptions())
        assert names(everything.items) == ["ns-x/a", "ns/a", "ns/b", "ns2/a"]
        assert names((await lab.storage.get_list("ns/", ListOptions())).items) == ["ns/a", "ns/b"]
        assert (await lab.storage.count(""), await lab.storage.count("ns/"), await lab.storage.count("no/")) == (
            4,
            2,
            0,
        )

    async def test_selectors(self, lab: Lab) -> None:
        await lab.storage.create("ns/a", pod("a", node="n1", app="x"))
        await lab.storage.create("ns/b", pod("b", node="n2", app="x"))
        await lab.storage.create("ns2/a", pod("a", namespace="ns2", node="n1", app="y"))

        async def found(prefix: str, predicate: SelectionPredicate) -> list[str]:
            return names((await lab.storage.get_list(prefix, ListOptions(predicate=predicate))).items)

        assert await found("", where("app=x")) == ["ns/a", "ns/b"]
        assert await found("", where(fields=f"{NODE}=n1")) == ["ns/a", "ns2/a"]
        assert await found("ns2/", where(fields=f"{NODE}=n1")) == ["ns2/a"]
        assert await found("", where("app=x", f"{NODE}=n1")) == ["ns/a"]
        assert await found("", where(fields=f"{NODE}!=n1")) == ["ns/b"]
        assert await found("", where(fields="metadata.name=a")) == ["ns/a", "ns2/a"]
        assert await found("ns/", where(fields="metadata.name=a")) == ["ns/a"]
        assert await found("ns/", where(fields="metadata.name=c")) == []
        await lab.storage.guaranteed_update("ns/a", edit(lambda o: o["spec"].update(nodeName="n2")))
        await lab.storage.delete("ns2/a")
        assert await found("", where(fields=f"{NODE}=n1")) == []
        assert await found("", where(fields=f"{NODE}=n2")) == ["ns/a", "ns/b"]

    async def test_pages_show_one_revision(self, lab: Lab) -> None:
        await fill(lab.storage, "ns/a", "ns/b", "ns/c", "ns/d", "ns/e")
        first = await lab.storage.get_list("ns/", ListOptions(limit=2))
        assert (names(first.items), first.remaining) == (["ns/a", "ns/b"], 3)
        assert continue_token.decode(first.continue_) == ("b\0", first.resource_version)
        await lab.storage.delete("ns/c")
        await lab.storage.create("ns/bb", pod("bb"))
        second = await lab.storage.get_list("ns/", ListOptions(limit=2, continue_=first.continue_))
        assert (names(second.items), second.remaining) == (["ns/c", "ns/d"], 1)
        assert second.resource_version == first.resource_version
        third = await lab.storage.get_list("ns/", ListOptions(limit=2, continue_=second.continue_, resource_version=0))
        assert (names(third.items), third.continue_, third.remaining) == (["ns/e"], "", None)

    @pytest.mark.parametrize("odd", [0, 1])
    async def test_a_page_is_filled_through_a_selector_and_does_not_count_the_rest(self, lab: Lab, odd: int) -> None:
        for i in range(40):
            await lab.storage.create(f"ns/p{i:02}", pod(f"p{i:02}", odd=str(i % 2), last=str(i == 39)))
        page = await lab.storage.get_list("", ListOptions(limit=15, predicate=where(f"odd={odd}")))
        assert (len(page.items), page.items[-1].key, page.remaining) == (15, f"ns/p{28 + odd}", None)
        rest = await lab.storage.get_list(
            "", ListOptions(limit=15, predicate=where(f"odd={odd}"), continue_=page.continue_)
        )
        assert (len(rest.items), rest.continue_) == (5, "")
        only = await lab.storage.get_list("", ListOptions(limit=1, predicate=where("last=True")))
        assert (names(only.items), only.continue_) == (["ns/p39"], "")

    async def test_the_page_that_ends_the_range_has_no_token(self, lab: Lab) -> None:
        await fill(lab.storage, "ns/a", "ns/b")
        page = await lab.storage.get_list("", ListOptions(limit=2))
        assert (names(page.items), page.continue_, page.remaining) == (["ns/a", "ns/b"], "", None)

    async def test_resource_version_zero_ignores_the_limit(self, lab: Lab) -> None:
        await fill(lab.storage, "ns/a", "ns/b")
        page = await lab.storage.get_list("", ListOptions(limit=1, resource_version=0))
        assert (names(page.items), page.continue_) == (["ns/a", "ns/b"], "")

    async def test_lists_at_a_revision(self, lab: Lab) -> None:
        a, b = await fill(lab.storage, "ns/a", "ns/b")
        await lab.storage.delete("ns/a")
        now = (await lab.storage.create("ns/c", pod("c"))).resource_version
        rv = a.resource_version

        async def found(**options: Any) -> tuple[list[str], int]:
            result = await lab.storage.get_list("", ListOptions(**options))
            return names(result.items), result.resource_version

        assert await found(resource_version=rv, match="Exact") == (["ns/a"], rv)
        assert await found(resource_version=b.resource_version, limit=1) == (["ns/a"], b.resource_version)
        assert await found(resource_version=rv) == (["ns/b", "ns/c"], now)
        assert await found(resource_version=rv, match="NotOlderThan", limit=1) == (["ns/b"], now)
        assert await found(resource_version=now, match="Exact") == (["ns/b", "ns/c"], now)

    async def test_lists_and_gets_of_the_future(self, lab: Lab) -> None:
        made = await lab.storage.create("ns/a", pod("a"))
        lab.hurry()
        future = made.resource_version + 1000
        with pytest.raises(errors.FutureRevision) as refused:
            await lab.storage.get_list("", ListOptions(resource_version=future))
        assert (refused.value.wanted, refused.value.current) == (future, made.resource_version)
        with pytest.raises(errors.FutureRevision):
            await lab.storage.get_list("", ListOptions(resource_version=future, match="Exact"))
        with pytest.raises(errors.FutureRevision):
            await lab.storage.get("ns/a", resource_version=future)
        at_least = await lab.storage.get("ns/a", resource_version=made.resource_version)
        assert at_least.raw == (await lab.storage.get("ns/a", resource_version=0)).raw == made.raw

    async def test_compacted_lists(self, lab: Lab) -> None:
        a, _, c = await fill(lab.storage, "ns/a", "ns/b", "ns/c")
        page = await lab.storage.get_list("ns/", ListOptions(limit=1))
        await lab.storage.delete("ns/b")
        last = await lab.storage.create("ns/d", pod("d"))
        await lab.compact(last.resource_version)
        with pytest.raises(errors.Compacted, match=r"^The resourceVersion for the provided list is too old\.$"):
            await lab.storage.get_list("", ListOptions(resource_version=a.resource_version, match="Exact"))
        with pytest.raises(errors.Compacted, match=r"^The provided continue parameter is too old") as expired:
            await lab.storage.get_list("ns/", ListOptions(limit=1, continue_=page.continue_))
        assert c.resource_version < last.resource_version
        rest = await lab.storage.get_list("ns/", ListOptions(limit=1, continue_=expired.value.continue_))
        assert (names(rest.items), rest.resource_version) == (["ns/c"], last.resource_version)
        final = await lab.storage.get_list("ns/", ListOptions(continue_=rest.continue_))
        assert (names(final.items), final.continue_) == (["ns/d"], "")

    async def test_continue_with_a_resource_version_is_refused(self, lab: Lab) -> None:
        await fill(lab.storage, "ns/a", "ns/b")
        token = (await lab.storage.get_list("", ListOptions(limit=1))).continue_
        with pytest.raises(
            errors.InvalidContinue, match=r"^specifying resource version is not allowed when using cont"
        ):
            await lab.storage.get_list("", ListOptions(continue_=token, resource_version=1))

    # watches

    async def test_a_watch_without_a_version_starts_with_the_state(self, lab: Lab) -> None:
        b, a = await fill(lab.storage, "ns/b", "ns/a")
        for version in (None, 0):
            watch = lab.storage.watch("", WatchOptions(resource_version=version))
            assert told(await take(watch, 2)) == [
                ("ADDED", "ns/a", a.resource_version),
                ("ADDED", "ns/b", b.resource_version),
            ]
            changed = await lab.storage.guaranteed_update("ns/a", label(v=str(version)))
            assert told(await take(watch, 1)) == [("MODIFIED", "ns/a", changed.resource_version)]
            a = changed
            watch.stop()

    async def test_a_watch_from_a_version_has_what_came_after(self, lab: Lab) -> None:
        a, b = await fill(lab.storage, "ns/a", "ns/b")
        watch = lab.storage.watch("", WatchOptions(resource_version=a.resource_version))
        c = await lab.storage.create("ns/c", pod("c"))
        gone = await lab.storage.delete("ns/b")
        events = await take(watch, 3)
        assert told(events) == [
            ("ADDED", "ns/b", b.resource_version),
            ("ADDED", "ns/c", c.resource_version),
            ("DELETED", "ns/b", gone.resource_version),
        ]
        assert events[2].object is not None
        assert events[2].object.raw == gone.raw
        watch.stop()

    async def test_a_watch_from_the_future_is_silent_until_then(self, lab: Lab) -> None:
        [a] = await fill(lab.storage, "ns/a")
        watch = lab.storage.watch("", WatchOptions(resource_version=a.resource_version + 1))
        waiting = asyncio.ensure_future(take(watch, 1))
        await asyncio.sleep(0)
        _, c = await fill(lab.storage, "ns/b", "ns/c")
        assert told(await waiting) == [("ADDED", "ns/c", c.resource_version)]
        watch.stop()

    async def test_a_watch_may_start_now_without_the_state(self, lab: Lab) -> None:
        await fill(lab.storage, "ns/a")
        watch = lab.storage.watch("", WatchOptions(start_at_current=True))
        waiting = asyncio.ensure_future(take(watch, 1))
        await asyncio.sleep(0.01)
        [b] = await fill(lab.storage, "ns/b")
        assert told(await waiting) == [("ADDED", "ns/b", b.resource_version)]
        watch.stop()

    async def test_selectors_turn_changes_into_arrivals_and_departures(self, lab: Lab) -> None:
        start = (await lab.storage.create("ns/a", pod("a", app="x"))).resource_version
        watch = lab.storage.watch("", WatchOptions(resource_version=start, predicate=where("app=x")))
        out = await lab.storage.guaranteed_update("ns/a", label(app="y"))
        await lab.storage.guaranteed_update("ns/a", label(app="z"))
        back = await lab.storage.guaranteed_update("ns/a", label(app="x"))
        more = await lab.storage.guaranteed_update("ns/a", label(more="1"))
        await lab.storage.create("ns/b", pod("b", app="y"))
        await lab.storage.delete("ns/b")
        gone = await lab.storage.delete("ns/a")
        events = await take(watch, 4)
        assert told(events) == [
            ("DELETED", "ns/a", out.resource_version),
            ("ADDED", "ns/a", back.resource_version),
            ("MODIFIED", "ns/a", more.resource_version),
            ("DELETED", "ns/a", gone.resource_version),
        ]
        departed = events[0].object
        assert departed is not None
        assert departed.labels == departed.view["metadata"]["labels"] == {"app": "x"}
        assert departed.view["metadata"]["resourceVersion"] == str(out.resource_version)
        watch.stop()

    @pytest.mark.parametrize(
        ("prefix", "selector", "wanted"),
        [
            ("", "", ["ns/a", "ns/b", "ns2/a"]),
            ("ns/", "", ["ns/a", "ns/b"]),
            ("ns/", "metadata.name=a", ["ns/a"]),
            ("", "metadata.name=a", ["ns/a", "ns2/a"]),
            ("", f"{NODE}=n1", ["ns/a", "ns2/a"]),
            ("ns2/", f"{NODE}=n1", ["ns2/a"]),
            ("", f"{NODE}!=n1", ["ns/b"]),
        ],
    )
    async def test_watches_keep_to_what_they_ask_for(
        self, lab: Lab, prefix: str, selector: str, wanted: list[str]
    ) -> None:
        options = WatchOptions(predicate=where(fields=selector))
        early = lab.storage.watch(prefix, options)
        await lab.storage.create("ns/z", pod("z", node="n3"))
        await lab.storage.delete("ns/z")
        waiting = asyncio.ensure_future(take(early, len(wanted)))
        await asyncio.sleep(0.01)
        await lab.storage.create("ns/a", pod("a", node="n1"))
        await lab.storage.create("ns/b", pod("b", node="n2"))
        await lab.storage.create("ns2/a", pod("a", namespace="ns2", node="n1"))
        late = lab.storage.watch(prefix, options)
        assert [key for _, key, _ in told(await waiting)] == wanted
        assert [key for _, key, _ in told(await take(late, len(wanted)))] == wanted
        await lab.storage.guaranteed_update("ns/a", edit(lambda o: o["spec"].update(nodeName="n9")))
        if "ns/a" in wanted and NODE in selector:
            assert told(await take(early, 1))[0][:2] == ("DELETED", "ns/a")
        early.stop()
        late.stop()

    async def test_the_state_can_be_streamed_up_to_a_bookmark(self, lab: Lab) -> None:
        a, b = await fill(lab.storage, "ns/a", "ns/b", app="x")
        options = WatchOptions(send_initial_events=True, bookmarks=True, predicate=where("app=x"))
        watch = lab.storage.watch("", options)
        events = await take(watch, 3)
        assert told(events) == [
            ("ADDED", "ns/a", a.resource_version),
            ("ADDED", "ns/b", b.resource_version),
            ("BOOKMARK", "", b.resource_version),
        ]
        assert [e.initial_events_end for e in events] == [False, False, True]
        gone = await lab.storage.delete("ns/a")
        assert told(await take(watch, 1)) == [("DELETED", "ns/a", gone.resource_version)]
        watch.stop()

    async def test_streaming_the_state_of_the_future_is_refused(self, lab: Lab) -> None:
        [a] = await fill(lab.storage, "ns/a")
        lab.hurry()
        options = WatchOptions(a.resource_version + 100, send_initial_events=True, bookmarks=True)
        with pytest.raises(errors.FutureRevision):
            await take(lab.storage.watch("", options), 1)

    async def test_a_watch_from_before_the_compaction_is_refused(self, lab: Lab) -> None:
        first, *_, last = await fill(lab.storage, "ns/a", "ns/b", "ns/c")
        await lab.compact(last.resource_version)
        storage = lab.reopened()
        with pytest.raises(errors.Compacted) as refused:
            await take(storage.watch("", WatchOptions(resource_version=first.resource_version)), 1)
        assert str(refused.value) == f"too old resource version: {first.resource_version} ({last.resource_version})"
        watch = storage.watch("", WatchOptions(resource_version=last.resource_version))
        gone = await lab.storage.delete("ns/a")
        assert told(await take(watch, 1)) == [("DELETED", "ns/a", gone.resource_version)]
        watch.stop()

    async def test_a_watch_goes_on_at_another_server(self, lab: Lab) -> None:
        a, b, c = await fill(lab.storage, "ns/a", "ns/b", "ns/c")
        other = lab.reopened()
        watch = other.watch("", WatchOptions(resource_version=a.resource_version))
        assert told(await take(watch, 2)) == [
            ("ADDED", "ns/b", b.resource_version),
            ("ADDED", "ns/c", c.resource_version),
        ]
        watch.stop()

    async def test_what_one_writes_the_other_reads(self, lab: Lab) -> None:
        other = lab.reopened()
        for i in range(10):
            writer, reader = (lab.storage, other) if i % 2 else (other, lab.storage)
            made = await writer.create(f"ns/p{i}", pod(f"p{i}"))
            assert (await reader.get(f"ns/p{i}")).raw == made.raw
            assert (await reader.get_list("", ListOptions())).resource_version == made.resource_version
            changed = await reader.guaranteed_update(f"ns/p{i}", label(i=str(i)))
            assert (await writer.get(f"ns/p{i}")).raw == changed.raw
            assert len((await writer.get_list("ns/", ListOptions())).items) == i + 1

    async def test_stop_ends_whoever_waits(self, lab: Lab) -> None:
        watch = lab.storage.watch("", WatchOptions())
        waiting = asyncio.ensure_future(take(watch, 1))
        await asyncio.sleep(0.01)
        watch.stop()
        assert await waiting == []
        assert [event async for event in watch] == []

    async def test_a_stopped_watch_stays_silent(self, lab: Lab) -> None:
        watch = lab.storage.watch("", WatchOptions())
        watch.stop()
        await fill(lab.storage, "ns/a")
        assert await take(watch, 1) == []


async def _nothing(_stored: StoredObject | None) -> Object | None:
    return None
