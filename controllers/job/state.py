"""What a Job and its pods say of themselves: modes, conditions, indexes, failures. Models job_controller.go; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time, parse_time
from controllers.job.policies import judge_failure
from controllers.runtime import pods as podutil

TRACKING: Final = "batch.kubernetes.io/job-tracking"
COMPLETION_INDEX: Final = "batch.kubernetes.io/job-completion-index"
FAILURE_COUNT: Final = "batch.kubernetes.io/job-index-failure-count"
IGNORED_FAILURE_COUNT: Final = "batch.kubernetes.io/job-index-ignored-failure-count"
CONTROLLER_NAME: Final = "kubernetes.io/job-controller"
NO_INDEX: Final = -1
_PHASE_ORDER: Final = {"Pending": 0, "Unknown": 1, "Running": 2}


# jobs ----------------------------------------------------------------------------------------------------------------


def is_suspended(job: View) -> bool:
    """Whether no pod of the Job may run."""
    return bool(job["spec"].get("suspend"))


def is_indexed(job: View) -> bool:
    """Whether each completion has an index."""
    return bool(job["spec"].get("completionMode") == "Indexed")


def has_limit_per_index(job: View) -> bool:
    """Whether every index of an indexed Job has a limit of its own."""
    return is_indexed(job) and job["spec"].get("backoffLimitPerIndex") is not None


def replaces_only_failed(job: View) -> bool:
    """Whether a pod that is going is replaced only when it is gone."""
    spec = job["spec"]
    return spec.get("podReplacementPolicy") == "Failed" or spec.get("podFailurePolicy") is not None


def is_managed_elsewhere(job: View) -> bool:
    """Whether another controller looks after the Job."""
    return job["spec"].get("managedBy") not in (None, CONTROLLER_NAME)


def condition_of(status: View, kind: str) -> Object | None:
    """The condition of a type, if it is True."""
    return next(
        (c for c in status.get("conditions") or () if c.get("type") == kind and c.get("status") == "True"), None
    )


def is_finished(job: View) -> bool:
    """Whether the Job is complete or failed."""
    status = job.get("status") or {}
    return bool(condition_of(status, "Complete") or condition_of(status, "Failed"))


def new_condition(kind: str, reason: str, message: str, now: datetime, *, status: str = "True") -> Object:
    """A condition as of now."""
    moment = format_time(now)
    made: Object = {"type": kind, "status": status, "lastProbeTime": moment, "lastTransitionTime": moment}
    return made | {k: v for k, v in (("reason", reason), ("message", message)) if v}


def ensure_condition(status: Object, condition: Object) -> bool:
    """Set a condition in a status of one's own; what never was does not become False. Whether it changed."""
    conditions: list[Object] = status.setdefault("conditions", [])
    for i, old in enumerate(conditions):
        if old["type"] == condition["type"]:
            if all(old.get(k) == condition.get(k) for k in ("status", "reason", "message")):
                return False
            conditions[i] = condition
            return True
    if condition["status"] == "False":
        return False
    conditions.append(condition)
    return True


def seconds_left(job: View, now: datetime) -> float | None:
    """Seconds until activeDeadlineSeconds are over; None for a Job without deadline or that does not run."""
    deadline, started = job["spec"].get("activeDeadlineSeconds"), (job.get("status") or {}).get("startTime")
    if deadline is None or not started or is_suspended(job):
        return None
    return float(deadline) - (now - parse_time(started)).total_seconds()


def exceeds_restarts(job: View, pods: Iterable[View]) -> bool:
    """Whether containers that restart in place did so too often. Models pastBackoffLimitOnFailure."""
    if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    restarts = sum(
        int(container.get("restartCount") or 0)
        for pod in pods
        if podutil.phase(pod) in ("Running", "Pending")
        for kind in ("initContainerStatuses", "containerStatuses")
        for container in pod["status"].get(kind) or ()
    )
    return restarts >= max(1, int(job["spec"]["backoffLimit"]))


# pods ----------------------------------------------------------------------------------------------------------------


def is_tracked(pod: View) -> bool:
    """Whether the pod waits to be counted."""
    return TRACKING in meta.finalizers(pod)


def is_terminating(pod: View) -> bool:
    """Whether the pod is going and has not ended yet."""
    return meta.is_deleting(pod) and not podutil.is_terminal(pod)


def is_failed(pod: View, job: View) -> bool:
    """Whether the pod has failed or, unless only failed pods are replaced, will: it goes without success."""
    if podutil.phase(pod) == "Failed":
        return True
    return not replaces_only_failed(job) and meta.is_deleting(pod) and podutil.phase(pod) != "Succeeded"


def completion_index(pod: View) -> int:
    """The pod's index, -1 when it has none."""
    text = meta.annotations(pod).get(COMPLETION_INDEX) or ""
    return int(text) if text.isdecimal() else NO_INDEX


def has_valid_index(pod: View, job: View) -> bool:
    """Whether the pod's index is one of the Job's."""
    return 0 <= completion_index(pod) < int(job["spec"]["completions"])


def indexes(pods: Iterable[View]) -> set[int]:
    """The indexes of pods."""
    return {completion_index(p) for p in pods} - {NO_INDEX}


def failure_counts(pod: View) -> tuple[int, int]:
    """How many pods of the index failed before this one: those counted, those ignored."""
    annotations = meta.annotations(pod)
    counted, ignored = (annotations.get(k) or "" for k in (FAILURE_COUNT, IGNORED_FAILURE_COUNT))
    return (int(counted) if counted.isdecimal() else 0, int(ignored) if ignored.isdecimal() else 0)


def fails_index(pod: View, job: View) -> bool:
    """Whether the pod was the last that its index may lose."""
    if not is_failed(pod, job):
        return False
    verdict = judge_failure(job["spec"].get("podFailurePolicy"), pod)
    if verdict.action == "FailIndex":
        return True
    return verdict.counts and failure_counts(pod)[0] >= int(job["spec"]["backoffLimitPerIndex"])


def to_remove(job: View, active: Sequence[View], at_least: int) -> list[View]:
    """Active pods with a wrong or a repeated index, and more of them up to a number, the least advanced first."""
    removed: list[View] = []
    left = list(active)
    if is_indexed(job):
        left = []
        of_index: dict[int, list[View]] = {}
        for pod in active:
            if has_valid_index(pod, job):
                of_index.setdefault(completion_index(pod), []).append(pod)
            else:
                removed.append(pod)
        for _, same in sorted(of_index.items()):
            same.sort(key=_removal_order)
            removed += same[:-1]
            left.append(same[-1])
    left.sort(key=_removal_order)
    return removed + left[: max(0, at_least - len(removed))]


def _removal_order(pod: View) -> tuple[Any, ...]:
    ready = podutil.ready_condition(pod)
    is_ready = ready is not None and ready["status"] == "True"
    since = (ready or {}).get("lastTransitionTime") if is_ready else None
    restarts = max((int(c.get("restartCount") or 0) for c in pod["status"].get("containerStatuses") or ()), default=0)
    created = pod["metadata"].get("creationTimestamp")
    return (
        bool(pod["spec"].get("nodeName")),
        _PHASE_ORDER.get(podutil.phase(pod), 2),
        is_ready,
        -parse_time(since).timestamp() if since else 0.0,
        -restarts,
        -parse_time(created).timestamp() if created else 0.0,
    )
