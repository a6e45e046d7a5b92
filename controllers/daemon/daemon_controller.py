"""Keeps a DaemonSet's pods on their nodes. Models pkg/controller/daemon/daemon_controller.go, v1.36.

What is to be done is decided in placement.py, update.py and status.py; here it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from apimachinery import errors, meta
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, View
from controllers.daemon import placement, status, update
from controllers.daemon.facts import DaemonPod, Eligibility, JudgedNode, target_node
from controllers.daemon.revisions import RevisionHistory, current_hash
from controllers.daemon.template import (
    TEMPLATE_GENERATION_LABEL,
    daemon_tolerations,
    node_name_affinity,
    template_generation,
)
from controllers.runtime import pods as podutil
from controllers.runtime.consistency import WrittenVersions
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.controller_ref import ControllerRefManager
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.expectations import Expectations
from controllers.runtime.flags import flag
from controllers.runtime.history import CONTROLLER_REVISION_HASH
from controllers.runtime.indexer import BY_CONTROLLER_UID, by_controller_uid
from controllers.runtime.pod_control import (
    SLOW_START_INITIAL_BATCH,
    PodControl,
    is_namespace_terminating,
    pod_from_template,
    run_batch,
)
from controllers.runtime.rate_limiter import Backoff
from controllers.runtime.resources import CONTROLLER_REVISIONS, DAEMON_SET_KIND, DAEMON_SETS, NODES, PODS

BURST_REPLICAS: Final = 250
STATUS_UPDATE_RETRIES: Final = 1
BACKOFF_GC_SECONDS: Final = 60.0
BY_TARGET_NODE: Final = "daemon-target-node"
_GATHER_SECONDS_PER_NODE: Final = 50e-6
_GATHER_FROM: Final = 0.002


@dataclass(frozen=True, slots=True)
class DaemonSetOptions:
    """Flags of the DaemonSet controller."""

    concurrent_daemonset_syncs: int = flag(2, "DaemonSets synced at once.")


class _Claimed(NamedTuple):
    """A DaemonSet's pods."""

    all: Sequence[View]
    by_node: placement.PodsByNode


def by_target_node(pod: View) -> Iterable[str]:
    """The node that a controlled daemon pod is on or meant for."""
    ref = meta.controller_of(pod)
    if ref is None or ref["kind"] != DAEMON_SET_KIND.kind:
        return ()
    node = target_node(pod)
    return (node,) if node else ()


