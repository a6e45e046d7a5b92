"""What an API server does a second: the same requests for any server URL and token.

Objects go into the namespace `benchmark`, which is removed in the end.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.wire import Connection, Target

NAMESPACE = "benchmark"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
TABLE = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n"


def pod(name: str, node: str = "") -> dict[str, Any]:
    """A pod of a common size, about 4 KB once stored."""
    container = {
        "name": "agent",
        "image": "registry.example.com/team/agent:v1.2.3",
        "args": ["--config=/etc/agent/config.yaml", "--log-level=info"],
        "env": [{"name": f"SETTING_{i}", "value": f"value-{i}"} for i in range(8)],
        "resources": {"requests": {"cpu": "100m", "memory": "200Mi"}, "limits": {"memory": "200Mi"}},
        "volumeMounts": [{"name": "varlog", "mountPath": "/var/log", "readOnly": True}],
        "ports": [{"name": "metrics", "containerPort": 9100}],
    }
    spec: dict[str, Any] = {
        "containers": [container],
        "serviceAccountName": "bench",
        "volumes": [{"name": "varlog", "hostPath": {"path": "/var/log"}}],
        "schedulerName": "nobody",
    }
    if node:
        spec["nodeName"] = node
    labels = {"app": "bench", "shard": name[-1]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


class Bench:
    """One run against one server."""

    def __init__(self, target: Target, *, pods: int, seconds: float, connections: int, pid: int | None) -> None:
        self.target, self.pods, self.seconds, self.connections, self.pid = target, pods, seconds, connections, pid
        self.results: list[tuple[str, str]] = []

    def report(self, name: str, value: str) -> None:
        """Print a figure and keep it."""
        self.results.append((name, value))
        print(f"{name:34} {value}", flush=True)

    async def rate(self, name: str, work: Callable[[Connection, int], Awaitable[int]], connections: int = 0) -> None:
        """Requests a second and latency of `work` over several connections for some seconds."""
        end, times, counter = time.perf_counter() + self.seconds, list[float](), iter(range(10**9))

        async def client() -> None:
            async with Connection(self.target) as c:
                while (begun := time.perf_counter()) < end:
                    status = await work(c, next(counter))
                    if status >= 300:
                        raise RuntimeError(f"{name}: HTTP {status}")
                    times.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(connections or self.connections)))
        per_second = len(times) / (time.perf_counter() - begun)
        times.sort()
        p99 = times[int(len(times) * 0.99)]
        self.report(name, f"{per_second:10.1f}/s   p50 {statistics.median(times) * 1e3:.2f} ms  p99 {p99 * 1e3:.2f} ms")

    async def prepare(self) -> None:
        """Namespace, ServiceAccount and pods, a fiftieth of them on each of 50 nodes."""
        async with Connection(self.target) as c:
            await c.request("POST", "/api/v1/namespaces", json.dumps(_named("Namespace", NAMESPACE)).encode())
            account = {**_named("ServiceAccount", "bench"), "automountServiceAccountToken": False}
            await c.request("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", json.dumps(account).encode())
        before = self.resident()
        numbers = iter(range(self.pods))

        async def creator() -> None:
            async with Connection(self.target) as c:
                for i in numbers:
                    body = json.dumps(pod(f"pod-{i:06}", f"node-{i % 50}")).encode()
                    status, text = await c.request("POST", PODS, body)
                    if status >= 300 and status != 409:
                        raise RuntimeError(text.decode()[:300])

        begun = time.perf_counter()
        await asyncio.gather(*(creator() for _ in range(self.connections)))
        self.report(f"create {self.pods} pods", f"{self.pods / (time.perf_counter() - begun):10.1f}/s")
        after = self.resident()
        if before and after:
            self.report(
                "resident memory", f"{before / 1e6:10.1f} MB before, {(after - before) / self.pods / 1e3:.1f} KB a pod"
            )

    def resident(self) -> int:
        """Bytes resident of the server process, 0 when its pid is not known."""
        if self.pid is None:
            return 0
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096

    async def fan_out(self, watchers: int) -> None:
        """Events a second when one change goes to many watchers."""
        changes, ready = 20, asyncio.Semaphore(0)

        async def watcher() -> None:
            async with Connection(self.target) as c:
                c.send("GET", f"{PODS}?watch=1&resourceVersion={version}&fieldSelector=metadata.name%3Dpod-000000")
                await c.head()
                ready.release()
                seen = 0
                while seen < changes:
                    size = int((await c.reader.readline()).split(b";")[0], 16)
                    seen += (await c.reader.readexactly(size + 2)).count(b'"type":"MODIFIED"')

        async with Connection(self.target) as c:
            _, body = await c.request("GET", f"{PODS}?limit=1")
            version = json.loads(body)["metadata"]["resourceVersion"]
            tasks = [asyncio.ensure_future(watcher()) for _ in range(watchers)]
            for _ in range(watchers):
                await ready.acquire()
            begun = time.perf_counter()
            for i in range(changes):
                patch = json.dumps({"metadata": {"annotations": {"n": f"{begun}-{i}"}}}).encode()
                headers = "Content-Type: application/merge-patch+json\r\n"
                c.send("PATCH", f"{PODS}/pod-000000", b"", f"{headers}Content-Length: {len(patch)}\r\n")
                c.writer.write(patch)
                status, found = await c.head()
                await c.reader.readexactly(int(found["content-length"]))
                if status >= 300:
                    raise RuntimeError(f"patch: HTTP {status}")
            await asyncio.gather(*tasks)
            self.report(
                f"fan-out to {watchers} watchers",
                f"{changes * watchers / (time.perf_counter() - begun):10.1f} events/s",
            )

    async def run(self) -> None:
        """All of it, in order."""
        await self.prepare()

        def get(path: str, headers: str = "") -> Callable[[Connection, int], Awaitable[int]]:
            async def work(c: Connection, _: int) -> int:
                return (await c.request("GET", path, headers=headers))[0]

            return work

        async def create(c: Connection, i: int) -> int:
            return (await c.request("POST", PODS, json.dumps(pod(f"more-{i:08}")).encode()))[0]

        await self.rate("GET one pod", get(f"{PODS}/pod-000000"))
        await self.rate("LIST 500", get(f"{PODS}?limit=500"), 4)
        await self.rate(f"LIST all {self.pods}", get(PODS), 2)
        await self.rate("Table of 500", get(f"{PODS}?limit=500", TABLE), 4)
        await self.rate("LIST by spec.nodeName", get("/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-7&limit=5"))
        await self.fan_out(200)
        await self.rate("create pod", create)
        async with Connection(self.target) as c:
            await c.request("DELETE", f"{PODS}?gracePeriodSeconds=0")
            await c.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}")


def _named(kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
