"""The loop around the decisions: watch pods and nodes, decide, bind, say why not. Models pkg/scheduler/scheduler.go."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from apimachinery import errors, meta, scheduling
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.runtime import pods as podutil
from controllers.runtime.context import ControllerContext, ControllerDescriptor
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.scheduler import filters
from controllers.scheduler.framework import Decision, decide
from controllers.scheduler.queue import SchedulingQueue
from controllers.scheduler.types import NodeInfo, PodInfo

PODS: Final = GroupVersionResource("", "v1", "pods")
NODES: Final = GroupVersionResource("", "v1", "nodes")
NAMESPACES: Final = GroupVersionResource("", "v1", "namespaces")
CLAIMS: Final = GroupVersionResource("", "v1", "persistentvolumeclaims")
CLASSES: Final = GroupVersionResource("storage.k8s.io", "v1", "storageclasses")

NAME: Final = "default-scheduler"
BINDERS: Final = 64
NEIGHBOURS: Final = frozenset({"InterPodAffinity", "PodTopologySpread"})
"""The plugins that ask which pods are on the nodes already."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SchedulerOptions:
    """The scheduler's flags."""

    scheduler_name: str = flag(NAME, "Schedule the pods that name this scheduler.")


class Scheduler:
    """Gives every pod that names this scheduler a node: one decision at a time, many bindings under way."""

    def __init__(self, context: ControllerContext) -> None:
        self._options = context.options(SchedulerOptions)
        self._client = context.client.with_user_agent("kube-scheduler")
        self._clock = context.clock
        self._version = context.version
        self._events = context.events.recorder_v1(NAME, f"{NAME}-{socket.gethostname()}")
        self._random = random.Random(context.names.uid())
        self._queue = SchedulingQueue(context.clock)
        self._nodes: dict[str, NodeInfo] = {}
        self._placed: dict[str, str] = {}
        self._homeless: dict[str, dict[str, PodInfo]] = {}
        self._anti_affine: set[str] = set()
        self._binders = asyncio.Semaphore(BINDERS)
        informers = context.informers
        self._pods, self._node_cache = informers.informer(PODS), informers.informer(NODES)
        self._namespaces = informers.informer(NAMESPACES)
        self._claims, self._classes = informers.informer(CLAIMS), informers.informer(CLASSES)

    async def run(self) -> None:
        """Schedule until cancelled."""
        self._node_cache.add_handler(
            on_add=self._node_added, on_update=self._node_updated, on_delete=self._node_deleted
        )
        self._pods.add_handler(on_add=self._pod_added, on_update=self._pod_updated, on_delete=self._pod_gone)
        self._claims.add_handler(on_add=self._claim_seen, on_update=lambda _, new: self._claim_seen(new))
        for informer in (self._node_cache, self._pods, self._namespaces, self._claims, self._classes):
            await informer.wait_for_sync()
        async with asyncio.TaskGroup() as tasks:
            while True:
                info = await self._queue.take()
                decision = self._decide(info)
                if decision.node:
                    self._place(info, decision.node)
                    await self._binders.acquire()
                    tasks.create_task(self._bind(info, decision.node), name=f"bind {info.key}")
                else:
                    await self._binders.acquire()
                    tasks.create_task(self._refuse(info, decision), name=f"refuse {info.key}")
                if not self._queue:
                    await asyncio.sleep(0)

    # what the caches say --------------------------------------------------------------------------------------------

    def _node_added(self, node: View) -> None:
        name = meta.name(node)
        info = self._nodes[name] = NodeInfo.of(node)
        for pod in self._homeless.pop(name, {}).values():
            info.add(pod)
        self._queue.move(lambda p, _: p.targets is None or name in p.targets)

    def _node_updated(self, old: View, node: View) -> None:
        name = meta.name(node)
        if name not in self._nodes:
            self._node_added(node)
            return
        self._nodes[name].replace_node(node)
        if _scheduling_state(old) != _scheduling_state(node):
            self._queue.move(lambda p, _: p.targets is None or name in p.targets)

    def _node_deleted(self, node: View) -> None:
        name = meta.name(node)
        gone = self._nodes.pop(name, None)
        if gone is not None and gone.pods:
            self._homeless[name] = dict(gone.pods)

    def _pod_added(self, pod: View) -> None:
        self._pod_seen(pod)
        if pod["spec"].get("nodeName"):
            self._queue.move_refused_by(NEIGHBOURS)

    def _pod_updated(self, old: View, pod: View) -> None:
        relabelled = meta.labels(old) != meta.labels(pod)
        self._pod_seen(pod, retry=relabelled or old["spec"] != pod["spec"])
        node = pod["spec"].get("nodeName")
        if node and (relabelled or old["spec"].get("nodeName") != node):
            self._queue.move_refused_by(NEIGHBOURS)

    def _pod_seen(self, pod: View, *, retry: bool = True) -> None:
        uid, node = meta.uid(pod), pod["spec"].get("nodeName") or ""
        if scheduling.is_terminal(pod):
            self._pod_gone(pod)
            return
        if node:
            self._queue.drop(uid)
            if self._placed.get(uid) != node:
                self._place(PodInfo.of(pod), node)
            elif (known := self._pods_of(node).get(uid)) is not None:
                self._pods_of(node)[uid] = known.renewed(pod)
            return
        if pod["spec"].get("schedulerName") != self._options.scheduler_name or pod["spec"].get("schedulingGates"):
            return
        if meta.is_deleting(pod):
            self._queue.drop(uid)
        elif uid not in self._placed:
            self._queue.put(PodInfo.of(pod), retry=retry)

    def _pod_gone(self, pod: View) -> None:
        uid = meta.uid(pod)
        self._queue.drop(uid)
        node = self._placed.pop(uid, None)
        if node is None:
            return
        self._anti_affine.discard(uid)
        if node in self._nodes:
            self._nodes[node].remove(uid)
        else:
            self._homeless.get(node, {}).pop(uid, None)
        self._room_on(node)

    def _room_on(self, node: str) -> None:
        self._queue.move(lambda p, _: p.targets is None or node in p.targets)

    def _claim_seen(self, claim: View) -> None:
        namespace = meta.namespace(claim)
        self._queue.move(lambda p, plugins: "VolumeBinding" in plugins and meta.namespace(p.pod) == namespace)

    # deciding and doing ---------------------------------------------------------------------------------------------

    def _decide(self, info: PodInfo) -> Decision:
        namespace = meta.namespace(info.pod)
        problem = filters.claim_problem(info.pod, lambda name: self._claims.get(name, namespace), self._delayed)
        nominated = (info.pod.get("status") or {}).get("nominatedNodeName")
        if nominated in self._nodes and problem is None:
            only = {nominated: self._nodes[nominated]}
            found = self._try(info, only)
            if found.node:
                return found
        return self._try(info, self._nodes, problem)

    def _try(self, info: PodInfo, nodes: Mapping[str, NodeInfo], problem: str | None = None) -> Decision:
        return decide(
            info,
            nodes,
            namespaces=_NamespaceLabels(self._namespaces),
            random=self._random,
            claim_problem=problem,
            version=self._version,
            anti_affinity=bool(self._anti_affine),
        )

    def _delayed(self, storage_class: str) -> bool:
        found = self._classes.get(storage_class)
        return found is not None and found.get("volumeBindingMode") == "WaitForFirstConsumer"

    def _place(self, info: PodInfo, node: str) -> None:
        self._placed[info.uid] = node
        if info.anti_affinity:
            self._anti_affine.add(info.uid)
        if node in self._nodes:
            self._nodes[node].add(info)
        else:
            self._homeless.setdefault(node, {})[info.uid] = info

    def _pods_of(self, node: str) -> dict[str, PodInfo]:
        return self._nodes[node].pods if node in self._nodes else self._homeless.get(node, {})

    def _unplace(self, info: PodInfo) -> None:
        node = self._placed.pop(info.uid, None)
        self._anti_affine.discard(info.uid)
        if node in self._nodes:
            self._nodes[node].remove(info.uid)
        if node is not None:
            self._room_on(node)

    async def _bind(self, info: PodInfo, node: str) -> None:
        namespace, name = meta.namespace(info.pod), meta.name(info.pod)
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name, "namespace": namespace, "uid": info.uid},
            "target": {"kind": "Node", "name": node},
        }
        try:
            await self._client.create(PODS, binding, namespace=namespace, name=name, subresource="binding")
        except errors.NotFound:
            self._queue.drop(info.uid)
            self._unplace(info)
        except RETRIABLE as error:
            log.warning("binding %s to %s: %s", info.key, node, error)
            self._unplace(info)
            self._queue.failed(info.uid, frozenset())
            self._queue.move(lambda p, _: p.uid == info.uid)
        else:
            note = f"Successfully assigned {info.key} to {node}"
            self._events.event(info.pod, "Normal", "Scheduled", "Binding", note)
        finally:
            self._binders.release()

    async def _refuse(self, info: PodInfo, decision: Decision) -> None:
        try:
            self._events.event(info.pod, "Warning", "FailedScheduling", "Scheduling", decision.message)
            condition: Object = {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": decision.message,
            }
            plan = decision.preemption
            await self._write_status(info, condition, plan.node)
            for victim in plan.victims:
                await self._evict(victim, info, plan.node)
        finally:
            self._queue.failed(info.uid, decision.plugins)
            self._binders.release()

    async def _write_status(self, info: PodInfo, condition: Object, nominated: str) -> None:
        condition = podutil.observed(condition, info.pod, self._version)
        old = meta.condition(info.pod, condition["type"]) or {}
        same = all(old.get(k) == v for k, v in condition.items())
        if same and (not nominated or (info.pod.get("status") or {}).get("nominatedNodeName") == nominated):
            return
        now = format_time(self._clock.now())
        kept = old.get("status") == condition["status"]
        changed = {
            **condition,
            "lastProbeTime": None,
            "lastTransitionTime": old.get("lastTransitionTime", now) if kept else now,
        }
        status: Object = {"conditions": [changed]}
        if nominated:
            status["nominatedNodeName"] = nominated
        patch = {"metadata": {"uid": info.uid}, "status": status}
        try:
            await self._client.patch(
                PODS, meta.name(info.pod), patch, namespace=meta.namespace(info.pod), subresource="status"
            )
        except RETRIABLE as error:
            log.debug("status of %s: %s", info.key, error)

    async def _evict(self, victim: PodInfo, preemptor: PodInfo, node: str) -> None:
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "PreemptionByScheduler",
            "message": f"{self._options.scheduler_name}: preempting to accommodate a higher priority pod",
        }
        await self._write_status(victim, condition, "")
        try:
            await self._client.delete(PODS, meta.name(victim.pod), namespace=meta.namespace(victim.pod), uid=victim.uid)
        except RETRIABLE as error:
            log.debug("evicting %s: %s", victim.key, error)
            return
        note = f"Preempted by pod {preemptor.uid} on node {node}"
        self._events.event(victim.pod, "Normal", "Preempted", "Preempting", note, related=preemptor.pod)


class _NamespaceLabels(Mapping[str, Mapping[str, str]]):
    """Labels by namespace, read from the cache only where a term asks for them."""

    def __init__(self, namespaces: Any) -> None:
        self._namespaces = namespaces

    def __getitem__(self, name: str) -> Mapping[str, str]:
        found = self._namespaces.get(name)
        if found is None:
            raise KeyError(name)
        return meta.labels(found)

    def __iter__(self) -> Any:
        return (meta.name(n) for n in self._namespaces.list())

    def __len__(self) -> int:
        return len(self._namespaces.list())


def _scheduling_state(node: View) -> tuple[Any, ...]:
    spec = node.get("spec") or {}
    allocatable = (node.get("status") or {}).get("allocatable")
    return (meta.labels(node), spec.get("taints"), spec.get("unschedulable"), allocatable)


DESCRIPTOR: Final = ControllerDescriptor("scheduler", Scheduler, options=SchedulerOptions)
