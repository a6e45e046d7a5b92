"""The numbers of a DaemonSet's status. Models updateDaemonSetStatus of daemon_controller.go, v1.36; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from apimachinery.objects import Object, View
from controllers.daemon.facts import DaemonPod, JudgedNode
from controllers.daemon.placement import PodsByNode
from controllers.daemon.template import template_generation


class Numbers(NamedTuple):
    """How many nodes are in which state."""

    desired: int
    current: int
    misscheduled: int
    ready: int
    updated: int
    available: int

    @property
    def unavailable(self) -> int:
        """Desired nodes without an available pod."""
        return self.desired - self.available

    def written_in(self, status: View) -> bool:
        """Whether a status has these numbers already."""
        return (
            *self,
            self.unavailable,
        ) == (
            status.get("desiredNumberScheduled", 0),
            status.get("currentNumberScheduled", 0),
            status.get("numberMisscheduled", 0),
            status.get("numberReady", 0),
            status.get("updatedNumberScheduled", 0),
            status.get("numberAvailable", 0),
            status.get("numberUnavailable", 0),
        )

    def write(self, status: View, observed_generation: int | None) -> Object:
        """A status with these numbers and all else kept; zeros of the optional ones are left out."""
        optional = {
            "updatedNumberScheduled": self.updated,
            "numberAvailable": self.available,
            "numberUnavailable": self.unavailable,
        }
        if observed_generation is not None:
            optional["observedGeneration"] = observed_generation
        kept = {k: v for k, v in status.items() if k not in optional}
        return {
            **kept,
            "currentNumberScheduled": self.current,
            "numberMisscheduled": self.misscheduled,
            "desiredNumberScheduled": self.desired,
            "numberReady": self.ready,
            **{k: v for k, v in optional.items() if v},
        }


def count(
    ds: View,
    nodes: Iterable[JudgedNode],
    pods_by_node: PodsByNode,
    *,
    current_hash: str,
    now: datetime,
) -> Numbers:
    """Count the nodes; of several pods on a node the oldest bound one stands for it."""
    desired = current = misscheduled = ready = updated = available = 0
    generation = template_generation(ds)
    min_ready = ds["spec"].get("minReadySeconds") or 0
    for name, should_run, _, _ in nodes:
        pods = pods_by_node.get(name)
        if not should_run:
            misscheduled += bool(pods)
            continue
        desired += 1
        if not pods:
            continue
        current += 1
        pod = pods[0] if len(pods) == 1 else min(pods, key=DaemonPod.age_order)
        if pod.ready:
            ready += 1
            available += pod.is_available(min_ready, now)
        updated += pod.is_updated(current_hash, generation)
    return Numbers(desired, current, misscheduled, ready, updated, available)