class DaemonSetController:
    """One key is one DaemonSet, `namespace/name`."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.events.recorder("daemonset-controller")
        self._pod_control = PodControl(context.client, self._recorder)
        self._history = RevisionHistory(context.client)
        self._expectations = Expectations(context.clock)
        self._written = WrittenVersions()
        self._back_off = Backoff(context.clock, initial=1.0, cap=15 * 60.0)
        self._eligibilities: dict[str, tuple[tuple[str, int], Eligibility]] = {}
        self._known_pods: dict[str, dict[int, DaemonPod]] = {}
        """By the UID of a DaemonSet: what was read of the pods that are its own, by the identity of their objects."""
        self._queue = context.queue("daemonset", str)
        informers = context.informers
        self._sets = informers.informer(DAEMON_SETS)
        self._pods = informers.informer(PODS)
        self._nodes = informers.informer(NODES)
        self._revisions = informers.informer(CONTROLLER_REVISIONS)
        for informer in (self._pods, self._revisions):
            informer.add_index(BY_CONTROLLER_UID, by_controller_uid)
        self._pods.add_index(BY_TARGET_NODE, by_target_node)
        self._sets.add_handler(
            on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new), on_delete=self._set_deleted
        )
        self._pods.add_handler(on_add=self._pod_added, on_update=self._pod_updated, on_delete=self._pod_deleted)
        self._nodes.add_handler(on_add=self._node_changed, on_update=self._node_updated)
        self._revisions.add_handler(
            on_add=self._revision_added, on_update=self._revision_updated, on_delete=self._revision_deleted
        )
        self._controller = Controller(
            "daemonset-controller",
            self._queue,
            self.sync,
            workers=context.options(DaemonSetOptions).concurrent_daemonset_syncs,
            informers=(self._pods, self._nodes, self._revisions, self._sets),
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._controller.run(), name="daemonset-workers")
            tasks.create_task(self._collect_back_offs(), name="daemonset-backoff-gc")

    async def _collect_back_offs(self) -> None:
        while True:
            await self._clock.sleep(BACKOFF_GC_SECONDS)
            self._back_off.gc()

    # events ---------------------------------------------------------------------------------------------------------

    def _enqueue(self, ds: View) -> None:
        self._queue.add(meta.key(ds))

    def _enqueue_soon(self, ds: View) -> None:
        delay = len(self._nodes.indexer) * _GATHER_SECONDS_PER_NODE
        if delay < _GATHER_FROM:
            self._queue.add(meta.key(ds))
        else:
            self._queue.add_soon(meta.key(ds), delay)

    def _set_deleted(self, ds: View) -> None:
        key = meta.key(ds)
        self._expectations.forget(key)
        self._written.forget(key)
        self._eligibilities.pop(key, None)
        self._known_pods.pop(meta.uid(ds), None)
        self._queue.add(key)

    def _owner(self, obj: View) -> View | None:
        ref = meta.controller_of(obj)
        if ref is None or ref["kind"] != DAEMON_SET_KIND.kind:
            return None
        ds = self._sets.get(ref["name"], meta.namespace(obj))
        return ds if ds is not None and meta.uid(ds) == ref["uid"] else None

    def _enqueue_matching(self, orphan: View) -> None:
        labels = meta.labels(orphan)
        if not labels:
            return
        for ds in self._sets.list(meta.namespace(orphan)):
            selector = LabelSelector.from_object(ds["spec"].get("selector"))
            if not selector.empty() and selector.matches(labels):
                self._enqueue(ds)

    def _pod_added(self, pod: View) -> None:
        if meta.is_deleting(pod):
            self._pod_deleted(pod)
        elif meta.controller_of(pod) is not None:
            ds = self._owner(pod)
            if ds is not None:
                self._observed(ds, adds=1)
        else:
            self._enqueue_matching(pod)

    def _pod_updated(self, old: View, pod: View) -> None:
        if meta.is_deleting(pod):
            self._pod_deleted(pod)
            return
        old_ref, ref = meta.controller_of(old), meta.controller_of(pod)
        if old_ref is not None and old_ref != ref:
            former = self._owner(old)
            if former is not None:
                self._enqueue(former)
        if ref is not None:
            ds = self._owner(pod)
            if ds is None:
                return
            self._enqueue_soon(ds)
            min_ready = ds["spec"].get("minReadySeconds") or 0
            if min_ready > 0 and podutil.is_ready(pod) and not podutil.is_ready(old):
                self._queue.add_after(meta.key(ds), min_ready + 1)
        elif old_ref is not None or meta.labels(old) != meta.labels(pod):
            self._enqueue_matching(pod)

    def _pod_deleted(self, pod: View) -> None:
        ds = self._owner(pod)
        if ds is not None:
            self._observed(ds, dels=1)

    def _observed(self, ds: View, *, adds: int = 0, dels: int = 0) -> None:
        key = meta.key(ds)
        awaited = self._expectations.pending(key)
        self._expectations.lower(key, adds=adds, dels=dels)
        if awaited and not self._expectations.pending(key):
            self._queue.add(key)
        else:
            self._enqueue_soon(ds)

    def _node_updated(self, old: View, node: View) -> None:
        if meta.labels(old) != meta.labels(node) or (old.get("spec") or {}).get("taints") != (
            node.get("spec") or {}
        ).get("taints"):
            self._node_changed(node)

    def _node_changed(self, node: View) -> None:
        pods = self._pods.indexer.by_index(BY_TARGET_NODE, meta.name(node))
        present = {ref["uid"] for p in pods if (ref := meta.controller_of(p))}
        for ds in self._sets.indexer.values():
            should_run, may_stay = self._eligibility(ds)(node)
            if meta.uid(ds) not in present:
                if should_run:
                    self._enqueue_soon(ds)
            elif not may_stay or (ds.get("status") or {}).get("numberMisscheduled", 0) > 0:
                self._enqueue_soon(ds)

    def _revision_added(self, revision: View) -> None:
        if meta.is_deleting(revision):
            self._revision_deleted(revision)
        elif meta.controller_of(revision) is None:
            self._enqueue_matching(revision)

    def _revision_updated(self, old: View, revision: View) -> None:
        old_ref, ref = meta.controller_of(old), meta.controller_of(revision)
        if old_ref is not None and old_ref != ref:
            self._revision_deleted(old)
        if ref is not None:
            self._revision_deleted(revision)
        elif old_ref is not None or meta.labels(old) != meta.labels(revision):
            self._enqueue_matching(revision)

    def _revision_deleted(self, revision: View) -> None:
        ds = self._owner(revision)
        if ds is not None:
            self._enqueue(ds)

    def _eligibility(self, ds: View) -> Eligibility:
        key, version = meta.key(ds), (meta.uid(ds), meta.generation(ds))
        known = self._eligibilities.get(key)
        if known is None or known[0] != version:
            known = self._eligibilities[key] = (version, Eligibility(ds))
        return known[1]

    # sync -----------------------------------------------------------------------------------------------------------

    async def sync(self, key: str) -> None:
        """Bring one DaemonSet's pods, history and status a step closer to its spec."""
        ds = self._sets.indexer.get(key)
        if ds is None:
            self._expectations.forget(key)
            return
        if not self._written.visible(key, ds):
            return
        selector = LabelSelector.from_object(ds["spec"].get("selector"))
        if selector.empty():
            self._recorder.event(
                ds,
                "Warning",
                "SelectingAll",
                "This daemon set is selecting all pods. A non-empty selector is required.",
            )
            return
        if meta.is_deleting(ds):
            return
        pods = await self._claim_pods(ds, selector)
        revisions = await self._refs(ds, selector, revisions=True).claim(self._mine(ds, revisions=True))
        current, old = await self._history.construct(ds, revisions, pods.all)
        digest = current_hash(current)
        if not self._expectations.satisfied(key):
            await self._update_status(ds, pods, digest, observe=False)
            return
        failure: Exception | None = None
        try:
            if await self._manage(ds, pods, digest):
                pods = await self._claim_pods(ds, selector)
            rolling = (ds["spec"].get("updateStrategy") or {}).get("type") == "RollingUpdate"
            if rolling and self._expectations.satisfied(key) and await self._roll(ds, pods, digest):
                pods = await self._claim_pods(ds, selector)
            await self._history.truncate(ds, old, pods.all)
        except RETRIABLE as error:
            failure = error
            pods = await self._claim_pods(ds, selector)
        try:
            await self._update_status(ds, pods, digest, observe=True)
        except RETRIABLE as error:
            failure = failure or error
        if failure is not None:
            raise failure

    def _mine(self, ds: View, *, revisions: bool = False) -> list[View]:
        indexer = (self._revisions if revisions else self._pods).indexer
        return [
            *indexer.by_index(BY_CONTROLLER_UID, meta.uid(ds)),
            *indexer.by_index(BY_CONTROLLER_UID, f"/{meta.namespace(ds)}"),
        ]

    def _refs(self, ds: View, selector: LabelSelector, *, revisions: bool = False) -> ControllerRefManager:
        return ControllerRefManager(
            self._client,
            CONTROLLER_REVISIONS if revisions else PODS,
            owner=ds,
            owner_kind=DAEMON_SET_KIND,
            owner_resource=DAEMON_SETS,
            selector=selector,
        )

    async def _claim_pods(self, ds: View, selector: LabelSelector) -> _Claimed:
        pods, known = self._mine(ds), self._known_pods.get(meta.uid(ds), {})
        claimed = await self._refs(ds, selector).claim([p for p in pods if id(p) not in known])
        new = {id(p): DaemonPod(p) for p in claimed}
        read: dict[int, DaemonPod] = {}
        for pod in pods:
            key = id(pod)
            if found := known.get(key) or new.get(key):
                read[key] = found
        self._known_pods[meta.uid(ds)] = read
        return _Claimed([p.object for p in read.values()], placement.group_by_node(read.values()))

    def _judged_nodes(self, ds: View) -> Collection[JudgedNode]:
        return self._eligibility(ds).over(self._nodes.indexer.values())

    async def _manage(self, ds: View, pods: _Claimed, digest: str) -> bool:
        """Create and delete pods; whether there was anything to do."""
        plan = placement.plan_placement(
            ds,
            self._judged_nodes(ds),
            pods.by_node,
            current_hash=digest,
            now=self._clock.now(),
            back_off=lambda node: self._failed_back_off(ds, node),
        )
        for pod in plan.failed:
            self._back_off.next(_back_off_key(ds, pod.node))
            where = f"{meta.key(pod.object)} on node {pod.node}"
            self._recorder.event(
                ds, "Warning", "FailedDaemonPod", f"Found failed daemon pod {where}, will try to kill it"
            )
        for pod in plan.succeeded:
            where = f"{meta.key(pod.object)} on node {pod.node}"
            self._recorder.event(
                ds, "Normal", "SucceededDaemonPod", f"Found succeeded daemon pod {where}, will try to delete it"
            )
        for delay in plan.requeue_after:
            self._queue.add_after(meta.key(ds), delay)
        await self._apply(ds, plan.delete, plan.create, digest)
        return bool(plan.delete or plan.create)

    def _failed_back_off(self, ds: View, node: str) -> float | None:
        key = _back_off_key(ds, node)
        return self._back_off.get(key) if self._back_off.in_backoff_since_update(key) else None

    async def _roll(self, ds: View, pods: _Claimed, digest: str) -> bool:
        """Take the next steps of a rolling update; whether there were any."""
        rollout = update.plan_rolling_update(
            ds,
            self._judged_nodes(ds),
            pods.by_node,
            current_hash=digest,
            now=self._clock.now(),
        )
        await self._apply(ds, rollout.delete, rollout.create, digest)
        return bool(rollout.delete or rollout.create)

    async def _apply(self, ds: View, delete: Sequence[str], create: Sequence[str], digest: str) -> None:
        """Creations in slow-start batches, then deletions at once, at most 250 of each; raises the first error."""
        key = meta.key(ds)
        create, delete = create[:BURST_REPLICAS], delete[:BURST_REPLICAS]
        self._expectations.expect(key, adds=len(create), dels=len(delete))
        failures = await self._create_all(ds, create, digest) if create else []
        failures += await self._delete_all(ds, delete)
        if failures:
            raise failures[0]

    async def _create_all(self, ds: View, nodes: Sequence[str], digest: str) -> list[Exception]:
        key = meta.key(ds)
        build = PodBuilder(ds, digest)

        async def create(index: int) -> None:
            try:
                await self._pod_control.create(build(nodes[index]), ds)
            except RETRIABLE as error:
                if is_namespace_terminating(error):
                    return
                self._expectations.creation_observed(key)
                raise

        position, batch = 0, min(len(nodes), SLOW_START_INITIAL_BATCH)
        while batch > 0:
            results = await run_batch(range(position, position + batch), create)
            position += batch
            failures = [r for r in results if r is not None]
            if failures:
                self._expectations.lower(key, adds=len(nodes) - position)
                return failures
            batch = min(2 * batch, len(nodes) - position)
        return []

    async def _delete_all(self, ds: View, names: Sequence[str]) -> list[Exception]:
        key = meta.key(ds)

        async def delete(index: int) -> None:
            try:
                await self._pod_control.delete(names[index], ds)
            except errors.NotFound:
                self._expectations.deletion_observed(key)
            except RETRIABLE:
                self._expectations.deletion_observed(key)
                raise

        results = await run_batch(range(len(names)), delete) if names else []
        return [r for r in results if r is not None]

    async def _update_status(self, ds: View, pods: _Claimed, digest: str, *, observe: bool) -> None:
        now = self._clock.now()
        numbers = status.count(
            ds,
            self._judged_nodes(ds),
            pods.by_node,
            current_hash=digest,
            now=now,
        )
        await self._store_status(ds, numbers, observe=observe)
        check = podutil.next_availability_check(pods.all, ds["spec"].get("minReadySeconds") or 0, now)
        if check is not None:
            self._queue.add_after(meta.key(ds), check)

    async def _store_status(self, ds: View, numbers: status.Numbers, *, observe: bool) -> None:
        present: View = ds.get("status") or {}
        generation = meta.generation(ds)
        if numbers.written_in(present) and present.get("observedGeneration", 0) >= generation:
            return
        target = ds
        for attempt in range(STATUS_UPDATE_RETRIES + 1):
            own: View = target.get("status") or {}
            observed = generation if observe else own.get("observedGeneration")
            try:
                written = await self._client.update_status(
                    DAEMON_SETS, {**target, "status": numbers.write(own, observed)}
                )
            except errors.StatusError:
                if attempt == STATUS_UPDATE_RETRIES:
                    raise
                target = await self._client.get(DAEMON_SETS, meta.name(ds), namespace=meta.namespace(ds))
            else:
                self._written.wrote(meta.key(ds), written)
                return


class PodBuilder:
    """The template with everything but the node worked in once."""

    def __init__(self, ds: View, digest: str) -> None:
        template = ds["spec"]["template"]
        self._pod = pod_from_template(template, ds, meta.new_controller_ref(ds, DAEMON_SET_KIND))
        labels = self._pod["metadata"]["labels"]
        generation = template_generation(ds)
        if generation is not None:
            labels[TEMPLATE_GENERATION_LABEL] = str(generation)
        if digest:
            labels[CONTROLLER_REVISION_HASH] = digest
        self._spec = {**template["spec"], "tolerations": daemon_tolerations(template["spec"])}

    def __call__(self, node: str) -> Object:
        affinity = node_name_affinity(self._spec.get("affinity"), node)
        return {**self._pod, "spec": {**self._spec, "affinity": affinity}}


def _back_off_key(ds: View, node: str) -> str:
    return f"{meta.uid(ds)}/{(ds.get('status') or {}).get('observedGeneration', 0)}/{node}"
