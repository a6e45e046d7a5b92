"""Tables of custom resources: a column a JSONPath.

Models apiextensions-apiserver/pkg/registry/customresource/tableconvertor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from apimachinery import meta, timestamp
from apimachinery.jsonvalue import go_value
from apimachinery.objects import View
from apimachinery.serializer import go_json
from server.registry.custom_jsonpath import JSONPath
from server.registry.rest import NAME, CellContext, Column, Printer

_CREATED: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.creationTimestamp"
_AGE: Final = Column("Age", "date", doc=_CREATED)
_EXPONENTS_FROM: Final = 1e21
_AGE_PATH: Final = ".metadata.creationTimestamp"
_Cell = Callable[[View, CellContext], Any]


def printer(columns: Sequence[Mapping[str, Any]]) -> Printer:
    """The printer of a version's additionalPrinterColumns; the age alone when it has none.

    A path that cannot be read ends the columns.
    """
    shown, cells = ([], []) if columns else ([_AGE], [_cell(JSONPath(_AGE_PATH), "date")])
    for column in columns:
        try:
            path = JSONPath(column.get("jsonPath") or "")
        except ValueError:
            break
        shown.append(_column(column))
        cells.append(_cell(path, column.get("type") or ""))

    def row(obj: View, ctx: CellContext) -> list[Any]:
        return [meta.name(obj), *(cell(obj, ctx) for cell in cells)]

    return Printer((NAME, *shown), row)


def _column(declared: Mapping[str, Any]) -> Column:
    path = declared.get("jsonPath") or ""
    return Column(
        declared.get("name") or "",
        declared.get("type") or "",
        declared.get("format") or "",
        int(declared.get("priority") or 0),
        description=declared.get("description") or f"Custom resource definition column (in JSONPath format): {path}",
    )


def _cell(path: JSONPath, kind: str) -> _Cell:
    convert: Callable[[Any, CellContext], Any] = _CONVERSIONS.get(kind, _other)

    def cell(obj: View, ctx: CellContext) -> Any:
        found = path.find(obj)
        return convert(found[0], ctx) if found else None

    return cell


def _integer(value: Any, _: CellContext) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _number(value: Any, _: CellContext) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _boolean(value: Any, _: CellContext) -> bool | None:
    return value if isinstance(value, bool) else None


def _string(value: Any, _: CellContext) -> str:
    """A value as a JSONPath template prints it."""
    if isinstance(value, dict | list):
        return go_json(_whole(value))
    if value is None:
        return "<no value>"
    return value if isinstance(value, str) else go_value(value)


def _whole(value: Any) -> Any:
    """The value with floats that are whole numbers as integers, which is how Go writes them."""
    if isinstance(value, dict):
        return {key: _whole(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_whole(child) for child in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _EXPONENTS_FROM else value


def _date(value: Any, ctx: CellContext) -> str | None:
    if not isinstance(value, str):
        return None
    if value in ("", "null"):
        return timestamp.UNKNOWN
    try:
        timestamp.parse_time(value)
    except ValueError:
        return "<invalid>"
    return ctx.age(value)


def _other(value: Any, _: CellContext) -> None:
    return None


_CONVERSIONS: Final[Mapping[str, Callable[[Any, CellContext], Any]]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "string": _string,
    "date": _date,
}
