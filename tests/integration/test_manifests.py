"""What the systems of the courses install, file by file: the same words as a real control plane has for them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockube.cluster import Cluster
from tests.support import manifests

pytestmark = [
    pytest.mark.kubectl,
    pytest.mark.reference,
    pytest.mark.slow,
    pytest.mark.skipif(not manifests.available(), reason="the real manifests are not here"),
]
# The recording server had lost this definition while kubectl still believed in it.
STALE = re.compile(r"cert-manager\.io|ensure CRDs are installed first")


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with what kubectl said about every file."""
    folder = tmp_path_factory.mktemp("applied")
    with Cluster(nodes=3) as cluster:
        cluster.wait_for_nodes()
        apply(cluster, folder)
        cluster.check()
        yield folder


def apply(cluster: Cluster, folder: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "KUBECONFIG": str(cluster.kubeconfig), "HOME": str(folder)}
    done = subprocess.run(
        ["bash", str(manifests.MANIFESTS / "apply.sh"), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", manifests.names())
def test_kubectl_says_what_it_says_of_a_real_control_plane(name: str, applied: Path) -> None:
    wanted_out, wanted_err = manifests.said(manifests.MANIFESTS / "expected", name)
    out, err = manifests.said(applied, name)
    assert out == wanted_out
    assert [line for line in err if not STALE.search(line)] == [line for line in wanted_err if not STALE.search(line)]
