"""kill -9 of API servers, etcd and the controller manager in random order, under load; then every promise is checked.

    python -m tests.reliability.crash --kills 50 --seed 1

No acknowledged write may be lost, no watcher that resumes may miss an event, no revision may be used twice, and what
clients saw of each key must have an order. Ends with 0 when all of it held.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.controllers.cluster import ManagerProcess
from tests.reliability import linearizability, revisions
from tests.reliability.clients import Load
from tests.reliability.history import History
from tests.support.api import ServerProcess
from tests.support.etcd import Etcd, free_ports

SERVERS: Final = 2
WRITERS: Final = 8
WATCHERS: Final = 3
RECOVERY: Final = 60.0
PODS: Final = 3


class Server(ServerProcess):
    """An API server on a port of its own that may be killed and started again."""

    def kill(self) -> None:
        """kill -9, also while it is starting."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


class Victims:
    """The processes of a cluster: one etcd, two API servers, a manager at the first of them."""

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        self.etcd = Etcd(folder, fsync=fsync)
        arguments = ["--store=etcd", f"--etcd-servers={self.etcd.endpoint}"]
        ports = free_ports(SERVERS)
        (folder / "server-0" / "pki").mkdir(parents=True)
        for i in range(1, SERVERS):
            (folder / f"server-{i}").mkdir()
            (folder / f"server-{i}" / "pki").symlink_to(folder / "server-0" / "pki")
        self.servers = [
            Server(folder / f"server-{i}", [*arguments, f"--secure-port={port}"]) for i, port in enumerate(ports)
        ]
        self.manager: ManagerProcess | None = None

    def start(self) -> None:
        """All of them, one after the other."""
        self.etcd.start()
        for server in self.servers:
            server.__enter__()
        self._start_manager()

    def _start_manager(self) -> None:
        self.manager = ManagerProcess(self.servers[0]).__enter__()

    @property
    def names(self) -> list[str]:
        """Who may be killed."""
        return ["etcd", "manager", *(f"server-{i}" for i in range(SERVERS))]

    def kill(self, name: str) -> None:
        """kill -9."""
        if name == "etcd":
            self.etcd.kill()
        elif name == "manager":
            if self.manager is not None:
                self.manager.kill()
        else:
            self.servers[int(name.rpartition("-")[2])].kill()

    def restart(self, name: str) -> None:
        """Start again on the same data and ports; blocks until it serves."""
        if name == "etcd":
            self.etcd.start()
        elif name == "manager":
            self._start_manager()
        else:
            self.servers[int(name.rpartition("-")[2])].__enter__()

    def stop(self) -> None:
        """Leave nothing running."""
        for name in ("manager", "server-0", "server-1", "etcd"):
            self.kill(name)


async def run(folder: Path, *, kills: int, seed: int, fsync: bool = True, verbose: bool = False) -> tuple[str, bool]:
    """The report, and whether everything held."""
    rng, began = random.Random(seed), time.monotonic()
    victims = Victims(folder, fsync=fsync)
    killed: Counter[str] = Counter()
    with ExitStack() as stack:
        stack.callback(victims.stop)
        await asyncio.to_thread(victims.start)
        load = Load([s.url for s in victims.servers], seed=seed, pause=0.02)
        async with load.opened(), asyncio.TaskGroup() as tasks:
            watchers = [tasks.create_task(load.watcher(n, 1)) for n in range(WATCHERS)]
            writers = [tasks.create_task(load.writer(n)) for n in range(WRITERS)]
            await _create_pods(victims.servers[0])
            restarts: dict[str, asyncio.Task[None]] = {}
            for number in range(kills):
                await asyncio.sleep(rng.uniform(0.1, 1.5))
                await _progress(load, 10, 8.0)
                name = rng.choice(victims.names)
                if name in restarts:
                    await restarts.pop(name)
                    await asyncio.sleep(rng.uniform(0.1, 1.0))
                await asyncio.to_thread(victims.kill, name)
                killed[name] += 1
                if verbose:
                    print(f"{number + 1:3} kill -9 {name:9} {load.written} writes acknowledged", flush=True)
                restarts[name] = tasks.create_task(_restart(victims, name, rng.uniform(0.0, 0.5)))
            for restart in restarts.values():
                await restart
            assert await _progress(load, 50, RECOVERY), "nothing was written after the last restart"
            load.stop.set()
            await asyncio.gather(*writers)
            await load.finish()
            await asyncio.gather(*watchers)
            pods = await _pods_settle(victims.servers[1])
    if verbose:
        print(f"checking {len(load.history.operations)} operations", flush=True)
    wrong = explain(load.history)
    if pods != PODS:
        wrong.append(f"the controllers left {pods} pods, not {PODS}")
    return _report(load, killed, wrong, seed, time.monotonic() - began), not wrong


