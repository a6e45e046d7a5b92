"""A whole cluster on an etcd that it starts itself: its state outlives it, and goes to a file and back."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from mockube.cluster import Cluster
from tests.integration.test_up import MOCKUBE, command, environment

pytestmark = [pytest.mark.etcd, pytest.mark.slow]
MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def processes(folder: Path) -> list[str]:
    """Every etcd whose data lies in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"--data-dir={folder}" in text:
            found.append(text)
    return found


def test_state_outlives_the_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKUBE_HOME", str(tmp_path))
    with Cluster(nodes=2, name="kept", store="etcd", etcd_start=True) as cluster:
        cluster.wait_for_nodes()
        made = cluster.api().request("POST", MAPS, config_map("kept"))
        assert len(processes(tmp_path)) == 2
    assert processes(tmp_path) == []
    with Cluster(name="kept", store="etcd", etcd_start=True, controllers=False) as cluster:
        api = cluster.api()
        assert api.request("GET", f"{MAPS}/kept") == made
        assert len(api.request("GET", "/api/v1/nodes")["items"]) == 2
        assert cluster.etcd is not None
        cluster.etcd.kill()
        deadline = time.monotonic() + 60
        while processes(tmp_path):
            assert time.monotonic() < deadline, "etcd outlived the process that keeps it"
            time.sleep(0.05)
    with Cluster(name="kept", store="memory", controllers=False) as cluster:
        assert cluster.api().request("GET", "/api/v1/nodes")["items"] == []


@pytest.mark.parametrize("store", ["memory", "etcd"])
def test_a_snapshot_is_saved_and_restored(store: str, tmp_path: Path) -> None:
    file = tmp_path / "saved"
    arguments = ["--store", "etcd", "--etcd-start"] if store == "etcd" else []
    up = subprocess.Popen(
        [*MOCKUBE, "up", "--port", "0", "--no-controllers", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )
    try:
        assert up.stdout is not None
        assert "mockube is up" in up.stdout.readline()
        added = command(tmp_path, "nodes", "add", "before")
        assert added.returncode == 0, added.stderr
        saved = command(tmp_path, "snapshot", "save", str(file))
        assert saved.stdout == f"saved {file.stat().st_size} bytes to {file}\n"
        assert file.stat().st_mode & 0o077 == 0
        assert command(tmp_path, "nodes", "remove", "before").returncode == 0
        assert command(tmp_path, "nodes", "add", "after").returncode == 0
        assert command(tmp_path, "snapshot", "restore", str(file)).stdout == f"restored {file}\n"
        listed = command(tmp_path, "nodes", "list").stdout
        assert "before" in listed
        assert "after" not in listed
        file.write_bytes(file.read_bytes()[:-10])
        damaged = command(tmp_path, "snapshot", "restore", str(file))
        assert (damaged.returncode, damaged.stderr.count("\n")) == (1, 1)
        assert "a damaged state" in damaged.stderr
    finally:
        up.terminate()
        up.communicate(timeout=60)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("snapshot", "restore", "nowhere"), "cannot read nowhere: No such file or directory"),
        (("snapshot", "restore", "/dev/null"), "/dev/null is not a snapshot of mockube"),
        (("snapshot", "save", "file"), "no kubeconfig at"),
        (("up", "--etcd-start"), "--etcd-start goes with --store etcd and without --etcd-servers"),
        (("up", "--store", "etcd"), "--store etcd needs --etcd-servers"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = command(tmp_path, *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr


def test_an_etcd_that_is_not_there_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = command(tmp_path, "up", "--port", "0", "--store", "etcd", "--etcd-start")
    assert done.returncode == 2
    assert done.stderr == "Error: --etcd-start needs etcd on the path (Debian: apt-get install etcd-server)\n"
