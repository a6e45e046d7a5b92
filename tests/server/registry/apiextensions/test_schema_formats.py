"""Which formats of a custom resource definition earn a warning."""

from __future__ import annotations

from typing import Any

import pytest

from server.registry.apiextensions.schema_formats import format_warnings


def definition(schema: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]}}


@pytest.mark.parametrize(
    ("schema", "unknown"),
    [
        ({"type": "string", "format": "date-time"}, []),
        ({"type": "integer", "format": "int32"}, []),
        ({"type": "integer", "format": "date"}, ["date"]),
        ({"type": "array", "format": "cidr", "items": {"type": "string", "format": "cidr"}}, ["cidr"]),
        (
            {"properties": {"a": {"anyOf": [{"format": "idn-hostname"}]}, "b": {"format": "auto"}}},
            ["auto", "idn-hostname"],
        ),
        ({"additionalProperties": {"not": {"type": "number", "format": "float"}}}, []),
    ],
)
def test_formats_that_validation_ignores(schema: dict[str, Any], unknown: list[str]) -> None:
    assert format_warnings(definition(schema)) == [f'unrecognized format "{name}"' for name in unknown]
