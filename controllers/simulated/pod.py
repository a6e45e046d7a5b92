"""A pod's status as its kubelet writes it, pure. Models pkg/kubelet/kubelet_pods.go and status/generate.go."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime

from apimachinery import meta, scheduling
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time


def needs_work(pod: View) -> bool:
    """Whether the kubelet has something to do: a pod that is new, or one that is to stop."""
    return meta.is_deleting(pod) or not ((pod.get("status") or {}).get("startTime") or scheduling.is_terminal(pod))


class Addresses:
    """Pod addresses, unique among the pods of a node, from its podCIDR."""

    def __init__(self) -> None:
        self._by_pod: dict[str, tuple[str, str]] = {}
        self._taken: dict[str, set[str]] = {}

    def take(self, uid: str, node: View) -> str:
        """The pod's address, the same on each call."""
        if uid in self._by_pod:
            return self._by_pod[uid][1]
        name = meta.name(node)
        network = ipaddress.ip_network((node.get("spec") or {}).get("podCIDR") or _network(name))
        taken = self._taken.setdefault(name, set())
        found = next(str(a) for i, a in enumerate(network.hosts()) if i > 0 and str(a) not in taken)
        taken.add(found)
        self._by_pod[uid] = (name, found)
        return found

    def release(self, uid: str) -> None:
        """Give the address back."""
        name, found = self._by_pod.pop(uid, ("", ""))
        self._taken.get(name, set()).discard(found)


def _network(node: str) -> str:
    digest = hashlib.sha256(node.encode()).digest()
    return f"10.{128 + digest[0] % 100}.{digest[1]}.0/24"


def condition(kind: str, value: str, now: datetime, pod: View, **more: str) -> Object:
    """One condition with the fields that are always there."""
    return {
        "type": kind,
        "status": value,
        "lastProbeTime": None,
        "lastTransitionTime": format_time(now),
        "observedGeneration": meta.generation(pod),
        **more,
    }


def running(pod: View, node: View, address: str, now: datetime) -> Object:
    """The status of a pod whose containers all run and are ready."""
    host = next((a["address"] for a in node["status"].get("addresses") or () if a["type"] == "InternalIP"), "")
    ip = host if pod["spec"].get("hostNetwork") else address
    text = format_time(now)
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady")
    return {
        "phase": "Running",
        "observedGeneration": meta.generation(pod),
        "conditions": [condition(k, "True", now, pod) for k in kinds],
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": text,
        "containerStatuses": [
            _container(pod, c, {"running": {"startedAt": text}}, ready=True) for c in pod["spec"]["containers"]
        ],
    }


def stopped(pod: View, now: datetime) -> Object:
    """The status of a pod whose containers were all stopped."""
    text = format_time(now)
    ended = {"exitCode": 0, "reason": "Completed", "finishedAt": text}
    return {
        "phase": "Succeeded",
        "conditions": [condition(k, "False", now, pod, reason="PodCompleted") for k in ("Ready", "ContainersReady")],
        "containerStatuses": [
            _container(pod, c, {"terminated": {**ended, "containerID": _container_id(pod, c["name"])}}, ready=False)
            for c in pod["spec"]["containers"]
        ],
    }


def _container(pod: View, container: View, state: Object, *, ready: bool) -> Object:
    return {
        "name": container["name"],
        "state": state,
        "lastState": {},
        "ready": ready,
        "restartCount": 0,
        "image": container["image"],
        "imageID": f"sha256:{hashlib.sha256(container['image'].encode()).hexdigest()}",
        "containerID": _container_id(pod, container["name"]),
        "started": ready,
    }


def _container_id(pod: View, name: str) -> str:
    return "containerd://" + hashlib.sha256(f"{meta.uid(pod)}/{name}".encode()).hexdigest()
