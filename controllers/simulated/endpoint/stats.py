"""What a kubelet measures: GET /stats/summary and /metrics/resource. Models pkg/kubelet/server/stats and metrics.

Containers use what their `usage` says from their start on; the machine itself adds a small constant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.quantity import Quantity
from apimachinery.timestamp import format_time
from controllers.simulated import eviction
from controllers.simulated.container import Container
from controllers.simulated.host import Host
from controllers.simulated.pod_machine import PodMachine
from controllers.simulated.usage import PodUsage, usage_of

SYSTEM_CPU: Final = 50
"""Thousandths of a core that the machine uses without pods."""
SYSTEM_MEMORY: Final = 512 << 20
_NANOS: Final = 1_000_000
"""Nanocores in a thousandth of a core."""


@dataclass(frozen=True, slots=True)
class NodeStats:
    """One machine at one moment, in seconds of the cluster's wall clock."""

    host: Host
    node: View
    machines: Sequence[PodMachine]
    now: float

    def _measured(self) -> Iterable[tuple[PodMachine, PodUsage]]:
        for machine in self.machines:
            if (usage := usage_of(machine, self.now)) is not None:
                yield machine, usage

    # /stats/summary -------------------------------------------------------------------------------------------------

    def summary(self) -> Object:
        """The Summary object."""
        pods = [self._pod(machine, usage) for machine, usage in self._measured()]
        return {"node": self._node(), "pods": pods}

    def _node(self) -> Object:
        started = datetime.fromisoformat(str(self.node["metadata"]["creationTimestamp"])).timestamp()
        cpu = SYSTEM_CPU + sum(u.cpu for _, u in self._measured())
        used = self._memory()
        disk = self._capacity("ephemeral-storage")
        stored = sum(u.storage for _, u in self._measured())
        return {
            "nodeName": self.host.name,
            "startTime": self._stamp(started),
            "cpu": self._cpu(cpu, started),
            "memory": {
                "time": self._stamp(self.now),
                "availableBytes": self._available("memory", self._capacity("memory") - used),
                "usageBytes": used,
                "workingSetBytes": used,
                "rssBytes": used,
            },
            "fs": {
                "time": self._stamp(self.now),
                "availableBytes": self._available("ephemeral-storage", disk - stored),
                "capacityBytes": disk,
                "usedBytes": stored,
            },
        }

    def _pod(self, machine: PodMachine, usage: PodUsage) -> Object:
        pod, time = machine.pod, self._stamp(self.now)
        running = {c.name: c for c in machine.containers if c.running}
        containers = []
        for used in usage.containers:
            started = running[used.name].started_at
            containers.append(
                {
                    "name": used.name,
                    "startTime": self._stamp(started),
                    "cpu": self._cpu(used.cpu, started),
                    "memory": {"time": time, **_memory(used.memory)},
                    "rootfs": {"time": time, "usedBytes": 0},
                    "logs": {"time": time, "usedBytes": used.logs},
                }
            )
        return {
            "podRef": {"name": meta.name(pod), "namespace": meta.namespace(pod), "uid": meta.uid(pod)},
            "startTime": self._stamp(machine.start_time),
            "containers": containers,
            "cpu": {
                "time": time,
                "usageNanoCores": usage.cpu * _NANOS,
                "usageCoreNanoSeconds": sum(self._spent(c) for c in running.values()),
            },
            "memory": {"time": time, **_memory(usage.memory)},
            "ephemeral-storage": {"time": time, "usedBytes": usage.storage},
        }

    def _cpu(self, milli: int, since: float) -> Object:
        spent = int(milli * _NANOS * max(0.0, self.now - since))
        return {"time": self._stamp(self.now), "usageNanoCores": milli * _NANOS, "usageCoreNanoSeconds": spent}

    def _spent(self, c: Container) -> int:
        return int(c.behaviour.usage.cpu * _NANOS * max(0.0, self.now - c.started_at))

    def _memory(self) -> int:
        return SYSTEM_MEMORY + sum(u.memory for _, u in self._measured())

    def _capacity(self, resource: str) -> int:
        found = ((self.node.get("status") or {}).get("capacity") or {}).get(resource) or "0"
        return Quantity.parse(str(found)).value()

    def _available(self, resource: str, otherwise: int) -> int:
        """What the eviction manager sees, which a pressure fault keeps low."""
        allocatable = (self.node.get("status") or {}).get("allocatable") or {}
        signal = eviction.signal_of(self.host.short_of, allocatable)
        return signal.available if signal is not None and signal.resource == resource else max(0, otherwise)

    @staticmethod
    def _stamp(moment: float) -> str:
        return format_time(datetime.fromtimestamp(moment, UTC))

    # /metrics/resource ----------------------------------------------------------------------------------------------

    def metrics(self) -> str:
        """The text that Prometheus reads."""
        samples: list[_Sample] = []
        node = self._node()
        samples.append(_Sample("node_cpu_usage_seconds_total", {}, node["cpu"]["usageCoreNanoSeconds"] / 1e9))
        samples.append(_Sample("node_memory_working_set_bytes", {}, node["memory"]["workingSetBytes"]))
        for machine, usage in self._measured():
            of_pod = {"namespace": meta.namespace(machine.pod), "pod": meta.name(machine.pod)}
            running = {c.name: c for c in machine.containers if c.running}
            for used in usage.containers:
                labels, spent = {"container": used.name, **of_pod}, self._spent(running[used.name])
                samples.append(_Sample("container_cpu_usage_seconds_total", labels, spent / 1e9))
                samples.append(_Sample("container_memory_working_set_bytes", labels, used.memory))
                started = running[used.name].started_at
                samples.append(_Sample("container_start_time_seconds", labels, started, timed=False))
            total = sum(self._spent(c) for c in running.values())
            samples.append(_Sample("pod_cpu_usage_seconds_total", of_pod, total / 1e9))
            samples.append(_Sample("pod_memory_working_set_bytes", of_pod, usage.memory))
        samples.append(_Sample("resource_scrape_error", {}, 0, timed=False))
        return _text(samples, int(self.now * 1000))


