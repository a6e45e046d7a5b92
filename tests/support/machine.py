"""What is not Kubernetes in a simulated cluster: its clock, and what befalls its machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from mockube.cluster import Cluster
from mockube.processes import Process
from tests.support.live import CLOCK, MERGE, TIMEOUT, Api, Obj

FAULT: Final = "mockube.dev/fault"


class ClusterTime:
    """The cluster's clock, over the control API."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def advance(self, seconds: float) -> Obj:
        """Move the time forward, step by step; returns when all that fell due is done."""
        return self._api.advance(seconds)

    def run_at(self, factor: float) -> None:
        """Let the time run so many times as fast from now on; at 0 it stands still, but for what advance() moves it."""
        self._api.request("POST", f"{CLOCK}/speed", {"speed": factor}).ok()

    @contextmanager
    def speed(self, factor: float) -> Iterator[None]:
        """Let the time run faster, or stand still, inside the block."""
        self.run_at(factor)
        try:
            yield
        finally:
            self.run_at(1.0)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let the time stand still inside the block, but for what advance() moves it."""
        with self.speed(0.0):
            yield


def fail(api: Api, node: str, how: str = "kubelet") -> None:
    """Let a node's kubelet, network or power fail, or put it under pressure (`pressure=memory`)."""
    api.patch(f"/api/v1/nodes/{node}", {"metadata": {"annotations": {FAULT: how}}}, MERGE)


def recover(api: Api, node: str, *, timeout: float = TIMEOUT) -> None:
    """Make a node whole again and wait until it is ready and free of lifecycle taints."""
    api.patch(f"/api/v1/nodes/{node}", {"metadata": {"annotations": {FAULT: None}}}, MERGE)

    def well(nodes: list[Obj]) -> bool:
        (found,) = nodes
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in found["status"].get("conditions", ()))
        taints = [t["key"] for t in found["spec"].get("taints") or []]
        return ready and not any(t.startswith("node.kubernetes.io/") for t in taints)

    api.until(f"/api/v1/nodes?fieldSelector=metadata.name%3D{node}", well, timeout=timeout, what=f"{node} well")


class Manager:
    """One more controller manager of a cluster, to be killed and started again; use it as a context manager."""

    def __init__(self, cluster: Cluster, *arguments: str) -> None:
        home = cluster.home
        self._arguments = [f"--kubeconfig={home.controllers_kubeconfig}", *arguments]
        self._logs = home.path
        self._count = 0
        self._process: Process | None = None

    def start(self) -> None:
        """Start it anew."""
        self._count += 1
        log = self._logs / f"manager-{id(self):x}-{self._count}.log"
        self._process = Process("controller manager", "controllers", self._arguments, log)

    def kill(self) -> None:
        """SIGKILL; it must have been alive."""
        assert self._process is not None
        self._process.check()
        self._process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.stop()
