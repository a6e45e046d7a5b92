"""JSON values as Go compares and prints them."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import jsonvalue


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1, True),
        (1, True, False),
        (1, 1.0, False),
        (None, False, False),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": [1]}, {"a": [True]}, False),
        ({"a": None}, {}, False),
        ([1, 2], [2, 1], False),
    ],
)
def test_equal(left: Any, right: Any, same: bool) -> None:
    assert jsonvalue.equal(left, right) is same


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": [1, "x"], "a": {"c": None}}, "map[a:map[c:<nil>] b:[1 x]]"),
        (True, "true"),
        (1.5, "1.5"),
        (2.0, "2"),
        (1e6, "1e+06"),
        (-1e21, "-1e+21"),
        (100000.25, "100000.25"),
        (1e-7, "1e-07"),
        (123456789012.5, "1.234567890125e+11"),
        ({}, "map[]"),
    ],
)
def test_go_value(value: Any, text: str) -> None:
    assert jsonvalue.go_value(value) == text


def test_a_copy_shares_nothing() -> None:
    value = {"a": [{"b": 1}]}
    copied = jsonvalue.copy(value)
    copied["a"][0]["b"] = 2
    assert value == {"a": [{"b": 1}]}
