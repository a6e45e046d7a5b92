"""A running cluster: its processes, its files, its nodes. What `mockube up` and the pytest fixtures are made of."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from mockube import kubeconfig as kubeconfigs
from mockube.api import ApiClient
from mockube.home import Home
from mockube.processes import Process, wait_for_file

if TYPE_CHECKING:
    from mockube.nodes import NodeTemplate

READY_TIMEOUT = 120.0


class ClusterError(RuntimeError):
    """The cluster cannot be started as asked; one line that says why and what to do."""


class Cluster:
    """A control plane with simulated nodes, as a context manager or by start() and stop().

    `nodes` is a number, node templates, or a function that gives them; `kubeconfig` a file that gets the cluster's
    context (its own by default); port 0 lets the system choose. Files live in a temporary folder unless `name` keeps
    them under `$MOCKUBE_HOME`.
    """

    def __init__(
        self,
        *,
        nodes: int | Sequence[NodeTemplate] | Callable[[], Sequence[NodeTemplate]] = 0,
        name: str | None = None,
        port: int = 0,
        kubeconfig: Path | str | None = None,
        store: Literal["memory", "etcd"] = "memory",
        etcd_servers: str = "",
        etcd_start: bool = False,
        kubernetes_version: str = "1.36",
        controllers: bool = True,
        seed: int | None = None,
        cluster_time: str = "",
        server_args: Sequence[str] = (),
        controllers_args: Sequence[str] = (),
    ) -> None:
        self._nodes = nodes
        self.name = name or "mockube"
        self._temporary = None if name else tempfile.mkdtemp(prefix="mockube-")
        self.home = Home.of(name) if name else Home(Path(str(self._temporary)))
        self.port = port
        self.store, self.etcd_servers, self.kubernetes_version = store, etcd_servers, kubernetes_version
        self.etcd_start = etcd_start
        self.with_controllers, self.seed, self.cluster_time = controllers, seed, cluster_time
        self._shared_kubeconfig = Path(kubeconfig).expanduser() if kubeconfig else None
        self._server_args, self._controllers_args = list(server_args), list(controllers_args)
        self.etcd: Process | None = None
        self.server: Process | None = None
        self.controllers: Process | None = None

    @cached_property
    def templates(self) -> list[NodeTemplate]:
        """What the nodes look like; asked for once the server is on its way."""
        from mockube.nodes import NodeTemplate

        if isinstance(self._nodes, int):
            return [NodeTemplate(count=self._nodes)]
        return list(self._nodes() if callable(self._nodes) else self._nodes)

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig to use with this cluster."""
        return self._shared_kubeconfig or self.home.kubeconfig

    @property
    def url(self) -> str:
        """Where the API is served."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def processes(self) -> list[Process]:
        """What runs."""
        return [p for p in (self.etcd, self.server, self.controllers) if p is not None]

    def start(self) -> Self:
        """Return when the API answers; raises ClusterError, ProcessDied or TimeoutError."""
        if self.port and _taken(self.port):
            raise ClusterError(f"port {self.port} is taken: choose another with --port, or --port 0 for a free one")
        for stale in (self.home.port_file, self.home.kubeconfig, self.home.controllers_kubeconfig):
            stale.unlink(missing_ok=True)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        home = self.home
        if self.etcd_start:
            self._start_etcd()
        args = ["--bind-address=127.0.0.1", f"--secure-port={self.port}", f"--cert-dir={home.pki}"]
        args += [f"--port-file={home.port_file}", f"--store={self.store}"]
        args += [f"--kubernetes-version={self.kubernetes_version}", "--authorization-mode=Node,RBAC"]
        args += [f"--admin-kubeconfig={home.kubeconfig}"]
        args += [f"--controller-manager-kubeconfig={home.controllers_kubeconfig}"]
        if self.etcd_servers:
            args.append(f"--etcd-servers={self.etcd_servers}")
        if self.seed is not None:
            args.append(f"--seed={self.seed}")
        if self.cluster_time:
            args.append(f"--cluster-time={self.cluster_time}")
        self.server = self._process("API server", "server", [*args, *self._server_args], home.log("apiserver"))
        nodes = self.templates
        if self.with_controllers:
            self._start_controllers(nodes)
        self.port = int(wait_for_file(home.port_file, self.processes, READY_TIMEOUT))
        if self._shared_kubeconfig:
            kubeconfigs.merge(self._shared_kubeconfig, home.kubeconfig, self.name)

    def _start_etcd(self) -> None:
        from mockube.etcd import EtcdMissing, OwnEtcd

        try:
            own = OwnEtcd(self.home.path)
        except EtcdMissing as e:
            raise ClusterError(str(e)) from None
        self.etcd, self.etcd_servers = own.process, own.url
        own.wait()

    def _start_controllers(self, nodes: list[NodeTemplate]) -> None:
        from mockube.nodes import expand

        home = self.home
        wanted = home.path / "nodes.json"
        wanted.write_text(json.dumps(list(expand(nodes))))
        args = [f"--kubeconfig={home.controllers_kubeconfig}", "--wait-for-kubeconfig=30s"]
        args.append(f"--simulated-nodes={wanted}")
        args += [f"--service-account-private-key-file={home.pki / 'sa.key'}", f"--root-ca-file={home.pki / 'ca.crt'}"]
        args += [
            f"--cluster-signing-cert-file={home.pki / 'ca.crt'}",
            f"--cluster-signing-key-file={home.pki / 'ca.key'}",
        ]
        if self.seed is not None:
            args += [f"--seed={self.seed}", "--leader-elect=false"]
        log = home.log("controller-manager")
        self.controllers = self._process("controller manager", "controllers", [*args, *self._controllers_args], log)

    def _process(self, name: str, module: str, arguments: list[str], log: Path) -> Process:
        """With a seed, sets of texts have the same order on every run too."""
        environment = {} if self.seed is None else {"PYTHONHASHSEED": "0"}
        return Process(name, module, arguments, log, environment)

    def api(self) -> ApiClient:
        """A client with the administrator's identity."""
        return ApiClient(self.home.kubeconfig)

    def wait_for_nodes(self, timeout: float = READY_TIMEOUT, *, ready: bool = True) -> int:
        """Return the number of nodes once all that were asked for are Ready, or only registered. TimeoutError."""
        wanted = sum(t.count for t in self.templates)
        deadline = time.monotonic() + timeout
        client = self.api()
        try:
            while True:
                asked = time.monotonic()
                found = client.request("GET", "/api/v1/nodes")["items"]
                count = sum(map(is_ready, found)) if ready else len(found)
                if count >= wanted:
                    return count
                for process in self.processes:
                    process.check()
                if time.monotonic() > deadline:
                    state = "Ready" if ready else "registered"
                    raise TimeoutError(f"{count} of {wanted} nodes were {state} within {timeout:g} s")
                time.sleep(max(0.02, 4 * (time.monotonic() - asked)))
        finally:
            client.close()

    def check(self) -> None:
        """Raise ProcessDied when a process has ended."""
        for process in self.processes:
            process.check()

    def stop(self) -> None:
        """Stop the controllers, the server, then its etcd, and take the context out of a shared kubeconfig."""
        for process in reversed(self.processes):
            process.stop()
        self.etcd = self.server = self.controllers = None
        if self._shared_kubeconfig:
            with suppress(OSError, ValueError):
                kubeconfigs.remove(self._shared_kubeconfig, self.name)
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def is_ready(node: dict[str, Any]) -> bool:
    """Whether a Node's Ready condition is True."""
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def running_pid(home: Home) -> int | None:
    """The process that holds a named cluster up, None when there is none."""
    try:
        pid = int(home.pid_file.read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid
