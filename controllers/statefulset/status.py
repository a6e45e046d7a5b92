"""The numbers of a StatefulSet's status. Models computeReplicaStatus and completeRollingUpdate, v1.36; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.runtime import pods as podutil
from controllers.statefulset.identity import pod_revision, replicas

_COMPARED: Final = (
    "replicas",
    "currentReplicas",
    "readyReplicas",
    "updatedReplicas",
    "availableReplicas",
    "currentRevision",
    "updateRevision",
)
_ALWAYS: Final = frozenset(("replicas", "availableReplicas", "collisionCount"))


def is_created(pod: View) -> bool:
    """Whether the pod is one of the server's: what is only to be sent has no phase."""
    return bool(podutil.phase(pod))


def is_running_and_ready(pod: View) -> bool:
    """Whether the pod runs and is Ready."""
    return podutil.phase(pod) == "Running" and podutil.is_ready(pod)


def is_unavailable(pod: View, min_ready: int, now: datetime) -> bool:
    """Whether the pod is going, or not Ready for long enough."""
    return meta.is_deleting(pod) or not podutil.is_available(pod, min_ready, now)


def count(pods: Iterable[View], min_ready: int, current: str, update: str, now: datetime) -> Object:
    """The five numbers, with their zeros."""
    numbers = dict.fromkeys(_COMPARED[:5], 0)
    for pod in pods:
        if not is_created(pod):
            continue
        numbers["replicas"] += 1
        if is_running_and_ready(pod):
            numbers["readyReplicas"] += 1
            numbers["availableReplicas"] += podutil.is_available(pod, min_ready, now)
        if not meta.is_deleting(pod):
            revision = pod_revision(pod)
            numbers["currentReplicas"] += revision == current
            numbers["updatedReplicas"] += revision == update
    return numbers


def complete_rolling_update(st: View, status: Object) -> None:
    """Make the update revision the current one when every replica has it and is ready."""
    wanted = replicas(st)
    if (st["spec"].get("updateStrategy") or {}).get("type") == "RollingUpdate" and all(
        status[name] == wanted for name in ("updatedReplicas", "readyReplicas", "replicas")
    ):
        status["currentReplicas"] = status["updatedReplicas"]
        status["currentRevision"] = status["updateRevision"]


def is_inconsistent(st: View, status: View) -> bool:
    """Whether the status says other than the set's."""
    present: View = st.get("status") or {}
    return status["observedGeneration"] > int(present.get("observedGeneration") or 0) or any(
        (status[name] or None) != (present.get(name) or None) for name in _COMPARED
    )


def written(status: View) -> Object:
    """The status as it is sent: zeros of the optional numbers are left out."""
    return {name: value for name, value in status.items() if value or name in _ALWAYS}
