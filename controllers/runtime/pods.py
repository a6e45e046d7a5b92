"""What a pod's status says: readiness, availability, ends. Models pkg/api/v1/pod."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import parse_time

_EMPTY: Final[dict[str, Any]] = {}


def phase(pod: View) -> str:
    """status.phase, empty when absent."""
    return (pod.get("status") or _EMPTY).get("phase") or ""


def is_terminal(pod: View) -> bool:
    """Whether the phase is Failed or Succeeded."""
    return phase(pod) in ("Failed", "Succeeded")


def is_active(pod: View) -> bool:
    """Whether the pod has neither ended nor begun to be deleted."""
    return not is_terminal(pod) and not pod["metadata"].get("deletionTimestamp")


def ready_condition(pod: View) -> Object | None:
    """The Ready condition."""
    for condition in (pod.get("status") or _EMPTY).get("conditions") or ():
        if condition["type"] == "Ready":
            found: Object = condition
            return found
    return None


def is_ready(pod: View) -> bool:
    """Whether the Ready condition is True."""
    condition = ready_condition(pod)
    return condition is not None and condition["status"] == "True"


def is_available(pod: View, min_ready_seconds: int, now: datetime) -> bool:
    """Whether the pod has been Ready for so many seconds."""
    condition = ready_condition(pod)
    if condition is None or condition["status"] != "True":
        return False
    if min_ready_seconds <= 0:
        return True
    since: str = condition.get("lastTransitionTime") or ""
    return bool(since) and parse_time(since) + timedelta(seconds=min_ready_seconds) <= now


def next_availability_check(pods: Iterable[View], min_ready_seconds: int, now: datetime) -> float | None:
    """Seconds until the first of the Ready pods that are not available yet will be; None without such a pod.

    Models FindMinNextPodAvailabilityCheck in pkg/controller/controller_utils.go.
    """
    if min_ready_seconds <= 0:
        return None
    ready = (c for c in map(ready_condition, pods) if c is not None and c["status"] == "True")
    moments = (parse_time(since) for c in ready if (since := c.get("lastTransitionTime")))
    left = ((moment - now).total_seconds() + min_ready_seconds for moment in moments)
    return min((seconds for seconds in left if seconds > 0), default=None)


def counts_generations(version: tuple[int, int]) -> bool:
    """Whether pods of this Kubernetes version say which generation their status and conditions are of."""
    return version >= (1, 34)


def observed(condition: Object, pod: View, version: tuple[int, int]) -> Object:
    """A condition of the pod as it is now, for controllers of a Kubernetes version."""
    if not counts_generations(version):
        return condition
    return {**condition, "observedGeneration": meta.generation(pod)}


def update_condition(status: Object, condition: Object, now: str) -> bool:
    """Set a condition in a status of one's own; lastTransitionTime moves with the status only. Whether it changed."""
    conditions: list[Object] = status.setdefault("conditions", [])
    for index, old in enumerate(conditions):
        if old.get("type") != condition["type"]:
            continue
        transition = old.get("lastTransitionTime") if old.get("status") == condition["status"] else now
        new = {**condition, "lastTransitionTime": transition}
        if all(old.get(k) == v for k, v in new.items()):
            return False
        conditions[index] = {**new}
        return True
    conditions.append({**condition, "lastTransitionTime": now})
    return True
