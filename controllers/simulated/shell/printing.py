"""Commands that print what they are given."""

from __future__ import annotations

from controllers.simulated.process import Output, Program, Sleep
from controllers.simulated.shell.arguments import (
    complain,
    to_int,
)
from controllers.simulated.shell.interpreter import Shell


def echo(shell: Shell, args: list[str]) -> Program:
    """Print the arguments; -n, -e."""
    newline, escapes = "\n", False
    while args and args[0] in ("-n", "-e", "-ne", "-en", "-E"):
        newline = "" if "n" in args[0] else newline
        escapes = escapes or "e" in args[0]
        args = args[1:]
    text = " ".join(args)
    yield Output((_escaped(text) if escapes else text) + newline)
    return 0


def _escaped(text: str) -> str:
    for code, char in (("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\033", "\033"), ("\\e", "\033"), ("\\\\", "\\")):
        text = text.replace(code, char)
    return text


def printf(shell: Shell, args: list[str]) -> Program:
    """%s, %d and %% with the usual escapes; the format is used again while arguments are left."""
    if not args:
        return (yield from complain("printf: usage: printf format [arguments]", 2))
    pattern, values = _escaped(args[0]), args[1:]
    out = []
    while True:
        used, at = 0, 0
        while at < len(pattern):
            if pattern[at] != "%" or at + 1 >= len(pattern):
                out.append(pattern[at])
                at += 1
                continue
            end = at + 1
            while end < len(pattern) - 1 and pattern[end] in "-0123456789.":
                end += 1
            kind = pattern[end]
            if kind == "%":
                out.append("%")
            else:
                value = values[used] if used < len(values) else ""
                used += 1
                flags = pattern[at + 1 : end]
                if kind in "di":
                    out.append(f"%{flags}d" % to_int(value))
                else:
                    out.append(f"%{flags}s" % (_escaped(value) if kind == "b" else value))
            at = end + 1
        values = values[used:]
        if not values or not used:
            break
    yield Output("".join(out))
    return 0


def yes(shell: Shell, args: list[str]) -> Program:
    """One line a second: nobody reads faster here."""
    while True:
        yield Output(f"{' '.join(args) or 'y'}\n")
        yield Sleep(1)


def seq(shell: Shell, args: list[str]) -> Program:
    """Numbers in a row."""
    numbers = [to_int(a) for a in args] or [1]
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) > 2 else 1
    yield Output("".join(f"{n}\n" for n in range(first, numbers[-1] + (1 if step > 0 else -1), step or 1)))
    return 0
