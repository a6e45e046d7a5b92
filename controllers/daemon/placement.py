"""Which pods belong on which node. Models pkg/controller/daemon/daemon_controller.go (podsShouldBeOnNode), v1.36.

Pure: takes decoded objects, gives plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apimachinery import intstr, meta
from apimachinery.nodeaffinity import required_node_affinity
from apimachinery.objects import Object, View
from apimachinery.scheduling import taints, tolerated
from controllers.runtime import pods as podutil
from controllers.runtime.history import CONTROLLER_REVISION_HASH

TEMPLATE_GENERATION_LABEL: Final = "pod-template-generation"
TEMPLATE_GENERATION_ANNOTATION: Final = "deprecated.daemonset.template.generation"

Eligibility = Callable[[View], tuple[bool, bool]]
PodsByNode = Mapping[str, Sequence[View]]

_AUTOMATIC: Final[tuple[tuple[str, str], ...]] = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_NETWORK_UNAVAILABLE: Final[tuple[str, str]] = ("node.kubernetes.io/network-unavailable", "NoSchedule")


@dataclass(slots=True)
class Plan:
    """What one sync is to do: nodes that get a pod, pods that go, pods that ended, and when to look again."""

    create: list[str] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)
    failed: list[tuple[str, View]] = field(default_factory=list)
    succeeded: list[tuple[str, View]] = field(default_factory=list)
    requeue_after: list[float] = field(default_factory=list)


def daemon_tolerations(spec: View) -> list[Object]:
    """The template's tolerations with the automatic ones replaced in place or appended."""
    result = [dict(t) for t in spec.get("tolerations") or ()]
    automatic = (*_AUTOMATIC, _NETWORK_UNAVAILABLE) if spec.get("hostNetwork") else _AUTOMATIC
    for key, effect in automatic:
        added: Object = {"key": key, "operator": "Exists", "effect": effect}
        for index, old in enumerate(result):
            same = (old.get("key"), old.get("operator"), old.get("effect")) == (key, "Exists", effect)
            if same and not old.get("value"):
                result[index] = added
                break
        else:
            result.append(added)
    return result


