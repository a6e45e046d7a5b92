"""Checking a value against a type, with upstream's words. Models structured-merge-diff/typed/validate.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from apimachinery.serializer import go_quote
from server.fieldmanager.fieldset import element_text
from server.fieldmanager.types import ElementError, ListType, MapType, Type

_SCALARS: Final = (str, int, float, bool)


class ValidationError(NamedTuple):
    """One violation of the schema."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class InvalidValueError(Exception):
    """A value that its schema does not allow; the message lists every violation as upstream prints them."""

    def __init__(self, found: list[ValidationError]) -> None:
        self.found = found
        text = str(found[0]) if len(found) == 1 else "\n".join(["errors:", *(f"  {e}" for e in found)])
        super().__init__(text)


def check(of: Type, value: Any, *, allow_duplicates: bool = False) -> None:
    """Raise InvalidValueError unless the value conforms to its type."""
    found = list(_violations(of, value, allow_duplicates))
    if found:
        raise InvalidValueError(found)


def _violations(of: Type, value: Any, allow_duplicates: bool) -> Iterator[ValidationError]:
    map_type, list_type = of.map, of.list
    if isinstance(value, dict):
        shapes = (map_type is not None, False, False)
    elif isinstance(value, list):
        shapes = (False, False, list_type is not None)
    else:
        shapes = (False, bool(of.scalar) and value is not None, False)
    if not any(shapes):
        shapes = (map_type is not None, bool(of.scalar), list_type is not None)
    if shapes[0] and map_type is not None:
        yield from _map_violations(map_type, value, allow_duplicates)
    elif shapes[1]:
        yield from _scalar_violations(of.scalar, value)
    elif list_type is not None:
        yield from _list_violations(list_type, value, allow_duplicates)


def _map_violations(of: MapType, value: Any, allow_duplicates: bool) -> Iterator[ValidationError]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield ValidationError("", f"expected map, got &{{{go_value(value)}}}")
        return
    for name, child in value.items():
        declared = of.fields[name]
        child_type = declared[1] if declared is not None else of.element
        if child_type is None:
            yield ValidationError(f".{name}", "field not declared in schema")
            return
        for error in _violations(child_type, child, allow_duplicates):
            yield ValidationError(f".{name}{error.path}", error.message)


def _list_violations(of: ListType, value: Any, allow_duplicates: bool) -> Iterator[ValidationError]:
    if value is None:
        return
    if not isinstance(value, list):
        yield ValidationError("", f"expected list, got &{{{go_value(value)}}}")
        return
    seen: set[str] = set()
    for index, item in enumerate(value):
        if of.atomic:
            here = f"[{index}]"
        else:
            try:
                path_element = of.path_element(item)
            except ElementError as problem:
                yield ValidationError("", f"element {index}: {problem}")
                return
            here = element_text(path_element)
            if path_element in seen and not allow_duplicates:
                yield ValidationError("", f"duplicate entries for key {here}")
            seen.add(path_element)
        for error in _violations(of.element, item, allow_duplicates):
            yield ValidationError(f"{here}{error.path}", error.message)


def _scalar_violations(scalar: str, value: Any) -> Iterator[ValidationError]:
    if value is None:
        return
    if scalar == "numeric":
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield ValidationError("", f"expected numeric (int or float), got {_go_type(value)}")
    elif scalar == "string":
        if not isinstance(value, str):
            yield ValidationError("", f"expected string, got &value.valueUnstructured{{Value:{go_syntax(value)}}}")
    elif scalar == "boolean":
        if not isinstance(value, bool):
            yield ValidationError("", f"expected boolean, got &{{{go_value(value)}}}")
    elif not isinstance(value, _SCALARS):
        yield ValidationError("", f"expected any scalar, got &{{{go_value(value)}}}")


def _go_type(value: Any) -> str:
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, list):
        return "[]interface {}"
    return "bool" if isinstance(value, bool) else "string"


def go_value(value: Any) -> str:
    """A JSON value as Go's %v prints it."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{k}:{go_value(value[k])}" for k in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(go_value, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else str(value)


def go_syntax(value: Any) -> str:
    """A JSON value as Go's %#v prints it."""
    if isinstance(value, dict):
        inner = ", ".join(f"{go_quote(k)}:{go_syntax(value[k])}" for k in sorted(value))
        return f"map[string]interface {{}}{{{inner}}}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(go_syntax, value)) + "}"
    if isinstance(value, str):
        return go_quote(value)
    return "interface {}(nil)" if value is None else go_value(value)
