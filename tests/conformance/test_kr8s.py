"""kr8s's own tests, which its wheel carries, against a cluster of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import kr8s
import pytest

from mockube.cluster import Cluster
from tests.support.api import ROOT

pytestmark = [pytest.mark.kubectl, pytest.mark.slow]
SUITE: Final = Path(kr8s.__file__).parent
FILES: Final = ("test_api.py", "test_auth.py", "test_config.py", "test_data_utils.py", "test_gen.py", "test_objects.py")
CONFIGURATION: Final = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
# What needs a container that runs, custom resources, StatefulSets that work, another package, or a release of the
# official client before the one that renamed its modules; and what wants an answer to take more than 10 microseconds
# from when its client looks for it.
APART: Final = (
    *("exec", "port_forward", "logs", "proxy", "adoption", "nginx"),
    *("custom", "crd"),
    *("pykube", "cast_to_from_kubernetes"),
    "wait_replicas",
    "api_timeout",
)


def test_the_suite_of_kr8s(cluster: Cluster, tmp_path: Path) -> None:
    running = {"metadata": {"name": "running"}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    cluster.api().request("POST", "/api/v1/namespaces/kube-system/pods", running)
    (tmp_path / "pytest.ini").write_text(CONFIGURATION)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.kr8s_cluster", "-p", "no:cacheprovider"]
    command += ["-c", str(tmp_path / "pytest.ini"), f"--rootdir={SUITE}", f"--confcutdir={SUITE}"]
    command += ["-k", f"not ({' or '.join(APART)})", *(str(SUITE / "tests" / name) for name in FILES)]
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig), "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20000:]
