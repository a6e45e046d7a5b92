"""What commands share: options, standard input, files and complaints."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, TypeAlias

from controllers.simulated.process import Effect, Output, Program, ReadInput, Request
from controllers.simulated.shell.interpreter import Shell
from controllers.simulated.volumes import TOKEN

Command: TypeAlias = Callable[[Shell, list[str]], Program]
Text: TypeAlias = Generator[Effect, Any, str]
TOKEN_PATH: Final = "token:"  # noqa: S105 - the name of a request, not a secret


def complain(text: str, code: int = 1) -> Program:
    """Say what is wrong; the exit code."""
    yield Output(text + "\n", "stderr")
    return code


def read_input(shell: Shell) -> Text:
    """All of standard input."""
    if shell.stdin is not None:
        return shell.stdin
    lines = []
    while (line := (yield ReadInput())) is not None:
        lines.append(line)
    return "".join(lines)


def read_file(shell: Shell, path: str) -> Text:
    """The text of a file; that of a service account token is asked for."""
    data = shell.files.read(shell.path(path))
    if data == TOKEN:
        answer = yield Request(TOKEN_PATH)
        return str(answer.body or "") if answer is not None else ""
    return data.decode(errors="replace")


def read_sources(shell: Shell, name: str, paths: list[str]) -> Generator[Effect, Any, tuple[list[str], int]]:
    """The texts of the files, or of standard input without any, and the exit code so far."""
    if not paths:
        return [(yield from read_input(shell))], 0
    found, code = [], 0
    for path in paths:
        if path == "-":
            found.append((yield from read_input(shell)))
            continue
        try:
            found.append((yield from read_file(shell, path)))
        except IsADirectoryError:
            code = yield from complain(f"{name}: read error: Is a directory")
        except OSError as error:
            code = yield from complain(f"{name}: can't open '{path}': {error.strerror}")
    return found, code


def split_options(args: list[str], valued: str = "") -> tuple[dict[str, str], list[str]]:
    """Single-letter options, and what is left."""
    options: dict[str, str] = {}
    rest = list(args)
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        text = rest.pop(0)
        if text == "--":
            break
        if text.startswith("--"):
            options[text[2:].partition("=")[0]] = text.partition("=")[2]
            continue
        for index, letter in enumerate(text[1:], start=1):
            if letter in valued:
                options[letter] = text[index + 1 :] or (rest.pop(0) if rest else "")
                break
            options[letter] = ""
    return options, rest


def to_int(text: str) -> int:
    """A number; 0 for what is none."""
    try:
        return int(text)
    except ValueError:
        return 0
