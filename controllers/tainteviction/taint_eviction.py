"""Deletes pods that do not tolerate a NoExecute taint, at once or in time. Models pkg/controller/tainteviction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from apimachinery import errors, meta
from apimachinery.clock import Timer
from apimachinery.objects import Object, View
from apimachinery.scheduling import taints, tolerates
from apimachinery.timestamp import format_time
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.indexer import BY_NODE, by_node
from controllers.runtime.pods import observed, update_condition
from controllers.runtime.resources import NODES, PODS

_WORKERS: Final = 8
_RETRIES: Final = 5
_EVICTED: Final = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByTaintManager",
    "message": "Taint manager: deleting due to NoExecute taint",
}


def matching_tolerations(no_execute: Sequence[View], tolerations: Sequence[View]) -> list[View] | None:
    """The tolerations that cover the taints; None when a taint is covered by none. Models GetMatchingTolerations."""
    used: list[View] = []
    for taint in no_execute:
        matching = [t for t in tolerations if tolerates(t, taint)]
        if not matching:
            return None
        used += matching
    return used


def time_to_stay(used: Sequence[View]) -> float | None:
    """Seconds that the tolerations allow: 0 for none, None for ever. Models getMinTolerationTime; pure."""
    if not used:
        return 0.0
    limits = [max(0, t["tolerationSeconds"]) for t in used if t.get("tolerationSeconds") is not None]
    return float(min(limits)) if limits else None


class TaintEvictionController:
    """Keys are pods; a node event looks at every pod of the node."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._version = context.version
        self._recorder = context.events.recorder("taint-eviction-controller")
        self._queue = context.queue("taint_eviction", str)
        self._due = context.queue("taint_eviction_due", str, rate_limiter=None)
        self._timers: dict[str, Timer] = {}
        self._nodes = context.informers.informer(NODES)
        self._pods = context.informers.informer(PODS)
        self._pods.add_index(BY_NODE, by_node)
        self._nodes.add_handler(on_add=self._node_added, on_update=self._node_updated)
        self._pods.add_handler(on_add=self._pod_added, on_update=self._pod_updated, on_delete=self._pod_deleted)
        informers = (self._nodes, self._pods)
        self._loops = (
            Controller("taint-eviction-controller", self._queue, self.sync, workers=_WORKERS, informers=informers),
            Controller(
                "taint-eviction-deleter",
                self._due,
                self._delete,
                workers=_WORKERS,
                informers=informers,
                max_retries=_RETRIES,
            ),
        )

    async def run(self) -> None:
        """Evict until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for loop in self._loops:
                    tasks.create_task(loop.run(), name=loop.name)
        finally:
            for timer in self._timers.values():
                timer.cancel()

    def _node_added(self, node: View) -> None:
        if _no_execute(node):
            self._look_at_pods(meta.name(node))

    def _node_updated(self, old: View, node: View) -> None:
        if _no_execute(old) != _no_execute(node):
            self._look_at_pods(meta.name(node))

    def _look_at_pods(self, name: str) -> None:
        for pod in self._pods.indexer.by_index(BY_NODE, name):
            self._queue.add(meta.key(pod))

    def _pod_added(self, pod: View) -> None:
        name = pod["spec"].get("nodeName")
        node = self._nodes.get(name) if name else None
        if node is not None and _no_execute(node):
            self._queue.add(meta.key(pod))

    def _pod_updated(self, old: View, pod: View) -> None:
        same_node = old["spec"].get("nodeName") == pod["spec"].get("nodeName")
        if not same_node or old["spec"].get("tolerations") != pod["spec"].get("tolerations"):
            self._pod_added(pod)

    def _pod_deleted(self, pod: View) -> None:
        self._cancel(pod)

    async def sync(self, key: str) -> None:
        """Decide when a pod has to go: now, later, never."""
        pod = self._pods.indexer.get(key)
        if pod is None:
            return
        node = self._nodes.get(pod["spec"].get("nodeName") or "")
        found = _no_execute(node) if node is not None else []
        used = matching_tolerations(found, pod["spec"].get("tolerations") or ())
        if not found:
            self._cancel(pod)
        elif used is None:
            self._cancel(pod)
            self._due.add(key)
        elif (stay := time_to_stay(used)) is None:
            self._cancel(pod)
        elif key not in self._timers:
            self._schedule(key, stay)

    def _schedule(self, key: str, stay: float) -> None:
        """The first timer stands: later changes of taints or tolerations neither shorten nor restart it."""
        if stay <= 0:
            self._due.add(key)
            return

        def fire() -> None:
            self._timers.pop(key, None)
            self._due.add(key)

        self._timers[key] = self._clock.call_later(stay, fire)

    def _cancel(self, pod: View) -> None:
        """Stop the timer, and say so if there was one."""
        timer = self._timers.pop(meta.key(pod), None)
        if timer is not None:
            timer.cancel()
            self._recorder.event(
                _reference_of(pod), "Normal", "TaintManagerEviction", f"Cancelling deletion of Pod {meta.key(pod)}"
            )

    async def _delete(self, key: str) -> None:
        pod = self._pods.indexer.get(key)
        if pod is None:
            return
        if not self._due.num_requeues(key):
            self._recorder.event(
                _reference_of(pod), "Normal", "TaintManagerEviction", f"Marking for deletion Pod {meta.key(pod)}"
            )
        name, namespace = meta.name(pod), meta.namespace(pod)
        try:
            live = await self._client.get(PODS, name, namespace=namespace)
            condition = observed(_EVICTED, live, self._version)
            if update_condition(live["status"], condition, format_time(self._clock.now())):
                await self._client.update_status(PODS, live)
            await self._client.delete(PODS, name, namespace=namespace)
        except errors.NotFound:
            return


def _no_execute(node: View) -> list[Object]:
    return [t for t in taints(node) if t.get("effect") == "NoExecute"]


def _reference_of(pod: View) -> Object:
    """The pod as upstream refers to it in these events: without its UID."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": meta.name(pod), "namespace": meta.namespace(pod)},
    }
