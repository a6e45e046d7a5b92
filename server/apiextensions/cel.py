"""The CEL library, its values made from JSON by a schema, and the functions that Kubernetes adds to the language.

Models apiserver/pkg/cel/{common,library}.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

import celpy
from celpy import celtypes
from celpy.celparser import CELParseError
from celpy.evaluation import CELEvalError

from apimachinery.quantity import Quantity
from apimachinery.structural import META_FIELDS, Structural
from apimachinery.timestamp import parse_time

_NO_KEY: Final = re.compile(r"no such (?:member in mapping|key): '?([^'\"]+)'?")
_RESERVED: Final = frozenset(
    (
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    )
)
_ESCAPES: Final = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))


class EvaluationError(Exception):
    """A rule that cannot be answered for this value; the message is upstream's where it is known."""


def escape(name: str) -> str:
    """A property's name as CEL may write it: `a-b` is `a__dash__b`."""
    if name in _RESERVED:
        return f"__{name}__"
    for text, written in _ESCAPES:
        name = name.replace(text, written)
    return name


def read(text: str) -> Any:
    """A program, or None for text that the library cannot read."""
    try:
        return _ENVIRONMENT.program(_ENVIRONMENT.compile(text), functions=_FUNCTIONS)
    except (CELParseError, CELEvalError, ValueError):
        return None


def holds(program: Any, variables: Mapping[str, Any]) -> bool:
    """Whether a rule is true; EvaluationError."""
    return bool(_evaluate(program, variables))


def text(program: Any, variables: Mapping[str, Any]) -> str:
    """The text of a messageExpression, empty when it gives none."""
    try:
        found = _evaluate(program, variables)
    except EvaluationError:
        return ""
    return str(found).strip() if isinstance(found, str) else ""


def _evaluate(program: Any, variables: Mapping[str, Any]) -> Any:
    try:
        return program.evaluate(dict(variables))
    except CELEvalError as e:
        words = str(e.args[0]) if e.args else str(e)
        found = _NO_KEY.search(words)
        raise EvaluationError(f"no such key: {found.group(1)}" if found else words) from e
    except (TypeError, ValueError, LookupError, ArithmeticError) as e:
        raise EvaluationError(str(e)) from e


def value(raw: Any, schema: Structural | None, meta: Structural | None = None) -> Any:
    """A JSON value as CEL sees it: typed as the schema says, undeclared fields left out; `meta` for whole objects."""
    match raw:
        case None:
            return None
        case bool():
            return celtypes.BoolType(raw)
        case int():
            wants_double = schema is not None and schema.type == "number"
            return celtypes.DoubleType(raw) if wants_double else celtypes.IntType(raw)
        case float():
            wants_int = schema is not None and schema.type == "integer"
            return celtypes.IntType(int(raw)) if wants_int else celtypes.DoubleType(raw)
        case str():
            return _string(raw, schema.format if schema is not None else "")
        case list():
            items = schema.items if schema is not None else None
            return celtypes.ListType([value(e, items) for e in raw])
    return _map(raw, schema, meta)


def _map(raw: Mapping[str, Any], schema: Structural | None, meta: Structural | None) -> Any:
    found = {}
    for name, element in raw.items():
        if meta is not None and name in META_FIELDS:
            found[celtypes.StringType(name)] = value(element, meta if name == "metadata" else None)
        elif schema is None or schema.values is not None:
            found[celtypes.StringType(name)] = value(element, schema.values if schema is not None else None)
        elif name in schema.fields:
            found[celtypes.StringType(escape(name))] = value(element, schema.fields[name])
        elif schema.preserve_unknown_fields:
            found[celtypes.StringType(name)] = value(element, None)
    return celtypes.MapType(found)


def _string(raw: str, format_: str) -> Any:
    try:
        match format_:
            case "date-time":
                return celtypes.TimestampType(parse_time(raw))
            case "duration":
                return celtypes.DurationType(raw)
            case "byte":
                return celtypes.BytesType(base64.b64decode(raw))
    except ValueError:
        pass
    return celtypes.StringType(raw)


def _sum(values: Iterable[Any]) -> Any:
    total: Any = celtypes.IntType(0)
    for i, element in enumerate(values):
        total = element if i == 0 else total + element
    return total


def _is_sorted(values: Any) -> Any:
    return celtypes.BoolType(all(not b < a for a, b in pairwise(values)))


def _index_of(where: Any, wanted: Any) -> Any:
    if isinstance(where, str):
        return celtypes.IntType(where.find(wanted))
    return celtypes.IntType(next((i for i, element in enumerate(where) if element == wanted), -1))


def _find(subject: str, pattern: str) -> Any:
    found = re.search(pattern, subject)
    return celtypes.StringType(found.group() if found else "")


def _is_quantity(subject: str) -> Any:
    try:
        Quantity.parse(subject)
    except ValueError:
        return celtypes.BoolType(False)
    return celtypes.BoolType(True)


def _strings(function: Callable[..., str]) -> Callable[..., Any]:
    return lambda *arguments: celtypes.StringType(function(*arguments))


_ENVIRONMENT: Final = celpy.Environment()
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "sum": _sum,
    "isSorted": _is_sorted,
    "min": lambda values: min(values),
    "max": lambda values: max(values),
    "indexOf": _index_of,
    "find": _find,
    "isQuantity": _is_quantity,
    "lowerAscii": _strings(lambda s: s.lower()),
    "upperAscii": _strings(lambda s: s.upper()),
    "trim": _strings(lambda s: s.strip()),
    "replace": _strings(lambda s, old, new, count=-1: s.replace(old, new, int(count))),
    "substring": _strings(lambda s, start, end=None: s[int(start) : None if end is None else int(end)]),
    "charAt": _strings(lambda s, i: s[int(i) : int(i) + 1]),
    "split": lambda s, separator: celtypes.ListType([celtypes.StringType(p) for p in s.split(separator)]),
    "join": _strings(lambda values, separator="": separator.join(values)),
}
