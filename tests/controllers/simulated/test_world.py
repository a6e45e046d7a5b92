"""Downward API, environment, volumes and nodes: what containers and nodes are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from controllers.simulated import node as nodes
from controllers.simulated.container import full_image
from controllers.simulated.environment import arguments, declared, environment
from controllers.simulated.node import Fault
from controllers.simulated.volumes import TOKEN, MountError, files
from tests.controllers.simulated.stage import DictWorld, Stage, container, pod

ADDRESSES = {"podIP": "10.0.0.1", "podIPs": "10.0.0.1", "hostIP": "172.18.0.2", "hostIPs": "172.18.0.2"}


def test_environment_is_resolved_in_order() -> None:
    world = DictWorld()
    world.config_maps["cm"] = {"data": {"a": "1", "b": "2"}}
    world.secrets["s"] = {"data": {"p": "c2VjcmV0"}}
    spec = container(
        envFrom=[{"prefix": "CM_", "configMapRef": {"name": "cm"}}],
        env=[
            {"name": "A", "value": "x"},
            {"name": "B", "value": "$(A)-$(CM_a)-$(NOPE)-$$(A)"},
            {"name": "P", "valueFrom": {"secretKeyRef": {"name": "s", "key": "p"}}},
            {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "L", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['x']"}}},
            {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            {"name": "MEM", "valueFrom": {"resourceFieldRef": {"resource": "requests.memory", "divisor": "1Mi"}}},
        ],
        resources={"requests": {"memory": "64Mi"}},
        args=["--a=$(A)", "$$(A)"],
    )
    obj = pod(spec)
    obj["metadata"]["labels"] = {"x": "y"}
    found = declared(obj, spec, world, ADDRESSES)
    assert found == {
        "CM_a": "1",
        "CM_b": "2",
        "A": "x",
        "B": "x-1-$(NOPE)-$(A)",
        "P": "secret",
        "N": "p",
        "L": "y",
        "CPU": "4",
        "MEM": "64",
    }
    assert arguments(spec, found) == ([], ["--a=x", "$(A)"])
    everything = environment(obj, spec, world, ADDRESSES)
    assert everything["HOSTNAME"] == "p"
    assert everything["KUBERNETES_SERVICE_HOST"] == "10.96.0.1"
    assert everything["KUBERNETES_PORT_443_TCP"] == "tcp://10.96.0.1:443"


def test_projected_volume() -> None:
    world = DictWorld()
    world.config_maps["kube-root-ca.crt"] = {"data": {"ca.crt": "CA"}}
    namespace = {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}
    sources: list[dict[str, Any]] = [
        {"serviceAccountToken": {"path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    found = files(pod(), {"name": "v", "projected": {"sources": sources}}, world, ADDRESSES)
    assert found == {"token": TOKEN, "ca.crt": b"CA", "namespace": b"ns"}
    with pytest.raises(MountError, match="configmap references non-existent config key: x"):
        files(pod(), {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "x", "path": "x"}]}}, world, {})


def test_containers_share_an_empty_dir() -> None:
    mount = [{"name": "shared", "mountPath": "/data"}]
    writer = container("writer", "busybox", command=["sh", "-c", "echo hi > /data/f; sleep 9"], volumeMounts=mount)
    reader = container("reader", "busybox", command=["sh", "-c", "sleep 1; cat /data/f; sleep 9"], volumeMounts=mount)
    stage = Stage(pod(writer, reader, volumes=[{"name": "shared", "emptyDir": {}}]))
    stage.run(3)
    log = stage.machine.containers[1].log
    assert log is not None
    assert [line.text for line in log.lines(0, stage.now)] == ["hi"]


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.25", "docker.io/library/nginx:1.25"),
        ("fluent/fluentd", "docker.io/fluent/fluentd:latest"),
        ("quay.io/a/b:c", "quay.io/a/b:c"),
        ("localhost/a", "localhost/a:latest"),
        ("reg:5000/a", "reg:5000/a:latest"),
        ("a@sha256:00", "docker.io/library/a@sha256:00"),
    ],
)
def test_full_image_names(image: str, full: str) -> None:
    assert full_image(image) == full


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault()),
        ("kubelet", Fault(kubelet=True)),
        ("network,pressure=disk", Fault(network=True, pressure=frozenset({"DiskPressure"}))),
        ("pressure=memory+pid", Fault(pressure=frozenset({"MemoryPressure", "PIDPressure"}))),
        ("nonsense", Fault()),
    ],
)
def test_faults(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


def test_node_conditions_flip_with_their_time() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    later = datetime(2026, 1, 2, 3, 5, 5, tzinfo=UTC)
    first = nodes.conditions([], now, Fault())
    assert [(c["type"], c["status"]) for c in first] == [
        ("MemoryPressure", "False"),
        ("DiskPressure", "False"),
        ("PIDPressure", "False"),
        ("Ready", "True"),
    ]
    second = nodes.conditions(first, later, Fault(pressure=frozenset({"DiskPressure"})))
    assert [c["lastTransitionTime"] for c in second] == [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:05:05Z",
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05Z",
    ]
    assert nodes.transitions(nodes.statuses(first), second) == ["NodeHasDiskPressure"]
