"""Structural schemas: what a CustomResourceDefinition says of its kind, as the tree of FieldSchema nodes that built-in
kinds have too, with pruning and defaulting.

Models apiextensions-apiserver/pkg/apiserver/schema/{structural,convert}.go, pruning and defaulting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery import jsonvalue
from apimachinery.schema import SchemaType

META_FIELDS: Final = frozenset({"apiVersion", "kind", "metadata"})
_NOTHING: Final[Mapping[str, Any]] = {}


class Structural:
    """A FieldSchema of a custom resource; `raw` is the JSON schema it was made of, where value rules stand."""

    __slots__ = (
        "additional",
        "default",
        "description",
        "embedded_resource",
        "enum",
        "fields",
        "format",
        "has_default",
        "has_defaults",
        "int_or_string",
        "items",
        "list_map_keys",
        "list_type",
        "map_type",
        "nullable",
        "preserve_unknown_fields",
        "raw",
        "required",
        "rules",
        "type",
        "values",
    )

    ref: Final = ""
    patch_merge_key: Final = ""
    patch_strategy: Final[tuple[str, ...]] = ()

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.int_or_string: bool = bool(raw.get("x-kubernetes-int-or-string"))
        self.preserve_unknown_fields: bool = bool(raw.get("x-kubernetes-preserve-unknown-fields"))
        self.embedded_resource: bool = bool(raw.get("x-kubernetes-embedded-resource"))
        self.nullable: bool = bool(raw.get("nullable"))
        self.format: str = raw.get("format") or ""
        self.description: str = raw.get("description") or ""
        self.enum: tuple[Any, ...] = tuple(raw.get("enum") or ())
        self.required: frozenset[str] = frozenset(raw.get("required") or ())
        self.list_type: str = raw.get("x-kubernetes-list-type") or ""
        self.list_map_keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys") or ())
        self.map_type: str = raw.get("x-kubernetes-map-type") or ""
        self.rules: tuple[Mapping[str, Any], ...] = tuple(raw.get("x-kubernetes-validations") or ())
        self.has_default: bool = "default" in raw
        self.default: Any = raw.get("default")
        self.fields: Mapping[str, Structural] = {
            name: Structural(child) for name, child in (raw.get("properties") or _NOTHING).items()
        }
        items = raw.get("items")
        self.items: Structural | None = Structural(items) if isinstance(items, Mapping) else None
        declared = raw.get("additionalProperties")
        self.additional: bool = declared is True or isinstance(declared, Mapping)
        """Whether keys that are not declared may stand here."""
        self.values: Structural | None = Structural(declared) if isinstance(declared, Mapping) else None
        self.type: SchemaType = _type(raw, self)
        children = (*self.fields.values(), self.items, self.values)
        self.has_defaults: bool = self.has_default or any(c is not None and c.has_defaults for c in children)
        """Whether anything here or below declares a default."""

    def child(self, name: str) -> Structural | None:
        """The schema of the value under a key, None when nothing is said of it."""
        return self.fields.get(name) or self.values

    def has_rules(self) -> bool:
        """Whether anything here or below has x-kubernetes-validations."""
        children = (*self.fields.values(), self.items, self.values)
        return bool(self.rules) or any(c is not None and c.has_rules() for c in children)

    def __repr__(self) -> str:
        return f"Structural({self.type})"


def _type(raw: Mapping[str, Any], node: Structural) -> SchemaType:
    if node.int_or_string:
        return "any"
    declared: SchemaType = raw.get("type") or "any"
    return "map" if declared == "object" and node.values is not None and not node.fields else declared


def prune(obj: Any, schema: Structural | None, *, root: bool = True) -> list[str]:
    """Drop, in place, what a schema, by default that of a whole object, does not know; the dropped paths, sorted."""
    unknown: list[str] = []
    if schema is None:
        return unknown
    _prune(obj, schema, "", unknown, embedded=root)
    unknown.sort()
    return unknown


def _prune(
    value: Any,
    schema: Structural | None,
    path: str,
    unknown: list[str],
    *,
    embedded: bool = False,
    keeps: bool = False,
) -> None:
    keeps = keeps or (schema is not None and schema.preserve_unknown_fields)
    embedded = embedded or (schema is not None and schema.embedded_resource)
    if isinstance(value, dict):
        for key in list(value):
            if embedded and key in META_FIELDS:
                continue
            where = f"{path}.{key}" if path else key
            child = schema.fields.get(key) if schema is not None else None
            if child is not None:
                _prune(value[key], child, where, unknown)
            elif schema is not None and schema.additional:
                _prune(value[key], schema.values, where, unknown)
            elif not keeps:
                del value[key]
                unknown.append(where)
    elif isinstance(value, list):
        items = schema.items if schema is not None else None
        if items is not None or not keeps:
            for i, element in enumerate(value):
                _prune(element, items, f"{path}[{i}]", unknown, keeps=keeps)


def apply_defaults(obj: Any, schema: Structural | None) -> None:
    """Fill defaults in place; nulls that are not allowed give way to them, or go."""
    if schema is not None:
        _drop_nulls(obj, schema)
        _default(obj, schema)


def _default(value: Any, schema: Structural) -> None:
    if not schema.has_defaults:
        return
    if isinstance(value, dict):
        for name, child in schema.fields.items():
            if child.default is not None and (name not in value or _is_refused_null(value[name], child)):
                value[name] = jsonvalue.copy(child.default)
        for name, element in value.items():
            below = schema.child(name)
            if below is None:
                continue
            if _is_refused_null(element, below):
                value[name] = jsonvalue.copy(below.default)
            _default(value[name], below)
    elif isinstance(value, list) and schema.items is not None:
        for i, element in enumerate(value):
            if _is_refused_null(element, schema.items):
                value[i] = jsonvalue.copy(schema.items.default)
            _default(value[i], schema.items)


def _drop_nulls(value: Any, schema: Structural) -> None:
    """Drop the fields that are null, must not be and have no default."""
    if isinstance(value, dict):
        for name in list(value):
            child = schema.child(name)
            if child is not None and child.default is None and _is_refused_null(value[name], child):
                del value[name]
            elif child is not None:
                _drop_nulls(value[name], child)
    elif isinstance(value, list) and schema.items is not None:
        for element in value:
            _drop_nulls(element, schema.items)


def _is_refused_null(value: Any, schema: Structural) -> bool:
    return value is None and not schema.nullable
