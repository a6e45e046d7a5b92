"""Starts Jobs on schedule. Models pkg/controller/cronjob/cronjob_controllerv2.go, v1.36; planning.py decides."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time, parse_time
from controllers.cronjob import planning
from controllers.cronjob.schedule import Schedule, parse
from controllers.runtime.consistency import Writes
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import RETRIABLE, ReconcileError
from controllers.runtime.event_recorder import object_reference
from controllers.runtime.flags import flag
from controllers.runtime.indexer import BY_CONTROLLER_UID, by_controller_uid
from controllers.runtime.pod_control import is_namespace_terminating
from controllers.runtime.resources import CRON_JOB_KIND, CRON_JOBS, JOBS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CronJobOptions:
    """Flags of the CronJob controller."""

    concurrent_cron_job_syncs: int = flag(5, "CronJobs synced at once.")


class CronJobController:
    """One key is one CronJob, `namespace/name`."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.events.recorder("cronjob-controller")
        self._writes = Writes(context.informers)
        self._queue = context.queue("cronjob", str)
        self._cron_jobs = context.informers.informer(CRON_JOBS)
        self._jobs = context.informers.informer(JOBS)
        self._jobs.add_index(BY_CONTROLLER_UID, by_controller_uid)
        self._jobs.add_handler(on_add=self._job_seen, on_update=self._job_updated, on_delete=self._job_seen)
        self._cron_jobs.add_handler(on_add=self._enqueue, on_update=self._updated, on_delete=self._deleted)
        self._controller = Controller(
            "cronjob-controller",
            self._queue,
            self.sync,
            workers=context.options(CronJobOptions).concurrent_cron_job_syncs,
            informers=(self._jobs, self._cron_jobs),
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    # events ---------------------------------------------------------------------------------------------------------

    def _enqueue(self, cron_job: View) -> None:
        self._queue.add(meta.key(cron_job))

    def _deleted(self, cron_job: View) -> None:
        self._writes.forget(meta.key(cron_job))
        self._enqueue(cron_job)

    def _updated(self, old: View, new: View) -> None:
        if all(old["spec"].get(k) == new["spec"].get(k) for k in ("schedule", "timeZone")):
            self._enqueue(new)
            return
        schedule = _schedule(new)
        if schedule is not None:
            left = planning.seconds_to_next(new, self._clock.now(), schedule)
            self._queue.add_after(meta.key(new), max(0.0, left))

    def _job_seen(self, job: View) -> None:
        ref = meta.controller_of(job)
        if ref is None or ref["kind"] != CRON_JOB_KIND.kind:
            return
        cron_job = self._cron_jobs.get(ref["name"], meta.namespace(job))
        if cron_job is not None and meta.uid(cron_job) == ref["uid"]:
            self._enqueue(cron_job)

    def _job_updated(self, old: View, new: View) -> None:
        if meta.controller_of(old) != meta.controller_of(new):
            self._job_seen(old)
        self._job_seen(new)

    # sync -----------------------------------------------------------------------------------------------------------

    async def sync(self, key: str) -> None:
        """Clean up, take note of Jobs that ended, start what is due, and come back for the next start."""
        shared = self._cron_jobs.indexer.get(key)
        if shared is None or not self._writes.visible(key):
            return
        status: Object = {**(shared.get("status") or {})}
        status["active"] = list(status.get("active") or ())
        cron_job: Object = {**shared, "status": status}
        jobs = self._jobs.indexer.by_index(BY_CONTROLLER_UID, meta.uid(cron_job))
        before = {**status, "active": list(status["active"])}
        for job in planning.jobs_to_remove(cron_job, jobs):
            await self._remove(cron_job, job)
        failure: Exception | None = None
        after: float | None = None
        try:
            after = await self._reconcile(cron_job, jobs)
        except RETRIABLE as error:
            failure = error
        if status != before:
            sent = {k: v for k, v in status.items() if v or k != "active"}
            self._writes.wrote(
                key, CRON_JOBS, await self._client.update_status(CRON_JOBS, {**cron_job, "status": sent})
            )
        if failure is not None:
            raise failure
        if after is not None:
            self._queue.add_after(key, max(0.0, after))

    async def _reconcile(self, cron_job: Object, jobs: Sequence[View]) -> float | None:
        """Seconds until the next look; None when nothing but a change brings one."""
        now = self._clock.now()
        for job in jobs:
            await self._take_note(cron_job, job)
        await self._forget_missing(cron_job, {meta.uid(j) for j in jobs})
        spec = cron_job["spec"]
        if meta.is_deleting(cron_job) or spec.get("suspend"):
            return None
        self._warn_of_zone(cron_job)
        schedule = _schedule(cron_job)
        if schedule is None:
            return None
        try:
            due = planning.last_due(cron_job, now, schedule, heed_deadline=True)
        except planning.InvalidSchedule as error:
            message = f"invalid schedule: {spec['schedule']} : {error}"
            self._recorder.event(cron_job, "Warning", "InvalidSchedule", message)
            return None
        if due.last is not None and due.last <= now:
            if due.missed > planning.MANY_MISSED:
                message = (
                    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
                )
                self._recorder.event(cron_job, "Warning", "TooManyMissedTimes", message)
            if self._may_start(cron_job, due.last, now) and not await self._start(cron_job, due.last):
                return None
        return planning.seconds_to_next(cron_job, now, schedule)

    def _warn_of_zone(self, cron_job: View) -> None:
        schedule = cron_job["spec"]["schedule"]
        if "TZ" in schedule:
            message = (
                f'CRON_TZ or TZ used in schedule "{schedule}" is not officially supported, see '
                "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
            )
            self._recorder.event(cron_job, "Warning", "UnsupportedSchedule", message)

    async def _take_note(self, cron_job: Object, job: View) -> None:
        status = cron_job["status"]
        active = _is_active(cron_job, job)
        condition = planning.finished_condition(job)
        if not active and not condition:
            live = await self._client.get(CRON_JOBS, meta.name(cron_job), namespace=meta.namespace(cron_job))
            if _is_active(live, job):
                raise ReconcileError(f"the cache lacks Job {meta.name(job)} among the active")
            message = f"Saw a job that the controller did not create or forgot: {meta.name(job)}"
            self._recorder.event(cron_job, "Warning", "UnexpectedJob", message)
        elif active and condition:
            _drop(cron_job, meta.uid(job))
            message = f"Saw completed job: {meta.name(job)}, condition: {condition}"
            self._recorder.event(cron_job, "Normal", "SawCompletedJob", message)
        elif condition == "Complete":
            ended, last = job["status"].get("completionTime"), status.get("lastSuccessfulTime")
            if ended and (not last or parse_time(ended) > parse_time(last)):
                status["lastSuccessfulTime"] = ended

    async def _forget_missing(self, cron_job: Object, present: set[str]) -> None:
        for ref in [r for r in cron_job["status"]["active"] if r["uid"] not in present]:
            try:
                await self._client.get(JOBS, ref["name"], namespace=ref["namespace"])
            except errors.NotFound:
                self._recorder.event(cron_job, "Normal", "MissingJob", f"Active job went missing: {ref['name']}")
                _drop(cron_job, ref["uid"])

    def _may_start(self, cron_job: View, scheduled: datetime, now: datetime) -> bool:
        spec, status = cron_job["spec"], cron_job["status"]
        deadline = spec.get("startingDeadlineSeconds")
        if deadline is not None and scheduled + timedelta(seconds=deadline) < now:
            shown = scheduled.strftime("%a, %d %b %Y %H:%M:%S +0000")
            self._recorder.event(cron_job, "Warning", "MissSchedule", f"Missed scheduled time to start a job: {shown}")
            return False
        name = planning.job_name(cron_job, scheduled)
        if any(r["name"] == name for r in status["active"]) or status.get("lastScheduleTime") == format_time(scheduled):
            return False
        if spec.get("concurrencyPolicy") == "Forbid" and status["active"]:
            message = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self._recorder.event(cron_job, "Normal", "JobAlreadyActive", message)
            return False
        return True

    async def _start(self, cron_job: Object, scheduled: datetime) -> bool:
        """Make the Job of a start; False when it is someone else's or known already."""
        if cron_job["spec"].get("concurrencyPolicy") == "Replace":
            await self._replace(cron_job)
        wanted = planning.new_job(cron_job, scheduled)
        namespace = meta.namespace(cron_job)
        try:
            job = await self._client.create(JOBS, wanted, namespace=namespace)
        except errors.AlreadyExists:
            job = await self._client.get(JOBS, meta.name(wanted), namespace=namespace)
            if not meta.is_controlled_by(job, cron_job) or _is_active(cron_job, job):
                return False
        except RETRIABLE as error:
            if not is_namespace_terminating(error):
                self._recorder.event(cron_job, "Warning", "FailedCreate", f"Error creating job: {error}")
            raise
        else:
            self._writes.wrote(meta.key(cron_job), JOBS, job)
            self._recorder.event(cron_job, "Normal", "SuccessfulCreate", f"Created job {meta.name(job)}")
        cron_job["status"]["active"].append(object_reference({"apiVersion": "batch/v1", "kind": "Job", **job}))
        cron_job["status"]["lastScheduleTime"] = format_time(scheduled)
        return True

    async def _replace(self, cron_job: Object) -> None:
        for ref in list(cron_job["status"]["active"]):
            try:
                job = await self._client.get(JOBS, ref["name"], namespace=ref["namespace"])
            except RETRIABLE as error:
                self._recorder.event(cron_job, "Warning", "FailedGet", f"Get job: {error}")
                raise
            if not await self._remove(cron_job, job):
                raise ReconcileError(f"could not replace job {meta.key(job)}")

    async def _remove(self, cron_job: Object, job: View) -> bool:
        """Delete a Job with its pods and its place among the active."""
        try:
            await self._client.delete(
                JOBS, meta.name(job), namespace=meta.namespace(job), propagation_policy="Background"
            )
        except RETRIABLE as error:
            self._recorder.event(cron_job, "Warning", "FailedDelete", f"Deleted job: {error}")
            return False
        _drop(cron_job, meta.uid(job))
        self._recorder.event(cron_job, "Normal", "SuccessfulDelete", f"Deleted job {meta.name(job)}")
        return True


def _schedule(cron_job: View) -> Schedule | None:
    spec = cron_job["spec"]
    try:
        return parse(spec["schedule"], spec.get("timeZone"))
    except (ValueError, KeyError, OSError) as error:
        log.warning("%s: schedule %r cannot be read: %s", meta.key(cron_job), spec["schedule"], error)
        return None


def _is_active(cron_job: View, job: View) -> bool:
    return any(r["uid"] == meta.uid(job) for r in (cron_job.get("status") or {}).get("active") or ())


def _drop(cron_job: Object, uid: str) -> None:
    active = cron_job["status"]["active"]
    active[:] = [r for r in active if r["uid"] != uid]
