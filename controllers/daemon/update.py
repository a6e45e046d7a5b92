"""The steps of a rolling update. Models pkg/controller/daemon/update.go (rollingUpdate), v1.36; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apimachinery import meta
from apimachinery.objects import View
from controllers.daemon.placement import (
    Eligibility,
    PodsByNode,
    is_updated,
    surge_count,
    template_generation,
    unavailable_count,
)
from controllers.runtime.errors import ReconcileError
from controllers.runtime.pods import is_available


@dataclass(slots=True)
class Rollout:
    """Pods to delete and nodes to surge onto."""

    delete: list[str] = field(default_factory=list)
    create: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Classifier:
    current_hash: str
    generation: int | None
    min_ready: int
    now: datetime

    def classify(self, pods: Sequence[View]) -> tuple[View | None, View | None, bool]:
        """The new and the old pod of a node; False when there are several of a sort."""
        new: View | None = None
        old: View | None = None
        for pod in pods:
            if pod["metadata"].get("deletionTimestamp"):
                continue
            if is_updated(pod, self.current_hash, self.generation):
                if new is not None:
                    return None, None, False
                new = pod
            else:
                if old is not None:
                    return None, None, False
                old = pod
        return new, old, True

    def available(self, pod: View) -> bool:
        return is_available(pod, self.min_ready, self.now)


def plan_rolling_update(
    ds: View,
    nodes: Iterable[View],
    pods_by_node: PodsByNode,
    *,
    eligible: Eligibility,
    current_hash: str,
    now: datetime,
) -> Rollout:
    """What may be replaced now without breaking maxUnavailable or maxSurge; nodes are walked by name."""
    by_name = {n["metadata"]["name"]: n for n in nodes}
    wanted = {name for name, node in by_name.items() if eligible(node)[0]}
    desired = len(wanted)
    max_unavailable, max_surge = unavailable_count(ds, desired), surge_count(ds, desired)
    if desired > 0 and max_unavailable == 0 and max_surge == 0:
        max_unavailable = 1
    everywhere = {name: pods_by_node.get(name, ()) for name in sorted({*pods_by_node, *wanted})}
    classifier = _Classifier(current_hash, template_generation(ds), ds["spec"].get("minReadySeconds") or 0, now)
    if max_surge == 0:
        return _without_surge(everywhere, classifier, max_unavailable)
    return _with_surge(everywhere, classifier, max_surge, desired, wanted, by_name)


def _without_surge(pods_by_node: PodsByNode, classifier: _Classifier, max_unavailable: int) -> Rollout:
    unavailable = 0
    broken: list[str] = []
    candidates: list[str] = []
    for pods in pods_by_node.values():
        new, old, clear = classifier.classify(pods)
        if not clear or (new is None) == (old is None):
            unavailable += 1
        elif new is not None:
            unavailable += not classifier.available(new)
        elif old is not None and not classifier.available(old):
            broken.append(meta.name(old))
            unavailable += 1
        elif old is not None and unavailable < max_unavailable:
            candidates.append(meta.name(old))
    return Rollout(delete=broken + candidates[: max(0, max_unavailable - unavailable)])


def _with_surge(
    pods_by_node: PodsByNode,
    classifier: _Classifier,
    max_surge: int,
    desired: int,
    wanted: set[str],
    nodes: Mapping[str, View],
) -> Rollout:
    rollout = Rollout()
    surging = available = 0
    sunset: list[str] = []
    candidates: list[str] = []
    for name, pods in pods_by_node.items():
        new, old, clear = classifier.classify(pods)
        if not clear:
            surging += 1
            continue
        counted = old if old is not None else new
        available += counted is not None and classifier.available(counted)
        if old is None:
            continue
        if new is not None:
            if classifier.available(new):
                rollout.delete.append(meta.name(old))
            else:
                surging += 1
        elif not classifier.available(old):
            if _runs(name, wanted, nodes):
                rollout.create.append(name)
            else:
                rollout.delete.append(meta.name(old))
        elif surging < max_surge:
            if _runs(name, wanted, nodes):
                candidates.append(name)
            else:
                sunset.append(meta.name(old))
    rollout.delete += sunset[: max(0, available - desired)]
    rollout.create += candidates[: max(0, max_surge - surging)]
    return rollout


def _runs(name: str, wanted: set[str], nodes: Mapping[str, View]) -> bool:
    if name not in nodes:
        raise ReconcileError(f'couldn\'t get node for nodeName "{name}": node "{name}" not found')
    return name in wanted
