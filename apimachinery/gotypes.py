"""What a Go round trip does to a field: the facts of k8s.io/api's struct tags that an OpenAPI definition leaves out.

Most fields follow from their schema. The exceptions stand in gotypes.json, by API group (`group/version` where a
version differs), type and field, as `presence:type`: either part may be empty, and `.T` is T of the type's own package.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from apimachinery import schema, serializer
from apimachinery.schema import FieldSchema


class Presence(Enum):
    """When a field of a Go struct is encoded, and what null or nothing decodes to."""

    OMIT_EMPTY = "v"
    """A value with omitempty: left out when zero or empty."""
    ALWAYS = "V"
    """A value without omitempty, or a struct: zero when there is none."""
    POINTER = "p"
    """A pointer with omitempty: left out when nil, a zero is kept."""
    NIL_IS_NULL = "n"
    """A pointer, slice, map or time without omitempty: null when nil, an empty one is kept."""
    OMIT_ZERO = "z"
    """A time with omitzero: left out when zero, null up to 1.33."""


class GoField(NamedTuple):
    """A field of a Go struct: when it is encoded, and its type as Go prints it, pointers removed."""

    presence: Presence
    type: str


_TIMES: Final = frozenset({schema.TIME, schema.MICRO_TIME})
_SCALARS: Final = {"boolean": "bool", "number": "float64", "any": "interface {}", "object": "struct {}"}
_STRUCTS: Final = frozenset({"metadata", "spec", "status"})


def go_field(definition: str, name: str, field: FieldSchema, *, required: bool) -> GoField:
    """The facts of one field of a definition such as `io.k8s.api.core.v1.Container`."""
    presence, _, type_ = _exception(definition, name).partition(":")
    package = definition.split(".")[-2]
    return GoField(
        Presence(presence) if presence else _presence(name, field, required=required),
        _absolute(type_, package) if type_ else go_type(field),
    )


def go_type(field: FieldSchema) -> str:
    """The Go type that a schema stands for when no exception names another: `v1.PodSpec`, `[]string`, `int32`."""
    if field.ref:
        return ".".join(field.ref.split(".")[-2:])
    if field.type == "array" and field.items is not None:
        return f"[]{go_type(field.items)}"
    if field.type == "map" and field.values is not None:
        return f"map[string]{go_type(field.values)}"
    if field.type == "string":
        return "[]uint8" if field.format == "byte" else "string"
    if field.type == "integer":
        return field.format or "int64"
    return _SCALARS.get(field.type, "interface {}")


def _presence(name: str, field: FieldSchema, *, required: bool) -> Presence:
    if field.ref in _TIMES or field.ref == schema.RAW_EXTENSION:
        return Presence.NIL_IS_NULL
    if field.type in ("array", "map"):
        return Presence.NIL_IS_NULL if required else Presence.OMIT_EMPTY
    if required:
        return Presence.ALWAYS
    if field.type == "string" and field.ref != schema.QUANTITY:
        return Presence.OMIT_EMPTY
    if field.type == "object" and name in _STRUCTS:
        return Presence.ALWAYS
    return Presence.POINTER


def _absolute(type_: str, package: str) -> str:
    prefix, dot, rest = type_.rpartition(".")
    if dot and (not prefix or prefix[-1] == "]"):
        return f"{prefix}{package}.{rest}"
    return type_


def _exception(definition: str, name: str) -> str:
    group, version, kind = _group(definition)
    facts = _facts()
    for key in (f"{group}/{version}", group):
        fields = facts.get(key, {}).get(kind, {})
        if name in fields:
            return fields[name]
    return ""


def _group(definition: str) -> tuple[str, str, str]:
    parts = definition.split(".")
    version, kind = parts[-2:]
    if definition.startswith("io.k8s.api."):
        return parts[3], version, kind
    group = parts[-3] if parts[-3] in ("apiextensions", "apiregistration") else "meta"
    return group, version, kind


@cache
def _facts() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = serializer.loads(Path(__file__).with_suffix(".json").read_bytes())
    return found
