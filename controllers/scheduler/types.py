"""What the scheduler knows of pods and nodes, worked out once. Models pkg/scheduler/framework/types.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from apimachinery import meta, scheduling
from apimachinery.labels import LabelSelector
from apimachinery.nodeaffinity import NodeMatcher, required_node_affinity
from apimachinery.objects import View
from apimachinery.scheduling import Amounts

_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """A pod (anti-)affinity term with its selectors compiled; `weight` 0 for required ones."""

    topology_key: str
    selector: LabelSelector
    namespaces: frozenset[str]
    namespace_selector: LabelSelector | None
    weight: int = 0

    @classmethod
    def compile(cls, term: View, pod: View, weight: int = 0) -> Self:
        """From an object; terms without namespaces mean the pod's own."""
        names = frozenset(term.get("namespaces") or ())
        by_label = term.get("namespaceSelector")
        if not names and by_label is None:
            names = frozenset({meta.namespace(pod)})
        selector = LabelSelector.from_object(_with_label_keys(term, meta.labels(pod)))
        in_namespaces = LabelSelector.from_object(by_label) if by_label is not None else None
        return cls(term.get("topologyKey", ""), selector, names, in_namespaces, weight)

    def matches(self, pod: View, namespace_labels: Mapping[str, Mapping[str, str]]) -> bool:
        """Whether the other pod is one that the term speaks of."""
        namespace = meta.namespace(pod)
        inside = namespace in self.namespaces or (
            self.namespace_selector is not None
            and self.namespace_selector.matches(namespace_labels.get(namespace, _EMPTY))
        )
        return inside and self.selector.matches(meta.labels(pod))


def _with_label_keys(term: View, labels: Mapping[str, str]) -> View | None:
    selector = term.get("labelSelector")
    matched, mismatched = term.get("matchLabelKeys") or (), term.get("mismatchLabelKeys") or ()
    if selector is None or not (matched or mismatched):
        return selector
    expressions = list(selector.get("matchExpressions") or ())
    for keys, operator in ((matched, "In"), (mismatched, "NotIn")):
        expressions += [{"key": k, "operator": operator, "values": [labels[k]]} for k in keys if k in labels]
    return {**selector, "matchExpressions": expressions}


@dataclass(frozen=True, slots=True)
class SpreadConstraint:
    """A topology spread constraint with its selector compiled."""

    max_skew: int
    topology_key: str
    selector: LabelSelector
    hard: bool
    min_domains: int = 1
    honor_affinity: bool = True
    honor_taints: bool = False


@dataclass(frozen=True, slots=True)
class PodInfo:
    """A pod with what the filters need."""

    pod: View
    key: str
    uid: str
    priority: int
    requests: Amounts
    ports: tuple[tuple[str, str, int], ...]
    tolerations: tuple[View, ...]
    targets: frozenset[str] | None
    affinity: tuple[AffinityTerm, ...] = ()
    anti_affinity: tuple[AffinityTerm, ...] = ()
    preferred: tuple[AffinityTerm, ...] = ()
    spread: tuple[SpreadConstraint, ...] = ()
    owner: str = ""
    fits: NodeMatcher = field(default=lambda _: True, compare=False)
    """Whether a node meets nodeSelector and required node affinity."""

    @property
    def spec(self) -> View:
        """spec."""
        found: View = self.pod["spec"]
        return found

    @classmethod
    def of(cls, pod: View) -> Self:
        """Compile a pod."""
        spec = pod["spec"]
        affinity = spec.get("affinity") or _EMPTY
        together, apart = affinity.get("podAffinity") or _EMPTY, affinity.get("podAntiAffinity") or _EMPTY
        controller = meta.controller_of(pod)
        return cls(
            pod=pod,
            key=meta.key(pod),
            uid=meta.uid(pod),
            priority=int(spec.get("priority") or 0),
            requests=scheduling.pod_requests(spec),
            ports=tuple(scheduling.host_ports(spec)),
            tolerations=tuple(spec.get("tolerations") or ()),
            targets=scheduling.target_nodes(spec),
            affinity=_required(together, pod),
            anti_affinity=_required(apart, pod),
            preferred=(*_preferred(together, pod, 1), *_preferred(apart, pod, -1)),
            spread=tuple(_spread(c, pod) for c in spec.get("topologySpreadConstraints") or ()),
            owner=controller["uid"] if controller else "",
            fits=required_node_affinity(spec),
        )

    def renewed(self, pod: View) -> PodInfo:
        """The same pod by its newest object, once it is bound: what was compiled of its spec holds."""
        return replace(self, pod=pod, tolerations=tuple(pod["spec"].get("tolerations") or ()))


def _required(affinity: View, pod: View) -> tuple[AffinityTerm, ...]:
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    return tuple(AffinityTerm.compile(t, pod) for t in terms)


def _preferred(affinity: View, pod: View, sign: int) -> tuple[AffinityTerm, ...]:
    terms = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return tuple(AffinityTerm.compile(t["podAffinityTerm"], pod, sign * int(t.get("weight") or 0)) for t in terms)


def _spread(constraint: View, pod: View) -> SpreadConstraint:
    return SpreadConstraint(
        max_skew=int(constraint.get("maxSkew") or 1),
        topology_key=constraint.get("topologyKey", ""),
        selector=LabelSelector.from_object(_with_label_keys(constraint, meta.labels(pod))),
        hard=constraint.get("whenUnsatisfiable") == "DoNotSchedule",
        min_domains=int(constraint.get("minDomains") or 1),
        honor_affinity=constraint.get("nodeAffinityPolicy") != "Ignore",
        honor_taints=constraint.get("nodeTaintsPolicy") == "Honor",
    )


@dataclass(slots=True)
class NodeInfo:
    """A node with the pods assigned to it and the sums over them."""

    node: View
    name: str
    allocatable: Amounts
    pods: dict[str, PodInfo] = field(default_factory=dict)
    requested: Amounts = field(default_factory=dict)
    ports: dict[tuple[str, str, int], int] = field(default_factory=dict)
    with_anti_affinity: int = 0

    @classmethod
    def of(cls, node: View) -> Self:
        """A node without pods."""
        return cls(node, meta.name(node), scheduling.amounts((node.get("status") or _EMPTY).get("allocatable")))

    @property
    def labels(self) -> Mapping[str, str]:
        """The node's labels."""
        return meta.labels(self.node)

    def replace_node(self, node: View) -> None:
        """Take a newer state of the node; the pods stay."""
        self.node = node
        self.allocatable = scheduling.amounts((node.get("status") or _EMPTY).get("allocatable"))

    def add(self, info: PodInfo) -> None:
        """Count a pod in."""
        self.pods[info.uid] = info
        self._count(info, 1)

    def remove(self, uid: str) -> None:
        """Count a pod out; nothing happens when it is not here."""
        info = self.pods.pop(uid, None)
        if info is not None:
            self._count(info, -1)

    def _count(self, info: PodInfo, sign: int) -> None:
        for name, value in info.requests.items():
            self.requested[name] = self.requested.get(name, 0) + sign * value
        for port in info.ports:
            self.ports[port] = self.ports.get(port, 0) + sign
            if not self.ports[port]:
                del self.ports[port]
        self.with_anti_affinity += sign * bool(info.anti_affinity)

    def without(self, victims: Iterable[str]) -> NodeInfo:
        """A copy on which some pods are gone."""
        copy = NodeInfo(self.node, self.name, self.allocatable)
        gone = set(victims)
        for uid, info in self.pods.items():
            if uid not in gone:
                copy.add(info)
        return copy
