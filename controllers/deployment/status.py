"""The status and conditions of a Deployment. Models deployment/progress.go and sync.go (calculateStatus); pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time, parse_time
from controllers.deployment import rollout

NEW_AVAILABLE: Final = "NewReplicaSetAvailable"
TIMED_OUT: Final = "ProgressDeadlineExceeded"
_NO_DEADLINE: Final = 2**31 - 1


def has_deadline(deployment: View) -> bool:
    """Whether progress is to be watched."""
    deadline = deployment["spec"].get("progressDeadlineSeconds")
    return deadline is not None and deadline != _NO_DEADLINE


def get_condition(status: View, kind: str) -> Object | None:
    """The condition of a type."""
    return next((c for c in status.get("conditions") or () if c.get("type") == kind), None)


def set_condition(status: Object, condition: Object) -> None:
    """Replace a condition unless its status and reason are the same already."""
    current = get_condition(status, condition["type"])
    if current is not None:
        if (current.get("status"), current.get("reason")) == (condition["status"], condition["reason"]):
            return
        if current.get("status") == condition["status"]:
            condition = {**condition, "lastTransitionTime": current["lastTransitionTime"]}
    remove_condition(status, condition["type"])
    status.setdefault("conditions", []).append(condition)


def remove_condition(status: Object, kind: str) -> None:
    """Drop the condition of a type."""
    status["conditions"] = [c for c in status.get("conditions") or () if c.get("type") != kind]


def new_condition(kind: str, status: str, reason: str, message: str, now: datetime) -> Object:
    """A condition as of now."""
    stamp = format_time(now)
    return {
        "type": kind,
        "status": status,
        "lastUpdateTime": stamp,
        "lastTransitionTime": stamp,
        "reason": reason,
        "message": message,
    }


def calculate(
    deployment: View, sets: Sequence[View], new: View | None, now: datetime, *, version: tuple[int, int] = (1, 36)
) -> Object:
    """The numbers, and the Available condition; terminating pods are counted since 1.35."""
    present: View = deployment.get("status") or {}
    count = {
        field: sum(rollout.status_number(s, field) for s in sets)
        for field in ("replicas", "readyReplicas", "availableReplicas", "terminatingReplicas")
    }
    numbers = {
        "observedGeneration": meta.generation(deployment),
        "replicas": count["replicas"],
        "updatedReplicas": rollout.status_number(new, "replicas") if new is not None else 0,
        "readyReplicas": count["readyReplicas"],
        "availableReplicas": count["availableReplicas"],
        "unavailableReplicas": max(0, rollout.total(sets) - count["availableReplicas"]),
    }
    status: Object = {k: v for k, v in numbers.items() if v}
    if version >= (1, 35):
        status["terminatingReplicas"] = count["terminatingReplicas"]
    if present.get("collisionCount") is not None:
        status["collisionCount"] = present["collisionCount"]
    status["conditions"] = list(present.get("conditions") or ())
    if count["availableReplicas"] >= rollout.replicas(deployment) - rollout.max_unavailable(deployment):
        available = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        available = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    set_condition(status, new_condition("Available", *available, now))
    return status


def with_progress(deployment: View, status: Object, sets: Sequence[View], new: View | None, now: datetime) -> Object:
    """The status with Progressing and ReplicaFailure during a rollout. Models syncRolloutStatus."""
    present: View = deployment.get("status") or {}
    if not has_deadline(deployment):
        remove_condition(status, "Progressing")
    current = get_condition(present, "Progressing")
    finished = (
        status.get("replicas", 0) == status.get("updatedReplicas", 0)
        and current is not None
        and current.get("reason") == NEW_AVAILABLE
    )
    if has_deadline(deployment) and not finished:
        _set_progressing(deployment, status, new, current, now)
    failures = replica_failures(sets, new)
    if failures:
        set_condition(status, failures[0])
    else:
        remove_condition(status, "ReplicaFailure")
    return status


def _set_progressing(deployment: View, status: Object, new: View | None, current: Object | None, now: datetime) -> None:
    if new is not None:
        subject = f'ReplicaSet "{meta.name(new)}"'
    else:
        subject = f'Deployment "{meta.name(deployment)}"'
    if rollout.is_complete(deployment, status):
        message = f"{subject} has successfully progressed."
        set_condition(status, new_condition("Progressing", "True", NEW_AVAILABLE, message, now))
    elif rollout.has_progressed(deployment.get("status") or {}, status):
        condition = new_condition("Progressing", "True", "ReplicaSetUpdated", f"{subject} is progressing.", now)
        if current is not None:
            if current.get("status") == "True":
                condition["lastTransitionTime"] = current["lastTransitionTime"]
            remove_condition(status, "Progressing")
        set_condition(status, condition)
    elif is_timed_out(deployment, status, now):
        message = f"{subject} has timed out progressing."
        set_condition(status, new_condition("Progressing", "False", TIMED_OUT, message, now))


def is_timed_out(deployment: View, status: View, now: datetime) -> bool:
    """Whether nothing has moved for progressDeadlineSeconds."""
    condition = get_condition(status, "Progressing")
    if condition is None or condition.get("reason") == NEW_AVAILABLE:
        return False
    if condition.get("reason") == TIMED_OUT:
        return True
    return progress_due(deployment, condition) < now


def progress_due(deployment: View, condition: View) -> datetime:
    """When the deadline of a Progressing condition ends."""
    seconds = int(deployment["spec"]["progressDeadlineSeconds"])
    return parse_time(condition["lastUpdateTime"]) + timedelta(seconds=seconds)


def replica_failures(sets: Sequence[View], new: View | None) -> list[Object]:
    """ReplicaFailure conditions of the sets, the new one's first, as the Deployment's own."""
    for group in ([new] if new is not None else [], sets):
        found = [
            {
                "type": c["type"],
                "status": c["status"],
                "lastUpdateTime": c.get("lastTransitionTime"),
                "lastTransitionTime": c.get("lastTransitionTime"),
                "reason": c.get("reason", ""),
                "message": c.get("message", ""),
            }
            for s in group
            for c in (s.get("status") or {}).get("conditions") or ()
            if c.get("type") == "ReplicaFailure"
        ]
        if found:
            return found
    return []
