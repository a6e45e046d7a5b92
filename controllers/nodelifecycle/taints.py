"""The taints that a node's conditions call for. Models node_lifecycle_controller.go; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from apimachinery import meta, scheduling
from apimachinery.objects import Object, View

NOT_READY: Final = "node.kubernetes.io/not-ready"
UNREACHABLE: Final = "node.kubernetes.io/unreachable"
UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"

_BY_CONDITION: Final = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
}
MANAGED: Final = frozenset({*_BY_CONDITION.values(), UNSCHEDULABLE})


def wanted_no_schedule(node: View) -> list[str]:
    """The keys of the NoSchedule taints that conditions and spec.unschedulable call for."""
    keys = []
    for condition in (node.get("status") or {}).get("conditions") or ():
        key = _BY_CONDITION.get((condition.get("type", ""), condition.get("status", "")))
        if key is not None:
            keys.append(key)
    if (node.get("spec") or {}).get("unschedulable"):
        keys.append(UNSCHEDULABLE)
    return keys


def with_no_schedule(node: View, now: str) -> list[Object] | None:
    """The node's taints with the managed NoSchedule ones as they should be; None when they are."""
    present = scheduling.taints(node)
    wanted = wanted_no_schedule(node)
    have = [t["key"] for t in present if t.get("effect") == "NoSchedule" and t["key"] in MANAGED]
    if set(have) == set(wanted):
        return None
    kept = [t for t in present if t.get("effect") != "NoSchedule" or t["key"] not in MANAGED or t["key"] in wanted]
    added = [{"key": k, "effect": "NoSchedule", "timeAdded": now} for k in wanted if k not in have]
    return [*kept, *added]


def wanted_no_execute(node: View) -> str:
    """The key of the NoExecute taint that the Ready condition calls for; empty for none."""
    condition = meta.condition(node, "Ready")
    return _BY_CONDITION.get(("Ready", condition["status"]), "") if condition else ""


def has_no_execute(node: View, key: str) -> bool:
    """Whether the node carries this NoExecute taint."""
    return any(t.get("effect") == "NoExecute" and t["key"] == key for t in scheduling.taints(node))


def with_no_execute(node: View, key: str, now: str) -> list[Object]:
    """The node's taints with `key` as the only managed NoExecute taint; with an empty key none of them."""
    present: Sequence[Object] = scheduling.taints(node)
    kept = [
        t
        for t in present
        if t.get("effect") != "NoExecute" or t["key"] not in (NOT_READY, UNREACHABLE) or t["key"] == key
    ]
    if key and not has_no_execute(node, key):
        return [*kept, {"key": key, "effect": "NoExecute", "timeAdded": now}]
    return list(kept)
