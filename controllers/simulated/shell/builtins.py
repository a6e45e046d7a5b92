"""The shell's own commands, and those that run others."""

from __future__ import annotations

import math

from controllers.simulated.process import FOREVER, Output, Program, ReadInput, Sleep
from controllers.simulated.shell.arguments import (
    Command,
    complain,
    read_file,
    split_options,
    to_int,
)
from controllers.simulated.shell.interpreter import Exit, LoopJump, Shell


def exit_(shell: Shell, args: list[str]) -> Program:
    """Leave the script."""
    yield from ()
    raise Exit(to_int(args[0]) & 255 if args else shell.status)


def jump(kind: str) -> Command:
    """break and continue."""

    def run(shell: Shell, args: list[str]) -> Program:
        yield from ()
        raise LoopJump(kind)

    return run


def export(shell: Shell, args: list[str]) -> Program:
    """Every variable is exported."""
    yield from ()
    for text in args:
        name, equals, value = text.partition("=")
        if equals:
            shell.variables[name] = value
    return 0


def unset(shell: Shell, args: list[str]) -> Program:
    """Forget variables."""
    yield from ()
    for name in args:
        shell.variables.pop(name, None)
    return 0


def read(shell: Shell, args: list[str]) -> Program:
    """One line of standard input into variables."""
    _, names = split_options(args, "tn")
    if shell.stdin is not None:
        line, _, rest = shell.stdin.partition("\n")
        found = line if shell.stdin else None
        shell.stdin = rest
    else:
        found = yield ReadInput()
    if found is None:
        return 1
    words = found.rstrip("\n").split(None, max(0, len(names) - 1))
    for index, name in enumerate(names or ["REPLY"]):
        shell.variables[name] = words[index] if index < len(words) else ""
    return 0


def set_(shell: Shell, args: list[str]) -> Program:
    """-e and +e count, and what follows -- becomes the positional parameters."""
    yield from ()
    for index, text in enumerate(args):
        if text == "--":
            shell.positional = tuple(args[index + 1 :])
            break
        if text[:1] in "-+" and "e" in text[1:]:
            shell.errexit = text[0] == "-"
    return 0


def trap(shell: Shell, args: list[str]) -> Program:
    """Note what to do on a signal."""
    yield from ()
    if len(args) >= 2:
        for signal in args[1:]:
            shell.traps[signal.removeprefix("SIG")] = args[0]
    return 0


def wait(shell: Shell, args: list[str]) -> Program:
    """Wait for what runs beside."""
    if shell.forever:
        yield Sleep(FOREVER)
    return 0


def exec_(shell: Shell, args: list[str]) -> Program:
    """Become another command."""
    if args:
        raise Exit((yield from shell.execute(args)))
    return 0


def sh(shell: Shell, args: list[str]) -> Program:
    """Run `-c TEXT`, a script file, or standard input."""
    options, rest = [], list(args)
    while rest and rest[0][:1] in "-+" and len(rest[0]) > 1:
        options.append(rest.pop(0))
    errexit = any("e" in o for o in options if not o.startswith("--"))
    child = Shell(
        shell.files,
        dict(shell.variables),
        shell.now,
        shell.hostname,
        shell.user,
        shell.cwd,
        errexit=errexit,
        stdin=shell.stdin,
        traps=shell.traps,
        lenient=shell.lenient,
    )
    if any("c" in o for o in options if not o.startswith("--")):
        if not rest:
            return (yield from complain("sh: -c requires an argument", 2))
        child.name, child.positional = rest[1] if len(rest) > 1 else "sh", tuple(rest[2:])
        return (yield from child.run_text(rest[0]))
    if rest:
        child.positional = tuple(rest[1:])
        try:
            text = yield from read_file(shell, rest[0])
        except OSError:
            return (yield from complain(f"sh: can't open '{rest[0]}': No such file or directory", 127))
        return (yield from child.run_text(text))
    return (yield from _interactive(child))


def _interactive(shell: Shell) -> Program:
    if shell.stdin is not None:
        text, shell.stdin = shell.stdin, ""
        return (yield from shell.run_text(text))
    prompt = "# " if shell.user == "root" else "$ "
    while True:
        if shell.variables.get("TERM"):
            yield Output(prompt)
        line = yield ReadInput()
        if line is None:
            return shell.status
        program, answer = shell.run_text(line), None
        words = line.split()
        while True:
            try:
                effect = program.send(answer)
            except StopIteration as end:
                shell.status = int(end.value or 0)
                break
            answer = yield effect
        if words[:1] == ["exit"]:
            return shell.status


def timeout(shell: Shell, args: list[str]) -> Program:
    """Run a command for at most so many seconds; 143 when it had to be stopped."""
    _, rest = split_options(args, "sk")
    if len(rest) < 2:
        return (yield from complain("timeout: usage: timeout SECS PROG ARGS"))
    left = float(rest[0].rstrip("s") or 0)
    program, answer = shell.execute(rest[1:]), None
    while True:
        try:
            effect = program.send(answer)
        except StopIteration as end:
            return int(end.value or 0)
        if isinstance(effect, Sleep):
            if effect.seconds > left or math.isinf(effect.seconds):
                yield Sleep(left)
                return 143
            left -= effect.seconds
        answer = yield effect
