"""Seconds from `mockube up` to the first `kubectl get nodes` that succeeds, and to every node being Ready."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def once(nodes: int) -> tuple[float, float]:
    """Seconds to the first answer and to all nodes Ready."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise SystemExit("this benchmark needs kubectl on the path")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MOCKUBE_HOME": folder}
        config = Path(folder) / "default" / "kubeconfig"
        begun = time.perf_counter()
        command = [sys.executable, "-m", "mockube", "up", "--port", "0", "--nodes", str(nodes)]
        up = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            first = 0.0
            while True:
                if config.is_file():
                    done = subprocess.run(
                        [kubectl, "--kubeconfig", str(config), "get", "nodes", "--no-headers"],
                        capture_output=True,
                        text=True,
                        env={**environment, "HOME": folder},
                        check=False,
                    )
                    if done.returncode == 0:
                        first = first or time.perf_counter() - begun
                        if done.stdout.count(" Ready ") == nodes:
                            return first, time.perf_counter() - begun
                if time.perf_counter() - begun > 60:
                    raise SystemExit("not ready within 60 s")
                time.sleep(0.01)
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait()


def main(runs: int = 5, nodes: int = 3) -> None:
    """Print the medians of some runs."""
    found = [once(nodes) for _ in range(runs)]
    first, ready = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"first kubectl get nodes after {first:.2f} s, {nodes} nodes Ready after {ready:.2f} s (median of {runs})")
