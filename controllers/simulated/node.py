"""What a kubelet says of its machine: registration, conditions and status, pure. Models pkg/kubelet/nodestatus."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.simulated.addresses import node_address

SIMULATED: Final = "mockube.dev/node"
FAULT: Final = "mockube.dev/fault"
"""On a Node: what is wrong with its machine; see Fault.parse."""
STREAMING: Final = "mockube.dev/kubelet-endpoint"
"""On a Node: where its kubelet's HTTP endpoint really listens, since an InternalIP leads nowhere."""
CAPACITY: Final = {
    "cpu": "8",
    "ephemeral-storage": "100Gi",
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    "memory": "32Gi",
    "pods": "110",
}
PRESSURES: Final = {"memory": "MemoryPressure", "disk": "DiskPressure", "pid": "PIDPressure"}

_WELL: Final = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}
_ILL: Final = {
    "MemoryPressure": ("True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
    "DiskPressure": ("True", "KubeletHasDiskPressure", "kubelet has disk pressure"),
    "PIDPressure": ("True", "KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
    "Ready": (
        "False",
        "KubeletNotReady",
        "container runtime network not ready: cni plugin not initialized",
    ),
}
_EVENTS: Final = {
    ("MemoryPressure", "False"): "NodeHasSufficientMemory",
    ("MemoryPressure", "True"): "NodeHasInsufficientMemory",
    ("DiskPressure", "False"): "NodeHasNoDiskPressure",
    ("DiskPressure", "True"): "NodeHasDiskPressure",
    ("PIDPressure", "False"): "NodeHasSufficientPID",
    ("PIDPressure", "True"): "NodeHasInsufficientPID",
    ("Ready", "True"): "NodeReady",
    ("Ready", "False"): "NodeNotReady",
}


class Fault(NamedTuple):
    """What is wrong with a machine; falsy when nothing is.

    `kubelet`: its agent is dead, containers run on. `network`: it is cut off from the API server. `power`: it is off,
    and its containers with it. `runtime`: the agent says NotReady. `pressure`: condition types that are True.
    """

    kubelet: bool = False
    network: bool = False
    power: bool = False
    runtime: bool = False
    pressure: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Fault:
        """`kubelet`, `network`, `power`, `runtime`, `pressure=memory|disk|pid`, by commas; others are ignored."""
        words = [w.strip() for w in text.split(",") if w.strip()]
        pressed = [w.partition("=")[2] for w in words if w.startswith("pressure=")]
        kinds = {PRESSURES[p] for text in pressed for p in text.split("+") if p in PRESSURES}
        return cls("kubelet" in words, "network" in words, "power" in words, "runtime" in words, frozenset(kinds))

    @property
    def silent(self) -> bool:
        """Whether nothing reaches the API server."""
        return self.kubelet or self.network or self.power


def is_simulated(node: View) -> bool:
    """Whether the node asks for a simulated kubelet."""
    return SIMULATED in meta.annotations(node)


def fault_of(node: View) -> Fault:
    """What the node's annotation says is wrong with it."""
    text = meta.annotations(node).get(FAULT)
    return Fault.parse(text) if text else Fault()


def registration(node: View, streaming: str = "") -> Object:
    """The labels and annotations that a kubelet adds to its Node when it registers; those it has stay."""
    name = meta.name(node)
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    }
    annotations = {"volumes.kubernetes.io/controller-managed-attach-detach": "true"}
    if streaming:
        annotations[STREAMING] = streaming
    return {"labels": {k: v for k, v in labels.items() if k not in meta.labels(node)}, "annotations": annotations}


def internal_ip(node: View) -> str:
    """The node's InternalIP, or the one it will get."""
    addresses = (node.get("status") or {}).get("addresses") or ()
    return str(next((a["address"] for a in addresses if a["type"] == "InternalIP"), "")) or node_address(
        meta.name(node)
    )


def status(node: View, now: datetime, *, port: int, version: str, fault: Fault, images: list[Object]) -> Object:
    """The whole status that a kubelet writes; capacity that the Node came with is kept."""
    old = node.get("status") or {}
    capacity = {**CAPACITY, **(old.get("capacity") or {})}
    name = meta.name(node)
    return {
        "capacity": capacity,
        "allocatable": {**capacity, **(old.get("allocatable") or {})},
        "conditions": conditions(old.get("conditions") or [], now, fault),
        "addresses": old.get("addresses")
        or [{"type": "InternalIP", "address": internal_ip(node)}, {"type": "Hostname", "address": name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        "nodeInfo": _node_info(name, version),
        **({"images": images} if images else {}),
        "runtimeHandlers": [{"name": "", "features": {"recursiveReadOnlyMounts": True, "userNamespaces": True}}],
        "features": {"supplementalGroupsPolicy": True},
    }


def conditions(old: list[Any], now: datetime, fault: Fault) -> list[Object]:
    """The four conditions in upstream's order; a transition time moves only when a status flips."""
    before = {c["type"]: c for c in old}
    text = format_time(now)
    found = []
    for kind in _WELL:
        ill = kind in fault.pressure or (kind == "Ready" and fault.runtime)
        value, reason, message = (_ILL if ill else _WELL)[kind]
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


def transitions(old: Mapping[str, str], new: list[Object]) -> list[str]:
    """The reasons of the events for conditions that flipped; a condition that is new counts."""
    return [_EVENTS[c["type"], c["status"]] for c in new if old.get(c["type"]) != c["status"]]


def statuses(conditions_now: list[Object]) -> dict[str, str]:
    """Each condition's status."""
    return {c["type"]: c["status"] for c in conditions_now}


def differs(node: View, wanted: Object) -> bool:
    """Whether the node shows another state than the kubelet would write, heartbeat times left out."""
    shown = {c["type"]: (c["status"], c.get("reason")) for c in (node.get("status") or {}).get("conditions") or ()}
    return any(shown.get(c["type"]) != (c["status"], c["reason"]) for c in wanted["conditions"])


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
