"""Programs that containers run by their command: the shell's commands, interpreted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apimachinery.objects import View
from controllers.simulated.process import FOREVER, Output, Program
from controllers.simulated.shell import commands

if TYPE_CHECKING:
    from controllers.simulated.sandbox import Sandbox

_SERVERS: Final = frozenset({"httpd", "nc", "top", "crond", "syslogd"})


def interprets(shell_image: bool, container: View) -> bool:
    """Whether the container's command is one that the shell runs; an image that is a shell runs everything."""
    if shell_image:
        return True
    command = container.get("command") or []
    return bool(command) and commands.find(str(command[0])) is not None


def commanded(sandbox: Sandbox) -> Program:
    """The program of a container's command and arguments; raises NotFoundInImage when there is no such command."""
    from controllers.simulated.images import entry_of
    from controllers.simulated.sandbox import NotFoundInImage

    argv = [*sandbox.command, *sandbox.args]
    strict = entry_of(str(sandbox.container["image"])).is_shell
    if not argv:
        argv = ["sh"]
    if argv[0] == "tini" or argv[0].endswith(("/tini", "/dumb-init")):
        argv = argv[2:] if argv[1:2] == ["--"] else argv[1:]
    if commands.find(argv[0]) is None:
        raise NotFoundInImage(argv[0])
    name = argv[0].rpartition("/")[2]
    if name not in _SERVERS:
        sandbox.stop_after = FOREVER
    shell = sandbox.shell()
    shell.lenient = not strict
    if not sandbox.container.get("stdin"):
        shell.stdin = ""
    elif sandbox.container.get("tty"):
        shell.variables["TERM"] = "xterm"
    return shell.start(argv)


def failing(*lines: str, code: int = 1) -> Program:
    """A program that says why it cannot work and ends."""
    for line in lines:
        yield Output(line + "\n", "stderr")
    return code
