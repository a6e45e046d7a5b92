"""What is wrong with the OpenAPI schema of a custom resource, before it is looked at as a structural one.

Models the JSONSchemaProps half of apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go. CEL rules
are checked for their form here, for their text in rule_check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from apimachinery import field
from server.registry.apiextensions import field_path
from server.registry.apiextensions.structural import EMBEDDED, PRESERVE, Schema

TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
LIST_TYPES: Final = ("atomic", "set", "map")
MAP_TYPES: Final = ("atomic", "granular")
REASONS: Final = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_LIST_TYPE: Final = "x-kubernetes-list-type"
_MAP_TYPE: Final = "x-kubernetes-map-type"
_MAP_KEYS: Final = "x-kubernetes-list-map-keys"
_META_FIELDS: Final = frozenset({"metadata", "kind", "apiVersion"})
_UNSUPPORTED: Final = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
_FORBIDDEN_EVEN_EMPTY: Final = frozenset(("additionalItems", "dependencies", "$ref"))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a schema: what forbids defaults there, and whether it describes metadata."""

    no_defaults: str = ""
    in_metadata: bool = False


def errors(schema: Schema, path: field.Path) -> list[field.Error]:
    """Errors of a whole schema, properties in the order of their names."""
    return list(_schema(schema, path, _Place(), root=True))


def _schema(schema: Schema, path: field.Path, place: _Place, *, root: bool = False) -> Iterator[field.Error]:
    yield from _supported(schema, path, place)
    if schema.get("uniqueItems"):
        detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield field.forbidden(path / "uniqueItems", detail)
    properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
    if additional is not None:
        at = path / "additionalProperties"
        if properties and additional is not True:
            yield field.forbidden(at, "additionalProperties and properties are mutual exclusive")
        if isinstance(additional, Mapping):
            reason = "inside additionalProperties applying to object metadata"
            yield from _schema(additional, at, replace(place, no_defaults=reason) if place.in_metadata else place)
    for name, child in sorted(properties.items()):
        below = place
        if (root or schema.get(EMBEDDED)) and name in _META_FIELDS:
            below = _Place(f"in top-level {name}" if root else place.no_defaults, in_metadata=True)
        yield from _schema(child, (path / "properties").key(name), below)
    if schema.get("not") is not None:
        yield from _schema(schema["not"], path / "not", place)
    for name in ("allOf", "oneOf", "anyOf"):
        for i, child in enumerate(schema.get(name) or ()):
            yield from _schema(child, (path / name)[i], place)
    for name, child in sorted((schema.get("definitions") or {}).items()):
        yield from _schema(child, (path / "definitions").key(name), place)
    items = schema.get("items")
    if isinstance(items, Mapping):
        yield from _schema(items, path / "items", place)
    for i, child in enumerate(items if isinstance(items, list) else ()):
        yield from _schema(child, (path / "items")[i], place)
    for name, child in sorted((schema.get("dependencies") or {}).items()):
        if isinstance(child, Mapping):
            yield from _schema(child, (path / "dependencies").key(name), place)
    if schema.get(PRESERVE) is False:
        yield field.invalid(path / PRESERVE, False, "must be true or undefined")
    yield from _map_type(schema, path)
    yield from _list_type(schema, path)
    yield from _map_keys(schema, path)
    for i, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        yield from _rule(rule, schema, (path / "x-kubernetes-validations")[i])


def _supported(schema: Schema, path: field.Path, place: _Place) -> Iterator[field.Error]:
    kind = schema.get("type") or ""
    if kind and kind not in TYPES:
        yield field.not_supported(path / "type", kind, TYPES)
    if place.no_defaults and schema.get("default") is not None:
        yield field.forbidden(path / "default", f"must not be set {place.no_defaults}")
    for name in _UNSUPPORTED:
        if schema.get(name) or (name in _FORBIDDEN_EVEN_EMPTY and schema.get(name) is not None):
            yield field.forbidden(path / name, f"{name} is not supported")
    if kind == "null":
        yield field.forbidden(path / "type", "type cannot be set to null, use nullable as an alternative")
    if schema.get("items") and isinstance(schema["items"], list):
        yield field.forbidden(path / "items", "items must be a schema object and not an array")
    if place.in_metadata and schema.get(EMBEDDED):
        yield field.forbidden(path / EMBEDDED, "must not be used inside of resource meta")


def _must_be(wanted: str, schema: Schema, extension: str, path: field.Path) -> Iterator[field.Error]:
    kind, detail = schema.get("type") or "", f"must be {wanted} if {extension} is specified"
    if kind != wanted:
        yield field.invalid(path / "type", kind, detail) if kind else field.required(path / "type", detail)


def _map_type(schema: Schema, path: field.Path) -> Iterator[field.Error]:
    value = schema.get(_MAP_TYPE)
    if value is None:
        return
    yield from _must_be("object", schema, _MAP_TYPE, path)
    if value not in MAP_TYPES:
        yield field.not_supported(path / _MAP_TYPE, value, MAP_TYPES)


