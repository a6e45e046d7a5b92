"""Keeps a number of pods, for ReplicaSets and ReplicationControllers. Models replicaset/replica_set.go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.gvk import GroupVersionKind, GroupVersionResource
from apimachinery.labels import LabelSelector
from apimachinery.objects import View
from controllers.replicaset.planning import count_status, pods_to_delete
from controllers.runtime import pods as podutil
from controllers.runtime.consistency import WrittenVersions
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.controller_ref import ControllerRefManager
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.expectations import UIDTrackingExpectations
from controllers.runtime.flags import flag
from controllers.runtime.indexer import BY_CONTROLLER_UID, by_controller_uid
from controllers.runtime.pod_control import (
    SLOW_START_INITIAL_BATCH,
    PodControl,
    is_namespace_terminating,
    pod_from_template,
    run_batch,
    slow_start_batch,
)
from controllers.runtime.resources import (
    PODS,
    REPLICA_SET_KIND,
    REPLICA_SETS,
    REPLICATION_CONTROLLER_KIND,
    REPLICATION_CONTROLLERS,
)

BURST_REPLICAS: Final = 500
STATUS_UPDATE_RETRIES: Final = 1


@dataclass(frozen=True, slots=True)
class ReplicaSetOptions:
    """Flags of the ReplicaSet controller."""

    concurrent_replicaset_syncs: int = flag(5, "ReplicaSets synced at once.")


@dataclass(frozen=True, slots=True)
class ReplicationControllerOptions:
    """Flags of the ReplicationController controller."""

    concurrent_rc_syncs: int = flag(5, "ReplicationControllers synced at once.")


@dataclass(frozen=True, slots=True)
class Flavour:
    """What differs between the two kinds."""

    name: str
    source: str
    resource: GroupVersionResource
    kind: GroupVersionKind

    def selector(self, owner: View) -> LabelSelector:
        """The owner's pod selector."""
        selector = owner["spec"].get("selector")
        if self.kind is REPLICATION_CONTROLLER_KIND:
            return LabelSelector.from_set(selector or {})
        return LabelSelector.from_object(selector)


REPLICA_SET: Final = Flavour("replicaset", "replicaset-controller", REPLICA_SETS, REPLICA_SET_KIND)
REPLICATION_CONTROLLER: Final = Flavour(
    "replicationmanager", "replication-controller", REPLICATION_CONTROLLERS, REPLICATION_CONTROLLER_KIND
)


