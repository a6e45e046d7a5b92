"""YAML in Go's dialect."""

from __future__ import annotations

import math
from typing import Any

import pytest

from apimachinery import goyaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("n: x", {"false": "x"}),
        ("y: x", {"true": "x"}),
        ("1: x", {"1": "x"}),
        ("a: on", {"a": True}),
        ("a: No", {"a": False}),
        ("a: nope", {"a": "nope"}),
        ("a: 0644", {"a": 420}),
        ("a: 0o17", {"a": 15}),
        ("a: 0x1F", {"a": 31}),
        ("a: 1_000", {"a": 1000}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2026-01-02", {"a": "2026-01-02"}),
        ("a: 1e3", {"a": 1000}),
        ("a: 1.5", {"a": 1.5}),
        ("a: .5", {"a": 0.5}),
        ("a: -3", {"a": -3}),
        ("a: 1.2.3", {"a": "1.2.3"}),
        ("a: 100m", {"a": "100m"}),
        ("a:", {"a": None}),
        ("a: ~", {"a": None}),
        ("a: NULL", {"a": None}),
        ('a: "1"', {"a": "1"}),
        ("a: =", {"a": "="}),
        ("base: &b {x: 1}\nc: {<<: *b, y: 2}", {"base": {"x": 1}, "c": {"x": 1, "true": 2}}),
        ("[a, {2: b}]", ["a", {"2": "b"}]),
    ],
)
def test_reading(text: str, value: Any) -> None:
    assert goyaml.loads(text) == value


def test_infinity() -> None:
    assert goyaml.loads("a: -.inf") == {"a": -math.inf}


@pytest.mark.parametrize("text", ["1", "true", "n", "null", "1e3", "0x1", "~", "", "12:30", "a: b", "- x"])
def test_strings_stay_strings(text: str) -> None:
    assert goyaml.loads(goyaml.dumps({"k": text})) == {"k": text}


def test_several_lines_become_a_block() -> None:
    assert goyaml.dumps({"k": "a\nb\n"}) == b"k: |\n  a\n  b\n"
