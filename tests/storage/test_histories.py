"""Random histories against a model: no event is lost, doubled or out of order, and no read goes back in time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from apimachinery.clock import ManualClock
from apimachinery.objects import Object, StoredObject
from storage import errors
from storage.backend.memory import MemoryBackend
from storage.cacher.cacher import Cacher
from storage.history import HistoryLimits
from storage.interfaces import Event, ListOptions, SelectionPredicate, Storage, Watch, WatchOptions
from storage.store import Store
from tests.storage.delayed import DelayedBackend
from tests.support.storage_suite import NODE, pod, pod_attributes, where

T = TypeVar("T")
State = dict[str, tuple[int, str]]
"""Revision and node of each key."""

KEYS = st.sampled_from(["a/x", "a/y", "a-b/x", "b/x", "b/y"])
NODES = st.sampled_from(["", "n1", "n2"])
PREFIXES = st.sampled_from(["", "a/", "b/"])
SELECTORS = st.sampled_from(["", f"{NODE}=n1", f"{NODE}!=n1", "metadata.name=x"])
WINDOW = 12


@dataclass
class Open:
    """A watch, and what it must tell from some revision on."""

    watch: Watch
    prefix: str
    selector: str
    after: int
    initial: list[tuple[str, str, int]]
    seen: list[tuple[str, str, int]] = field(default_factory=list)


def wanted(key: str, node: str, prefix: str, selector: str) -> bool:
    fields = {NODE: node, "metadata.name": key.partition("/")[2]}
    return key.startswith(prefix) and where(fields=selector).field.matches(fields)


class Histories(RuleBasedStateMachine):
    """Writers and readers at a store and a cacher over one backend."""

    far = False

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.run(self.open_all())
        self.states: dict[int, State] = {1: {}}
        self.watches: list[Open] = []
        self.pages: list[tuple[Storage, str, int, str, list[str]]] = []

    async def open_all(self) -> None:
        clock = ManualClock()
        limits = HistoryLimits(events=WINDOW)
        memory = MemoryBackend(clock, limits)
        self.backend = DelayedBackend(memory) if self.far else memory
        self.oldest = memory.oldest_revision
        store = Store(self.backend, clock, "/registry/pods/", attributes=pod_attributes)
        cached = Store(self.backend, clock, "/registry/pods/", attributes=pod_attributes)
        cacher = Cacher(cached, clock, index=NODE, limits=limits, fresh_timeout=1)
        self.storages: list[Storage] = [store, cacher]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        for opened in self.watches:
            self.check(opened)
            opened.watch.stop()
        self.run(self.backend.close())
        self.runner.close()

    @property
    def revision(self) -> int:
        return max(self.states)

    def committed(self, revision: int, key: str, node: str | None) -> None:
        assert revision == self.revision + 1
        state = dict(self.states[self.revision])
        if node is None:
            del state[key]
        else:
            state[key] = (revision, node)
        self.states[revision] = state

    @rule(which=st.integers(0, 1), key=KEYS, node=NODES)
    def create(self, which: int, key: str, node: str) -> None:
        namespace, _, name = key.partition("/")
        work = self.storages[which].create(key, pod(name, namespace=namespace, node=node))
        if key in self.states[self.revision]:
            try:
                self.run(work)
            except errors.KeyExists:
                return
            raise AssertionError("created twice")
        self.committed(self.run(work).resource_version, key, node)

    @rule(which=st.integers(0, 1), key=KEYS, node=NODES)
    def update(self, which: int, key: str, node: str) -> None:
        async def change(stored: StoredObject | None) -> Object | None:
            assert stored is not None
            obj = stored.thaw()
            obj["spec"]["nodeName"] = node
            return obj

        present = self.states[self.revision].get(key)
        try:
            stored = self.run(self.storages[which].guaranteed_update(key, change))
        except errors.KeyNotFound:
            assert present is None
            return
        assert present is not None
        if present[1] == node:
            assert stored.resource_version == present[0]
        else:
            self.committed(stored.resource_version, key, node)

    @rule(which=st.integers(0, 1), key=KEYS)
    def delete(self, which: int, key: str) -> None:
        try:
            gone = self.run(self.storages[which].delete(key))
        except errors.KeyNotFound:
            assert key not in self.states[self.revision]
            return
        self.committed(gone.resource_version, key, None)

    @rule(which=st.integers(0, 1), key=KEYS)
    def get(self, which: int, key: str) -> None:
        present = self.states[self.revision].get(key)
        try:
            assert self.run(self.storages[which].get(key)).resource_version == (present and present[0])
        except errors.KeyNotFound:
            assert present is None

    def expected(self, revision: int, prefix: str, selector: str) -> list[tuple[str, int]]:
        state = self.states[revision]
        return sorted((k, rv) for k, (rv, node) in state.items() if wanted(k, node, prefix, selector))

    @rule(which=st.integers(0, 1), prefix=PREFIXES, selector=SELECTORS, back=st.none() | st.integers(0, WINDOW * 2))
    def get_list(self, which: int, prefix: str, selector: str, back: int | None) -> None:
        revision = self.revision if back is None else max(1, self.revision - back)
        options = ListOptions(
            None if back is None else revision, "" if back is None else "Exact", where(fields=selector)
        )
        try:
            result = self.run(self.storages[which].get_list(prefix, options))
        except errors.Compacted:
            assert revision < self.run(self.oldest())
            return
        assert result.resource_version == revision
        assert [(o.key, o.resource_version) for o in result.items] == self.expected(revision, prefix, selector)

    @rule(which=st.integers(0, 1), prefix=PREFIXES)
    def first_page(self, which: int, prefix: str) -> None:
        result = self.run(self.storages[which].get_list(prefix, ListOptions(limit=1)))
        expected = [key for key, _ in self.expected(self.revision, prefix, "")]
        assert [o.key for o in result.items] == expected[:1]
        assert (result.remaining or 0) == max(0, len(expected) - 1)
        if result.continue_:
            self.pages.append(
                (self.storages[1 - which], prefix, result.resource_version, result.continue_, expected[1:])
            )

    @precondition(lambda self: self.pages)
    @rule(data=st.data())
    def next_page(self, data: st.DataObject) -> None:
        storage, prefix, revision, token, left = self.pages.pop(data.draw(st.integers(0, len(self.pages) - 1)))
        try:
            result = self.run(storage.get_list(prefix, ListOptions(continue_=token, limit=2)))
        except errors.Compacted as e:
            assert revision < self.run(self.oldest())
            if not e.continue_:
                raise AssertionError("no way to go on") from e
            return
        assert result.resource_version == revision
        assert [o.key for o in result.items] == left[:2]
        assert bool(result.continue_) == (len(left) > 2)

    @rule(
        which=st.integers(0, 1),
        prefix=PREFIXES,
        selector=SELECTORS,
        back=st.none() | st.integers(0, WINDOW * 2),
    )
    def watch(self, which: int, prefix: str, selector: str, back: int | None) -> None:
        if len(self.watches) > 6:
            self.watches.pop(0).watch.stop()
        after = self.revision if back is None else max(1, self.revision - back)
        predicate: SelectionPredicate = where(fields=selector)
        options = WatchOptions(None if back is None else after, predicate)
        initial = [("ADDED", k, rv) for k, rv in self.expected(after, prefix, selector)] if back is None else []
        opened = Open(self.storages[which].watch(prefix, options), prefix, selector, after, initial)
        try:
            self.read(opened)
        except errors.Compacted:
            assert self.revision - after > WINDOW - 1
            return
        self.watches.append(opened)

    def read(self, opened: Open) -> None:
        """Take everything that is there."""

        async def drain() -> list[Event]:
            events: list[Event] = []
            while True:
                waiting = asyncio.ensure_future(opened.watch.batch())
                for _ in range(200 if self.far else 5):
                    await asyncio.sleep(0)
                if not waiting.done():
                    waiting.cancel()
                    await asyncio.gather(waiting, return_exceptions=True)
                    return events
                events += waiting.result()

        opened.seen += [(e.type, e.object.key if e.object else "", e.resource_version) for e in self.run(drain())]

    def check(self, opened: Open) -> None:
        self.read(opened)
        told = list(opened.initial)
        for revision in range(opened.after + 1, self.revision + 1):
            before, now = self.states[revision - 1], self.states[revision]
            for key in sorted(before.keys() | now.keys()):
                if before.get(key) == now.get(key):
                    continue
                was = key in before and wanted(key, before[key][1], opened.prefix, opened.selector)
                is_ = key in now and wanted(key, now[key][1], opened.prefix, opened.selector)
                if was or is_:
                    told.append(("MODIFIED" if was and is_ else "ADDED" if is_ else "DELETED", key, revision))
        assert opened.seen == told

    @precondition(lambda self: self.watches)
    @rule(data=st.data())
    def read_one(self, data: st.DataObject) -> None:
        self.check(data.draw(st.sampled_from(self.watches)))

    @invariant()
    def everyone_counts_alike(self) -> None:
        if not self.far:
            for storage in self.storages:
                assert self.run(storage.count("")) == len(self.states[self.revision])


class FarHistories(Histories):
    """The same with a backend whose events come late."""

    far = True


def test_histories_near() -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_histories_far() -> None:
    run_state_machine_as_test(
        FarHistories,
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
