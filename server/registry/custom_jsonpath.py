"""The JSONPath of printer columns, selectable fields and scale subresources. Models client-go/util/jsonpath."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

Step: TypeAlias = Callable[[list[Any]], list[Any]]
"""What one part of a path makes of the values that those before it led to; LookupError where Go gives up."""

_COMPARISON: Final = re.compile(r"([^!<>=]+)([!<>=]+)(.+)", re.DOTALL)
_ENDS_NAME: Final = frozenset(" \t\r\n.,[]$@{}")
_NUMBER: Final = re.compile(r"(?=[+\-\d])[+-]?[\d.]*")
_WORD: Final = re.compile(r"\w+")
_RANGE: Final = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?")
_QUOTED: Final = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_DICT_KEY: Final = re.compile(r"'([^']*)'")
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED: Final = (str, int, float)


class JSONPath:
    """A parsed path such as `.spec.replicas` or `.status.conditions[?(@.type=="Ready")].status`; ValueError."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = _parse(text.removeprefix("{"))

    def find(self, value: Any) -> list[Any]:
        """Everything that the path leads to, in order; nothing when it asks of a value what it cannot give."""
        try:
            return _walk(self._steps, [value])
        except LookupError:
            return []

    def first(self, value: Any) -> Any:
        """The first thing that the path leads to, or None."""
        found = self.find(value)
        return found[0] if found else None


def _walk(steps: list[Step], values: list[Any]) -> list[Any]:
    for step in steps:
        values = step(values)
    return values


def _parse(text: str) -> list[Step]:
    """The steps up to the end of the text or a closing brace. ValueError."""
    steps: list[Step] = []
    at = 0
    while at < len(text) and text[at] != "}":
        character = text[at]
        if text.startswith("[?(", at):
            step, at = _filter(text, at + 3)
            steps.append(step)
        elif text.startswith("..", at):
            if steps and steps[-1] is _everything_below:
                raise ValueError("invalid multiple recursive descent")
            steps.append(_everything_below)
            at += 2
            if at < len(text) and (text[at].isalnum() or text[at] == "_"):
                step, at = _name(text, at)
                steps.append(step)
        elif character in " @$":
            at += 1
        elif character == "[":
            end = text.find("]", at)
            if end < 0:
                raise ValueError("unterminated array")
            steps += _brackets(text[at + 1 : end])
            at = end + 1
        elif character == ".":
            step, at = _name(text, at + 1)
            steps.append(step)
        else:
            step, at = _constant(text, at)
            steps.append(step)
    return steps


def _name(text: str, at: int) -> tuple[Step, int]:
    end = at
    while end < len(text) and text[end] not in _ENDS_NAME:
        end += 2 if text[end] == "\\" else 1
    name = text[at:end]
    return (_children if name == "*" else _named(name.replace("\\", ""))), min(end, len(text))


def _constant(text: str, at: int) -> tuple[Step, int]:
    if (quoted := _QUOTED.match(text, at)) is not None:
        value = re.sub(r"\\(.)", r"\1", quoted[1] if quoted[1] is not None else quoted[2])
        return (lambda _: [value]), quoted.end()
    if (written := _NUMBER.match(text, at)) is not None:
        number = float(written[0]) if "." in written[0] else int(written[0])
        return (lambda values: [number] * len(values)), written.end()
    if (word := _WORD.match(text, at)) is None:
        raise ValueError(f"unrecognized character in JSONPath {text!r} at {at}")
    if word[0] in ("true", "false"):
        truth = word[0] == "true"
        return (lambda values: [truth] * len(values)), word.end()
    return _unknown, word.end()


def _brackets(text: str) -> list[Step]:
    """An index, a slice, a quoted path, or several of these with commas between them."""
    parts = text.split(",")
    if len(parts) > 1:
        branches = [_brackets(part.strip()) for part in parts]
        return [lambda values: [found for steps in branches for found in _walk(steps, values)]]
    if (key := _DICT_KEY.fullmatch(text)) is not None:
        return _parse(f".{key[1]}")
    bounds = _RANGE.fullmatch(":" if text == "*" else text)
    if bounds is None:
        raise ValueError(f"invalid array index {text}")
    return [_sliced(bounds)]


def _sliced(bounds: re.Match[str]) -> Step:
    start = int(bounds[1]) if bounds[1] else 0
    single = bounds[2] is None
    end = start + 1 if single else int(bounds[2][1:]) if len(bounds[2]) > 1 else None
    stride = int(bounds[3][1:]) if bounds[3] is not None and len(bounds[3]) > 1 else 1

    def step(values: list[Any]) -> list[Any]:
        found: list[Any] = []
        for value in values:
            if value is None:
                continue
            _check_list(value)
            length = len(value)
            first = start + length if start < 0 else start
            last = length if end is None else end
            if last < 0 or (last == 0 and single):
                last += length
            if first == last:
                return found
            if not 0 <= first < length or not 0 <= last <= length or first > last or stride <= 0:
                raise LookupError("array index out of bounds")
            found += value[first:last:stride]
        return found

    return step


def _check_list(value: Any) -> None:
    if not isinstance(value, list):
        raise LookupError("not array or slice")  # noqa: TRY004 - a value that is not there, for the callers


def _filter(text: str, at: int) -> tuple[Step, int]:
    end = _end_of_filter(text, at)
    inner = text[at:end]
    compared = _COMPARISON.fullmatch(inner)
    left = _parse(inner if compared is None else compared[1])
    if compared is None:
        return _matching(lambda child: _exists(left, [child])), end + 2
    sign, right = compared[2], _parse(compared[3])
    return _matching(lambda child: _compare(_walk(left, [child]), sign, _walk(right, [child]))), end + 2


def _end_of_filter(text: str, at: int) -> int:
    """Where the parenthesis closes that no quotes hold."""
    quote = ""
    for end in range(at, len(text)):
        character = text[end]
        if character in "\"'" and not quote:
            quote = character
        elif character == quote and text[end - 1] != "\\":
            quote = " "
        elif character == ")" and quote in ("", " "):
            if text[end + 1 : end + 2] != "]":
                raise ValueError("unclosed array expect ]")
            return end
    raise ValueError("unterminated filter")


def _matching(matches: Callable[[Any], bool]) -> Step:
    def step(values: list[Any]) -> list[Any]:
        found: list[Any] = []
        for value in values:
            _check_list(value)
            found += [child for child in value if matches(child)]
        return found

    return step


def _exists(steps: list[Step], values: list[Any]) -> bool:
    """Whether the steps lead anywhere, be it to where Go gives up."""
    for step in steps:
        try:
            values = step(values)
        except LookupError:
            break
    return bool(values)


def _compare(left: list[Any], sign: str, right: list[Any]) -> bool:
    if not left:
        return False
    if len(left) > 1 or len(right) != 1 or sign not in _OPERATORS:
        raise LookupError("can only compare one element at a time")
    one, other = left[0], right[0]
    if type(one) is not type(other) or not isinstance(one, _ORDERED):
        raise LookupError("incompatible types for comparison")
    if isinstance(one, bool) and sign not in ("==", "!="):
        raise LookupError("invalid type for comparison")
    return _OPERATORS[sign](one, other)


def _unknown(values: list[Any]) -> list[Any]:
    raise LookupError("unrecognized identifier")


def _children(values: list[Any]) -> list[Any]:
    return [child for value in values for child in _below(value)]


def _everything_below(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if children := list(_below(value)) or (isinstance(value, str) and value):
            found.append(value)
            found += _everything_below(children) if isinstance(children, list) else ()
    return found


def _below(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []


def _named(name: str) -> Step:
    return lambda values: [value[name] for value in values if isinstance(value, Mapping) and name in value]
