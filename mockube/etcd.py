"""An etcd of the cluster's own, for `mockube up --store etcd --etcd-start`.

`python -m mockube.etcd --data-dir DIR --port N --peer-port N` runs the etcd on the path until it ends, or until
standard input closes: whoever started it has gone, and it must not stay behind.
"""

from __future__ import annotations

import argparse
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from mockube.processes import Process

READY_TIMEOUT = 120.0
_STOP_TIMEOUT = 5.0
_PR_SET_PDEATHSIG = 1


class EtcdMissing(RuntimeError):
    """No etcd on the path."""


class OwnEtcd:
    """A single member with its data in the cluster's folder: what was stored is there again at the next start."""

    def __init__(self, home: Path) -> None:
        if shutil.which("etcd") is None:
            raise EtcdMissing("--etcd-start needs etcd on the path (Debian: apt-get install etcd-server)")
        port, peer = _free_ports()
        self.url = f"http://127.0.0.1:{port}"
        arguments = [f"--data-dir={home / 'etcd'}", f"--port={port}", f"--peer-port={peer}"]
        self.process = Process("etcd", "mockube.etcd", arguments, home / "etcd.log")

    def wait(self) -> None:
        """Return once it answers; ProcessDied or TimeoutError."""
        deadline = time.monotonic() + READY_TIMEOUT
        while not self._healthy():
            self.process.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"etcd was not ready within {READY_TIMEOUT:g} s; its log is {self.process.log}")
            time.sleep(0.02)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1) as answer:  # noqa: S310 - our own
                return b'"true"' in answer.read()
        except OSError:
            return False


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _end_with_parent() -> None:
    """Ask Linux for SIGTERM when our parent dies, even of kill -9."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def main() -> int:
    """Run etcd as our child; its exit code, 0 when we ended it."""
    parser = argparse.ArgumentParser(prog="mockube.etcd")
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--peer-port", type=int, required=True)
    parser.add_argument("--exit-on-stdin-close", action="store_true")
    options = parser.parse_args()
    client, peer = f"http://127.0.0.1:{options.port}", f"http://127.0.0.1:{options.peer_port}"
    command = [
        shutil.which("etcd") or "etcd",
        "--name=mockube",
        f"--data-dir={options.data_dir}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=mockube={peer}",
        "--logger=zap",
        "--log-level=warn",
    ]
    child = subprocess.Popen(  # noqa: S603 - the user's own etcd
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )
    ended = threading.Event()

    def end(*_: object) -> None:
        ended.set()
        child.terminate()

    def watch_parent() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        end()
        try:
            child.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            child.kill()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if options.exit_on_stdin_close:
        threading.Thread(target=watch_parent, daemon=True).start()
    code = child.wait()
    return 0 if ended.is_set() else code


if __name__ == "__main__":
    raise SystemExit(main())
