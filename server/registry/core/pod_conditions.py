"""Conditions that the server itself sets on pods. Models pkg/api/pod/util.go (UpdatePodCondition)."""

from __future__ import annotations

from datetime import datetime

from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time


def find(pod: View, kind: str) -> View | None:
    """The condition of a type, or None."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return next((c for c in conditions if c.get("type") == kind), None)


def is_ready(pod: View) -> bool:
    """Whether the pod's Ready condition is True."""
    ready = find(pod, "Ready")
    return ready is not None and ready.get("status") == "True"


def set_true(pod: Object, kind: str, now: datetime, *, reason: str = "", message: str = "") -> None:
    """Set a condition to True; its transition time stays where it was True before.

    It shows the pod's generation only where it did so already.
    """
    before = find(pod, kind)
    condition: Object = {"type": kind}
    if before is not None and before.get("observedGeneration"):
        condition["observedGeneration"] = pod["metadata"].get("generation")
    condition |= {"status": "True", "lastProbeTime": None, "lastTransitionTime": format_time(now)}
    if before is not None and before.get("status") == "True" and before.get("lastTransitionTime"):
        condition["lastTransitionTime"] = before["lastTransitionTime"]
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    status: Object = pod.setdefault("status", {})
    conditions = list(status.get("conditions") or ())
    if before is None:
        conditions.append(condition)
    else:
        conditions[conditions.index(before)] = condition
    status["conditions"] = conditions
