"""Whether a kubelet takes a pod that is bound to its node. Models pkg/kubelet/lifecycle/predicate.go and eviction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from apimachinery import scheduling
from apimachinery.nodeaffinity import required_node_affinity
from apimachinery.objects import View
from apimachinery.scheduling import Amounts

_CRITICAL: Final = 2_000_000_000
_MEMORY_PRESSURE: Final = {"key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"}


class Rejection(NamedTuple):
    """status.reason, and what follows `Pod was rejected: ` in status.message."""

    reason: str
    message: str


class Load:
    """What the pods of a node ask for together, kept up to date pod by pod."""

    def __init__(self) -> None:
        self.used: Amounts = {}
        self.ports: dict[str, list[tuple[str, str, int]]] = {}
        self._pods: dict[str, Amounts] = {}

    def __len__(self) -> int:
        return len(self._pods)

    def add(self, uid: str, spec: View) -> None:
        """Count a pod that the kubelet runs."""
        if uid in self._pods:
            return
        wanted = self._pods[uid] = scheduling.pod_requests(spec)
        for name, value in wanted.items():
            self.used[name] = self.used.get(name, 0) + value
        if ports := scheduling.host_ports(spec):
            self.ports[uid] = ports

    def remove(self, uid: str) -> None:
        """The pod is over."""
        for name, value in self._pods.pop(uid, {}).items():
            self.used[name] -= value
        self.ports.pop(uid, None)


def admit(pod: View, node: View, load: Load, pressure: Iterable[str] = ()) -> Rejection | None:
    """Why the pod is refused, None when it is taken."""
    spec = pod["spec"]
    labels = node["metadata"].get("labels") or {}
    wanted_os = (pod["metadata"].get("labels") or {}).get("kubernetes.io/os")
    if wanted_os and wanted_os != labels.get("kubernetes.io/os", "linux"):
        message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label"
        return Rejection("PodOSSelectorNodeLabelDoesNotMatch", message)
    if (spec.get("os") or {}).get("name", "linux") != "linux":
        return Rejection("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS")
    refused = _pressed(pod, sorted(pressure))
    return refused or _resources(spec, node, load) or _placement(spec, node, load)


def _pressed(pod: View, pressure: Sequence[str]) -> Rejection | None:
    if not pressure or int(pod["spec"].get("priority") or 0) >= _CRITICAL:
        return None
    if list(pressure) == ["MemoryPressure"]:
        tolerations = pod["spec"].get("tolerations") or ()
        if scheduling.qos_class(pod) != "BestEffort" or any(
            scheduling.tolerates(t, _MEMORY_PRESSURE) for t in tolerations
        ):
            return None
    return Rejection("Evicted", f"The node had condition: [{' '.join(pressure)}]. ")


def _resources(spec: View, node: View, load: Load) -> Rejection | None:
    allocatable = scheduling.amounts((node.get("status") or {}).get("allocatable"))
    if len(load) + 1 > allocatable.get("pods", 0):
        return _short("pods", 1, len(load), allocatable.get("pods", 0))
    for name, wanted in scheduling.pod_requests(spec).items():
        capacity, used = allocatable.get(name), load.used.get(name, 0)
        if wanted and capacity is not None and wanted > capacity - used:
            return _short(name, wanted, used, capacity)
    return None


def _short(name: str, requested: int, used: int, capacity: int) -> Rejection:
    return Rejection(
        f"OutOf{name}",
        f"Node didn't have enough resource: {name}, requested: {requested}, used: {used}, capacity: {capacity}",
    )


def _placement(spec: View, node: View, load: Load) -> Rejection | None:
    if not required_node_affinity(spec)(node):
        return Rejection(
            "NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
        )
    for wanted in scheduling.host_ports(spec):
        if any(scheduling.ports_conflict(wanted, t) for taken in load.ports.values() for t in taken):
            return Rejection(
                "NodePorts",
                "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
            )
    return None
