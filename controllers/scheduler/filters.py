"""The filters, in upstream's order; the first that fails names a node's reason.

Models pkg/scheduler/framework/plugins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from apimachinery import meta, scheduling
from controllers.scheduler.types import NodeInfo, PodInfo, SpreadConstraint

_UNSCHEDULABLE_TAINT: Final = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
NODE_AFFINITY: Final = "node(s) didn't match Pod's node affinity/selector"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a node is no place for a pod; `resolvable` when evicting other pods could help."""

    plugin: str
    reasons: tuple[str, ...]
    resolvable: bool


@dataclass(slots=True)
class CycleState:
    """What one scheduling cycle works out once for all nodes."""

    info: PodInfo
    nodes: Mapping[str, NodeInfo]
    namespace_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    spread_counts: list[tuple[SpreadConstraint, Counter[str]]] = field(default_factory=list)
    affinity_counts: list[Counter[tuple[str, str]]] = field(default_factory=list)
    anti_affinity: Counter[tuple[str, str]] = field(default_factory=Counter)
    existing_anti_affinity: Counter[tuple[str, str]] = field(default_factory=Counter)
    affinity_self_match: bool = False


def prepare(
    info: PodInfo,
    nodes: Mapping[str, NodeInfo],
    namespaces: Mapping[str, Mapping[str, str]],
    *,
    anti_affinity: bool = True,
) -> CycleState:
    """The pre-filter step: counts by topology, only where a constraint asks for them.

    `anti_affinity` says whether any pod on the nodes may have required anti-affinity terms.
    """
    state = CycleState(info, nodes, namespaces)
    hard = [c for c in info.spread if c.hard]
    for constraint in hard:
        state.spread_counts.append((constraint, _spread_count(constraint, info, nodes)))
    if info.affinity or info.anti_affinity or (anti_affinity and any(n.with_anti_affinity for n in nodes.values())):
        _count_affinity(state)
    return state


def _spread_count(constraint: SpreadConstraint, info: PodInfo, nodes: Mapping[str, NodeInfo]) -> Counter[str]:
    counts: Counter[str] = Counter()
    namespace = meta.namespace(info.pod)
    keys = [c.topology_key for c in info.spread if c.hard]
    for node in nodes.values():
        labels = node.labels
        if any(k not in labels for k in keys) or not _counts_for_spread(constraint, info, node):
            continue
        domain = labels[constraint.topology_key]
        counts[domain] += sum(
            meta.namespace(p.pod) == namespace
            and not meta.is_deleting(p.pod)
            and constraint.selector.matches(meta.labels(p.pod))
            for p in node.pods.values()
        )
    return counts


def _counts_for_spread(constraint: SpreadConstraint, info: PodInfo, node: NodeInfo) -> bool:
    if constraint.honor_affinity and not info.fits(node.node):
        return False
    taints = scheduling.taints(node.node)
    return not constraint.honor_taints or scheduling.untolerated_taint(taints, info.tolerations) is None


def _count_affinity(state: CycleState) -> None:
    info = state.info
    state.affinity_counts = [Counter() for _ in info.affinity]
    for node in state.nodes.values():
        labels = node.labels
        for other in node.pods.values():
            for term in other.anti_affinity:
                domain = labels.get(term.topology_key)
                if domain is not None and term.matches(info.pod, state.namespace_labels):
                    state.existing_anti_affinity[term.topology_key, domain] += 1
            for i, term in enumerate(info.affinity):
                domain = labels.get(term.topology_key)
                if domain is not None and term.matches(other.pod, state.namespace_labels):
                    state.affinity_counts[i][term.topology_key, domain] += 1
            for term in info.anti_affinity:
                domain = labels.get(term.topology_key)
                if domain is not None and term.matches(other.pod, state.namespace_labels):
                    state.anti_affinity[term.topology_key, domain] += 1
    state.affinity_self_match = bool(info.affinity) and all(
        t.matches(info.pod, state.namespace_labels) for t in info.affinity
    )


def node_unschedulable(state: CycleState, node: NodeInfo) -> Rejection | None:
    """spec.unschedulable, unless its taint is tolerated."""
    if not (node.node.get("spec") or {}).get("unschedulable"):
        return None
    if scheduling.tolerated(state.info.tolerations, _UNSCHEDULABLE_TAINT):
        return None
    return Rejection("NodeUnschedulable", ("node(s) were unschedulable",), False)


def node_name(state: CycleState, node: NodeInfo) -> Rejection | None:
    """spec.nodeName."""
    wanted = state.info.spec.get("nodeName")
    if not wanted or wanted == node.name:
        return None
    return Rejection("NodeName", ("node(s) didn't match the requested node name",), False)


def taint_toleration(state: CycleState, node: NodeInfo, version: tuple[int, int]) -> Rejection | None:
    """Untolerated NoSchedule and NoExecute taints."""
    taint = scheduling.untolerated_taint(scheduling.taints(node.node), state.info.tolerations)
    if taint is None:
        return None
    if version >= (1, 35):
        text = "node(s) had untolerated taint(s)"
    else:
        text = f"node(s) had untolerated taint {{{taint.get('key', '')}: {taint.get('value') or ''}}}"
    return Rejection("TaintToleration", (text,), False)