def _memory(used: int) -> Object:
    return {"usageBytes": used, "workingSetBytes": used, "rssBytes": used}


_PLAIN_DIGITS: Final = 6


class _Sample(NamedTuple):
    name: str
    labels: dict[str, str]
    value: float
    timed: bool = True


_FAMILIES: Final = {
    "container_cpu_usage_seconds_total": ("counter", "Cumulative cpu time consumed by the container in core-seconds"),
    "container_memory_working_set_bytes": ("gauge", "Current working set of the container in bytes"),
    "container_start_time_seconds": ("gauge", "Start time of the container since unix epoch in seconds"),
    "node_cpu_usage_seconds_total": ("counter", "Cumulative cpu time consumed by the node in core-seconds"),
    "node_memory_working_set_bytes": ("gauge", "Current working set of the node in bytes"),
    "pod_cpu_usage_seconds_total": ("counter", "Cumulative cpu time consumed by the pod in core-seconds"),
    "pod_memory_working_set_bytes": ("gauge", "Current working set of the pod in bytes"),
    "resource_scrape_error": ("gauge", "1 if there was an error while getting container metrics, 0 otherwise"),
}


def _text(samples: Sequence[_Sample], moment: int) -> str:
    lines = []
    for name, (kind, about) in _FAMILIES.items():
        own = [s for s in samples if s.name == name]
        if not own:
            continue
        lines += [f"# HELP {name} [STABLE] {about}", f"# TYPE {name} {kind}"]
        for sample in sorted(own, key=lambda s: sorted(s.labels.items())):
            labels = ",".join(f'{k}="{v}"' for k, v in sorted(sample.labels.items()))
            where = f"{{{labels}}}" if labels else ""
            lines.append(f"{name}{where} {go_float(sample.value)}{f' {moment}' if sample.timed else ''}")
    return "\n".join(lines) + "\n"


def go_float(value: float) -> str:
    """A number as Go's shortest %g writes it: 8388608 is 8.388608e+06."""
    if value == 0:
        return "0"
    sign, digits, power = Decimal(repr(float(value))).normalize().as_tuple()
    exponent = len(digits) - 1 + int(power)
    if -4 <= exponent < _PLAIN_DIGITS:
        return f"{Decimal(repr(float(value))).normalize():f}"
    text = "".join(map(str, digits))
    mantissa = text[0] + (f".{text[1:]}" if len(text) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
