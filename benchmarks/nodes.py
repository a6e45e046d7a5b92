"""Many nodes with many pods: memory, processor time at rest, and whether all stay Ready while time is moved."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import orjson

from benchmarks.daemonset import manifest
from benchmarks.processes import cpu, resident
from benchmarks.settling import Progress, items, settled
from benchmarks.wire import Connection, Target
from mockube.cluster import Cluster, is_ready
from mockube.nodes import NodeTemplate

_DAEMONSETS: Final = "/apis/apps/v1/namespaces/default/daemonsets"
_PODS: Final = "/api/v1/namespaces/default/pods"
_NODES: Final = "/api/v1/nodes"
_EVENTS: Final = re.compile(rb'^apiserver_request_total\{[^}]*resource="events"[^}]*\} (\S+)$', re.MULTILINE)
_QUIET_SECONDS: Final = 5.0


async def main(nodes: int, pods_per_node: int, rest: float, minutes: float) -> None:
    """Print the figures."""
    with Cluster(nodes=[NodeTemplate(name="node", count=nodes)]) as cluster:
        target = Target.from_kubeconfig(cluster.kubeconfig)
        async with Connection(target) as connection:
            bench = _Bench(cluster, target, connection, nodes, nodes * pods_per_node)
            await bench.fill(pods_per_node)
            await bench.rest(rest)
            await bench.move(minutes * 60)


class _Bench:
    def __init__(self, cluster: Cluster, target: Target, connection: Connection, nodes: int, pods: int) -> None:
        self.cluster, self.target, self.connection, self.nodes, self.pods = cluster, target, connection, nodes, pods

    def memory(self) -> dict[str, float]:
        return {p.name: resident(p.pid) for p in self.cluster.processes}

    async def fill(self, sets: int) -> None:
        """Register the nodes and run so many DaemonSets on them."""
        print(f"{self.nodes} nodes settled after {await settled(self.cluster, self.connection, self.nodes):.1f} s")
        before, progress = self.memory(), Progress()
        for n in range(sets):
            name = f"bench-{n}"
            await self.connection.request("POST", _DAEMONSETS, json.dumps(_daemonset(name)).encode())
            while (ready := await self._ready_of(name)) < self.nodes:
                self.cluster.check()
                progress.say(f"{n * self.nodes + ready} of {self.pods} pods Ready")
                await asyncio.sleep(0.2)
        print(f"{self.pods} pods Ready after {progress.seconds:.1f} s", flush=True)
        await self._events_sent()
        print(f"their events sent after {progress.seconds:.1f} s", flush=True)
        after = self.memory()
        for name, megabytes in after.items():
            share = (megabytes - before[name]) / self.pods * 1000 if self.pods else 0.0
            print(f"{name}: {megabytes:.0f} MB resident, {share:.1f} MB per 1,000 pods")
        print(f"both: {sum(after.values()):.0f} MB", flush=True)

    async def _ready_of(self, name: str) -> int:
        _, body = await self.connection.request("GET", f"{_DAEMONSETS}/{name}")
        return int(orjson.loads(body)["status"]["numberReady"])

    async def _events_sent(self) -> None:
        progress, before = Progress(), -1.0
        while True:
            _, body = await self.connection.request("GET", "/metrics")
            now = sum(float(count) for count in _EVENTS.findall(body))
            if now == before:
                return
            progress.say(f"{now:.0f} events sent")
            before = now
            await asyncio.sleep(_QUIET_SECONDS)

    async def rest(self, seconds: float) -> None:
        """Let nothing happen for some time."""
        before = {p.name: cpu(p.pid) for p in self.cluster.processes}
        progress = Progress()
        while progress.seconds < seconds:
            progress.say("at rest")
            await asyncio.sleep(min(1.0, seconds))
        for p in self.cluster.processes:
            share = (cpu(p.pid) - before[p.name]) / progress.seconds
            print(f"{p.name}: {share:.1%} of a core at rest", flush=True)

    async def move(self, seconds: float) -> None:
        """Move the cluster's time and see who is not Ready meanwhile, and in the end."""
        unready: set[str] = set()
        progress = Progress()
        async with _watched(self.target, _NODES, unready), _watched(self.target, _PODS, unready):
            async with Connection(self.target) as mover:
                moving = asyncio.ensure_future(_advance(mover, seconds))
                _, body = await self.connection.request("GET", "/mockube/v1/clock")
                while not moving.done():
                    self.cluster.check()
                    await asyncio.wait({moving}, timeout=1.0)
                    _, body = await self.connection.request("GET", "/mockube/v1/clock")
                    progress.say(f"cluster time {orjson.loads(body)['now']}, {len(unready)} were not Ready")
                await moving
        print(f"{seconds / 60:g} min of cluster time moved in {progress.seconds:.1f} s", flush=True)
        nodes = await items(self.connection, _NODES)
        pods = await items(self.connection, _PODS)
        print(f"{len(unready)} nodes and pods were not Ready on the way {sorted(unready)[:5] or ''}")
        print(f"Ready in the end: {sum(map(is_ready, nodes))} nodes, {sum(map(is_ready, pods))} pods")
        print(f"both: {sum(self.memory().values()):.0f} MB")


def _daemonset(name: str) -> dict[str, Any]:
    found = manifest("nginx:1.25", "10%")
    found["metadata"]["name"] = name
    found["spec"]["selector"]["matchLabels"] = found["spec"]["template"]["metadata"]["labels"] = {"app": name}
    return found


async def _advance(connection: Connection, seconds: float) -> None:
    status, body = await connection.request(
        "POST", "/mockube/v1/clock/advance", json.dumps({"seconds": seconds}).encode()
    )
    if status != 200:
        raise SystemExit(f"moving the clock: HTTP {status}: {body[:200].decode()}")


@asynccontextmanager
async def _watched(target: Target, path: str, unready: set[str]) -> AsyncIterator[None]:
    """Note the names of objects that change and are not Ready, for as long as the block lasts."""
    async with Connection(target) as connection:
        _, body = await connection.request("GET", f"{path}?limit=1")
        version = orjson.loads(body)["metadata"]["resourceVersion"]
        connection.send("GET", f"{path}?watch=1&resourceVersion={version}&timeoutSeconds=86400")
        await connection.head()
        task = asyncio.ensure_future(_note(connection, unready))
        try:
            yield
            if task.done():
                raise SystemExit(f"the watch of {path} ended: {task.exception()}")
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task


async def _note(connection: Connection, unready: set[str]) -> None:
    rest = b""
    while size := int((await connection.reader.readline()).split(b";")[0], 16):
        data = (await connection.reader.readexactly(size + 2))[:-2]
        *lines, rest = (rest + data).split(b"\n")
        for line in filter(None, lines):
            event = orjson.loads(line)
            if event["type"] == "ERROR":
                raise RuntimeError(event["object"].get("message"))
            if event["type"] != "BOOKMARK" and not is_ready(event["object"]):
                unready.add(event["object"]["metadata"]["name"])
    raise RuntimeError("the server ended it")
