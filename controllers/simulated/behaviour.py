"""How an image behaves: data that the catalogue and scenarios give, and the pod's state machine plays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from controllers.simulated.logs import PlannedLine
from controllers.simulated.process import Program

if TYPE_CHECKING:
    from controllers.simulated.sandbox import Sandbox

ProbeKind = Literal["liveness", "readiness", "startup"]
PROBE_KINDS: Final[tuple[ProbeKind, ...]] = ("startup", "liveness", "readiness")


class Pull(NamedTuple):
    """Getting the image: seconds it takes, its size in bytes, and the runtime's error when it cannot be had."""

    seconds: float = 0.1
    size: int = 25_000_000
    error: str = ""


class ProbeAnswer(NamedTuple):
    """From `after` seconds of running on, a probe is answered so; an empty output takes the usual text."""

    after: float
    success: bool
    output: str = ""


class Usage(NamedTuple):
    """What a container uses at rest: cpu in thousandths of a core, memory in bytes."""

    cpu: int = 1
    memory: int = 8 << 20


_PULL: Final = Pull()
_USAGE: Final = Usage()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One image's life. Without a program or `exit_after` a container runs for ever.

    `ports` are those it listens on, None for any; `paths` the HTTP answers by path, None for 200 everywhere.
    `stop_after` is how long it works on after SIGTERM; infinite for a program that does not heed it.
    """

    start_delay: float = 0.0
    ready_delay: float = 0.0
    exit_after: float = math.inf
    exit_code: int = 0
    exit_reason: str = ""
    lines: tuple[PlannedLine, ...] = ()
    program: Callable[[Sandbox], Program] | None = None
    ports: frozenset[int] | None = None
    paths: Mapping[str, int] | None = None
    probes: Mapping[ProbeKind, tuple[ProbeAnswer, ...]] = field(default_factory=dict)
    stop_after: float = 0.05
    stop_code: int = 0
    pull: Pull = _PULL
    usage: Usage = _USAGE
    has_shell: bool = False
    workdir: str = "/"
    user: str = "root"
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
