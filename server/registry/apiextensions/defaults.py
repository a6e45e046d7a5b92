"""Whether the defaults of a schema keep to the schema that declares them.

Models apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go. Defaults are not asked CEL rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apimachinery import field, jsonvalue, structural_validation
from apimachinery.structural import META_FIELDS, Structural, prune
from server.registry.apiextensions.structural import Schema


def errors(schema: Schema, path: field.Path) -> list[field.Error]:
    """Errors of every default of a structural schema, properties in the order of their names."""
    return list(_errors(Structural(schema), path, embedded=True))


def _errors(schema: Structural, path: field.Path, *, embedded: bool) -> Iterator[field.Error]:
    if schema.default is not None:
        yield from _default(schema.default, schema, path / "default")
    if schema.items is not None:
        yield from _errors(schema.items, path / "items", embedded=schema.items.embedded_resource)
    for name, child in sorted(schema.fields.items()):
        if not (embedded and name in META_FIELDS):
            below = (path / "properties").key(name)
            yield from _errors(child, below, embedded=child.embedded_resource)


def _default(value: Any, schema: Structural, path: field.Path) -> Iterator[field.Error]:
    if prune(jsonvalue.copy(value), schema, root=schema.embedded_resource):
        yield field.invalid(path, value, "must not have unknown fields")
    found = structural_validation.object_errors(value, schema)
    for error in found or structural_validation.value_errors(value, schema):
        where = str(path) if error.path == "<nil>" else f"{path}.{error.path}"
        yield replace(error, path=where)
