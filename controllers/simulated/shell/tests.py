"""`test` and `[`: file, text and number conditions with !, -a and -o."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from controllers.simulated.filesystem import FileSystem

_NUMBERS: Final[dict[str, Callable[[int, int], bool]]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}


def evaluate(words: Sequence[str], files: FileSystem, path: Callable[[str], str]) -> bool:
    """Whether the condition holds; one that makes no sense does not."""
    for joint in ("-o", "||"):
        if joint in words:
            at = list(words).index(joint)
            return evaluate(words[:at], files, path) or evaluate(words[at + 1 :], files, path)
    for joint in ("-a", "&&"):
        if joint in words:
            at = list(words).index(joint)
            return evaluate(words[:at], files, path) and evaluate(words[at + 1 :], files, path)
    if words[:1] == ["!"]:
        return not evaluate(words[1:], files, path)
    match list(words):
        case [text]:
            return bool(text)
        case ["-z", text]:
            return not text
        case ["-n", text]:
            return bool(text)
        case ["-d", name]:
            return files.is_directory(path(name))
        case ["-f", name]:
            return files.exists(path(name)) and not files.is_directory(path(name))
        case ["-e" | "-r" | "-w" | "-x" | "-L" | "-S", name]:
            return files.exists(path(name))
        case ["-s", name]:
            return files.exists(path(name)) and not files.is_directory(path(name)) and bool(files.read(path(name)))
        case [left, "=" | "==", right]:
            return left == right
        case [left, "!=", right]:
            return left != right
        case [left, operator, right] if operator in _NUMBERS:
            try:
                return _NUMBERS[operator](int(left), int(right))
            except ValueError:
                return False
    return False