class ReplicaSetController:
    """One key is one owner, `namespace/name`."""

    def __init__(self, context: ControllerContext, flavour: Flavour, workers: int) -> None:
        self._flavour = flavour
        self._client = context.client
        self._clock = context.clock
        self._version = context.version
        self._pod_control = PodControl(context.client, context.events.recorder(flavour.source))
        self._expectations = UIDTrackingExpectations(context.clock)
        self._written = WrittenVersions()
        self._queue = context.queue(flavour.name, str)
        self._sets = context.informers.informer(flavour.resource)
        self._pods = context.informers.informer(PODS)
        for informer in (self._pods, self._sets):
            informer.add_index(BY_CONTROLLER_UID, by_controller_uid)
        self._sets.add_handler(
            on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new), on_delete=self._set_deleted
        )
        self._pods.add_handler(on_add=self._pod_added, on_update=self._pod_updated, on_delete=self._pod_deleted)
        self._controller = Controller(
            flavour.source, self._queue, self.sync, workers=workers, informers=(self._sets, self._pods)
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    # events ---------------------------------------------------------------------------------------------------------

    def _enqueue(self, owner: View) -> None:
        self._queue.add(meta.key(owner))

    def _set_deleted(self, owner: View) -> None:
        key = meta.key(owner)
        self._expectations.forget(key)
        self._written.forget(key)
        self._queue.add(key)

    def _owner(self, pod: View) -> View | None:
        ref = meta.controller_of(pod)
        if ref is None or ref["kind"] != self._flavour.kind.kind:
            return None
        owner = self._sets.get(ref["name"], meta.namespace(pod))
        return owner if owner is not None and meta.uid(owner) == ref["uid"] else None

    def _enqueue_matching(self, pod: View) -> None:
        labels = meta.labels(pod)
        for owner in self._sets.list(meta.namespace(pod)) if labels else ():
            selector = self._flavour.selector(owner)
            if not selector.empty() and selector.matches(labels):
                self._enqueue(owner)

    def _pod_added(self, pod: View) -> None:
        if meta.is_deleting(pod):
            self._pod_deleted(pod)
        elif meta.controller_of(pod) is None:
            self._enqueue_matching(pod)
        elif (owner := self._owner(pod)) is not None:
            self._expectations.creation_observed(meta.key(owner))
            self._enqueue(owner)

    def _pod_updated(self, old: View, pod: View) -> None:
        if meta.is_deleting(pod):
            self._pod_deleted(pod)
            if meta.labels(old) != meta.labels(pod):
                self._pod_deleted(old)
            return
        old_ref, ref = meta.controller_of(old), meta.controller_of(pod)
        if old_ref is not None and old_ref != ref and (former := self._owner(old)) is not None:
            self._enqueue(former)
        if ref is not None:
            owner = self._owner(pod)
            if owner is None:
                return
            self._enqueue(owner)
            min_ready = owner["spec"].get("minReadySeconds") or 0
            if min_ready > 0 and podutil.is_ready(pod) and not podutil.is_ready(old):
                self._queue.add_after(meta.key(owner), min_ready + 1)
        elif old_ref is not None or meta.labels(old) != meta.labels(pod):
            self._enqueue_matching(pod)

    def _pod_deleted(self, pod: View) -> None:
        owner = self._owner(pod)
        if owner is not None:
            self._expectations.uid_deletion_observed(meta.key(owner), meta.uid(pod))
            self._enqueue(owner)

    # sync -----------------------------------------------------------------------------------------------------------

    async def sync(self, key: str) -> None:
        """Create what is missing, delete what is too much, write the status."""
        owner = self._sets.indexer.get(key)
        if owner is None:
            self._expectations.forget(key)
            return
        if not self._written.visible(key, owner):
            return
        pods = await self._claim(owner)
        active = [p for p in pods if podutil.is_active(p)]
        diff = len(active) - int(owner["spec"].get("replicas", 1))
        failure: Exception | None = None
        if self._expectations.satisfied(key) and not meta.is_deleting(owner):
            failure = await self._manage(owner, active, diff)
        now = self._clock.now()
        status = count_status(owner, pods, now, failure, diff, version=self._version)
        written = await self._store_status(owner, status)
        if failure is not None:
            raise failure
        check = podutil.next_availability_check(active, written["spec"].get("minReadySeconds") or 0, now)
        if check is not None:
            self._queue.add_after(key, check)

    async def _claim(self, owner: View) -> list[View]:
        indexer = self._pods.indexer
        candidates = [
            *indexer.by_index(BY_CONTROLLER_UID, meta.uid(owner)),
            *(p for p in indexer.by_index(BY_CONTROLLER_UID, f"/{meta.namespace(owner)}") if podutil.is_active(p)),
        ]
        refs = ControllerRefManager(
            self._client,
            PODS,
            owner=owner,
            owner_kind=self._flavour.kind,
            owner_resource=self._flavour.resource,
            selector=self._flavour.selector(owner),
        )
        return await refs.claim(candidates)

    async def _manage(self, owner: View, active: Sequence[View], diff: int) -> Exception | None:
        if diff < 0:
            return await self._create(owner, min(-diff, BURST_REPLICAS))
        if diff > 0:
            return await self._delete(owner, active, min(diff, BURST_REPLICAS))
        return None

    async def _create(self, owner: View, count: int) -> Exception | None:
        key = meta.key(owner)
        self._expectations.expect(key, adds=count)
        ref = meta.new_controller_ref(owner, self._flavour.kind)
        pod = pod_from_template(owner["spec"]["template"], owner, ref)

        async def create(_: int) -> None:
            try:
                await self._pod_control.create(pod, owner)
            except RETRIABLE as error:
                if not is_namespace_terminating(error):
                    raise

        successes, failure = await slow_start_batch(count, SLOW_START_INITIAL_BATCH, create)
        self._expectations.lower(key, adds=count - successes)
        return failure

    async def _delete(self, owner: View, active: Sequence[View], count: int) -> Exception | None:
        key = meta.key(owner)
        doomed = pods_to_delete(active, self._related(owner), count, self._clock.now())
        self._expectations.expect_deletions(key, {meta.uid(p) for p in doomed})

        async def delete(index: int) -> None:
            try:
                await self._pod_control.delete(meta.name(doomed[index]), owner)
            except errors.NotFound:
                self._expectations.uid_deletion_observed(key, meta.uid(doomed[index]))
            except RETRIABLE:
                self._expectations.uid_deletion_observed(key, meta.uid(doomed[index]))
                raise

        results = await run_batch(range(len(doomed)), delete)
        return next((r for r in results if r is not None), None)

    def _related(self, owner: View) -> list[View]:
        """The pods of every set with the same controller: those on a crowded node go first."""
        ref = meta.controller_of(owner)
        family = [owner] if ref is None else self._sets.indexer.by_index(BY_CONTROLLER_UID, ref["uid"])
        return [p for s in family for p in self._pods.indexer.by_index(BY_CONTROLLER_UID, meta.uid(s))]

    async def _store_status(self, owner: View, status: dict[str, object]) -> View:
        present: View = owner.get("status") or {}
        generation = meta.generation(owner)
        wanted = {**status, "observedGeneration": generation}
        if present == wanted:
            return owner
        target = owner
        for attempt in range(STATUS_UPDATE_RETRIES + 1):
            try:
                written = await self._client.update_status(self._flavour.resource, {**target, "status": wanted})
            except errors.NotFound:
                return owner
            except errors.StatusError:
                if attempt == STATUS_UPDATE_RETRIES:
                    raise
                target = await self._client.get(
                    self._flavour.resource, meta.name(owner), namespace=meta.namespace(owner)
                )
            else:
                self._written.wrote(meta.key(owner), written)
                return written
        raise AssertionError("the last attempt returns or raises")
