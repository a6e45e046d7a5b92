"""Simple paths into a schema: `.spec.size`, `.labels['a b']`.

Models ValidFieldPath of apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from server.registry.apiextensions.structural import Schema

_TOKEN: Final = re.compile(r"[.\[\]]|'(?:\\.|[^'\\])*'|[^.\[\]]+", re.DOTALL)


class InvalidPath(ValueError):
    """A path that leads nowhere; the message says why."""


def find(path: str, schema: Schema, *, arrays: bool = True) -> Schema:
    """The schema that a path leads to; `arrays` allows names in brackets. InvalidPath."""
    steps = iter(_TOKEN.findall(path))
    for step in steps:
        if step == ".":
            schema = _below(schema, _next(steps))
        elif step != "[":
            raise InvalidPath(f"expected [ or . but got: {step}")
        elif not arrays:
            raise InvalidPath("array notation is not allowed")
        else:
            name = _next(steps)
            if len(name) < 2 or not (name.startswith("'") and name.endswith("'")):
                raise InvalidPath(f"expected single quoted string but got {name}")
            schema = _below(schema, re.sub(r"\\(.)", r"\1", name[1:-1]))
            if (closing := _next(steps)) != "]":
                raise InvalidPath(f"expected ] but got {closing}")
    return schema


def _next(steps: Iterator[str]) -> str:
    found = next(steps, None)
    if found is None:
        raise InvalidPath("unexpected end of JSON path")
    return found


def _below(schema: Schema, name: str) -> Schema:
    properties, additional = schema.get("properties"), schema.get("additionalProperties")
    below = properties.get(name) if properties else additional
    if not isinstance(below, Mapping):
        raise InvalidPath("does not refer to a valid field")
    return below
