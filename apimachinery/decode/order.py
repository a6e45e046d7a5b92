"""Objects with their keys in the order of Go's struct fields, as encoding/json writes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import is_not
from typing import Any, Final, NamedTuple, TypeAlias

from apimachinery import schema
from apimachinery.messages import SCALARS, Field, message_name, table
from apimachinery.objects import Object, View

Order: TypeAlias = Callable[[Any], Any]

_TYPE_META = (("kind", None), ("apiVersion", None))
MAX_SHAPES: Final = 256
"""How many of the ways in which a type's objects are filled are remembered."""


def go_ordered(obj: View, definition: str) -> Object:
    """An object in Go's order, maps sorted; the argument stays as it is, what is in order is shared."""
    name = message_name(definition)
    ordered: Object = _struct(name)(obj) if name in table() else dict(obj)
    return ordered


class _Shape(NamedTuple):
    """What is to be done with objects of a type that have the same keys in the same order."""

    keys: tuple[str, ...]
    """The keys in Go's order; empty when they stand so."""
    children: tuple[tuple[str, Order], ...]
    """The fields that have an order of their own."""


@cache
def _struct(name: str) -> Order:
    ranks: dict[str, int] = {}
    children: dict[str, Order] = {}
    shapes: dict[tuple[str, ...], _Shape] = {}

    def learn(given: tuple[str, ...]) -> _Shape:
        if not ranks:
            fields = [*_TYPE_META, *_fields(name)]
            ranks.update((key, i) for i, (key, _) in enumerate(fields))
            children.update((key, child) for key, child in fields if child is not None)
        keys = tuple(sorted(given, key=lambda key: ranks.get(key, len(ranks))))
        shape = _Shape(keys if keys != given else (), tuple((k, children[k]) for k in keys if k in children))
        if len(shapes) < MAX_SHAPES:
            shapes[given] = shape
        return shape

    def order(value: Any) -> Any:
        if type(value) is not dict:
            return value
        given = tuple(value)
        keys, nested = shapes.get(given) or learn(given)
        ordered = {key: value[key] for key in keys} if keys else value
        for key, child in nested:
            before = value[key]
            after = child(before)
            if after is not before:
                if ordered is value:
                    ordered = dict(value)
                ordered[key] = after
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
    def order(value: Any) -> Any:
        if type(value) is not list:
            return value
        ordered = [child(v) for v in value]
        return ordered if any(map(is_not, ordered, value)) else value

    return order


def _map(child: Order | None) -> Order:
    def order(value: Any) -> Any:
        if type(value) is not dict:
            return value
        keys = sorted(value)
        if child is not None:
            return {key: child(value[key]) for key in keys}
        return {key: value[key] for key in keys} if keys != list(value) else value

    return order


def _schema_union(value: Any) -> Any:
    child = _struct(message_name(schema.JSON_SCHEMA_PROPS))
    return [child(v) for v in value] if type(value) is list else child(value)


_UNIONS = frozenset(message_name(name) for name in schema.JSON_SCHEMA_UNIONS)
_LEAVES = frozenset(
    message_name(name)
    for name in (*schema.CUSTOM_SCALARS, schema.RAW_EXTENSION, schema.FIELDS_V1, schema.JSON, schema.DURATION)
)
