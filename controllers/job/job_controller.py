"""Runs pods to completion. Models pkg/controller/job/job_controller.go, v1.36.

tally.py looks and judges, tracking.py counts and writes; pods are made and deleted here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from apimachinery import errors, meta
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.job import state
from controllers.job.backoff import BackoffRecord
from controllers.job.tally import Tally
from controllers.job.template import PodBuilder
from controllers.job.tracking import Tracker
from controllers.runtime import pods as podutil
from controllers.runtime.client import STRATEGIC_MERGE_PATCH
from controllers.runtime.consistency import Writes
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.controller_ref import ControllerRefManager
from controllers.runtime.errors import RETRIABLE, ReconcileError
from controllers.runtime.expectations import Expectations
from controllers.runtime.flags import flag
from controllers.runtime.indexer import BY_CONTROLLER_UID, by_controller_uid
from controllers.runtime.pod_control import (
    SLOW_START_INITIAL_BATCH,
    PodControl,
    is_namespace_terminating,
    run_batch,
)
from controllers.runtime.resources import JOB_KIND, JOBS, PODS

BATCH_PERIOD: Final = 1.0
MAX_PODS_PER_SYNC: Final = 500
_FREE: Final[Object] = {"metadata": {"$deleteFromPrimitiveList/finalizers": [state.TRACKING]}}


@dataclass(frozen=True, slots=True)
class JobOptions:
    """Flags of the Job controller."""

    concurrent_job_syncs: int = flag(5, "Jobs synced at once.")


class JobController:
    """One key is one Job; a second queue frees pods that no Job will count."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._version = context.version
        self._recorder = context.events.recorder("job-controller")
        self._pod_control = PodControl(context.client, self._recorder)
        self._expectations = Expectations(context.clock)
        self._writes = Writes(context.informers)
        self._leaving: dict[str, set[str]] = {}
        self._back_offs: dict[str, BackoffRecord] = {}
        self._queue = context.queue("job", str)
        self._orphans = context.queue("job_orphan_pod", str)
        self._jobs = context.informers.informer(JOBS)
        self._pods = context.informers.informer(PODS)
        self._pods.add_index(BY_CONTROLLER_UID, by_controller_uid)
        self._jobs.add_handler(on_add=self._job_added, on_update=self._job_updated, on_delete=self._job_deleted)
        self._pods.add_handler(
            on_add=self._pod_added, on_update=self._pod_updated, on_delete=partial(self._pod_deleted, final=True)
        )
        self._loops = (
            Controller(
                "job-controller",
                self._queue,
                self.sync,
                workers=context.options(JobOptions).concurrent_job_syncs,
                informers=(self._jobs, self._pods),
            ),
            Controller("job-orphan-pods", self._orphans, self._free_orphan, informers=(self._jobs, self._pods)),
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for loop in self._loops:
                tasks.create_task(loop.run(), name=loop.name)

    # events ---------------------------------------------------------------------------------------------------------

    def _enqueue_batched(self, job: View) -> None:
        self._queue.add_after(meta.key(job), BATCH_PERIOD)

    def _job_added(self, job: View) -> None:
        self._queue.add(meta.key(job))

    def _job_updated(self, old: View, job: View) -> None:
        if meta.generation(old) == meta.generation(job):
            self._enqueue_batched(job)
        else:
            self._queue.add(meta.key(job))
        if state.is_finished(job):
            self._free_pods_of(job)
        if job["spec"].get("activeDeadlineSeconds") != old["spec"].get("activeDeadlineSeconds"):
            left = state.seconds_left(job, self._clock.now())
            if left is not None:
                self._queue.add_after(meta.key(job), max(0.0, left))

    def _job_deleted(self, job: View) -> None:
        self._forget(meta.key(job))
        self._free_pods_of(job)

    def _forget(self, key: str) -> None:
        self._expectations.forget(key)
        self._writes.forget(key)
        self._leaving.pop(key, None)
        self._back_offs.pop(key, None)

    def _free_pods_of(self, job: View) -> None:
        for pod in self._pods.indexer.by_index(BY_CONTROLLER_UID, meta.uid(job)):
            if state.is_tracked(pod):
                self._orphans.add(meta.key(pod))

    def _owner(self, pod: View) -> View | None:
        ref = meta.controller_of(pod)
        if ref is None or ref["kind"] != JOB_KIND.kind:
            return None
        job = self._jobs.get(ref["name"], meta.namespace(pod))
        return job if job is not None and meta.uid(job) == ref["uid"] else None

    def _enqueue_matching(self, pod: View) -> None:
        labels = meta.labels(pod)
        for job in self._jobs.list(meta.namespace(pod)) if labels else ():
            if LabelSelector.from_object(job["spec"].get("selector")).matches(labels):
                self._enqueue_batched(job)

    def _pod_added(self, pod: View) -> None:
        if meta.is_deleting(pod):
            self._pod_deleted(pod, final=False)
        elif meta.controller_of(pod) is not None:
            if (job := self._owner(pod)) is not None:
                self._expectations.creation_observed(meta.key(job))
                self._enqueue_batched(job)
        else:
            if state.is_tracked(pod):
                self._orphans.add(meta.key(pod))
            self._enqueue_matching(pod)

    def _pod_updated(self, old: View, pod: View) -> None:
        if meta.is_deleting(pod):
            self._pod_deleted(pod, final=False)
            return
        freed = not state.is_tracked(pod)
        old_ref, ref = meta.controller_of(old), meta.controller_of(pod)
        owners = [self._owner(old)] if old_ref is not None and old_ref != ref else []
        for job in [*owners, self._owner(pod)]:
            if job is not None:
                if freed:
                    self._left(meta.key(job), meta.uid(pod))
                self._enqueue_batched(job)
        if ref is not None:
            return
        if not freed:
            self._orphans.add(meta.key(pod))
        if old_ref is not None or meta.labels(old) != meta.labels(pod):
            self._enqueue_matching(pod)

    def _pod_deleted(self, pod: View, *, final: bool) -> None:
        tracked = state.is_tracked(pod)
        job = self._owner(pod)
        if job is None or state.is_finished(job):
            ref = meta.controller_of(pod)
            if tracked and (ref is None or ref["kind"] == JOB_KIND.kind):
                self._orphans.add(meta.key(pod))
            return
        key = meta.key(job)
        self._expectations.deletion_observed(key)
        if final or not tracked:
            self._left(key, meta.uid(pod))
        self._enqueue_batched(job)

    def _left(self, key: str, uid: str) -> None:
        leaving = self._leaving.get(key)
        if leaving is not None:
            leaving.discard(uid)
            if not leaving:
                del self._leaving[key]

    # orphans --------------------------------------------------------------------------------------------------------

    async def _free_orphan(self, key: str) -> None:
        pod = self._pods.indexer.get(key)
        if pod is None or not state.is_tracked(pod):
            return
        ref = meta.controller_of(pod)
        if ref is not None:
            if ref["kind"] != JOB_KIND.kind or ref["apiVersion"] != JOB_KIND.api_version:
                return
            job = self._owner(pod)
            if job is not None and (state.is_managed_elsewhere(job) or not state.is_finished(job)):
                return
        try:
            await self._free(pod)
        except errors.NotFound:
            return

    async def _free(self, pod: View) -> Object:
        return await self._client.patch(
            PODS, meta.name(pod), _FREE, namespace=meta.namespace(pod), content_type=STRATEGIC_MERGE_PATCH
        )

    # sync -----------------------------------------------------------------------------------------------------------

    async def sync(self, key: str) -> None:
        """Make or delete pods, count those that ended, write the status; in the end the final condition."""
        job = self._jobs.indexer.get(key)
        if job is None:
            self._forget(key)
            return
        if state.is_managed_elsewhere(job):
            return
        if state.is_finished(job):
            self._back_offs.pop(key, None)
            return
        if not self._writes.visible(key):
            return
        satisfied = self._expectations.satisfied(key)
        now = self._clock.now()
        tally = Tally(
            job,
            await self._claim(job),
            gone=frozenset(self._leaving.get(key, ())),
            back_off=self._back_offs.get(key, BackoffRecord()),
            now=now,
            version=self._version,
        )
        status = tally.status
        if not status.get("startTime") and not state.is_suspended(job):
            status["startTime"] = format_time(now)
        tally.judge()
        changed = False
        failure: Exception | None
        if tally.finished is None:
            left = state.seconds_left(tally.job, now)
            if left is not None:
                self._queue.add_after(key, left)
            changed, failure = await self._carry_on(tally, satisfied=satisfied)
        else:
            failure = await self._wind_up(tally, satisfied=satisfied)
        numbers = {"active": tally.active, "ready": tally.ready, "terminating": tally.terminating}
        changed |= any(status.get(name, 0 if name == "active" else None) != n for name, n in numbers.items())
        status.update(numbers)
        await self._track(tally, changed=changed)
        if failure is not None:
            raise failure

    async def _claim(self, job: View) -> list[View]:
        indexer = self._pods.indexer
        refs = ControllerRefManager(
            self._client,
            PODS,
            owner=job,
            owner_kind=JOB_KIND,
            owner_resource=JOBS,
            selector=LabelSelector.from_object(job["spec"].get("selector")),
            finalizers=(state.TRACKING,),
        )
        candidates = [
            *indexer.by_index(BY_CONTROLLER_UID, meta.uid(job)),
            *indexer.by_index(BY_CONTROLLER_UID, f"/{meta.namespace(job)}"),
        ]
        return [_adopted(pod, job) for pod in await refs.claim(candidates)]

    async def _wind_up(self, tally: Tally, *, satisfied: bool) -> Exception | None:
        """Delete what still runs; the Job has not ended before all of it is known and going."""

        async def delete(index: int) -> None:
            try:
                await self._pod_control.delete(meta.name(tally.active_pods[index]), tally.job)
            except errors.NotFound:
                return

        results = await run_batch(range(len(tally.active_pods)), delete) if tally.active_pods else []
        failures = [r for r in results if r is not None]
        deleted = len(results) - len(failures)
        if deleted != tally.active or not satisfied:
            tally.finished = None
        tally.active -= deleted
        tally.terminating += deleted
        tally.ready = 0
        return failures[0] if failures else None

    async def _carry_on(self, tally: Tally, *, satisfied: bool) -> tuple[bool, Exception | None]:
        """Whether the Suspended condition changed, and the first error."""
        failure: Exception | None = None
        managed = satisfied and not meta.is_deleting(tally.job)
        if managed:
            failure = await self._manage(tally)
        if tally.has_enough():
            tally.complete()
            return False, failure
        return managed and self._tell_suspension(tally), failure

    def _tell_suspension(self, tally: Tally) -> bool:
        suspended = state.is_suspended(tally.job)
        reason, message, event = (
            ("JobSuspended", "Job suspended", "Suspended") if suspended else ("JobResumed", "Job resumed", "Resumed")
        )
        condition = state.new_condition(
            "Suspended", reason, message, tally.now, status="True" if suspended else "False"
        )
        if not state.ensure_condition(tally.status, condition):
            return False
        self._recorder.event(tally.job, "Normal", event, message)
        if not suspended:
            tally.status["startTime"] = format_time(tally.now)
        return True

    # pods -----------------------------------------------------------------------------------------------------------

    async def _manage(self, tally: Tally) -> Exception | None:
        """Make or delete pods, never both in one sync. Models manageJob."""
        job = tally.job
        if state.is_suspended(job):
            return await self._delete(tally, state.to_remove(job, tally.active_pods, tally.active))
        wanted = tally.wanted()
        doomed = state.to_remove(job, tally.active_pods, max(0, tally.active - wanted))[:MAX_PODS_PER_SYNC]
        if doomed:
            return await self._delete(tally, doomed)
        going = tally.terminating if state.replaces_only_failed(job) else 0
        missing = wanted - going - tally.active
        if missing <= 0:
            return None
        if not state.has_limit_per_index(job) and (wait := tally.back_off.remaining(tally.now)) > 0:
            self._queue.add_after(meta.key(job), max(wait, BATCH_PERIOD))
            return None
        missing = min(missing, MAX_PODS_PER_SYNC)
        builder = PodBuilder(job)
        if not state.is_indexed(job):
            return await self._create(tally, [builder.plain()] * missing)
        indexes = tally.pending_indexes(missing)
        if state.has_limit_per_index(job):
            waits = {i: tally.index_back_off(i) for i in indexes}
            indexes = [i for i in indexes if waits[i] <= 0]
            if waits and not indexes:
                self._queue.add_after(meta.key(job), max(min(waits.values()), BATCH_PERIOD))
                return None
        return await self._create(tally, [builder.indexed(i, tally.delayed.get(i)) for i in indexes])

    async def _create(self, tally: Tally, pods: Sequence[Object]) -> Exception | None:
        """Create in slow-start batches; what was not made does not count as active."""
        job, key = tally.job, meta.key(tally.job)
        self._expectations.expect(key, adds=len(pods))

        async def create(index: int) -> None:
            try:
                created = await self._pod_control.create(pods[index], job)
            except RETRIABLE as error:
                if is_namespace_terminating(error):
                    return
                raise
            self._writes.wrote(key, PODS, created)

        position, batch = 0, min(len(pods), SLOW_START_INITIAL_BATCH)
        while batch > 0:
            results = await run_batch(range(position, position + batch), create)
            position += batch
            failures = [r for r in results if r is not None]
            tally.active += batch - len(failures)
            if failures:
                self._expectations.lower(key, adds=len(failures) + len(pods) - position)
                return failures[0]
            batch = min(2 * batch, len(pods) - position)
        return None

    async def _delete(self, tally: Tally, doomed: Sequence[View]) -> Exception | None:
        """Free and delete pods that do not count."""
        job, key = tally.job, meta.key(tally.job)
        self._expectations.expect(key, dels=len(doomed))

        async def delete(index: int) -> None:
            pod = doomed[index]
            try:
                if state.is_tracked(pod):
                    self._writes.wrote(key, PODS, await self._free(pod))
                await self._pod_control.delete(meta.name(pod), job)
            except errors.NotFound:
                self._expectations.deletion_observed(key)
            except RETRIABLE:
                self._expectations.deletion_observed(key)
                raise

        results = await run_batch(range(len(doomed)), delete) if doomed else []
        removed = sum(r is None for r in results)
        tally.active -= removed
        tally.terminating += removed
        tally.ready -= sum(podutil.is_ready(p) for p in doomed)
        return next((r for r in results if r is not None), None)

    # status ---------------------------------------------------------------------------------------------------------

    async def _track(self, tally: Tally, *, changed: bool) -> None:
        key = meta.key(tally.job)

        async def write(job: Object) -> Object:
            written = await self._client.update_status(JOBS, {**job, "status": _sent(job["status"])})
            self._writes.wrote(key, JOBS, written)
            return written

        def keep_back_off() -> None:
            self._back_offs[key] = tally.back_off

        tracker = Tracker(tally, write=write, release=partial(self._release, key), on_flush=keep_back_off)
        try:
            await tracker.run(changed=changed)
        except RETRIABLE as error:
            raise ReconcileError(f"tracking status: {error}") from error
        if tracker.ended is not None:
            self._tell_end(tally.job, tracker.ended)

    async def _release(self, key: str, pods: Sequence[View]) -> tuple[set[str], Exception | None]:
        """Take the finalizer from pods; the UIDs of those that have none now, and the first error."""
        if not pods:
            return set(), None
        self._leaving.setdefault(key, set()).update(meta.uid(p) for p in pods)
        released: set[str] = set()

        async def free(index: int) -> None:
            uid = meta.uid(pods[index])
            try:
                self._writes.wrote(key, PODS, await self._free(pods[index]))
            except errors.NotFound:
                self._left(key, uid)
            except RETRIABLE:
                self._left(key, uid)
                raise
            released.add(uid)

        results = await run_batch(range(len(pods)), free)
        return released, next((r for r in results if r is not None), None)

    def _tell_end(self, job: View, condition: View) -> None:
        if condition["type"] != "Complete":
            self._recorder.event(job, "Warning", condition["reason"], condition["message"])
            return
        completions = job["spec"].get("completions")
        if completions is not None and int(job["status"].get("succeeded") or 0) > completions:
            message = "Too many succeeded pods running after completion count reached"
            self._recorder.event(job, "Warning", "TooManySucceededPods", message)
        self._recorder.event(job, "Normal", "Completed", "Job completed")


def _adopted(pod: View, job: View) -> View:
    if state.is_tracked(pod) or any(r["uid"] == meta.uid(job) for r in meta.owner_references(pod)):
        return pod
    return {**pod, "metadata": {**pod["metadata"], "finalizers": [*meta.finalizers(pod), state.TRACKING]}}


def _sent(status: View) -> Object:
    kept = ("ready", "terminating", "uncountedTerminatedPods")
    return {k: v for k, v in status.items() if v or k in kept or (k == "failedIndexes" and v is not None)}
