"""Simulated kubelets: one process, any number of nodes. Models pkg/kubelet."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from controllers.runtime.context import ControllerContext, ControllerDescriptor
from controllers.runtime.controller import Controller
from controllers.runtime.flags import flag
from controllers.runtime.informer import wait_for_sync
from controllers.runtime.kubeconfig import load_kubeconfig
from controllers.runtime.resources import LEASES, NODES, PODS
from controllers.simulated import scenario
from controllers.simulated.cluster_view import ClusterView
from controllers.simulated.endpoint.server import KubeletServer
from controllers.simulated.eviction_manager import EvictionManagers
from controllers.simulated.images import Images
from controllers.simulated.lease_agent import LeaseAgents, retries
from controllers.simulated.node_agent import NodeAgents
from controllers.simulated.pod_agent import PodAgents

LEASE_WORKERS: Final = 100
"""As many heartbeats can go together."""
NODE_WORKERS: Final = 8
POD_WORKERS: Final = 32
STATUS_WORKERS: Final = 32
NODE_SECONDS: Final = 10.0
"""How long a kubelet waits for the answer to a heartbeat, which is as long as it waits between two."""


@dataclass(frozen=True, slots=True)
class KubeletOptions:
    """The simulated kubelets' flags."""

    simulated_nodes: str = flag("", "JSON file with the Node objects to register at start.")
    scenario: str = flag("", "YAML file that says how images behave; docs/scenarios.md describes it.")
    root_ca_file: str = flag("", "Certificate authority of the cluster, which signs the API server's own certificates.")
    kubelet_version: str = flag("v1.36.1", "What the nodes report as their version.")


class Kubelets:
    """All simulated kubelets of the cluster in one task group."""

    def __init__(self, context: ControllerContext) -> None:
        options = context.options(KubeletOptions)
        client = context.client.with_user_agent("kubelet")
        urgent = client.urgent(timeout=NODE_SECONDS)
        self._options = options
        self._pods, self._nodes = context.informers.informer(PODS), context.informers.informer(NODES)
        self._leases = context.informers.informer(LEASES)
        self._world = ClusterView(context.informers)
        self._lease_queue = context.queue("kubelet_leases", str, rate_limiter=retries())
        self._node_queue = context.queue("kubelet_nodes", str)
        self._pod_queue = context.queue("kubelet_pods", str)
        self._status_queue = context.queue("kubelet_pod_statuses", str)
        rules = scenario.load(Path(options.scenario)) if options.scenario else None
        self.nodes = NodeAgents(
            client,
            urgent,
            context.clock,
            context.events,
            self._nodes,
            self._node_queue,
            version=options.kubelet_version,
            changed=lambda name: self.pods.node_changed(name),
            beats=lambda name: self.leases.start(name),
        )
        self.leases = LeaseAgents(urgent, context.clock, self._leases, self._lease_queue, self.nodes.alive)
        self.pods = PodAgents(
            client,
            context.clock,
            context.events,
            self._pods,
            self._world,
            self._pod_queue,
            self._status_queue,
            Images(rules),
            host=self.nodes.host,
        )
        self.nodes.on_power_off = self.pods.power_off
        self.nodes.pods_on = self.pods.machines_on
        self.nodes.evictions = EvictionManagers(context.events, self.pods.machines_on, self.pods.look_again)
        authority = _authority(options.root_ca_file, str(context.flags.get("kubeconfig") or ""))
        self._server = (
            KubeletServer(self.pods, context.clock, authority, host=self.nodes.host, node=self._world.node)
            if authority
            else None
        )

    async def run(self) -> None:
        """Serve every simulated node until cancelled."""
        await wait_for_sync(self._pods, self._leases, *self._world.informers())
        self._world.on_change(self.pods.namespace_changed)
        try:
            await self._serve()
        finally:
            if self._server is not None:
                await self._server.stop()

    async def _serve(self) -> None:
        if self._server is not None:
            self.nodes.streaming = await self._server.start()
        self._nodes.add_handler(
            on_add=self.nodes.seen, on_update=lambda _, new: self.nodes.seen(new), on_delete=self.nodes.gone
        )
        self._pods.add_handler(
            on_add=self.pods.seen, on_update=lambda _, new: self.pods.seen(new), on_delete=self.pods.gone
        )
        workers = (
            Controller("kubelet_leases", self._lease_queue, self.leases.sync, workers=LEASE_WORKERS),
            Controller("kubelet_nodes", self._node_queue, self.nodes.sync, workers=NODE_WORKERS),
            Controller("kubelet_pods", self._pod_queue, self.pods.sync, workers=POD_WORKERS),
            Controller("kubelet_pod_statuses", self._status_queue, self.pods.write, workers=STATUS_WORKERS),
        )
        async with asyncio.TaskGroup() as tasks:
            for controller in workers:
                tasks.create_task(controller.run(), name=controller.name)
            await self.nodes.register_all(self._options.simulated_nodes)


def _authority(file: str, kubeconfig: str) -> bytes:
    """The cluster's certificate authority in PEM; empty when there is none to trust."""
    if file:
        return Path(file).read_bytes()
    return (load_kubeconfig(Path(kubeconfig)).ca or b"") if kubeconfig else b""


def _check(flags: Mapping[str, Any]) -> None:
    """Read the scenario once before anything starts; OptionsError when it is no good."""
    if file := flags.get("scenario"):
        scenario.load(Path(file))


DESCRIPTOR: Final = ControllerDescriptor("kubelet", Kubelets, options=KubeletOptions, check=_check)
