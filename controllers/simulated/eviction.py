"""Whom a kubelet evicts when its machine runs short of something, pure. Models pkg/kubelet/eviction/helpers.go.

A pressure fault stands for a consumer outside of the pods: what is available stays at half of the threshold, whoever
is evicted, until the fault is lifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from apimachinery import meta, scheduling
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from controllers.simulated.usage import PodUsage, usage_of

if TYPE_CHECKING:
    from controllers.simulated.pod_machine import PodMachine

REASON: Final = "Evicted"
MONITORING_SECONDS: Final = 10.0
CLEANUP_SECONDS: Final = 1.0
CLEANUP_CAP: Final = 30.0
GRACE_SECONDS: Final = 1.0
TRANSITION_SECONDS: Final = 300.0
"""How long a condition stays True after its reason has gone."""
_CRITICAL: Final = 2_000_000_000
_MEMORY_THRESHOLD: Final = 100 << 20
_DISK_SHARE: Final = 10
"""Per cent of a file system that must be free."""


class Signal(NamedTuple):
    """What a machine is short of: the resource, how much must be there, and how much there is; bytes."""

    resource: str
    threshold: int
    available: int


class Candidate(NamedTuple):
    """A pod that may be evicted; `usage` is None when nothing is measured of it."""

    machine: PodMachine
    usage: PodUsage | None


def signal_of(pressure: Iterable[str], allocatable: Mapping[str, str]) -> Signal | None:
    """What to reclaim under these conditions, memory before all else; None when pods cannot help."""
    if "MemoryPressure" in pressure:
        return Signal("memory", _MEMORY_THRESHOLD, _MEMORY_THRESHOLD // 2)
    if "DiskPressure" in pressure:
        capacity = Quantity.parse(str(allocatable.get("ephemeral-storage") or "0")).value()
        return Signal("ephemeral-storage", capacity * _DISK_SHARE // 100, capacity * _DISK_SHARE // 200)
    return None


def is_critical(pod: View) -> bool:
    """Whether the pod's priority is above every user's: such pods are taken under pressure, and stay."""
    return int(pod["spec"].get("priority") or 0) >= _CRITICAL


def rank(candidates: Iterable[Candidate], resource: str) -> list[Candidate]:
    """Whom to evict first: who is not measured, who uses more than asked for, the lower priority, the larger excess."""

    def place(candidate: Candidate) -> tuple[bool, bool, int, int, str]:
        pod, excess = candidate.machine.pod, _excess(candidate, resource)
        priority = int(pod["spec"].get("priority") or 0)
        return candidate.usage is not None, excess <= 0, priority, -excess, meta.key(pod)

    return sorted(candidates, key=place)


def _excess(candidate: Candidate, resource: str) -> int:
    """Usage above the request, which may be negative."""
    if candidate.usage is None:
        return 0
    asked = scheduling.pod_requests(candidate.machine.pod["spec"]).get(resource, 0)
    return (candidate.usage.memory if resource == "memory" else candidate.usage.storage) - int(asked)


class Offence(NamedTuple):
    """A container that uses more than it asked for, as texts."""

    name: str
    used: str
    asked: str


def offences(candidate: Candidate, resource: str) -> list[Offence]:
    """The containers to blame."""
    specs = {c.name: c.spec for c in candidate.machine.containers if c.kind != "ephemeral"}
    found = []
    for used in candidate.usage.containers if candidate.usage is not None else ():
        if used.name not in specs:
            continue
        requests = (specs[used.name].get("resources") or {}).get("requests") or {}
        asked, amount = Quantity.parse(str(requests.get(resource) or "0")), used.memory
        if resource != "memory":
            amount = used.logs
        if amount > asked.value():
            found.append(Offence(used.name, _bytes(amount), str(asked)))
    return found


def message(candidate: Candidate, signal: Signal) -> str:
    """Why the pod is evicted, in kubelet's words."""
    found = f"The node was low on resource: {signal.resource}. "
    found += f"Threshold quantity: {_bytes(signal.threshold)}, available: {_bytes(signal.available)}. "
    for name, used, asked in offences(candidate, signal.resource):
        found += f"Container {name} was using {used}, request is {asked}, "
        found += f"has larger consumption of {signal.resource}. "
    return found


def event_annotations(candidate: Candidate, signal: Signal) -> dict[str, str]:
    """What the Evicted event says beside its message."""
    if candidate.usage is None:
        return {}
    blamed = offences(candidate, signal.resource)
    return {
        "offending_containers": ",".join(o.name for o in blamed),
        "offending_containers_usage": ",".join(o.used for o in blamed),
        "starved_resource": signal.resource,
    }


def _bytes(amount: int) -> str:
    return str(Quantity(amount, "BinarySI"))


def candidates(machines: Iterable[PodMachine], now: float) -> list[Candidate]:
    """The pods that are active on a machine and may be evicted."""
    return [Candidate(m, usage_of(m, now)) for m in machines if not m.stopping and not is_critical(m.pod)]
