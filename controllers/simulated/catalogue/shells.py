"""Images that are a shell and its commands, and images that do one small thing."""

from __future__ import annotations

from typing import Final

from controllers.simulated.behaviour import Behaviour, Pull, Usage
from controllers.simulated.catalogue.entry import Entry
from controllers.simulated.logs import PlannedLine
from controllers.simulated.programs import commanded

_SHELL: Final = Behaviour(
    program=commanded, has_shell=True, ports=frozenset(), pull=Pull(0.1, 2_170_000), usage=Usage(0, 1 << 20)
)
_HELLO: Final = (
    "",
    "Hello from Docker!",
    "This message shows that your installation appears to be working correctly.",
)

ENTRIES: Final = (
    Entry(
        (
            "busybox",
            "alpine",
            "debian",
            "ubuntu",
            "bash",
            "*/busybox",
            "*/alpine",
            "amazonlinux",
            "fedora",
            "centos",
            "rockylinux",
            "curlimages/curl",
            "nicolaka/netshoot",
            "*/jessie-dnsutils",
        ),
        _SHELL,
        is_shell=True,
    ),
    Entry(("registry.k8s.io/pause", "*/pause", "*/pause-amd64", "pause"), Behaviour(pull=Pull(0.05, 321_520))),
    Entry(
        ("hello-world",),
        Behaviour(exit_after=0.05, lines=tuple(PlannedLine(0.01, t) for t in _HELLO), pull=Pull(0.05, 10_000)),
    ),
    Entry(("perl",), Behaviour(exit_after=3.0, lines=(PlannedLine(2.9, "3.14159265358979323846264338327950288"),))),
)
