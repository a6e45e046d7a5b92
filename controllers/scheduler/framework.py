"""One scheduling decision, pure: a node, or why there is none. Models pkg/scheduler/schedule_one.go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from controllers.scheduler import filters, score
from controllers.scheduler.filters import Rejection
from controllers.scheduler.preemption import Plan, plan_preemption
from controllers.scheduler.types import NodeInfo, PodInfo

NO_NODES = "no nodes available to schedule pods"
ENOUGH = 100
"""Nodes that fit before the search may stop, as in upstream's minFeasibleNodesToFind."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`node` when the pod fits; else `message`, and the preemption that could make it fit."""

    node: str = ""
    message: str = ""
    preemption: Plan = field(default_factory=Plan)
    plugins: frozenset[str] = frozenset()


def decide(
    info: PodInfo,
    nodes: Mapping[str, NodeInfo],
    *,
    namespaces: Mapping[str, Mapping[str, str]],
    random: Random,
    claim_problem: str | None = None,
    version: tuple[int, int] = (1, 36),
    anti_affinity: bool = True,
) -> Decision:
    """Filter, score and choose; ties are broken by the given random source.

    `anti_affinity` says whether any pod on the nodes may have required anti-affinity terms.
    """
    if not nodes:
        return Decision(message=NO_NODES)
    if claim_problem is not None:
        message = f"0/{len(nodes)} nodes are available: {claim_problem}."
        nothing = plan_preemption(info, nodes, {}, namespaces, version)
        return Decision(message=message + _suffix(nothing, version), plugins=frozenset({"VolumeBinding"}))
    state = filters.prepare(info, nodes, namespaces, anti_affinity=anti_affinity)
    candidates = nodes.values() if info.targets is None else [nodes[n] for n in info.targets if n in nodes]
    fitting: list[NodeInfo] = []
    rejections: dict[str, Rejection] = {}
    for node in candidates:
        rejection = filters.check(state, node, version)
        if rejection is None:
            fitting.append(node)
            if len(fitting) >= ENOUGH:
                break
        else:
            rejections[node.name] = rejection
    if fitting:
        return Decision(node=_best(info, fitting, nodes, random))
    counts: Counter[str] = Counter()
    for rejection in rejections.values():
        counts.update(rejection.reasons)
    if len(rejections) < len(nodes):
        counts[filters.not_asked_for(version)] = len(nodes) - len(rejections)
    plan = plan_preemption(info, nodes, rejections, namespaces, version)
    message = f"0/{len(nodes)} nodes are available: {filters.sort_reasons(counts)}." + _suffix(plan, version)
    return Decision(message=message, preemption=plan, plugins=frozenset(r.plugin for r in rejections.values()))


def _suffix(plan: Plan, version: tuple[int, int]) -> str:
    if not plan.message:
        return ""
    claims = "no new claims to deallocate, " if version >= (1, 34) else ""
    return f" {claims}preemption: {plan.message}"


def _best(info: PodInfo, fitting: list[NodeInfo], nodes: Mapping[str, NodeInfo], random: Random) -> str:
    if len(fitting) == 1:
        return fitting[0].name
    scores = score.rank(info, fitting, nodes)
    highest = max(scores)
    return random.choice([n.name for n, s in zip(fitting, scores, strict=True) if s >= highest - 1e-9])
