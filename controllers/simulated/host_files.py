"""What stands on a simulated machine's disk by itself: its identity, its kernel's tables, and the logs of its pods.

Models the layout of pkg/kubelet/kuberuntime/kuberuntime_container.go and legacy.go, in the format of CRI's log files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from apimachinery import meta
from controllers.simulated.filesystem import Disk
from controllers.simulated.logs import InstanceLog
from controllers.simulated.volumes import HOST_DIRECTORIES

if TYPE_CHECKING:
    from controllers.simulated.container import Container
    from controllers.simulated.host import Host
    from controllers.simulated.pod_machine import PodMachine

POD_LOGS: Final = "/var/log/pods"
CONTAINER_LOGS: Final = "/var/log/containers"
_KERNEL: Final = "6.12.0-mockube"
_MAX_POD_NAME: Final = 251
_PASSWD: Final = b"root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
_RELEASE: Final = b'PRETTY_NAME="mockube"\nNAME="mockube"\nID=mockube\n'
Read = Callable[[], bytes]


class HostView(Disk):
    """A machine's files below a path, by their relative names; the path itself, when it is a file, is the name ""."""

    def __init__(self, host: Host, path: str, clock: Callable[[], float]) -> None:
        self._host = host
        self._path = path.rstrip("/")
        self._clock = clock

    def link(self, name: str) -> str | None:
        """Where a symbolic link leads; None for anything else."""
        path = self._absolute(name)
        return None if path in self._host.disk else links(self._host).get(path)

    def directories(self) -> Iterable[str]:
        """The machine's own directories and those that pods have made, below the path."""
        below = f"{self._path}/"
        return (p[len(below) :] for p in (*HOST_DIRECTORIES, *self._host.directories) if p.startswith(below))

    def make_directory(self, name: str) -> None:
        """Make a directory that every pod sees."""
        self._host.directories.add(self._absolute(name))

    def __getitem__(self, name: str) -> bytes:
        path = self._absolute(name)
        if path in self._host.disk:
            return self._host.disk[path]
        return self._own()[path]()

    def __setitem__(self, name: str, data: bytes) -> None:
        path = self._absolute(name)
        self._host.disk[path] = data
        self._host.removed.discard(path)

    def __delitem__(self, name: str) -> None:
        path = self._absolute(name)
        if self._host.disk.pop(path, None) is None and path not in self._own():
            raise KeyError(name)
        self._host.removed.add(path)

    def __iter__(self) -> Iterator[str]:
        below = f"{self._path}/"
        for path in dict.fromkeys((*self._own(), *links(self._host), *self._host.disk)):
            if path == self._path:
                yield ""
            elif path.startswith(below) and path not in self._host.removed:
                yield path[len(below) :]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _own(self) -> Mapping[str, Read]:
        found = own_files(self._host, self._clock)
        return {path: read for path, read in found.items() if path not in self._host.removed}

    def _absolute(self, name: str) -> str:
        return f"{self._path}/{name}" if name else self._path


def own_files(host: Host, clock: Callable[[], float]) -> dict[str, Read]:
    """Every file that the machine has of itself, read when somebody looks."""
    found: dict[str, Read] = {path: partial(bytes, data) for path, data in _identity(host).items()}
    found["/proc/uptime"] = lambda: f"{clock() % 1e7:.2f} 0.00\n".encode()
    for machine in host.pods():
        for c in machine.containers:
            for number, log in _runs(c):
                found[_log_path(machine, c, number)] = partial(_rendered, log, clock)
    return found


def links(host: Host) -> dict[str, str]:
    """The symbolic links of the machine with their targets: one for each container's log."""
    found = {}
    for machine in host.pods():
        pod = f"{meta.name(machine.pod)}_{meta.namespace(machine.pod)}"[:_MAX_POD_NAME]
        for c in machine.containers:
            for number, _ in _runs(c):
                name = f"{pod}_{c.name}-{_container_id(machine, c, number)}.log"
                found[f"{CONTAINER_LOGS}/{name}"] = _log_path(machine, c, number)
    return found


def machine_id(name: str) -> str:
    """The machine ID of a node, as its status tells it."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _identity(host: Host) -> dict[str, bytes]:
    digest = hashlib.sha256(host.name.encode()).hexdigest()
    boot = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
    hosts = f"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{host.address}\t{host.name}\n"
    texts = {
        "/etc/hostname": f"{host.name}\n",
        "/etc/hosts": hosts,
        "/etc/machine-id": f"{machine_id(host.name)}\n",
        "/etc/resolv.conf": "nameserver 127.0.0.53\n",
        "/proc/version": f"Linux version {_KERNEL} (mockube) #1 SMP\n",
        "/proc/loadavg": "0.00 0.00 0.00 1/100 1\n",
        "/proc/meminfo": "MemTotal:       33554432 kB\nMemFree:        29360128 kB\nMemAvailable:   31457280 kB\n",
        "/proc/cpuinfo": "".join(f"processor\t: {n}\nmodel name\t: mockube\n\n" for n in range(8)),
        "/proc/sys/kernel/hostname": f"{host.name}\n",
        "/proc/sys/kernel/osrelease": f"{_KERNEL}\n",
        "/proc/sys/kernel/random/boot_id": f"{boot}\n",
        "/var/log/syslog": "",
    }
    found = {path: text.encode() for path, text in texts.items()}
    return {**found, "/etc/os-release": _RELEASE, "/etc/passwd": _PASSWD}


def _runs(c: Container) -> Iterator[tuple[int, InstanceLog]]:
    """The runs of a container whose logs are kept, each with its number of restarts: the last two."""
    if c.previous_log is not None and c.runs > 1:
        yield c.runs - 2, c.previous_log
    if c.log is not None and c.runs:
        yield c.runs - 1, c.log


def _log_path(machine: PodMachine, c: Container, number: int) -> str:
    pod = machine.pod
    return f"{POD_LOGS}/{meta.namespace(pod)}_{meta.name(pod)}_{machine.uid}/{c.name}/{number}.log"


def _container_id(machine: PodMachine, c: Container, number: int) -> str:
    from controllers.simulated.container import container_id

    return container_id(machine.uid, c.name, number + 1).removeprefix("containerd://")


def _rendered(log: InstanceLog, clock: Callable[[], float]) -> bytes:
    """The log as a container runtime writes it: moment, stream, F for a full line or P for a part of one, text."""
    found = []
    for line in log.lines(0.0, clock()):
        moment = datetime.fromtimestamp(line.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        found.append(f"{moment} {line.stream} {'P' if line.partial else 'F'} {line.text}\n")
    return "".join(found).encode()
