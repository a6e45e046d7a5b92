"""Which start of a CronJob is due, which Jobs are old, what a Job is called. Models cronjob/utils.go, v1.36; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import parse_time
from controllers.cronjob.schedule import Schedule
from controllers.runtime.resources import CRON_JOB_KIND

SCHEDULED_AT: Final = "batch.kubernetes.io/cronjob-scheduled-timestamp"
MANY_MISSED: Final = 100
_LATER: Final = 0.1


class InvalidSchedule(Exception):
    """The schedule never comes round twice; the text is upstream's."""


class Due(NamedTuple):
    """The last start that has come, from when on starts were looked for, and how many were missed."""

    earliest: datetime
    last: datetime | None
    missed: int


def last_due(cron_job: View, now: datetime, schedule: Schedule, *, heed_deadline: bool) -> Due:
    """Models mostRecentScheduleTime; raises InvalidSchedule."""
    begun = (cron_job.get("status") or {}).get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"]
    earliest = parse_time(begun)
    deadline = cron_job["spec"].get("startingDeadlineSeconds")
    if heed_deadline and deadline is not None:
        earliest = max(earliest, now - timedelta(seconds=deadline))
    first = schedule.next(earliest)
    second = schedule.next(first) if first is not None else None
    if first is None or second is None:
        raise InvalidSchedule("time difference between two schedules is less than 1 second")
    if now < first:
        return Due(earliest, None, 0)
    if now < second:
        return Due(earliest, first, 0)
    between = round((second - first).total_seconds())
    missed = int((now - first).total_seconds()) // between + 1
    last: datetime | None = None
    following = schedule.next(first + timedelta(seconds=(missed - 2) * between))
    while following is not None and following <= now:
        last, following = following, schedule.next(following)
    return Due(earliest, last, missed)


def seconds_to_next(cron_job: View, now: datetime, schedule: Schedule) -> float:
    """Seconds until the CronJob is to be looked at again. Models nextScheduleTimeDuration."""
    try:
        due = last_due(cron_job, now, schedule, heed_deadline=False)
        since = due.last or (now if due.missed else due.earliest)
    except InvalidSchedule:
        since = now
    following = schedule.next(since)
    return 0.0 if following is None else (following - now).total_seconds() + _LATER


def job_name(cron_job: View, scheduled: datetime) -> str:
    """The name of the Job of a start: with the minute, so that no start makes two."""
    return f"{meta.name(cron_job)}-{int(scheduled.timestamp()) // 60}"


def new_job(cron_job: View, scheduled: datetime) -> Object:
    """The Job of a start, as it is sent."""
    template = cron_job["spec"]["jobTemplate"]
    zone = cron_job["spec"].get("timeZone")
    local = scheduled.astimezone(ZoneInfo(zone) if zone else UTC).isoformat(timespec="seconds")
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(cron_job, scheduled),
            "labels": dict(meta.labels(template)),
            "annotations": {**meta.annotations(template), SCHEDULED_AT: local.replace("+00:00", "Z")},
            "ownerReferences": [meta.new_controller_ref(cron_job, CRON_JOB_KIND)],
        },
        "spec": template["spec"],
    }


def finished_condition(job: View) -> str:
    """Complete or Failed, empty while the Job goes on."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition.get("type") in ("Complete", "Failed") and condition.get("status") == "True":
            return str(condition["type"])
    return ""


def jobs_to_remove(cron_job: View, jobs: Iterable[View]) -> list[View]:
    """The oldest finished Jobs above the limits of the history."""
    ended: dict[str, list[View]] = {"Complete": [], "Failed": []}
    for job in jobs:
        if condition := finished_condition(job):
            ended[condition].append(job)
    removed: list[View] = []
    for condition, limit_name in (("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")):
        limit = cron_job["spec"].get(limit_name)
        if limit is not None:
            oldest = sorted(ended[condition], key=_start_order)
            removed += oldest[: max(0, len(oldest) - int(limit))]
    return removed


def _start_order(job: View) -> tuple[bool, str, str]:
    started = (job.get("status") or {}).get("startTime") or ""
    return not started, started, meta.name(job)
