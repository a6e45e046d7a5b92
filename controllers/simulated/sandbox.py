"""What a container's program finds around it: arguments, environment, files, hostname and time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from apimachinery import meta
from apimachinery.objects import View
from controllers.simulated import container_files
from controllers.simulated.environment import ConfigError, arguments, environment, hostname
from controllers.simulated.filesystem import FileSystem
from controllers.simulated.logs import InstanceLog
from controllers.simulated.process import FOREVER, Output, Request, Sleep
from controllers.simulated.shell.interpreter import Shell

if TYPE_CHECKING:
    from controllers.simulated.container import Container
    from controllers.simulated.pod_machine import PodMachine

_TERMINATION_LOG: Final = "/dev/termination-log"
_EXIT_CODE: Final = re.compile(r"\bexit\b\s*(\d*)")
_START_ERROR: Final = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: error during container init: exec: {}: "
)


class NotFoundInImage(Exception):
    """The image has no such command; the text is the runtime's."""

    def __init__(self, command: str) -> None:
        where = "no such file or directory" if "/" in command else "executable file not found in $PATH"
        shown = f'"{command}"'
        super().__init__(_START_ERROR.format(shown) + (f"stat {command}: {where}" if "/" in command else where))


@dataclass(slots=True)
class Sandbox:
    """One run's surroundings; `stop_after` and `stop_code` say how its first process takes SIGTERM."""

    pod: View
    container: View
    variables: dict[str, str]
    command: list[str]
    args: list[str]
    files: FileSystem
    workdir: str
    user: str
    clock: Callable[[], float]
    stop_after: float = 0.05
    stop_code: int = 0
    traps: dict[str, str] = field(default_factory=dict)

    def on_terminate(self) -> tuple[float, int]:
        """Seconds until SIGTERM has ended the first process, and its exit code then."""
        for name in ("TERM", "15", "EXIT", "0"):
            if action := self.traps.get(name):
                match = _EXIT_CODE.search(action)
                return 0.05, int(match[1]) if match and match[1] else 0 if match else 143
        return self.stop_after, self.stop_code

    @classmethod
    def inside(cls, machine: PodMachine, c: Container) -> Sandbox:
        """The surroundings of a container's run, made when somebody first looks around there."""
        if c.sandbox is None:
            c.sandbox = cls.of(machine, c)
        return c.sandbox

    @classmethod
    def of(cls, machine: PodMachine, c: Container) -> Sandbox:
        """The surroundings of a container that starts now."""
        pod, spec = machine.pod, c.spec
        try:
            variables = environment(pod, spec, machine.world, machine.addresses, image=c.behaviour.environment)
        except ConfigError:
            variables = {}
        command, args = arguments(spec, variables)
        context = {**(pod["spec"].get("securityContext") or {}), **(spec.get("securityContext") or {})}
        user = context.get("runAsUser")
        return cls(
            pod,
            spec,
            variables,
            command,
            args,
            container_files.file_system(machine, c),
            str(spec.get("workingDir") or c.behaviour.workdir),
            c.behaviour.user if user is None else "root" if int(user) == 0 else str(user),
            machine.clock,
            c.behaviour.stop_after,
            c.behaviour.stop_code,
        )

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return meta.namespace(self.pod)

    def shell(self) -> Shell:
        """A shell in these surroundings."""
        return Shell(
            self.files,
            dict(self.variables),
            self.clock,
            hostname(self.pod),
            self.user,
            self.workdir,
            traps=self.traps,
        )

    def run_now(self, argv: list[str]) -> tuple[int, str]:
        """Run a command to its end without waiting, as a probe does; one that sleeps for ever fails."""
        program = self.shell().start(argv)
        out: list[str] = []
        answer = None
        try:
            while True:
                effect = program.send(answer)
                answer = None
                if isinstance(effect, Output):
                    out.append(effect.text)
                elif isinstance(effect, Request) or (isinstance(effect, Sleep) and effect.seconds == FOREVER):
                    return 1, "".join(out)
        except StopIteration as end:
            return int(end.value or 0), "".join(out)

    def termination_message(self, spec: View, log: InstanceLog | None, code: int) -> str:
        """What the container left to say: its termination message file, or the end of its log after a failure."""
        path = self.files.normal(str(spec.get("terminationMessagePath") or _TERMINATION_LOG))
        try:
            text = self.files.read(path).decode(errors="replace")
        except OSError:
            text = ""
        if text or code == 0 or spec.get("terminationMessagePolicy") != "FallbackToLogsOnError" or log is None:
            return text[:4096]
        lines = [line.text for line in log.lines(0.0, FOREVER)][-80:]
        return "\n".join(lines)[-2048:]
