"""A real etcd, or three, on free ports and in a folder of its own; it can be killed, frozen and started again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final

START_TIMEOUT: Final = 60.0


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below those that the system gives to outgoing connections: they stay free."""
    sockets: list[socket.socket] = []
    try:
        while len(sockets) < count:
            one = socket.socket()
            try:
                one.bind(("127.0.0.1", random.SystemRandom().randrange(15_000, 32_000)))
            except OSError:
                one.close()
                continue
            sockets.append(one)
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Etcd:
    """One member. `peers` are the names and peer URLs of the whole cluster, by itself when absent."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "etcd",
        ports: tuple[int, int] | None = None,
        peers: str = "",
        arguments: Sequence[str] = (),
        scheme: str = "http",
        fsync: bool = False,
    ) -> None:
        binary = shutil.which("etcd")
        assert binary is not None, "these tests need etcd on the path (Debian: make system)"
        self.binary = binary
        self.folder = folder / name
        self.name = name
        client, peer = ports or tuple(free_ports(2))
        self.port = client
        self.endpoint = f"{scheme}://127.0.0.1:{client}"
        self.peer = f"http://127.0.0.1:{peer}"
        self._peers = peers or f"{name}={self.peer}"
        self._arguments = [*arguments, *(() if fsync else ("--unsafe-no-fsync",))]
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start the process without waiting for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [
            self.binary,
            f"--name={self.name}",
            f"--data-dir={self.folder / 'data'}",
            f"--listen-client-urls={self.endpoint}",
            f"--advertise-client-urls={self.endpoint}",
            f"--listen-peer-urls={self.peer}",
            f"--initial-advertise-peer-urls={self.peer}",
            f"--initial-cluster={self._peers}",
            "--log-level=error",
            "--logger=zap",
            *self._arguments,
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def wait(self) -> None:
        """Return once it has a leader and answers."""
        deadline = time.monotonic() + START_TIMEOUT
        while not self.healthy():
            assert self.running() and time.monotonic() < deadline, (self.folder / "log").read_text(errors="replace")
            time.sleep(0.02)

    def healthy(self) -> bool:
        """Whether it says that it is."""
        if self.endpoint.startswith("https"):
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        try:
            with urllib.request.urlopen(f"{self.endpoint}/health", timeout=START_TIMEOUT) as answer:
                return b'"true"' in answer.read()
        except OSError:
            return False

    def start(self) -> Etcd:
        """Start and wait; on the same data when it ran before."""
        self.launch()
        self.wait()
        return self

    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, nothing answers; returns once it stands still."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def ctl(self, *arguments: str) -> str:
        """What etcdctl says."""
        command = ["etcdctl", f"--endpoints={self.endpoint}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


class EtcdCluster:
    """Members that know one another."""

    def __init__(self, folder: Path, size: int = 3) -> None:
        ports = free_ports(2 * size)
        pairs = [(ports[2 * i], ports[2 * i + 1]) for i in range(size)]
        peers = ",".join(f"m{i}=http://127.0.0.1:{peer}" for i, (_, peer) in enumerate(pairs))
        timing = ("--heartbeat-interval=50", "--election-timeout=500")
        self.members = [
            Etcd(folder, name=f"m{i}", ports=pair, peers=peers, arguments=timing) for i, pair in enumerate(pairs)
        ]

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Where every member listens."""
        return tuple(member.endpoint for member in self.members)

    def start(self) -> EtcdCluster:
        """Start all of them and wait for a leader."""
        for member in self.members:
            member.launch()
        for member in self.members:
            member.wait()
        return self

    def leader(self) -> Etcd:
        """The member that leads at present."""
        for member in self.members:
            if member.running() and member.ctl("endpoint", "status", "-w", "simple").split(", ")[4] == "true":
                return member
        raise AssertionError("no leader")

    def kill(self) -> None:
        """kill -9 for all of them."""
        for member in self.members:
            if member.running():
                member.thaw()
            member.kill()
