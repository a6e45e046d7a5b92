"""When a cluster of simulated nodes is at rest: every node Ready, untainted, with its lease."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import orjson

from benchmarks.wire import Connection
from mockube.cluster import Cluster, is_ready

_LEASES: Final = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
_PROGRESS_SECONDS: Final = 5.0


class Progress:
    """A line now and then while something long goes on."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._said = self._begun

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self._begun

    def say(self, text: str) -> None:
        """Print, unless something was printed within the last seconds."""
        if time.perf_counter() - self._said > _PROGRESS_SECONDS:
            self._said = time.perf_counter()
            print(f"  {self.seconds:5.0f} s: {text}", flush=True)


async def items(connection: Connection, path: str) -> list[dict[str, Any]]:
    """Everything at a path."""
    status, body = await connection.request("GET", path)
    if status != 200:
        raise SystemExit(f"GET {path}: HTTP {status}: {body[:200].decode()}")
    found: list[dict[str, Any]] = orjson.loads(body)["items"]
    return found


def at_rest(node: dict[str, Any]) -> bool:
    """Whether a node is Ready and untainted."""
    return is_ready(node) and not node["spec"].get("taints")


async def settled(cluster: Cluster, connection: Connection, nodes: int, limit: float = 600.0) -> float:
    """Seconds until so many nodes are at rest and have their leases; SystemExit when the limit is over."""
    progress = Progress()
    while True:
        cluster.check()
        asked = time.perf_counter()
        found = sum(map(at_rest, await items(connection, "/api/v1/nodes")))
        leases = len(await items(connection, _LEASES)) if found >= nodes else 0
        if found >= nodes and leases >= nodes:
            return progress.seconds
        progress.say(f"{found} of {nodes} nodes at rest, {leases} leases")
        if progress.seconds > limit:
            raise SystemExit(f"{found} of {nodes} nodes at rest after {limit:g} s")
        await asyncio.sleep(max(0.1, 4 * (time.perf_counter() - asked)))
