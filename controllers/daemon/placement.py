"""Which pods belong on which node. Models pkg/controller/daemon/daemon_controller.go (podsShouldBeOnNode), v1.36.

Pure: takes what was read of objects, gives plans.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from apimachinery.objects import View
from controllers.daemon.facts import DaemonPod, JudgedNode
from controllers.daemon.template import surge_count

PodsByNode: TypeAlias = Mapping[str, Sequence[DaemonPod]]


@dataclass(slots=True)
class Plan:
    """What one sync is to do: nodes that get a pod, pods that go, pods that ended, and when to look again."""

    create: list[str] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)
    failed: list[DaemonPod] = field(default_factory=list)
    succeeded: list[DaemonPod] = field(default_factory=list)
    requeue_after: list[float] = field(default_factory=list)


def group_by_node(pods: Iterable[DaemonPod]) -> dict[str, list[DaemonPod]]:
    """Pods by target node; pods that ended and are being deleted count nowhere."""
    groups: dict[str, list[DaemonPod]] = {}
    for pod in pods:
        if pod.node and not (pod.deleting and pod.ended):
            groups.setdefault(pod.node, []).append(pod)
    return groups


def plan_placement(
    ds: View,
    nodes: Collection[JudgedNode],
    pods_by_node: PodsByNode,
    *,
    current_hash: str,
    now: datetime,
    back_off: Callable[[str], float | None],
) -> Plan:
    """Who gets a pod and who loses one; `back_off(node)` is the delay that a failed pod there still has to wait."""
    plan = Plan()
    surge = surge_count(ds, 1) > 0
    occupied = 0
    for name, should_run, may_stay, _ in nodes:
        pods = pods_by_node.get(name)
        if pods is None:
            if should_run:
                plan.create.append(name)
            continue
        occupied += 1
        if may_stay:
            if len(pods) == 1 and pods[0].active:
                continue
            running = _sort_out(pods, plan, back_off)
            if surge:
                _plan_surging_node(ds, name, running, should_run, plan, current_hash, now)
            elif len(running) > 1:
                running.sort(key=DaemonPod.age_order)
                plan.delete += [p.name for p in running[1:]]
        else:
            plan.delete += [p.name for p in pods if not p.deleting]
    if occupied < len(pods_by_node):
        known = {node.name for node in nodes}
        for name, pods in pods_by_node.items():
            if name not in known:
                plan.delete += [p.name for p in pods if not p.bound]
    return plan


def _sort_out(pods: Sequence[DaemonPod], plan: Plan, back_off: Callable[[str], float | None]) -> list[DaemonPod]:
    running = []
    for pod in pods:
        if pod.deleting:
            continue
        match pod.phase:
            case "Failed":
                delay = back_off(pod.node)
                if delay is not None:
                    plan.requeue_after.append(delay)
                else:
                    plan.failed.append(pod)
                    plan.delete.append(pod.name)
            case "Succeeded":
                plan.succeeded.append(pod)
                plan.delete.append(pod.name)
            case _:
                running.append(pod)
    return running


def _plan_surging_node(
    ds: View, name: str, running: list[DaemonPod], should_run: bool, plan: Plan, current_hash: str, now: datetime
) -> None:
    if len(running) <= 1:
        if not running and should_run:
            plan.create.append(name)
        return
    new: DaemonPod | None = None
    old: DaemonPod | None = None
    for pod in sorted(running, key=DaemonPod.age_order):
        if pod.revision == current_hash:
            if new is None:
                new = pod
                continue
        elif old is None:
            old = pod
            continue
        plan.delete.append(pod.name)
    if new is None or old is None:
        return
    if not old.ready or new.is_available(ds["spec"].get("minReadySeconds") or 0, now):
        plan.delete.append(old.name)
