"""Commands about the process and where it runs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from controllers.simulated.process import FOREVER, Output, Program, Sleep
from controllers.simulated.shell.arguments import (
    Command,
    complain,
)
from controllers.simulated.shell.interpreter import Shell
from controllers.simulated.shell.tests import evaluate

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def env(shell: Shell, args: list[str]) -> Program:
    """Print the environment, or run a command with more of it."""
    rest = list(args)
    more: dict[str, str] = {}
    while rest and "=" in rest[0]:
        name, _, value = rest.pop(0).partition("=")
        more[name] = value
    if rest:
        shell.variables.update(more)
        return (yield from shell.execute(rest))
    yield Output("".join(f"{k}={v}\n" for k, v in {**shell.variables, **more}.items()))
    return 0


def printenv(shell: Shell, args: list[str]) -> Program:
    """Print variables."""
    if not args:
        return (yield from env(shell, []))
    code = 0
    for name in args:
        if name in shell.variables:
            yield Output(f"{shell.variables[name]}\n")
        else:
            code = 1
    return code


def hostname(shell: Shell, args: list[str]) -> Program:
    """The pod's hostname."""
    yield Output(f"{shell.hostname}\n")
    return 0


def pwd(shell: Shell, args: list[str]) -> Program:
    """Where we are."""
    yield Output(f"{shell.cwd}\n")
    return 0


def cd(shell: Shell, args: list[str]) -> Program:
    """Go elsewhere."""
    target = shell.path(args[0] if args else shell.variables.get("HOME", "/"))
    if not shell.files.is_directory(target):
        return (
            yield from complain(
                f"{shell.name}: cd: can't cd to {args[0] if args else target}: No such file or directory", 2
            )
        )
    shell.cwd = target
    return 0


def id_(shell: Shell, args: list[str]) -> Program:
    """Who we are."""
    if "-u" in args:
        yield Output("0\n" if shell.user == "root" else f"{shell.user}\n")
    elif shell.user == "root":
        yield Output("uid=0(root) gid=0(root) groups=0(root)\n")
    else:
        yield Output(f"uid={shell.user} gid=0(root) groups=0(root)\n")
    return 0


def whoami(shell: Shell, args: list[str]) -> Program:
    """The user's name."""
    if shell.user != "root":
        return (yield from complain(f"whoami: unknown uid {shell.user}"))
    yield Output("root\n")
    return 0


def date(shell: Shell, args: list[str]) -> Program:
    """The cluster's time, UTC; +FORMAT."""
    moment = datetime.fromtimestamp(shell.now(), UTC)
    pattern = next((a[1:] for a in args if a.startswith("+")), "")
    if pattern:
        yield Output(moment.strftime(pattern.replace("%s", str(int(shell.now())))) + "\n")
    else:
        yield Output(moment.strftime("%a %b %e %H:%M:%S UTC %Y\n"))
    return 0


def uname(shell: Shell, args: list[str]) -> Program:
    """The kernel."""
    if "-a" in args:
        yield Output(f"Linux {shell.hostname} 6.12.0-mockube #1 SMP x86_64 GNU/Linux\n")
    else:
        yield Output(
            {"-r": "6.12.0-mockube\n", "-m": "x86_64\n", "-n": f"{shell.hostname}\n"}.get("".join(args[:1]), "Linux\n")
        )
    return 0


def uptime(shell: Shell, args: list[str]) -> Program:
    """A quiet machine."""
    stamp = time.strftime("%H:%M:%S", time.gmtime(shell.now()))
    yield Output(f" {stamp} up 1 day,  0 users,  load average: 0.00, 0.00, 0.00\n")
    return 0


def ps(shell: Shell, args: list[str]) -> Program:
    """Process 1 alone."""
    yield Output(f"PID   USER     TIME  COMMAND\n    1 {shell.user:8} 0:00 {shell.variables.get('_', 'sh')}\n")
    return 0


def sleep(shell: Shell, args: list[str]) -> Program:
    """Wait: 5, 0.5, 2m, infinity."""
    total = 0.0
    for text in args:
        if text in ("infinity", "inf"):
            total = FOREVER
            continue
        unit = _UNITS.get(text[-1:], 0)
        try:
            total += float(text[:-1]) * unit if unit else float(text)
        except ValueError:
            return (yield from complain(f"sleep: invalid number '{text}'"))
    if not args:
        return (yield from complain("sleep: missing operand"))
    yield Sleep(total)
    return 0


def true(shell: Shell, args: list[str]) -> Program:
    """0."""
    yield from ()
    return 0


def false(shell: Shell, args: list[str]) -> Program:
    """1."""
    yield from ()
    return 1


def test(shell: Shell, args: list[str]) -> Program:
    """[ … ] and test."""
    yield from ()
    words = args[:-1] if args and args[-1] in ("]", "]]") else args
    return 0 if evaluate(words, shell.files, shell.path) else 1


def daemon(shell: Shell, args: list[str]) -> Program:
    """A server that runs until it is stopped."""
    yield Sleep(FOREVER)
    return 0


def no_network(name: str) -> Command:
    """A command that would leave the container."""

    def run(shell: Shell, args: list[str]) -> Program:
        return (yield from complain(f"{name}: this container is simulated and has no network", 1))

    return run
