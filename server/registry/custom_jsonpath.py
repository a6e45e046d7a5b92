"""The JSONPath of printer columns, selectable fields and scale subresources. Models client-go/util/jsonpath."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

Step: TypeAlias = Callable[[Any], Iterable[Any]]
"""What one part of a path finds in a value."""

_PART: Final = re.compile(
    r"""
    (?P<recursive>\.\.)
  | \.?\[\?\(\s*@(?P<left>[^=!<>~()]*?)\s*(?:(?P<operator>==|!=|<=|>=|<|>)\s*(?P<right>"[^"]*"|'[^']*'|[^)\s]+)\s*)?\)\]
  | \.?\[\s*(?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)")\s*\]
  | \.?\[\s*(?P<index>-?\d+)\s*\]
  | \.?\[\s*(?P<start>-?\d*)\s*:\s*(?P<end>-?\d*)\s*(?::\s*(?P<stride>-?\d*)\s*)?\]
  | \.?(?P<all>\[\s*\*\s*\]|\*)
  | \.?(?P<name>(?:[^.\[\]\\@${}'"()\s]|\\.)+)
    """,
    re.VERBOSE,
)
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class JSONPath:
    """A parsed path such as `.spec.replicas` or `.status.conditions[?(@.type=="Ready")].status`; ValueError."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = tuple(_parse(text.removeprefix("{").removesuffix("}").removeprefix("$")))

    def find(self, value: Any) -> list[Any]:
        """Everything that the path leads to, in order."""
        found = [value]
        for step in self._steps:
            found = [inner for outer in found for inner in step(outer)]
            if not found:
                break
        return found

    def first(self, value: Any) -> Any:
        """The first thing that the path leads to, or None."""
        found = self.find(value)
        return found[0] if found else None


def _parse(text: str) -> Iterator[Step]:
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            if text[at:] == ".":
                return
            raise ValueError(f"unrecognized character in JSONPath {text!r} at {at}")
        yield _step(part)
        at = part.end()


def _step(part: re.Match[str]) -> Step:
    groups = part.groupdict()
    if groups["recursive"]:
        return _everything_below
    if groups["left"] is not None:
        return _filter(groups["left"], groups["operator"], groups["right"])
    name = next((groups[n] for n in ("single", "double", "name") if groups[n] is not None), None)
    if name is not None:
        return _named(re.sub(r"\\(.)", r"\1", name))
    if groups["index"] is not None:
        return _indexed(int(groups["index"]))
    if groups["all"]:
        return _children
    bounds = (groups["start"], groups["end"], groups["stride"])
    return _sliced(slice(*(int(b) if b else None for b in bounds)))


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _everything_below(value: Any) -> Iterator[Any]:
    yield value
    for child in _children(value):
        yield from _everything_below(child)


def _named(name: str) -> Step:
    def step(value: Any) -> Iterable[Any]:
        return (value[name],) if isinstance(value, Mapping) and name in value else ()

    return step


def _indexed(index: int) -> Step:
    def step(value: Any) -> Iterable[Any]:
        inside = isinstance(value, list) and -len(value) <= index < len(value)
        return (value[index],) if inside else ()

    return step


def _sliced(part: slice) -> Step:
    return lambda value: value[part] if isinstance(value, list) else ()


def _filter(left: str, operator_: str | None, right: str | None) -> Step:
    path = JSONPath(left.strip())
    wanted = _literal(right) if right is not None else None

    def matches(value: Any) -> bool:
        found = path.find(value)
        if operator_ is None:
            return bool(found)
        try:
            return bool(found) and _OPERATORS[operator_](found[0], wanted)
        except TypeError:
            return False

    return lambda value: [child for child in _children(value) if matches(child)]


def _literal(text: str) -> Any:
    if text[:1] in "\"'":
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text
