"""The fixture that kr8s's own tests ask for: a cluster with a kubeconfig and a kubectl, here one of ours.

A pytest plugin for the process that runs these tests; KUBECONFIG names the cluster.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TIMEOUT = 120


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Nobody waits for ever."""

    def expire(*_: object) -> None:
        raise TimeoutError(f"{item.nodeid} took more than {TIMEOUT} s")

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(TIMEOUT)
    try:
        return (yield)
    finally:
        signal.alarm(0)


@dataclass(frozen=True, slots=True)
class K8sCluster:
    """What pytest-kind would give."""

    kubeconfig_path: Path
    kubectl_path: Path

    def kubectl(self, *args: str) -> str:
        """Run kubectl, expect success, return what was printed."""
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig_path)}
        done = subprocess.run([self.kubectl_path, *args], env=environment, capture_output=True, text=True, check=True)
        return done.stdout


@pytest.fixture
def ensure_gc() -> Iterator[None]:
    """Classes that a test made are gone after it."""
    yield
    gc.collect()


@pytest.fixture(scope="session", autouse=True)
def k8s_cluster() -> K8sCluster:
    """The cluster of KUBECONFIG."""
    kubectl = shutil.which("kubectl")
    assert kubectl is not None
    return K8sCluster(Path(os.environ["KUBECONFIG"]), Path(kubectl))