async def _progress(load: Load, writes: int, seconds: float) -> bool:
    """Wait until so many more writes are acknowledged; whether they were in time."""
    goal, end = load.written + writes, time.monotonic() + seconds
    while load.written < goal and time.monotonic() < end:  # noqa: ASYNC110 - processes tell nobody what they do
        await asyncio.sleep(0.02)
    return load.written >= goal


async def _restart(victims: Victims, name: str, pause: float) -> None:
    await asyncio.sleep(pause)
    for attempt in range(3):
        try:
            await asyncio.to_thread(victims.restart, name)
            return
        except AssertionError:
            if attempt == 2:
                raise
            await asyncio.sleep(0.5)


_SETS: Final = "/apis/apps/v1/namespaces/default/replicasets"
_LABELS: Final = {"app": "survivor"}


async def _create_pods(server: ServerProcess) -> None:
    template = {"metadata": {"labels": _LABELS}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": PODS, "selector": {"matchLabels": _LABELS}, "template": template}
    body = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "survivor"}, "spec": spec}
    made = await asyncio.to_thread(server.request, "POST", _SETS, body)
    assert made.status == 201, made.body


async def _pods_settle(server: ServerProcess) -> int:
    """How many pods the ReplicaSet has in the end."""
    path, found = "/api/v1/namespaces/default/pods?labelSelector=app%3Dsurvivor", -1
    end = time.monotonic() + RECOVERY
    while time.monotonic() < end:
        listed = await asyncio.to_thread(server.request, "GET", path)
        if listed.status == 200 and (found := len(listed.json()["items"])) == PODS:
            break
        await asyncio.sleep(0.2)
    return found


def explain(history: History) -> list[str]:
    """What is wrong with a history, a line each."""
    found = revisions.check(history)
    for key, operations in history.resolved().items():
        verdict = linearizability.check(operations)
        if not verdict.linearizable:
            found.append(f"{key} is not linearizable: after {verdict.longest[-3:]} comes none of {verdict.stuck}")
    return found


def _report(load: Load, killed: Counter[str], wrong: list[str], seed: int, seconds: float) -> str:
    history = load.history
    outcomes, keys = Counter(o.outcome for o in history.operations), len(history.by_key())
    events = sum(len(w.changes) for w in history.watchings)
    connections = sum(w.resumed for w in history.watchings)
    lines = [
        f"seed {seed}: {killed.total()} kills in {seconds:.0f} s: "
        + ", ".join(f"{name} {count}" for name, count in sorted(killed.items())),
        f"{len(history.operations)} operations on {keys} keys by {WRITERS} clients over {SERVERS} servers:",
        f"{load.written} writes acknowledged, {outcomes['unknown']} operations of unknown outcome",
        f"{len(history.listings)} consistent lists, {len(history.watchings)} watchers with {events} events",
        f"{connections} watch connections, revisions up to {max((w.end for w in history.watchings), default=0)}",
    ]
    promises = (
        "acknowledged writes lost: 0",
        "events missed by resuming watchers: 0",
        "revisions used twice: 0",
        "lists that show no moment's state: 0",
        f"keys without a linear order: 0 of {keys}",
        f"pods of the ReplicaSet: {PODS} of {PODS}",
    )
    return "\n".join([*lines, *(wrong or promises)])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unsafe-no-fsync", action="store_true", help="Spare the disk.")
    parser.add_argument("--verbose", action="store_true", help="Name each kill.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mockube-crash-") as folder:
        report, held = asyncio.run(
            run(
                Path(folder),
                kills=options.kills,
                seed=options.seed,
                fsync=not options.unsafe_no_fsync,
                verbose=options.verbose,
            )
        )
    print(report)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
