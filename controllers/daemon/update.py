"""The steps of a rolling update. Models pkg/controller/daemon/update.go (rollingUpdate), v1.36; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apimachinery.objects import View
from controllers.daemon.facts import DaemonPod, JudgedNode
from controllers.daemon.placement import PodsByNode
from controllers.daemon.template import surge_count, template_generation, unavailable_count
from controllers.runtime.errors import ReconcileError


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

    def classify(self, pods: Sequence[DaemonPod]) -> tuple[DaemonPod | None, DaemonPod | None, bool]:
        """The new and the old pod of a node; False when there are several of a sort."""
        new: DaemonPod | None = None
        old: DaemonPod | None = None
        for pod in pods:
            if pod.deleting:
                continue
            if pod.is_updated(self.current_hash, self.generation):
                if new is not None:
                    return None, None, False
                new = pod
            else:
                if old is not None:
                    return None, None, False
                old = pod
        return new, old, True

    def available(self, pod: DaemonPod) -> bool:
        return pod.is_available(self.min_ready, self.now)


def plan_rolling_update(
    ds: View,
    nodes: Iterable[JudgedNode],
    pods_by_node: PodsByNode,
    *,
    current_hash: str,
    now: datetime,
) -> Rollout:
    """What may be replaced now without breaking maxUnavailable or maxSurge; nodes are walked by name."""
    should_run = {node.name: node.should_run for node in nodes}
    wanted = [name for name, wanted in should_run.items() if wanted]
    desired = len(wanted)
    max_unavailable, max_surge = unavailable_count(ds, desired), surge_count(ds, desired)
    if desired > 0 and max_unavailable == 0 and max_surge == 0:
        max_unavailable = 1
    everywhere = {name: pods_by_node.get(name, ()) for name in sorted({*pods_by_node, *wanted})}
    classifier = _Classifier(current_hash, template_generation(ds), ds["spec"].get("minReadySeconds") or 0, now)
    if max_surge == 0:
        return _without_surge(everywhere, classifier, max_unavailable)
    return _with_surge(everywhere, classifier, max_surge, desired, should_run)


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
            broken.append(old.name)
            unavailable += 1
        elif old is not None and unavailable < max_unavailable:
            candidates.append(old.name)
    return Rollout(delete=broken + candidates[: max(0, max_unavailable - unavailable)])


def _with_surge(
    pods_by_node: PodsByNode,
    classifier: _Classifier,
    max_surge: int,
    desired: int,
    should_run: Mapping[str, bool],
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
                rollout.delete.append(old.name)
            else:
                surging += 1
        elif not classifier.available(old):
            if _runs(name, should_run):
                rollout.create.append(name)
            else:
                rollout.delete.append(old.name)
        elif surging < max_surge:
            if _runs(name, should_run):
                candidates.append(name)
            else:
                sunset.append(old.name)
    rollout.delete += sunset[: max(0, available - desired)]
    rollout.create += candidates[: max(0, max_surge - surging)]
    return rollout


def _runs(name: str, should_run: Mapping[str, bool]) -> bool:
    if name not in should_run:
        raise ReconcileError(f'couldn\'t get node for nodeName "{name}": node "{name}" not found')
    return should_run[name]
