"""When a node is believed to be gone, and how fast a zone may be drained. Models node_lifecycle_controller.go; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from apimachinery import meta
from apimachinery.objects import Object, View

REGION_LABEL: Final = "topology.kubernetes.io/region"
ZONE_LABEL: Final = "topology.kubernetes.io/zone"
_CONDITIONS: Final = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")

ZoneState = Literal["Initial", "Normal", "PartialDisruption", "FullDisruption"]


@dataclass(slots=True)
class Health:
    """What was last heard of a node, by our own clock."""

    seen_at: float
    ready_since: float
    heartbeat: str
    renewed: str
    ready: str | None


def observe(health: Health | None, node: View, lease: View | None, *, now: float, created_ago: float) -> Health:
    """What is known after looking at the node and its lease; monotonic seconds."""
    condition = meta.condition(node, "Ready")
    heartbeat = (condition.get("lastHeartbeatTime") or "") if condition else ""
    status = condition["status"] if condition else None
    renewed = ((lease or {}).get("spec") or {}).get("renewTime") or ""
    if health is None:
        seen_at = now - created_ago if condition is None else now
        return Health(seen_at, seen_at, heartbeat, renewed, status)
    if heartbeat != health.heartbeat or (status != health.ready and status != "Unknown") or renewed > health.renewed:
        health.seen_at = now
    if status != health.ready:
        health.ready_since = now
    health.heartbeat, health.ready = heartbeat, status
    health.renewed = max(renewed, health.renewed)
    return health


def silent_conditions(node: View, now: str) -> list[Object] | None:
    """The conditions of a node that went silent; None when they say so already."""
    present = (node.get("status") or {}).get("conditions") or ()
    result: list[Object] = [dict(c) for c in present]
    changed = False
    for kind in _CONDITIONS:
        found = next((c for c in result if c.get("type") == kind), None)
        if found is None:
            result.append(
                {
                    "type": kind,
                    "status": "Unknown",
                    "lastHeartbeatTime": node["metadata"].get("creationTimestamp"),
                    "lastTransitionTime": now,
                    "reason": "NodeStatusNeverUpdated",
                    "message": "Kubelet never posted node status.",
                }
            )
            changed = True
        elif found["status"] != "Unknown":
            found["status"] = "Unknown"
            found["reason"] = "NodeStatusUnknown"
            found["message"] = "Kubelet stopped posting node status."
            found["lastTransitionTime"] = now
            changed = True
    return result if changed else None


def zone_of(node: View) -> str:
    """The key of a node's failure domain."""
    labels = meta.labels(node)
    return f"{labels.get(REGION_LABEL, '')}:\x00:{labels.get(ZONE_LABEL, '')}"


def zone_state(ready: Iterable[bool], threshold: float) -> tuple[ZoneState, int]:
    """How much of a zone is down, and how many nodes it has. Models ComputeZoneState."""
    states = list(ready)
    down = states.count(False)
    if states and down == len(states):
        return "FullDisruption", len(states)
    if down > 2 and down / len(states) >= threshold:
        return "PartialDisruption", len(states)
    return "Normal", len(states)
