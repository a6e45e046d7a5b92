"""A machine's disk as pods see it through hostPath volumes."""

from __future__ import annotations

from typing import Any

from apimachinery.objects import Object
from controllers.simulated.container_files import file_system
from controllers.simulated.filesystem import FileSystem
from controllers.simulated.host_files import machine_id
from controllers.simulated.node import _node_info
from tests.controllers.simulated.stage import UID, Stage, container, pod


def mounting(path: str, at: str = "/host", **mount: Any) -> Object:
    """A pod that mounts a path of its machine."""
    mounts = [{"name": "v", "mountPath": at, **mount}]
    return pod(container(volumeMounts=mounts), volumes=[{"name": "v", "hostPath": {"path": path}}])


def files_of(stage: Stage, number: int = 0) -> FileSystem:
    """What a container of a pod sees."""
    return file_system(stage.machine, stage.machine.containers[number])


def crashing(path: str, at: str) -> Stage:
    """A pod that says something and ends, three times, and sees a path of its machine."""
    obj = mounting(path, at)
    obj["spec"]["containers"][0] |= {"image": "busybox", "command": ["sh", "-c", "echo hello; echo oops >&2; exit 1"]}
    stage = Stage(obj)
    stage.host.pods = lambda: [stage.machine]
    stage.run(13)
    return stage


def test_logs_stand_where_kubelets_put_them_in_the_runtimes_format() -> None:
    stage = crashing("/var/log", "/var/log")
    files, c = files_of(stage), stage.machine.containers[0]
    assert c.runs == 3
    assert files.list("/var/log") == ["containers", "pods", "syslog"]
    assert files.list("/var/log/pods") == [f"ns_p_{UID}"]
    assert files.list(f"/var/log/pods/ns_p_{UID}/c") == ["1.log", "2.log"], "the last two runs are kept"
    first, second = files.read(f"/var/log/pods/ns_p_{UID}/c/1.log").decode().splitlines()
    assert first.split(" ", 1)[0].startswith("2026-01-02T03:04:") and first.split(" ", 1)[0].endswith("000Z")
    assert first.split(" ", 1)[1] == "stdout F hello"
    assert second.split(" ", 1)[1] == "stderr F oops"


def test_links_lead_to_the_logs_and_dangle_where_those_are_not_mounted() -> None:
    stage = crashing("/var/log", "/var/log")
    files, c = files_of(stage), stage.machine.containers[0]
    assert c.ended is not None
    name = f"p_ns_c-{c.ended.container_id.removeprefix('containerd://')}.log"
    assert name in files.list("/var/log/containers")
    assert files.link(f"/var/log/containers/{name}") == f"/var/log/pods/ns_p_{UID}/c/2.log"
    assert b"hello" in files.read(f"/var/log/containers/{name}")
    elsewhere = files_of(crashing("/var/log/containers", "/logs"))
    assert name in elsewhere.list("/logs")
    assert not elsewhere.exists(f"/logs/{name}")


def test_a_machine_has_an_identity() -> None:
    files = files_of(Stage(mounting("/etc")))
    assert files.read("/host/machine-id").decode() == f"{machine_id('n1')}\n"
    assert machine_id("n1") == _node_info("n1", "v1.36.1")["machineID"]
    assert files.read("/host/hostname") == b"n1\n"
    kernel = files_of(Stage(mounting("/proc")))
    assert b"MemTotal" in kernel.read("/host/meminfo")
    assert kernel.read("/host/sys/kernel/hostname") == b"n1\n"


def test_a_single_file_can_be_mounted() -> None:
    files = files_of(Stage(mounting("/etc/machine-id", "/etc/machine-id", readOnly=True)))
    assert not files.is_directory("/etc/machine-id")
    assert len(files.read("/etc/machine-id")) == 33


def test_one_disk_is_seen_through_every_mount() -> None:
    stage = Stage(mounting("/var/log"))
    root = Stage(mounting("/", "/rootfs"))
    root.machine.host = stage.host
    files_of(stage).write("/host/agent.pos", b"42")
    assert files_of(root).read("/rootfs/var/log/agent.pos") == b"42"
    files_of(root).make_directory("/rootfs/srv/data")
    assert "data" in files_of(root).list("/rootfs/srv")
    files_of(root).remove("/rootfs/var/log/syslog")
    assert "syslog" not in files_of(stage).list("/host")


def test_the_root_shows_the_machines_directories() -> None:
    files = files_of(Stage(mounting("/", "/rootfs")))
    assert {"etc", "proc", "var", "usr"} <= set(files.list("/rootfs"))
    assert files.is_directory("/rootfs/etc/kubernetes/manifests")
    assert files.list("/rootfs/etc/kubernetes/manifests") == []


def test_directories_of_other_runtimes_are_made_empty() -> None:
    files = files_of(Stage(mounting("/var/lib/docker/containers", "/var/lib/docker/containers")))
    assert files.list("/var/lib/docker/containers") == []
