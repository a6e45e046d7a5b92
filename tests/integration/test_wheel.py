"""A built wheel in an empty environment: `mockube up` runs, and `mockube` is the only name that was added."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow

PROGRAM = """
import json, sys
from mockube import Cluster
with Cluster(nodes=1) as cluster:
    cluster.wait_for_nodes()
    print(json.dumps(cluster.api().request("GET", "/version")["gitVersion"]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the tree, so that no build folder is left in it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    skip = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    shutil.copytree(REPOSITORY, source, ignore=skip)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder / "dist"), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return next((folder / "dist").glob("*.whl"))


def test_only_one_name_is_added(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {n.split("/")[0] for n in names if ".dist-info" not in n} == {"mockube"}
    assert "mockube/_bundle/server/__main__.py" in names
    assert "mockube/manifests/daemonset.yaml" in names
    assert not any("/tests/" in n for n in names)


def test_an_installed_wheel_runs_a_cluster(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True)
    done = subprocess.run(
        [python, "-c", PROGRAM], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert (done.returncode, done.stdout[:7]) == (0, '"v1.36.'), done.stderr
    known = subprocess.run([python, "-c", "import server"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "No module named 'server'" in known.stderr
    version = subprocess.run(
        [environment / "bin" / "mockube", "version"], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert version.stdout.startswith("mockube 0.")
