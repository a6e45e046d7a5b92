"""How many pods a ReplicaSet lacks, which go first, and what its status says. Models replica_set_utils.go.

Pure: takes decoded objects.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import parse_time
from controllers.runtime import pods as podutil

DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"
_PHASE_ORDER: Final = {"Pending": 0, "Unknown": 1, "Running": 2}


def pods_to_delete(active: Sequence[View], related: Iterable[View], count: int, now: datetime) -> list[View]:
    """The pods that go first when there are too many. Models getPodsToDelete and ActivePodsWithRanks."""
    if count >= len(active):
        return list(active)
    crowd = Counter(p["spec"].get("nodeName") for p in related if podutil.is_active(p))
    return sorted(active, key=lambda p: _rank(p, crowd, now))[:count]


def _rank(pod: View, crowd: Mapping[str | None, int], now: datetime) -> tuple[Any, ...]:
    ready = podutil.ready_condition(pod)
    is_ready = ready is not None and ready["status"] == "True"
    node = pod["spec"].get("nodeName")
    since = (ready or {}).get("lastTransitionTime") if is_ready else None
    restarts = max((int(c.get("restartCount") or 0) for c in pod["status"].get("containerStatuses") or ()), default=0)
    return (
        bool(node),
        _PHASE_ORDER.get(podutil.phase(pod), 2),
        is_ready,
        _deletion_cost(pod),
        -crowd.get(node, 0),
        _log_age(since, now) if is_ready else 0,
        -restarts,
        _log_age(pod["metadata"].get("creationTimestamp"), now),
        meta.uid(pod),
    )


def _log_age(since: str | None, now: datetime) -> float:
    """Ages are compared by their magnitude; the younger goes first."""
    if not since:
        return -1.0
    seconds = (now - parse_time(since)).total_seconds()
    return math.floor(math.log2(seconds)) if seconds >= 1 else 0.0


def _deletion_cost(pod: View) -> int:
    try:
        return int(meta.annotations(pod).get(DELETION_COST, "0"))
    except ValueError:
        return 0


def count_status(
    rs: View,
    pods: Sequence[View],
    now: datetime,
    failure: Exception | None,
    diff: int,
    *,
    version: tuple[int, int] = (1, 36),
) -> Object:
    """The status for these claimed pods; `diff` is active minus wanted when `failure` happened.

    ReplicaSets count terminating pods since 1.35.
    """
    present: View = rs.get("status") or {}
    template_labels = meta.labels(rs["spec"].get("template") or {}).items()
    min_ready = rs["spec"].get("minReadySeconds") or 0
    active = [p for p in pods if podutil.is_active(p)]
    labelled = sum(1 for p in active if template_labels <= meta.labels(p).items())
    ready = [p for p in active if podutil.is_ready(p)]
    available = sum(1 for p in ready if podutil.is_available(p, min_ready, now))
    terminating = sum(1 for p in pods if meta.is_deleting(p) and not podutil.is_terminal(p))
    status: Object = {"replicas": len(active)}
    optional = {"fullyLabeledReplicas": labelled, "readyReplicas": len(ready), "availableReplicas": available}
    status.update({k: v for k, v in optional.items() if v})
    if rs["kind"] == "ReplicaSet" and version >= (1, 35):
        status["terminatingReplicas"] = terminating
    if present.get("observedGeneration"):
        status["observedGeneration"] = present["observedGeneration"]
    conditions = list(present.get("conditions") or ())
    others = [c for c in conditions if c.get("type") != "ReplicaFailure"]
    if failure is not None and len(others) == len(conditions):
        reason = "FailedCreate" if diff < 0 else "FailedDelete"
        conditions = [
            *conditions,
            {
                "type": "ReplicaFailure",
                "status": "True",
                "lastTransitionTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "reason": reason,
                "message": str(failure),
            },
        ]
    elif failure is None:
        conditions = others
    if conditions:
        status["conditions"] = conditions
    return status
