"""One DaemonSet over many simulated nodes: seconds until every pod is Ready, then a rolling update of all."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from benchmarks.processes import cpu, resident
from benchmarks.settling import Progress, settled
from benchmarks.wire import Connection, Target
from mockube.cluster import Cluster
from mockube.nodes import NodeTemplate

PATH = "/apis/apps/v1/namespaces/default/daemonsets"


def manifest(image: str, max_unavailable: str) -> dict[str, Any]:
    """The DaemonSet that is rolled."""
    labels = {"app": "bench"}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "bench", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"rollingUpdate": {"maxUnavailable": max_unavailable}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": image}]},
            },
        },
    }


async def until(connection: Connection, field: str, wanted: int, generation: int, limit: float) -> float:
    """Seconds until a status counter of the observed generation reaches a number."""
    progress = Progress()
    while True:
        _, body = await connection.request("GET", f"{PATH}/bench")
        status = json.loads(body)["status"]
        current = status.get("observedGeneration") == generation
        if current and status.get(field, 0) >= wanted and status["numberReady"] >= wanted:
            return progress.seconds
        progress.say(f"{field} {status.get(field, 0)}, numberReady {status['numberReady']} of {wanted}")
        if progress.seconds > limit:
            raise SystemExit(f"{status.get(field, 0)} of {wanted} {field} after {limit:g} s")
        await asyncio.sleep(0.05)


class _Usage:
    """The processor time of a cluster's processes since the last look."""

    def __init__(self, cluster: Cluster) -> None:
        self._processes = cluster.processes
        self._before = [cpu(p.pid) for p in self._processes]

    def lap(self) -> str:
        now = [cpu(p.pid) for p in self._processes]
        used = zip(self._processes, now, self._before, strict=True)
        text = ", ".join(f"{p.name} {after - before:.1f} s" for p, after, before in used)
        self._before = now
        return f"processor time: {text}"


async def main(nodes: int, max_unavailable: str) -> None:
    """Print the figures."""
    with Cluster(nodes=[NodeTemplate(name="node", count=nodes)]) as cluster:
        async with Connection(Target.from_kubeconfig(cluster.kubeconfig)) as c:
            usage = _Usage(cluster)
            seconds = await settled(cluster, c, nodes)
            print(f"{nodes} nodes settled after {seconds:.1f} s; {usage.lap()}", flush=True)
            await c.request("POST", PATH, json.dumps(manifest("nginx:1.25", max_unavailable)).encode())
            seconds = await until(c, "updatedNumberScheduled", nodes, 1, 600)
            print(f"{nodes} pods Ready after {seconds:.1f} s; {usage.lap()}", flush=True)
            _, body = await c.request("GET", f"{PATH}/bench")
            changed = {**json.loads(body), "spec": manifest("nginx:1.26", max_unavailable)["spec"]}
            await c.request("PUT", f"{PATH}/bench", json.dumps(changed).encode())
            seconds = await until(c, "updatedNumberScheduled", nodes, 2, 1200)
            print(f"rolling update at maxUnavailable {max_unavailable}: {seconds:.1f} s; {usage.lap()}", flush=True)
        for process in cluster.processes:
            print(f"{process.name}: {resident(process.pid):.0f} MB resident")
