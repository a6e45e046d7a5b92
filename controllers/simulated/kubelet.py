"""Simulated kubelets: nodes that register, beat, and take their pods through life. Models pkg/kubelet."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apimachinery import errors, meta, scheduling
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_micro_time
from controllers.runtime.context import ControllerContext, ControllerDescriptor
from controllers.runtime.controller import Controller
from controllers.runtime.flags import flag
from controllers.runtime.informer import wait_for_sync
from controllers.simulated import node as nodes
from controllers.simulated import pod as pods

PODS: Final = GroupVersionResource("", "v1", "pods")
NODES: Final = GroupVersionResource("", "v1", "nodes")
LEASES: Final = GroupVersionResource("coordination.k8s.io", "v1", "leases")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KubeletOptions:
    """The simulated kubelets' flags."""

    simulated_nodes: str = flag("", "JSON file with the Node objects to register at start.")
    scenario: str = flag("", "YAML file that says how images behave.")
    kubelet_version: str = flag("v1.36.1", "What the nodes report as their version.")


class Kubelets:
    """All simulated kubelets of the cluster in one task group."""

    def __init__(self, context: ControllerContext) -> None:
        self._options = context.options(KubeletOptions)
        self._client = context.client.with_user_agent("kubelet")
        self._clock = context.clock
        self._events = context.events
        self._pods, self._nodes = context.informers.informer(PODS), context.informers.informer(NODES)
        self._pod_queue = context.queue("kubelet_pods", str)
        self._node_queue = context.queue("kubelet_nodes", str)
        self._addresses = pods.Addresses()

    async def run(self) -> None:
        """Serve every simulated node until cancelled."""
        self._nodes.add_handler(on_add=self._node_seen, on_update=lambda _, new: self._node_seen(new))
        self._pods.add_handler(
            on_add=self._pod_seen, on_update=lambda _, new: self._pod_seen(new), on_delete=self._pod_gone
        )
        informers = (self._pods, self._nodes)
        await wait_for_sync(*informers)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Controller("kubelet_nodes", self._node_queue, self._sync_node, workers=32).run())
            tasks.create_task(
                Controller("kubelet_pods", self._pod_queue, self._sync_pod, workers=64, informers=informers).run()
            )
            await self._register()

    async def _register(self) -> None:
        if not self._options.simulated_nodes:
            return
        wanted: list[Object] = json.loads(await asyncio.to_thread(Path(self._options.simulated_nodes).read_text))
        limit = asyncio.Semaphore(32)

        async def register(node: Object) -> None:
            async with limit:
                try:
                    await self._client.create(NODES, node)
                except errors.AlreadyExists:
                    return

        await asyncio.gather(*(register(n) for n in wanted if self._nodes.get(meta.name(n)) is None))

    def _node_seen(self, node: View) -> None:
        if nodes.is_simulated(node) and meta.condition(node, "Ready") is None:
            self._node_queue.add(meta.name(node))

    async def _sync_node(self, name: str) -> None:
        node = self._nodes.get(name)
        if node is None or not nodes.is_simulated(node):
            return
        now = self._clock.now()
        if meta.condition(node, "Ready") is None:
            await self._client.patch(NODES, name, {"metadata": nodes.registration(node)})
            found = nodes.status(node, now, kubelet_port=10250, version=self._options.kubelet_version)
            await self._client.patch(NODES, name, {"status": found}, subresource="status")
            recorder = self._events.recorder("kubelet", name)
            for reason, message in (
                ("Starting", "Starting kubelet."),
                ("NodeHasSufficientMemory", f"Node {name} status is now: NodeHasSufficientMemory"),
                ("NodeHasNoDiskPressure", f"Node {name} status is now: NodeHasNoDiskPressure"),
                ("NodeHasSufficientPID", f"Node {name} status is now: NodeHasSufficientPID"),
                ("NodeReady", f"Node {name} status is now: NodeReady"),
            ):
                recorder.event({**node, "metadata": {**node["metadata"], "uid": name}}, "Normal", reason, message)
        beat = nodes.lease(name, meta.uid(node), format_micro_time(now))
        try:
            patch = {"spec": {"renewTime": beat["spec"]["renewTime"]}}
            await self._client.patch(LEASES, name, patch, namespace="kube-node-lease")
        except errors.NotFound:
            await self._client.create(LEASES, beat, namespace="kube-node-lease")
        self._node_queue.add_after(name, 10.0)

    def _pod_seen(self, pod: View) -> None:
        node = self._nodes.get(pod["spec"].get("nodeName") or "")
        if node is not None and nodes.is_simulated(node) and pods.needs_work(pod):
            self._pod_queue.add(meta.key(pod))

    def _pod_gone(self, pod: View) -> None:
        self._addresses.release(meta.uid(pod))

    async def _sync_pod(self, key: str) -> None:
        namespace, name = key.split("/")
        pod = self._pods.get(name, namespace)
        if pod is None:
            return
        node = self._nodes.get(pod["spec"].get("nodeName") or "")
        if node is None:
            return
        if meta.is_deleting(pod):
            await self._finish(pod)
            return
        if (pod.get("status") or {}).get("startTime") or scheduling.is_terminal(pod):
            return
        address = self._addresses.take(meta.uid(pod), node)
        status = pods.running(pod, node, address, self._clock.now())
        try:
            await self._client.patch(
                PODS,
                name,
                {"metadata": {"uid": meta.uid(pod)}, "status": status},
                namespace=namespace,
                subresource="status",
            )
        except errors.NotFound:
            return
        recorder = self._events.recorder("kubelet", meta.name(node))
        for container in pod["spec"]["containers"]:
            path = f"spec.containers{{{container['name']}}}"
            image = container["image"]
            present = f'Container image "{image}" already present on machine and can be accessed by the pod'
            for reason, message in (
                ("Pulled", present),
                ("Created", "Container created"),
                ("Started", "Container started"),
            ):
                recorder.event(pod, "Normal", reason, message, field_path=path)

    async def _finish(self, pod: View) -> None:
        namespace, name = meta.namespace(pod), meta.name(pod)
        status = pods.stopped(pod, self._clock.now())
        try:
            if not scheduling.is_terminal(pod):
                await self._client.patch(PODS, name, {"status": status}, namespace=namespace, subresource="status")
            await self._client.delete(PODS, name, namespace=namespace, grace_period_seconds=0, uid=meta.uid(pod))
        except (errors.NotFound, errors.Conflict) as error:
            log.debug("finishing %s/%s: %s", namespace, name, error)


DESCRIPTOR: Final = ControllerDescriptor("kubelet", Kubelets, options=KubeletOptions)
