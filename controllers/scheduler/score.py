"""Scores: which of the nodes that fit is best. Models pkg/scheduler/framework/plugins, with their default weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apimachinery import meta, scheduling
from apimachinery.nodeaffinity import node_selector_term
from apimachinery.objects import View
from controllers.scheduler.types import NodeInfo, PodInfo

MAX: Final = 100
_EMPTY: Mapping[str, Any] = {}
_DEFAULT_CPU, _DEFAULT_MEMORY = 100, 200 * 1024 * 1024


def rank(info: PodInfo, nodes: Sequence[NodeInfo], everywhere: Mapping[str, NodeInfo]) -> list[float]:
    """A score a node, higher is better; `everywhere` holds all nodes, for counts by topology."""
    totals = [0.0] * len(nodes)
    for weight, scores in (
        (1.0, [least_allocated(info, n) for n in nodes]),
        (1.0, [balanced_allocation(info, n) for n in nodes]),
        (3.0, _reversed([prefer_no_schedule(info, n) for n in nodes])),
        (2.0, _normalised([preferred_affinity(info.spec, n) for n in nodes])),
        (2.0, _reversed(_spread(info, nodes, everywhere))),
        (2.0, _normalised(_inter_pod(info, nodes, everywhere))),
    ):
        for i, score in enumerate(scores):
            totals[i] += weight * score
    return totals


def _usage(info: PodInfo, node: NodeInfo) -> tuple[float, float]:
    cpu = info.requests.get("cpu") or _DEFAULT_CPU
    memory = info.requests.get("memory") or _DEFAULT_MEMORY
    return (
        _fraction(node.requested.get("cpu", 0) + cpu, node.allocatable.get("cpu", 0)),
        _fraction(node.requested.get("memory", 0) + memory, node.allocatable.get("memory", 0)),
    )


def _fraction(used: int, total: int) -> float:
    return min(1.0, used / total) if total else 1.0


def least_allocated(info: PodInfo, node: NodeInfo) -> float:
    """The more that stays free, the better."""
    cpu, memory = _usage(info, node)
    return MAX * (1 - (cpu + memory) / 2)


def balanced_allocation(info: PodInfo, node: NodeInfo) -> float:
    """The closer cpu and memory are used alike, the better."""
    cpu, memory = _usage(info, node)
    return MAX * (1 - abs(cpu - memory) / 2)


def prefer_no_schedule(info: PodInfo, node: NodeInfo) -> float:
    """The number of PreferNoSchedule taints that are not tolerated."""
    soft = (t for t in scheduling.taints(node.node) if t.get("effect") == "PreferNoSchedule")
    return float(sum(not scheduling.tolerated(info.tolerations, t) for t in soft))


def preferred_affinity(spec: View, node: NodeInfo) -> float:
    """The weights of preferred node affinity terms that the node meets."""
    affinity = (spec.get("affinity") or _EMPTY).get("nodeAffinity") or _EMPTY
    terms = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return 0.0 + sum(
        int(t.get("weight") or 0) for t in terms if node_selector_term(t.get("preference") or _EMPTY)(node.node)
    )


def _spread(info: PodInfo, nodes: Sequence[NodeInfo], everywhere: Mapping[str, NodeInfo]) -> list[float]:
    soft = [c for c in info.spread if not c.hard]
    if not soft and not info.spread:
        return [sum(p.owner == info.owner for p in n.pods.values()) if info.owner else 0.0 for n in nodes]
    namespace = meta.namespace(info.pod)
    totals = [0.0] * len(nodes)
    for constraint in soft:
        counts: Counter[str] = Counter()
        for node in everywhere.values():
            counts[node.labels.get(constraint.topology_key, "")] += sum(
                meta.namespace(p.pod) == namespace and constraint.selector.matches(meta.labels(p.pod))
                for p in node.pods.values()
            )
        for i, node in enumerate(nodes):
            totals[i] += counts[node.labels.get(constraint.topology_key, "")]
    return totals


def _inter_pod(info: PodInfo, nodes: Sequence[NodeInfo], everywhere: Mapping[str, NodeInfo]) -> list[float]:
    if not info.preferred:
        return [0.0] * len(nodes)
    weights: Counter[tuple[str, str]] = Counter()
    for node in everywhere.values():
        for term in info.preferred:
            domain = node.labels.get(term.topology_key)
            if domain is not None:
                found = sum(term.matches(p.pod, _EMPTY) for p in node.pods.values())
                weights[term.topology_key, domain] += term.weight * found
    return [
        float(sum(weights[t, n.labels.get(t, "")] for t in {p.topology_key for p in info.preferred})) for n in nodes
    ]


def _normalised(scores: Sequence[float]) -> list[float]:
    low, high = min(scores), max(scores)
    return [MAX * (s - low) / (high - low) if high > low else 0.0 for s in scores]


def _reversed(scores: Sequence[float]) -> list[float]:
    high = max(scores)
    return [MAX * (high - s) / high if high else float(MAX) for s in scores]
