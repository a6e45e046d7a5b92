"""Making room for a pod by evicting pods of lower priority. Models plugins/defaultpreemption."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from apimachinery import meta
from controllers.scheduler import filters
from controllers.scheduler.filters import CycleState, Rejection
from controllers.scheduler.types import NodeInfo, PodInfo

NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"


@dataclass(frozen=True, slots=True)
class Plan:
    """The node to take and the pods to evict from it, or why there is none."""

    node: str = ""
    victims: tuple[PodInfo, ...] = ()
    message: str = ""


def plan_preemption(
    info: PodInfo,
    nodes: Mapping[str, NodeInfo],
    rejections: Mapping[str, Rejection],
    namespaces: Mapping[str, Mapping[str, str]],
    version: tuple[int, int] = (1, 36),
) -> Plan:
    """The candidate with the least important victims; `rejections` lacks nodes that were never tried."""
    if info.spec.get("preemptionPolicy") == "Never":
        return Plan(message="not eligible due to preemptionPolicy=Never.")
    counts: Counter[str] = Counter()
    candidates: list[tuple[tuple[int, int, int, str], NodeInfo, list[PodInfo]]] = []
    for name, node in nodes.items():
        rejection = rejections.get(name)
        if rejection is None or not rejection.resolvable:
            counts[NOT_HELPFUL] += 1
            continue
        lower = [p for p in node.pods.values() if p.priority < info.priority]
        if not lower:
            counts[NO_VICTIMS] += 1
            continue
        victims = _victims(info, node, lower, nodes, namespaces, version)
        if victims is None:
            counts.update(rejection.reasons)
            continue
        highest = max(v.priority for v in victims)
        candidates.append(((highest, sum(v.priority for v in victims), len(victims), name), node, victims))
    if candidates:
        _, node, chosen = min(candidates, key=lambda c: c[0])
        return Plan(node.name, tuple(chosen))
    return Plan(message=f"0/{len(nodes)} nodes are available: {filters.sort_reasons(counts)}.")


def _victims(
    info: PodInfo,
    node: NodeInfo,
    lower: list[PodInfo],
    nodes: Mapping[str, NodeInfo],
    namespaces: Mapping[str, Mapping[str, str]],
    version: tuple[int, int],
) -> list[PodInfo] | None:
    def fits(gone: list[PodInfo]) -> bool:
        left = node.without(v.uid for v in gone)
        state: CycleState = filters.prepare(info, {**nodes, node.name: left}, namespaces)
        return filters.check(state, left, version) is None

    if not fits(lower):
        return None
    victims = list(lower)
    for candidate in sorted(lower, key=lambda p: (-p.priority, _born(p), p.key)):
        fewer = [v for v in victims if v is not candidate]
        if fits(fewer):
            victims = fewer
    return victims


def _born(info: PodInfo) -> str:
    return str(meta.metadata(info.pod).get("creationTimestamp") or "")
