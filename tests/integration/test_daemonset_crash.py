"""A manager that is killed at any moment leaves nothing that the next one cannot repair."""

from __future__ import annotations

import random

import pytest

from apimachinery import meta
from apimachinery.objects import View
from controllers.runtime.pods import is_ready
from controllers.runtime.resources import DAEMON_SETS, PODS
from tests.controllers.cluster import Cluster, ManagerProcess, daemonset, simulated_node
from tests.support.api import ServerProcess

pytestmark = pytest.mark.slow
NODES = 6


async def test_kill_9_in_the_middle_of_rollouts(server: ServerProcess) -> None:
    nodes = [simulated_node(f"n{i}") for i in range(NODES)]
    choose = random.Random(7)
    async with Cluster(server.kubeconfig) as cluster:
        with ManagerProcess(server, nodes=nodes):
            await cluster.ready_nodes(NODES)
            namespace = await cluster.namespace("crash")
            await cluster.client.create(DAEMON_SETS, daemonset(), namespace=namespace)
            await cluster.rolled_out(namespace, nodes=NODES)
        pods = cluster.informers.informer(PODS)
        down: list[int] = []

        def look(*_: View) -> None:
            alive = [p for p in pods.list(namespace) if not meta.is_deleting(p)]
            down.append(NODES - len({p["spec"].get("nodeName") for p in alive if is_ready(p)}))
            made = [(p["spec"].get("nodeName"), meta.labels(p)["controller-revision-hash"]) for p in alive]
            assert len(set(made)) == len(made), "two pods of one revision on one node"

        handler = pods.add_handler(on_add=look, on_update=look, on_delete=look)
        for version in range(26, 32):
            patch = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": f"nginx:1.{version}"}]}}}}
            await cluster.strategic(DAEMON_SETS, "ds", patch, namespace)
            with ManagerProcess(server) as first:
                seen = len(down)
                steps = choose.randrange(1, 40)
                await cluster.until(PODS, lambda _, s=seen + steps: len(down) >= s, namespace)  # type: ignore[misc]
                first.kill()
            with ManagerProcess(server):
                await cluster.rolled_out(namespace, nodes=NODES)
        pods.remove_handler(handler)
        assert max(down) == 1
        assert len(await cluster.live(PODS, namespace)) == NODES