def node_affinity(state: CycleState, node: NodeInfo) -> Rejection | None:
    """nodeSelector and required node affinity."""
    if state.info.fits(node.node):
        return None
    return Rejection("NodeAffinity", (NODE_AFFINITY,), False)


def node_ports(state: CycleState, node: NodeInfo) -> Rejection | None:
    """Host ports that are taken."""
    if any(scheduling.ports_conflict(w, t) for w in state.info.ports for t in node.ports):
        return Rejection("NodePorts", ("node(s) didn't have free ports for the requested pod ports",), True)
    return None


def node_resources_fit(state: CycleState, node: NodeInfo) -> Rejection | None:
    """Requests against what is allocatable and not yet asked for."""
    reasons: list[str] = []
    hopeless = False
    if len(node.pods) + 1 > node.allocatable.get("pods", 0):
        reasons.append("Too many pods")
    for name, wanted in sorted(state.info.requests.items(), key=_resource_order):
        if not wanted:
            continue
        allocatable = node.allocatable.get(name, 0)
        if wanted > allocatable - node.requested.get(name, 0):
            reasons.append(f"Insufficient {name}")
            hopeless = hopeless or wanted > allocatable
    return Rejection("NodeResourcesFit", tuple(reasons), not hopeless) if reasons else None


def _resource_order(item: tuple[str, int]) -> tuple[int, str]:
    fixed = ("cpu", "memory", "ephemeral-storage")
    return (fixed.index(item[0]) if item[0] in fixed else len(fixed), item[0])


def pod_topology_spread(state: CycleState, node: NodeInfo) -> Rejection | None:
    """Hard topology spread constraints."""
    text = "node(s) didn't match pod topology spread constraints"
    labels = node.labels
    for constraint, counts in state.spread_counts:
        domain = labels.get(constraint.topology_key)
        if domain is None:
            return Rejection("PodTopologySpread", (f"{text} (missing required label)",), False)
        least = min(counts.values(), default=0) if len(counts) >= constraint.min_domains else 0
        own = constraint.selector.matches(meta.labels(state.info.pod))
        if counts.get(domain, 0) + own - least > constraint.max_skew:
            return Rejection("PodTopologySpread", (text,), True)
    return None


def inter_pod_affinity(state: CycleState, node: NodeInfo) -> Rejection | None:
    """Required pod affinity and anti-affinity, the pod's own and that of pods already placed."""
    labels, info = node.labels, state.info
    if info.affinity and not _affinity_met(state, labels):
        return Rejection("InterPodAffinity", ("node(s) didn't match pod affinity rules",), False)
    for term in info.anti_affinity:
        if state.anti_affinity.get((term.topology_key, labels.get(term.topology_key, "\0")), 0):
            return Rejection("InterPodAffinity", ("node(s) didn't match pod anti-affinity rules",), True)
    for (key, domain), count in state.existing_anti_affinity.items():
        if count and labels.get(key) == domain:
            text = "node(s) didn't satisfy existing pods anti-affinity rules"
            return Rejection("InterPodAffinity", (text,), True)
    return None


def _affinity_met(state: CycleState, labels: Mapping[str, str]) -> bool:
    everywhere = True
    for term, counts in zip(state.info.affinity, state.affinity_counts, strict=True):
        domain = labels.get(term.topology_key)
        if domain is None:
            return False
        everywhere = everywhere and counts.get((term.topology_key, domain), 0) > 0
    if everywhere:
        return True
    return not any(state.affinity_counts) and state.affinity_self_match


Filter = Callable[[CycleState, NodeInfo], Rejection | None]

_AFTER_TAINTS: Final[tuple[Filter, ...]] = (
    node_affinity,
    node_ports,
    node_resources_fit,
    pod_topology_spread,
    inter_pod_affinity,
)


def check(state: CycleState, node: NodeInfo, version: tuple[int, int] = (1, 36)) -> Rejection | None:
    """The first filter that refuses the node, None when the pod fits."""
    rejection = node_unschedulable(state, node) or node_name(state, node) or taint_toleration(state, node, version)
    if rejection is not None:
        return rejection
    for step in _AFTER_TAINTS:
        rejection = step(state, node)
        if rejection is not None:
            return rejection
    return None


def not_asked_for(version: tuple[int, int]) -> str:
    """Why a node was not even looked at: the pod's affinity names other nodes."""
    if version >= (1, 32):
        return "node(s) didn't satisfy plugin(s) [NodeAffinity]"
    return "node is filtered out by the prefilter result"


def claim_problem(
    pod: Mapping[str, Any], claims: Callable[[str], Mapping[str, Any] | None], delayed: Callable[[str], bool]
) -> str | None:
    """Why a pod's PersistentVolumeClaims keep it from any node, in the words of VolumeBinding."""
    for volume in pod["spec"].get("volumes") or ():
        source = volume.get("persistentVolumeClaim")
        if not source:
            continue
        name = source["claimName"]
        claim = claims(name)
        if claim is None:
            return f'persistentvolumeclaim "{name}" not found'
        if meta.is_deleting(claim):
            return f'persistentvolumeclaim "{name}" is being deleted'
        if not (claim.get("spec") or {}).get("volumeName") and not delayed(
            (claim["spec"]).get("storageClassName") or ""
        ):
            return "pod has unbound immediate PersistentVolumeClaims"
    return None


def sort_reasons(counts: Mapping[str, int]) -> str:
    """`1 a, 2 b`, sorted as texts."""
    return ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
