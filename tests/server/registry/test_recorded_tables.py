"""Columns and cells of every recorded Table, printed from the recorded objects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from apimachinery import schema
from apimachinery.objects import View
from server.registry import builtin
from server.registry.config import RegistryConfig
from server.registry.rest import CellContext, Column, Resource
from tests.server.registry.reference import REFERENCE, needs_reference

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DEFINITIONS = schema.definitions("1.36")


def described(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": DEFINITIONS.describe(column.doc) if column.doc else column.description,
        "priority": column.priority,
    }


def resource_of(path: str) -> Resource:
    parts = path.split("?")[0].strip("/").split("/")
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    plural = rest[2] if rest[0] == "namespaces" and len(rest) > 2 else rest[0]
    return next(
        r for r in builtin.resources(RegistryConfig()) if (r.group, r.version, r.plural) == (group, version, plural)
    )


def with_time(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: with_time(v) for k, v in value.items()}
    if isinstance(value, list):
        return [with_time(v) for v in value]
    return "2026-11-21T00:00:00Z" if value == "<time>" else value


def recorded() -> list[Any]:
    """(name, resource, object, table) of every recorded Table that follows its object's creation."""
    found = []
    for scenario in ("kinds", "node-api"):
        path = REFERENCE / "answers" / f"{scenario}.json"
        steps = {s["name"]: s for s in json.loads(path.read_text())} if path.is_file() else {}
        for name, step in steps.items():
            source = steps.get(name.replace("-table", "-create"), {}) if scenario == "kinds" else steps["get"]
            if name.endswith("table") and source.get("status") in (200, 201) and step["body"].get("kind") == "Table":
                resource = resource_of(step["request"].split(" ")[1])
                found.append(pytest.param(resource, source["body"], step["body"], id=name))
    return found


@needs_reference
@pytest.mark.reference
@pytest.mark.parametrize(("resource", "obj", "table"), recorded())
def test_recorded_table(resource: Resource, obj: View, table: View) -> None:
    if resource.printer is None:
        assert [c["name"] for c in table["columnDefinitions"]] == ["Name", "Created At"]
        return
    assert [described(c) for c in resource.printer.columns] == table["columnDefinitions"]
    cells = resource.printer.cells(with_time(obj), CellContext(NOW))
    ages = {
        i
        for i, c in enumerate(resource.printer.columns)
        if c.name in ("Age", "Last Seen", "First Seen", "Status", "Available")
    }
    row = table["rows"][0]["cells"]
    assert [v for i, v in enumerate(cells) if i not in ages] == [v for i, v in enumerate(row) if i not in ages]
