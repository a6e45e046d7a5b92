"""Keys of OpenAPI 3.0 objects in the order of their Go structs. Models kube-openapi/pkg/validation/spec and spec3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

JSONSchema: TypeAlias = dict[str, Any]

_SCHEMA: Final = (
    *("id", "$ref", "$schema", "description", "type", "nullable", "format", "title", "default"),
    *("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern"),
    *("maxItems", "minItems", "uniqueItems", "multipleOf", "enum", "maxProperties", "minProperties", "required"),
    *("items", "allOf", "oneOf", "anyOf", "not", "properties", "additionalProperties", "patternProperties"),
    *("dependencies", "additionalItems", "definitions", "discriminator", "readOnly", "externalDocs", "example"),
)
_RANKS: Final = {key: rank for rank, key in enumerate(_SCHEMA)}
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_ONE: Final = frozenset({"items", "additionalProperties", "not"})
_MANY: Final = frozenset({"allOf", "oneOf", "anyOf"})


def ordered(schema: Mapping[str, Any]) -> JSONSchema:
    """A schema with its keys in order, and those of all schemas in it; extensions come last, by name."""
    return {key: _part(key, schema[key]) for key in sorted(schema, key=lambda key: (_RANKS.get(key, len(_RANKS)), key))}


def _part(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: ordered(child) for name, child in sorted(value.items())}
    if key in _ONE and isinstance(value, dict):
        return ordered(value)
    if key in _MANY:
        return [ordered(child) for child in value]
    return value
