"""One DaemonSet over many simulated nodes: seconds until every pod is Ready, then a rolling update of all."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

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
    begun = time.perf_counter()
    while True:
        _, body = await connection.request("GET", f"{PATH}/bench")
        status = json.loads(body)["status"]
        if (
            status.get("observedGeneration") == generation
            and status.get(field, 0) >= wanted
            and status["numberReady"] >= wanted
        ):
            return time.perf_counter() - begun
        if time.perf_counter() - begun > limit:
            raise SystemExit(f"{status.get(field, 0)} of {wanted} {field} after {limit:g} s")
        await asyncio.sleep(0.05)


def resident(pid: int) -> float:
    """Megabytes resident of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


async def main(nodes: int, max_unavailable: str) -> None:
    """Print the figures."""
    with Cluster(nodes=[NodeTemplate(name="node", count=nodes)]) as cluster:
        begun = time.perf_counter()
        cluster.wait_for_nodes(300)
        print(f"{nodes} nodes Ready after {time.perf_counter() - begun:.1f} s")
        async with Connection(Target.from_kubeconfig(cluster.kubeconfig)) as c:
            await c.request("POST", PATH, json.dumps(manifest("nginx:1.25", max_unavailable)).encode())
            print(
                f"{nodes} pods Ready after {await until(c, 'updatedNumberScheduled', nodes, 1, 600):.1f} s", flush=True
            )
            _, body = await c.request("GET", f"{PATH}/bench")
            changed = {**json.loads(body), "spec": manifest("nginx:1.26", max_unavailable)["spec"]}
            await c.request("PUT", f"{PATH}/bench", json.dumps(changed).encode())
            seconds = await until(c, "updatedNumberScheduled", nodes, 2, 1200)
            print(f"rolling update at maxUnavailable {max_unavailable}: {seconds:.1f} s", flush=True)
        for process in cluster.processes:
            print(f"{process.name}: {resident(process.pid):.0f} MB resident")
