"""What containers use of their machine, as a kubelet measures it. Models pkg/kubelet/server/stats."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from controllers.simulated.container import Container
    from controllers.simulated.pod_machine import PodMachine


class ContainerUsage(NamedTuple):
    """One running container: cpu in thousandths of a core, the rest in bytes."""

    name: str
    cpu: int
    memory: int
    logs: int


class PodUsage(NamedTuple):
    """A pod whose sandbox is up; `volumes` is what stands in its emptyDirs, in bytes."""

    containers: tuple[ContainerUsage, ...]
    volumes: int

    @property
    def cpu(self) -> int:
        """Thousandths of a core."""
        return sum(c.cpu for c in self.containers)

    @property
    def memory(self) -> int:
        """Bytes."""
        return sum(c.memory for c in self.containers)

    @property
    def storage(self) -> int:
        """Bytes of logs and emptyDirs."""
        return self.volumes + sum(c.logs for c in self.containers)


def usage_of(machine: PodMachine, now: float) -> PodUsage | None:
    """What a pod uses; None before its sandbox is up and once it has ended, when nothing is measured."""
    if not machine.pod_ip or machine.finished:
        return None
    containers = tuple(_container(c, now) for c in machine.containers if c.running)
    return PodUsage(containers, sum(len(data) for files in machine.storage.values() for data in files.values()))


def _container(c: Container, now: float) -> ContainerUsage:
    lines = c.log.lines(0.0, now) if c.log is not None else ()
    cpu, memory = c.behaviour.usage
    return ContainerUsage(c.name, cpu, memory, sum(len(line.text) + 1 for line in lines))