def node_name_affinity(affinity: View | None, node: str) -> Object:
    """The template's affinity with its required node terms replaced by the node's name."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = affinity or {}
    own = {
        **(affinity.get("nodeAffinity") or {}),
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
    }
    return {**affinity, "nodeAffinity": own}


def eligibility(ds: View) -> Eligibility:
    """For a node: whether a daemon pod should run there, and whether one that runs there may stay."""
    spec = ds["spec"]["template"]["spec"]
    fixed = spec.get("nodeName")
    fits = required_node_affinity(spec)
    tolerations = daemon_tolerations(spec)

    def eligible(node: View) -> tuple[bool, bool]:
        if (fixed and fixed != meta.name(node)) or not fits(node):
            return False, False
        should_run = True
        for taint in taints(node):
            effect = taint.get("effect")
            if effect not in ("NoSchedule", "NoExecute") or tolerated(tolerations, taint):
                continue
            if effect == "NoExecute":
                return False, False
            should_run = False
        return should_run, True

    return eligible


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


def group_by_node(pods: Iterable[View], *, include_deleted_terminal: bool = False) -> dict[str, list[View]]:
    """Pods by target node; pods that ended and are being deleted count nowhere unless asked for."""
    groups: dict[str, list[View]] = {}
    for pod in pods:
        if not include_deleted_terminal and pod["metadata"].get("deletionTimestamp") and podutil.is_terminal(pod):
            continue
        node = target_node(pod)
        if node:
            groups.setdefault(node, []).append(pod)
    return groups


def age_order(pod: View) -> tuple[bool, str, str]:
    """Bound pods first, then the older, then by name. Models podByCreationTimestampAndPhase."""
    metadata = pod["metadata"]
    return not pod["spec"].get("nodeName"), metadata.get("creationTimestamp") or "", metadata["name"]


def template_generation(ds: View) -> int | None:
    """The template generation that the API keeps in an annotation; None when absent or not a number."""
    text = meta.annotations(ds).get(TEMPLATE_GENERATION_ANNOTATION, "")
    try:
        return int(text)
    except ValueError:
        return None


def is_updated(pod: View, current_hash: str, generation: int | None) -> bool:
    """Whether the pod was made from the current template."""
    labels = meta.labels(pod)
    if current_hash and labels.get(CONTROLLER_REVISION_HASH) == current_hash:
        return True
    return generation is not None and labels.get(TEMPLATE_GENERATION_LABEL) == str(generation)


def rolling_update(ds: View) -> View | None:
    """The rollingUpdate parameters, None with another strategy."""
    strategy: Mapping[str, Any] = ds["spec"].get("updateStrategy") or {}
    return strategy.get("rollingUpdate") if strategy.get("type") == "RollingUpdate" else None


def surge_count(ds: View, total: int) -> int:
    """maxSurge of so many nodes, percentages rounded up."""
    parameters = rolling_update(ds)
    return intstr.scaled_value(parameters.get("maxSurge") or 0, total, round_up=True) if parameters else 0


def unavailable_count(ds: View, total: int) -> int:
    """maxUnavailable of so many nodes, percentages rounded up."""
    parameters = rolling_update(ds)
    return intstr.scaled_value(parameters.get("maxUnavailable") or 0, total, round_up=True) if parameters else 0


def plan_placement(
    ds: View,
    nodes: Iterable[View],
    pods_by_node: PodsByNode,
    *,
    eligible: Eligibility,
    current_hash: str,
    now: datetime,
    back_off: Callable[[str], float | None],
) -> Plan:
    """Who gets a pod and who loses one; `back_off(node)` is the delay that a failed pod there still has to wait."""
    plan = Plan()
    surge = surge_count(ds, 1) > 0
    known = set()
    for node in nodes:
        name = node["metadata"]["name"]
        known.add(name)
        should_run, may_stay = eligible(node)
        pods = pods_by_node.get(name)
        if pods is None:
            if should_run:
                plan.create.append(name)
        elif may_stay:
            running = _sort_out(name, pods, plan, back_off)
            if surge:
                _plan_surging_node(ds, name, running, should_run, plan, current_hash, now)
            elif len(running) > 1:
                running.sort(key=age_order)
                plan.delete += [meta.name(p) for p in running[1:]]
        else:
            plan.delete += [meta.name(p) for p in pods if not meta.is_deleting(p)]
    for name, pods in pods_by_node.items():
        if name not in known:
            plan.delete += [meta.name(p) for p in pods if not p["spec"].get("nodeName")]
    return plan


def _sort_out(name: str, pods: Sequence[View], plan: Plan, back_off: Callable[[str], float | None]) -> list[View]:
    running = []
    for pod in pods:
        if pod["metadata"].get("deletionTimestamp"):
            continue
        match podutil.phase(pod):
            case "Failed":
                delay = back_off(name)
                if delay is not None:
                    plan.requeue_after.append(delay)
                else:
                    plan.failed.append((name, pod))
                    plan.delete.append(meta.name(pod))
            case "Succeeded":
                plan.succeeded.append((name, pod))
                plan.delete.append(meta.name(pod))
            case _:
                running.append(pod)
    return running


def _plan_surging_node(
    ds: View, name: str, running: list[View], should_run: bool, plan: Plan, current_hash: str, now: datetime
) -> None:
    if len(running) <= 1:
        if not running and should_run:
            plan.create.append(name)
        return
    new: View | None = None
    old: View | None = None
    for pod in sorted(running, key=age_order):
        if meta.labels(pod).get(CONTROLLER_REVISION_HASH) == current_hash:
            if new is None:
                new = pod
                continue
        elif old is None:
            old = pod
            continue
        plan.delete.append(meta.name(pod))
    if new is None or old is None:
        return
    min_ready = ds["spec"].get("minReadySeconds") or 0
    if not podutil.is_ready(old) or podutil.is_available(new, min_ready, now):
        plan.delete.append(meta.name(old))
