"""The API server on etcd against the same on memory, and against what etcd itself takes from this client library."""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from apimachinery.clock import RealClock
from benchmarks.api import PODS, Bench, pod
from benchmarks.wire import Connection, Target
from mockube.cluster import Cluster
from mockube.etcd import OwnEtcd
from storage.backend.etcd.backend import EtcdBackend
from storage.backend.etcd.config import EtcdConfig

Figures = dict[str, float]
_PODS = 1000


async def _rate(work: Callable[[int], Awaitable[object]], *, seconds: float, clients: int) -> float:
    """Calls a second by so many clients at once."""
    numbers, end, done = itertools.count(), time.perf_counter() + seconds, 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await work(next(numbers))
            done += 1

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return done / (time.perf_counter() - begun)


async def _limit(url: str, seconds: float, clients: int) -> Figures:
    """What etcd takes of guarded puts and linearizable gets of a stored pod's size, without a server in between."""
    backend = EtcdBackend(EtcdConfig.from_servers((url,), prefix="/limit"), RealClock())
    await backend.start()
    value = json.dumps(pod("limit")).encode() * 2
    try:
        return {
            "creates/s": await _rate(
                lambda n: backend.put(f"/registry/pods/limit/{n:08}", value, expected=0),
                seconds=seconds,
                clients=clients,
            ),
            "gets/s": await _rate(
                lambda _: backend.get("/registry/pods/limit/00000000"), seconds=seconds, clients=clients
            ),
        }
    finally:
        await backend.close()


async def _server(target: Target, seconds: float, clients: int) -> Figures:
    """The same through an API server, and the latency of a list and of a watch event."""
    bench = Bench(target, pods=_PODS, seconds=seconds, connections=clients, pid=None)
    bench.report = lambda *_: None  # type: ignore[method-assign]
    await bench.prepare()
    connections = [await Connection(target).__aenter__() for _ in range(clients)]
    free = asyncio.Queue[Connection]()
    for connection in connections:
        free.put_nowait(connection)

    async def call(method: str, path: str, body: bytes = b"") -> None:
        connection = await free.get()
        try:
            status, text = await connection.request(method, path, body)
            if status >= 300:
                raise RuntimeError(text.decode()[:300])
        finally:
            free.put_nowait(connection)

    found: Figures = {}
    found["creates/s"] = await _rate(
        lambda n: call("POST", PODS, json.dumps(pod(f"more-{n:08}")).encode()), seconds=seconds, clients=clients
    )
    found["gets/s"] = await _rate(lambda _: call("GET", f"{PODS}/pod-000000"), seconds=seconds, clients=clients)
    times = []
    for _ in range(20):
        begun = time.perf_counter()
        await call("GET", f"{PODS}?limit=500")
        times.append(time.perf_counter() - begun)
    found["list of 500, ms"] = statistics.median(times) * 1e3
    found["watch event, ms"] = await _watch_latency(target)
    for connection in connections:
        await connection.__aexit__()
    return found


async def _watch_latency(target: Target) -> float:
    """Milliseconds from sending a write to its event, median."""
    times = []
    async with Connection(target) as watcher, Connection(target) as writer:
        _, body = await writer.request("GET", f"{PODS}?limit=1")
        version = json.loads(body)["metadata"]["resourceVersion"]
        watcher.send("GET", f"{PODS}?watch=1&resourceVersion={version}&fieldSelector=metadata.name%3Dpod-000000")
        await watcher.head()
        for i in range(50):
            patch = json.dumps({"metadata": {"annotations": {"n": str(i)}}}).encode()
            headers = f"Content-Type: application/merge-patch+json\r\nContent-Length: {len(patch)}\r\n"
            begun = time.perf_counter()
            writer.send("PATCH", f"{PODS}/pod-000000", b"", headers)
            writer.writer.write(patch)
            size = int((await watcher.reader.readline()).split(b";")[0], 16)
            await watcher.reader.readexactly(size + 2)
            times.append(time.perf_counter() - begun)
            _, answer = await writer.head()
            await writer.reader.readexactly(int(answer["content-length"]))
    return statistics.median(times) * 1e3


def main(seconds: float, clients: int) -> None:
    """Print the figures side by side, and what etcd costs as ratios."""
    import uvloop

    with tempfile.TemporaryDirectory() as folder:
        own = OwnEtcd(Path(folder))
        try:
            own.wait()
            limit = uvloop.run(_limit(own.url, seconds, clients))
            with Cluster(controllers=False, store="etcd", etcd_servers=own.url) as cluster:
                etcd = uvloop.run(_server(Target.from_kubeconfig(cluster.kubeconfig), seconds, clients))
        finally:
            own.process.stop()
    with Cluster(controllers=False) as cluster:
        memory = uvloop.run(_server(Target.from_kubeconfig(cluster.kubeconfig), seconds, clients))
    print(f"{clients} clients, {_PODS} pods of 4 KB; etcd syncs to disk")
    print(f"{'':18} {'memory':>10} {'on etcd':>10} {'etcd alone':>11} {'of memory':>10} {'of etcd':>9}")
    for name, value in etcd.items():
        alone = limit.get(name)
        print(
            f"{name:18} {memory[name]:10.1f} {value:10.1f} {f'{alone:.1f}' if alone else '':>11} "
            f"{value / memory[name]:9.2f}x {f'{value / alone:.2f}x' if alone else '':>9}"
        )
