"""Whether a schema is structural: every field has a type outside of logical junctors.

Models apiextensions-apiserver/pkg/apiserver/schema/{validation,complete}.go, on schemas as they are written in JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from apimachinery import field
from apimachinery.goregexp import GoSyntaxError, compile_go

Schema: TypeAlias = Mapping[str, Any]
Level = Literal["root", "item", "field"]

PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
EMBEDDED: Final = "x-kubernetes-embedded-resource"
INT_OR_STRING: Final = "x-kubernetes-int-or-string"
_INT_OR_STRING_TYPES: Final = [{"type": "integer"}, {"type": "string"}]
_UNTYPED: Final[Mapping[Level, str]] = {
    "root": "must not be empty at the root",
    "item": "must not be empty for specified array items",
    "field": "must not be empty for specified object fields",
}
_NOT_NESTED: Final[Mapping[str, str]] = {
    "type": "must be empty",
    "additionalProperties": "must be undefined",
    "default": "must be undefined",
    "title": "must be empty",
    "description": "must be empty",
    "nullable": "must be false",
    "externalDocs": "must be undefined",
    PRESERVE: "must be false",
    EMBEDDED: "must be false",
    INT_OR_STRING: "must be false",
    "x-kubernetes-list-map-keys": "must be empty",
    "x-kubernetes-list-type": "must be undefined",
    "x-kubernetes-map-type": "must be undefined",
    "x-kubernetes-validations": "must be empty",
}


def is_readable(schema: Schema) -> bool:
    """Whether a schema can be looked at as a structural one: no items are an array of schemas."""
    children = [*(schema.get("properties") or {}).values(), *_nested_schemas(schema)]
    return not isinstance(schema.get("items"), list) and all(map(is_readable, children))


def _nested_schemas(schema: Schema) -> Iterator[Schema]:
    for name in ("allOf", "anyOf", "oneOf"):
        yield from schema.get(name) or ()
    for name in ("not", "items", "additionalProperties"):
        if isinstance(schema.get(name), Mapping):
            yield schema[name]


def errors(schema: Schema, path: field.Path) -> list[field.Error]:
    """Everything that keeps a schema from being structural, sorted by text."""
    found = [*_invariants(schema, "root", path), *_completeness(schema, path)]
    return sorted(found, key=str)


def _properties(schema: Schema, path: field.Path) -> Iterator[tuple[str, Schema, field.Path]]:
    for name, child in (schema.get("properties") or {}).items():
        yield name, child, (path / "properties").key(name)


def _junctors(schema: Schema, path: field.Path) -> Iterator[tuple[str, int, Schema, field.Path]]:
    for name in ("anyOf", "allOf", "oneOf"):
        for i, child in enumerate(schema.get(name) or ()):
            yield name, i, child, (path / name)[i]
    if schema.get("not") is not None:
        yield "not", 0, schema["not"], path / "not"


def _invariants(schema: Schema, level: Level, path: field.Path) -> Iterator[field.Error]:
    kind, items, properties = schema.get("type") or "", schema.get("items"), schema.get("properties") or {}
    embedded, preserves = schema.get(EMBEDDED), schema.get(PRESERVE)
    if items is not None:
        yield from _invariants(items, "item", path / "items")
    elif kind == "array":
        yield field.required(path / "items", "must be specified")
    for _, child, below in _properties(schema, path):
        yield from _invariants(child, "field", below)
    additional = schema.get("additionalProperties")
    if additional is not None:
        if level == "root":
            yield field.forbidden(path / "additionalProperties", "must not be used at the root")
        if isinstance(additional, Mapping):
            yield from _invariants(additional, "field", path / "additionalProperties")
    if schema.get(INT_OR_STRING):
        for name in (PRESERVE, EMBEDDED):
            if schema.get(name):
                yield field.invalid(path / name, True, f"must be false if {INT_OR_STRING} is true")
    first: Schema = next(iter(schema.get("allOf") or ()), {})
    yield from _value_validation(
        schema,
        path,
        skip_any_of=schema.get("anyOf") == _INT_OR_STRING_TYPES,
        skip_first=first.get("anyOf") == _INT_OR_STRING_TYPES,
    )
    yield from _type(schema, kind, level, path)
    if embedded and additional is not None:
        yield field.forbidden(path / "additionalProperties", f"must not be used if {EMBEDDED} is set")
    if level == "root" and kind not in ("", "object"):
        yield field.invalid(path / "type", kind, "must be object at the root")
    yield from _meta(properties, level, path, check=level == "root" or bool(embedded))
    if embedded and not preserves and not properties:
        detail = f"must not be empty if {EMBEDDED} is true without {PRESERVE}"
        yield field.required(path / "properties", detail)


def _type(schema: Schema, kind: str, level: Level, path: field.Path) -> Iterator[field.Error]:
    if schema.get(EMBEDDED) and kind != "object":
        detail = f"must be object if {EMBEDDED} is true"
        yield field.invalid(path / "type", kind, detail) if kind else field.required(path / "type", detail)
    elif not kind and not schema.get(INT_OR_STRING) and not schema.get(PRESERVE):
        yield field.required(path / "type", _UNTYPED[level])


def _meta(properties: Schema, level: Level, path: field.Path, *, check: bool) -> Iterator[field.Error]:
    at = path / "properties"
    for name in ("kind", "apiVersion"):
        if check and name in properties and properties[name].get("type") != "string":
            yield field.invalid(at.key(name) / "type", properties[name].get("type") or "", "must be string")
    metadata = properties.get("metadata")
    if metadata is None:
        return
    if check and metadata.get("type") != "object":
        yield field.invalid(at.key("metadata") / "type", metadata.get("type") or "", "must be object")
    rest = {k: v for k, v in metadata.items() if k not in ("type", "default")}
    if set(rest.get("properties") or ()) <= {"name", "generateName"}:
        rest.pop("properties", None)
    if level == "root" and rest:
        detail = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        yield field.forbidden(at.key("metadata"), detail)


def _value_validation(
    schema: Schema, path: field.Path, *, skip_any_of: bool = False, skip_first: bool = False
) -> Iterator[field.Error]:
    for name, i, child, below in _junctors(schema, path):
        if not (name == "anyOf" and skip_any_of):
            yield from _nested(child, below, skip_any_of=skip_first and name == "allOf" and i == 0)
    pattern = schema.get("pattern") or ""
    try:
        compile_go(pattern)
    except GoSyntaxError as e:
        detail = f"must be a valid regular expression, but isn't: {e}"
        yield field.invalid(path / "pattern", pattern, detail)


def _nested(schema: Schema, path: field.Path, *, skip_any_of: bool = False) -> Iterator[field.Error]:
    yield from _value_validation(schema, path, skip_any_of=skip_any_of)
    if schema.get("items") is not None:
        yield from _nested(schema["items"], path / "items")
    for _, child, below in _properties(schema, path):
        yield from _nested(child, below)
    for name, words in _NOT_NESTED.items():
        value = schema.get(name)
        if value or (value is not None and words == "must be undefined"):
            yield field.forbidden(path / name, f"{words} to be structural")
    if "metadata" in (schema.get("properties") or {}):
        yield field.forbidden((path / "properties").key("metadata"), "must not be specified in a nested context")


def _completeness(schema: Schema, path: field.Path) -> Iterator[field.Error]:
    for _, _, child, below in _junctors(schema, path):
        yield from _defined(child, schema, path, below)
    if schema.get("items") is not None:
        yield from _completeness(schema["items"], path / "items")
    for _, child, below in _properties(schema, path):
        yield from _completeness(child, below)
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield from _completeness(schema["additionalProperties"], path / "additionalProperties")


def _defined(nested: Schema, schema: Schema | None, path: field.Path, where: field.Path) -> Iterator[field.Error]:
    """Errors of what a junctor speaks of and the schema around it does not."""
    if schema is None:
        yield field.required(path, f"because it is defined in {where}")
        return
    for _, _, child, below in _junctors(nested, where):
        yield from _defined(child, schema, path, below)
    if nested.get("items") is not None:
        yield from _defined(nested["items"], schema.get("items"), path / "items", where / "items")
    known = schema.get("properties") or {}
    for name, child, below in _properties(nested, where):
        yield from _defined(child, known.get(name), (path / "properties").key(name), below)
