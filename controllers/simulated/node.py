"""What a kubelet says of its machine: registration and status, pure. Models pkg/kubelet/kubelet_node_status.go."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time

SIMULATED: Final = "mockube.dev/node"
CAPACITY: Final = {
    "cpu": "8",
    "memory": "32Gi",
    "ephemeral-storage": "100Gi",
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
}
MAX_PODS: Final = "110"

_CONDITIONS: Final = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def is_simulated(node: View) -> bool:
    """Whether the node asks for a simulated kubelet."""
    return SIMULATED in meta.annotations(node)


def registration(node: View) -> Object:
    """The labels and annotations that a kubelet adds to its Node when it registers."""
    name = meta.name(node)
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    }
    return {
        "labels": {k: v for k, v in labels.items() if k not in meta.labels(node)},
        "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
    }


def address(name: str) -> str:
    """A stable private address of a node, from its name."""
    digest = hashlib.sha256(name.encode()).digest()
    return f"172.{18 + digest[0] % 12}.{digest[1]}.{1 + digest[2] % 254}"


def status(
    node: View, now: datetime, *, kubelet_port: int, version: str, pressure: frozenset[str] = frozenset()
) -> Object:
    """The whole status of a healthy node; capacity that the Node came with is kept."""
    old = node.get("status") or {}
    capacity = {**CAPACITY, "pods": MAX_PODS, **(old.get("capacity") or {})}
    allocatable = {**capacity, **(old.get("allocatable") or {})}
    name = meta.name(node)
    addresses = old.get("addresses") or [
        {"type": "InternalIP", "address": address(name)},
        {"type": "Hostname", "address": name},
    ]
    return {
        "capacity": capacity,
        "allocatable": allocatable,
        "conditions": conditions(old.get("conditions") or [], now, pressure=pressure),
        "addresses": addresses,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
        "nodeInfo": _node_info(name, version),
        "runtimeHandlers": [{"name": "", "features": {"recursiveReadOnlyMounts": True, "userNamespaces": True}}],
    }


_PRESSURE: Final = {
    "memory": ("MemoryPressure", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
    "disk": ("DiskPressure", "KubeletHasDiskPressure", "kubelet has disk pressure"),
    "pid": ("PIDPressure", "KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
}


def conditions(old: list[Any], now: datetime, *, pressure: frozenset[str] = frozenset()) -> list[Object]:
    """The four conditions in upstream's order; a transition time moves only when a status flips."""
    before = {c["type"]: c for c in old}
    pressed = {_PRESSURE[p][0]: _PRESSURE[p][1:] for p in pressure}
    text = format_time(now)
    found = [c for c in old if c["type"] not in {c[0] for c in _CONDITIONS}]
    for kind, value, reason, message in _CONDITIONS:
        if kind in pressed:
            value, (reason, message) = "True", pressed[kind]
        last = before.get(kind) or {}
        found.append(
            {
                "type": kind,
                "status": value,
                "lastHeartbeatTime": text,
                "lastTransitionTime": last["lastTransitionTime"] if last.get("status") == value else text,
                "reason": reason,
                "message": message,
            }
        )
    return found


def _node_info(name: str, version: str) -> Object:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {
        "architecture": "amd64",
        "bootID": _uuid(digest[:32]),
        "containerRuntimeVersion": "containerd://2.1.4",
        "kernelVersion": "6.12.0-mockube",
        "kubeProxyVersion": "",
        "kubeletVersion": version,
        "machineID": digest[:32],
        "operatingSystem": "linux",
        "osImage": "mockube",
        "systemUUID": _uuid(digest[32:]),
    }


def _uuid(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def lease(name: str, uid: str, now: str) -> Object:
    """The heartbeat Lease of a node, owned by it."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": name,
            "namespace": "kube-node-lease",
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid}],
        },
        "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now},
    }