def _list_type(schema: Schema, path: field.Path) -> Iterator[field.Error]:
    value, items = schema.get(_LIST_TYPE), schema.get("items")
    if value is None:
        return
    if schema.get("type") != "array":
        yield from _must_be("array", schema, _LIST_TYPE, path)
    elif value == "set" and isinstance(items, Mapping):
        detail = f"must be atomic as item of a list with {_LIST_TYPE}=set"
        inner = items.get(_LIST_TYPE)
        if items.get("type") == "array" and inner not in (None, "atomic"):
            yield field.invalid(path / "items" / _LIST_TYPE, inner, detail)
        if items.get("type") == "object" and items.get(_MAP_TYPE) != "atomic":
            yield field.invalid(path / "items" / _MAP_TYPE, inner, detail)
    if value not in LIST_TYPES:
        yield field.not_supported(path / _LIST_TYPE, value, LIST_TYPES)


def _map_keys(schema: Schema, path: field.Path) -> Iterator[field.Error]:
    list_type, keys, items = schema.get(_LIST_TYPE), schema.get(_MAP_KEYS) or [], schema.get("items")
    if keys and list_type != "map":
        detail, at = f"must be map if {_MAP_KEYS} is non-empty", path / _LIST_TYPE
        yield field.required(at, detail) if list_type is None else field.invalid(at, list_type, detail)
    if list_type == "map":
        if not keys:
            yield field.required(path / _MAP_KEYS, f"must not be empty if {_LIST_TYPE} is map")
        if items is None:
            yield field.required(path / "items", f"must have a schema if {_LIST_TYPE} is map")
        elif not isinstance(items, Mapping):
            yield field.invalid(path / "items", items, f"must only have a single schema if {_LIST_TYPE} is map")
        elif items.get("type") != "object":
            detail = f"must be object if parent array's {_LIST_TYPE} is map"
            yield field.invalid(path / "items" / "type", items.get("type") or "", detail)
        else:
            yield from _key_properties(items, keys, path)
    if list_type in ("map", "set") and isinstance(items, Mapping):
        if items.get("nullable"):
            detail = f"cannot be nullable when {_LIST_TYPE} is {list_type}"
            yield field.forbidden(path / "items" / "nullable", detail)
        if list_type == "map":
            yield from _keys_present(items, keys, path / "items" / "properties")


def _key_properties(items: Schema, keys: list[str], path: field.Path) -> Iterator[field.Error]:
    properties = items.get("properties") or {}
    for i, key in enumerate(keys):
        if key not in properties:
            yield field.invalid(path / _MAP_KEYS, keys, "entries must all be names of item properties")
        elif properties[key].get("type") in ("array", "object"):
            detail = f"must be a scalar type if parent array's {_LIST_TYPE} is map"
            yield field.invalid((path / "items" / "properties").key(key) / "type", items.get("type"), detail)
        if key in keys[:i]:
            yield field.invalid(path / _MAP_KEYS, keys, "must not contain duplicate entries")


def _keys_present(items: Schema, keys: list[str], path: field.Path) -> Iterator[field.Error]:
    properties, required = items.get("properties") or {}, items.get("required") or ()
    for key in keys:
        if key not in properties:
            continue
        known = f"this property is in {_MAP_KEYS}, so it"
        if key not in required and properties[key].get("default") is None:
            yield field.required(path.key(key) / "default", f"{known} must have a default or be a required property")
        if properties[key].get("nullable"):
            yield field.forbidden(path.key(key) / "nullable", f"{known} cannot be nullable")


def _rule(rule: Mapping[str, Any], schema: Schema, path: field.Path) -> Iterator[field.Error]:
    expression, message = (rule.get("rule") or "").strip(), rule.get("message") or ""
    if not expression:
        yield field.required(path / "rule", "rule is not specified")
    elif message and not message.strip():
        yield field.invalid(path / "message", message, "message must be non-empty if specified")
    elif _has_newlines(message.strip()):
        yield field.invalid(path / "message", message, "message must not contain line breaks")
    elif _has_newlines(expression) and not message.strip():
        yield field.required(path / "message", "message must be specified if rule contains line breaks")
    message_expression, pointed = rule.get("messageExpression") or "", rule.get("fieldPath") or ""
    if message_expression and not message_expression.strip():
        yield field.required(path / "messageExpression", "messageExpression must be non-empty if specified")
    if rule.get("reason") is not None and rule["reason"] not in REASONS:
        yield field.not_supported(path / "reason", rule["reason"], REASONS)
    if pointed and not pointed.strip():
        yield field.invalid(path / "fieldPath", pointed, "fieldPath must be non-empty if specified")
    if _has_newlines(pointed):
        yield field.invalid(path / "fieldPath", pointed, "fieldPath must not contain line breaks")
    try:
        field_path.find(pointed, schema)
    except field_path.InvalidPath:
        yield field.invalid(path / "fieldPath", pointed, "fieldPath must be a valid path")


def _has_newlines(text: str) -> bool:
    return "\n" in text or "\r" in text
