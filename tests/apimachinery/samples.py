"""Objects made from schemas: every field of a kind gets a value of its type."""

from __future__ import annotations

import random
from typing import Any

from apimachinery import schema
from apimachinery.schema import FieldSchema

_VALUES: dict[str, list[Any]] = {
    schema.QUANTITY: ["0", "100m", "1Gi", "2"],
    schema.INT_OR_STRING: [0, 80, "25%", "http"],
    schema.TIME: ["2026-01-02T03:04:05Z", "1969-12-31T23:59:59Z"],
    schema.MICRO_TIME: ["2026-01-02T03:04:05.000006Z", "1969-12-31T23:59:59.999999Z"],
    schema.FIELDS_V1: [{"f:spec": {".": {}}}],
    schema.RAW_EXTENSION: [{"any": ["thing", 1.5, None]}],
    schema.JSON: [{"x": None}, [1], "y", None, False],
}


def sample(node: FieldSchema, source: random.Random, *, depth: int = 12, density: float = 1.0) -> Any:
    """A value of the schema: fields appear with the density given, and none deeper than the depth."""
    if node.ref in _VALUES:
        return source.choice(_VALUES[node.ref])
    if node.ref in schema.JSON_SCHEMA_UNIONS:
        return _union(node.ref, source)
    if node.type == "object":
        names = [name for name in node.fields if depth > 0 and source.random() < density]
        return {name: sample(node.fields[name], source, depth=depth - 1, density=density) for name in names}
    if node.items is not None:
        return [sample(node.items, source, depth=depth - 1, density=density) for _ in range(source.randint(0, 2))]
    if node.values is not None:
        keys = source.sample(["a", "b.c/d", ""], source.randint(0, 2))
        return {key: sample(node.values, source, depth=depth - 1, density=density) for key in keys}
    if node.type == "boolean":
        return source.random() < 0.5
    if node.type == "integer":
        return source.choice([0, 1, -1, 2**31 - 1, -(2**31)] + ([2**63 - 1] if node.format == "int64" else []))
    if node.type == "number":
        return source.choice([0, 1, -1.5, 1e300])
    return source.choice(["", "aGk="] if node.format == "byte" else ["", "text", "é \"'\n"])


def _union(ref: str, source: random.Random) -> Any:
    if ref == schema.JSON_SCHEMA_PROPS_OR_BOOL:
        return source.choice([True, False, {"type": "string"}])
    if ref == schema.JSON_SCHEMA_PROPS_OR_ARRAY:
        return source.choice([{"type": "string"}, [{"type": "string"}, {}]])
    return source.choice([{"type": "string"}, ["a", "b"]])
