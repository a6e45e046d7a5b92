"""What a sync has to know of a pod and of a node, read once for each of their versions: it walks thousands of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from apimachinery import meta
from apimachinery.nodeaffinity import required_node_affinity
from apimachinery.objects import View
from apimachinery.scheduling import taints, tolerated
from controllers.daemon.template import TEMPLATE_GENERATION_LABEL, daemon_tolerations
from controllers.runtime import pods as podutil
from controllers.runtime.history import CONTROLLER_REVISION_HASH


class DaemonPod:
    """One version of a daemon pod; `node` is the one that it is on or is meant for."""

    __slots__ = (
        "active",
        "bound",
        "created",
        "deleting",
        "ended",
        "generation",
        "name",
        "node",
        "object",
        "phase",
        "ready",
        "revision",
    )

    def __init__(self, pod: View) -> None:
        metadata, labels = pod["metadata"], meta.labels(pod)
        self.object = pod
        self.name: str = metadata["name"]
        self.created: str = metadata.get("creationTimestamp") or ""
        self.deleting = bool(metadata.get("deletionTimestamp"))
        self.revision = labels.get(CONTROLLER_REVISION_HASH)
        self.generation = labels.get(TEMPLATE_GENERATION_LABEL)
        self.bound = bool(pod["spec"].get("nodeName"))
        self.node = target_node(pod)
        self.phase = podutil.phase(pod)
        self.ended = podutil.is_terminal(pod)
        self.active = podutil.is_active(pod)
        self.ready = podutil.is_ready(pod)

    def age_order(self) -> tuple[bool, str, str]:
        """Bound pods first, then the older, then by name. Models podByCreationTimestampAndPhase."""
        return not self.bound, self.created, self.name

    def is_available(self, min_ready_seconds: int, now: datetime) -> bool:
        """Whether the pod has been Ready for so many seconds."""
        if not self.ready or min_ready_seconds <= 0:
            return self.ready
        return podutil.is_available(self.object, min_ready_seconds, now)

    def is_updated(self, current_hash: str, generation: int | None) -> bool:
        """Whether the pod was made from the current template."""
        if current_hash and self.revision == current_hash:
            return True
        return generation is not None and self.generation == str(generation)


def target_node(pod: View) -> str:
    """The node that a daemon pod is on or is meant for; empty when it says neither."""
    spec = pod["spec"]
    if name := spec.get("nodeName"):
        return str(name)
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms") or ():
        for requirement in term.get("matchFields") or ():
            if requirement.get("key") == "metadata.name" and requirement.get("operator") == "In":
                values: list[str] = requirement.get("values") or []
                return values[0] if len(values) == 1 else ""
    return ""


class JudgedNode(NamedTuple):
    """One version of a node, and whether a daemon pod should run there and one that runs there may stay."""

    name: str
    should_run: bool
    may_stay: bool
    object: View


class Eligibility:
    """Where the pods of one generation of a DaemonSet's template belong."""

    def __init__(self, ds: View) -> None:
        spec = ds["spec"]["template"]["spec"]
        self._fixed = spec.get("nodeName")
        self._fits = required_node_affinity(spec)
        self._tolerations = daemon_tolerations(spec)
        self._judged: dict[int, JudgedNode] = {}

    def __call__(self, node: View) -> tuple[bool, bool]:
        """For a node: whether a daemon pod should run there, and whether one that runs there may stay."""
        if (self._fixed and self._fixed != meta.name(node)) or not self._fits(node):
            return False, False
        should_run = True
        for taint in taints(node):
            effect = taint.get("effect")
            if effect not in ("NoSchedule", "NoExecute") or tolerated(self._tolerations, taint):
                continue
            if effect == "NoExecute":
                return False, False
            should_run = False
        return should_run, True

    def over(self, nodes: Iterable[View]) -> Collection[JudgedNode]:
        """All nodes, judged; one that is the same object as last time is not judged again."""
        known, judged = self._judged.get, dict[int, JudgedNode]()
        for node in nodes:
            key = id(node)
            judged[key] = known(key) or JudgedNode(node["metadata"]["name"], *self(node), node)
        self._judged = judged
        return judged.values()
