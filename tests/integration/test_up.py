"""`mockube up` as a user runs it: what it prints, where it writes, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

MOCKUBE = [sys.executable, "-m", "mockube"]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "MOCKUBE_HOME": str(home / "state"), "HOME": str(home)}


@contextmanager
def up(home: Path, *args: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A running `mockube up` and the lines it printed until it was ready."""
    process = subprocess.Popen(
        [*MOCKUBE, "up", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home),
        start_new_session=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if "Ctrl-C" in line:
            break
    try:
        assert lines, process.communicate()[1]
        yield process, lines
    finally:
        process.kill() if process.poll() is None else None
        process.communicate()


def command(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MOCKUBE, *args], capture_output=True, text=True, env=environment(home), check=False, timeout=60
    )


def children(home: Path) -> list[str]:
    """Processes that name the cluster's folder on their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"={home}" in text and (" server " in text or " controllers " in text):
            found.append(text)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_starts_says_what_runs_and_stops_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    with up(tmp_path, "--port", "0", "--nodes", "2", "--control-plane") as (process, lines):
        assert re.match(r"mockube is up at https://127\.0\.0\.1:\d+  \(Kubernetes 1\.36, ", lines[0])
        assert "API server, controller manager, 3 simulated nodes" in lines[1]
        assert len(lines) == 7
        kubeconfig = tmp_path / "state" / "default" / "kubeconfig"
        assert kubeconfig.stat().st_mode & 0o077 == 0
        assert not (tmp_path / ".kube").exists()
        listed = wait_for(tmp_path, lambda text: text.count("Ready") >= 3)
        assert "node-role.kubernetes.io/control-plane:NoSchedule" in listed
        assert len(children(tmp_path)) == 2
        process.send_signal(number)
        assert process.wait(60) == 0
    assert children(tmp_path) == []


def wait_for(home: Path, wanted: object, timeout: float = 60) -> str:
    assert callable(wanted)
    deadline = time.monotonic() + timeout
    while True:
        done = command(home, "nodes", "list")
        if done.returncode == 0 and wanted(done.stdout):
            return done.stdout
        assert time.monotonic() < deadline, done
        time.sleep(0.1)


def test_children_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    with up(tmp_path, "--port", "0", "--nodes", "1") as (process, _):
        process.kill()
        process.wait()
        deadline = time.monotonic() + 60
        while children(tmp_path):
            assert time.monotonic() < deadline, children(tmp_path)
            time.sleep(0.1)


def test_a_dead_process_is_reported(tmp_path: Path) -> None:
    with up(tmp_path, "--port", "0", "--nodes", "0") as (process, _):
        subprocess.run(["pkill", "-9", "-f", f"controllers .*={tmp_path}"], check=True)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "the controller manager ended with exit code -9" in err


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command(tmp_path, "up", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == f"Error: port {port} is taken: choose another with --port, or --port 0 for a free one\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("up", "--node-taint", "x"), "'x' is not a taint: write key[=value]:NoSchedule|PreferNoSchedule|NoExecute"),
        (("up", "--node-label", "x"), "'x' is not KEY=VALUE"),
        (("up", "--store", "etcd"), "--store etcd needs --etcd-servers"),
        (("up", "--scenario", "nowhere.yaml"), "no such file: nowhere.yaml"),
        (("up", "--node-template", "nowhere.yaml"), "cannot read nowhere.yaml"),
        (("nodes", "list"), "no kubeconfig at"),
        (("example", "nothing"), "no example 'nothing'; there are: daemonset, deployment"),
        (("down",), "no cluster 'default' is running"),
    ],
)
def test_bad_input_is_one_clear_line(args: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = command(tmp_path, *args)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_shared_kubeconfig_keeps_what_it_had(tmp_path: Path) -> None:
    shared = tmp_path / "config"
    other = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "work",
        "clusters": [{"name": "work", "cluster": {"server": "https://example.com"}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "work", "context": {"cluster": "work", "user": "me"}}],
    }
    shared.write_text(yaml.safe_dump(other))
    with up(tmp_path, "--port", "0", "--no-controllers", "--kubeconfig", str(shared), "--name", "x") as (
        process,
        lines,
    ):
        assert "runs: API server;" in lines[1]
        merged = yaml.safe_load(shared.read_text())
        assert merged["current-context"] == "work"
        assert [c["name"] for c in merged["contexts"]] == ["work", "x"]
        down = command(tmp_path, "down", "--name", "x")
        assert (down.returncode, down.stdout) == (0, "stopped x\n")
        assert process.wait(60) == 0
    assert yaml.safe_load(shared.read_text()) == other


def test_nodes_are_added_and_removed(tmp_path: Path) -> None:
    with up(tmp_path, "--port", "0", "--nodes", "1"):
        added = command(tmp_path, "nodes", "add", "--count", "2", "--label", "disktype=ssd")
        assert added.stdout == "node/node-2 added\nnode/node-3 added\n"
        assert command(tmp_path, "nodes", "add", "big", "--capacity", "cpu=64").stdout == "node/big added\n"
        wait_for(tmp_path, lambda text: text.count(" Ready ") == 4)
        assert command(tmp_path, "nodes", "remove", "node-1").stdout == "node/node-1 removed\n"
        gone = command(tmp_path, "nodes", "remove", "node-1")
        assert (gone.returncode, gone.stderr) == (1, 'Error: nodes "node-1" not found\n')


def test_version_and_help(tmp_path: Path) -> None:
    assert command(tmp_path, "version").stdout.startswith("mockube ")
    text = command(tmp_path, "--help").stdout
    for name in ("up", "down", "nodes", "version", "example"):
        assert re.search(rf"^  {name} ", text, re.MULTILINE)
