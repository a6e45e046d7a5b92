"""Objects with their keys in the order of Go's struct fields, as encoding/json writes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from apimachinery import schema
from apimachinery.messages import SCALARS, Field, message_name, table
from apimachinery.objects import Object, View

Order: TypeAlias = Callable[[Any], Any]

_TYPE_META = (("kind", None), ("apiVersion", None))


def go_ordered(obj: View, definition: str) -> Object:
    """A copy of an object in Go's order, maps sorted; leaves are shared, and so is everything of unknown kinds."""
    name = message_name(definition)
    ordered: Object = _struct(name)(obj) if name in table() else dict(obj)
    return ordered


@cache
def _struct(name: str) -> Order:
    ranks: dict[str, int] = {}
    children: dict[str, Order] = {}

    def rank(key: str) -> int:
        return ranks.get(key, len(ranks))

    def order(value: Any) -> Any:
        if type(value) is not dict:
            return value
        if not ranks:
            fields = [*_TYPE_META, *_fields(name)]
            ranks.update((key, i) for i, (key, _) in enumerate(fields))
            children.update((key, child) for key, child in fields if child is not None)
        try:
            keys = sorted(value, key=ranks.__getitem__)
        except KeyError:
            keys = sorted(value, key=rank)
        ordered = {key: value[key] for key in keys}
        for key in children.keys() & ordered:
            ordered[key] = children[key](ordered[key])
        return ordered

    return order


def _fields(name: str) -> list[tuple[str, Order | None]]:
    found: list[tuple[str, Order | None]] = []
    for field in table().entry(name).fields.values():
        if field.cardinality == "inline":
            found.extend(_fields(field.type))
        else:
            found.append((field.name, _field(field)))
    return found


def _field(field: Field) -> Order | None:
    child = None if field.type in SCALARS or field.type in _LEAVES else _message(field.type)
    if field.cardinality == "map":
        return _map(child)
    if field.cardinality == "list":
        return _list(child) if child is not None else None
    return child


def _message(name: str) -> Order | None:
    entry = table().entry(name)
    if entry.is_list:
        return None
    return _schema_union if name in _UNIONS else _struct(name)


def _list(child: Order) -> Order:
    return lambda value: [child(v) for v in value] if type(value) is list else value


def _map(child: Order | None) -> Order:
    def order(value: Any) -> Any:
        if type(value) is not dict:
            return value
        return {key: value[key] if child is None else child(value[key]) for key in sorted(value)}

    return order


def _schema_union(value: Any) -> Any:
    child = _struct(message_name(schema.JSON_SCHEMA_PROPS))
    return [child(v) for v in value] if type(value) is list else child(value)


_UNIONS = frozenset(message_name(name) for name in schema.JSON_SCHEMA_UNIONS)
_LEAVES = frozenset(
    message_name(name)
    for name in (*schema.CUSTOM_SCALARS, schema.RAW_EXTENSION, schema.FIELDS_V1, schema.JSON, schema.DURATION)
)
