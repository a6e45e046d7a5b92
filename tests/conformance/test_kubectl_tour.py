"""The transcripts in tours/, played with every kubectl at hand: the same answers and exit codes for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockube.cluster import Cluster
from tests.support import tour
from tests.support.kubectl import Kubectl, versions

pytestmark = [pytest.mark.kubectl, pytest.mark.slow]
TOURS = sorted((Path(__file__).parent / "tours").glob("*.txt"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all, so that discovery is cached; each version sends other headers and keeps its own folder."""
    return tmp_path_factory.mktemp("home")


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("transcript", TOURS, ids=lambda p: p.stem)
def test_tour(version: str, transcript: Path, cluster: Cluster, home: Path, tmp_path: Path) -> None:
    own = home / version
    own.mkdir(exist_ok=True)
    short = version.replace(".", "")
    values = {"ns": f"{transcript.stem}-{short}", "v": short, "tmp": str(tmp_path)}
    kubectl = Kubectl.of(version, cluster.kubeconfig, own)
    kubectl("create", "namespace", values["ns"])
    kubectl.until(bool, "--namespace", values["ns"], "get", "serviceaccount", "default", "-o", "name")
    found = tour.play(tour.parse(transcript.read_text()), kubectl, version, values, own)
    assert not found, "\n\n".join(found)
