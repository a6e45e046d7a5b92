"""Cells of custom resources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from server.registry.custom_printer import printer
from server.registry.rest import CellContext

NOW = CellContext(datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        ("string", "a", "a"),
        ("string", 5, "5"),
        ("string", True, "true"),
        ("string", ["a", 1], '["a",1]'),
        ("integer", 5, 5),
        ("integer", 5.9, 5),
        ("integer", "5", None),
        ("number", 1.5, 1.5),
        ("boolean", False, False),
        ("boolean", "false", None),
        ("date", "2026-01-01T00:00:00Z", "5s"),
        ("date", "yesterday", "<invalid>"),
        ("date", "", "<unknown>"),
        ("date", None, None),
        ("string", None, "<no value>"),
        ("string", {"b": 1, "a": [True]}, '{"a":[true],"b":1}'),
        ("string", {"a": [1.0, 1.5, 1e6], "b": 1e21}, '{"a":[1,1.5,1000000],"b":1e+21}'),
        ("string", 1e6, "1e+06"),
        ("number", 3, 3),
        ("number", True, None),
        ("integer", True, None),
        ("", "a", None),
        ("date", 5, None),
    ],
)
def test_cells(kind: str, value: Any, cell: Any) -> None:
    shown = printer([{"name": "X", "type": kind, "jsonPath": ".spec.x"}])
    assert shown.cells({"metadata": {"name": "a"}, "spec": {"x": value}}, NOW) == ["a", cell]


def test_without_columns_the_age_is_shown() -> None:
    shown = printer(())
    obj = {"metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}}
    assert [c.name for c in shown.columns] == ["Name", "Age"]
    assert shown.cells(obj, NOW) == ["a", "5s"]


def test_paths_that_lead_nowhere_give_nothing_and_broken_ones_end_the_columns() -> None:
    paths = {"A": ".spec.x.y", "B": ".spec[", "C": ".spec.z"}
    shown = printer([{"name": n, "type": "string", "jsonPath": p} for n, p in paths.items()])
    assert [c.name for c in shown.columns] == ["Name", "A"]
    assert shown.cells({"metadata": {"name": "a"}}, NOW) == ["a", None]
