"""CEL over values typed by a schema."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import field
from apimachinery.structural import Structural
from server.apiextensions.rules import make_rules


def check(rule: str, properties: Any, value: Any, old: Any = None, **more: Any) -> list[str]:
    schema = {"type": "object", "properties": properties, "x-kubernetes-validations": [{"rule": rule, **more}]}
    rules = make_rules(Structural({"type": "object", "properties": {"spec": schema}}))
    assert rules is not None
    return [str(e) for e in rules({"spec": value}, None if old is None else {"spec": old})]


INTEGER = {"type": "integer"}
STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("rule", "properties", "value"),
    [
        ("self.a < 5", {"a": INTEGER}, {"a": 1}),
        ("self.a < 1.5", {"a": {"type": "number"}}, {"a": 1}),
        ("!has(self.b) || self.b == 'x'", {"a": INTEGER, "b": STRING}, {"a": 1}),
        ("self.a__dash__b == 'x'", {"a-b": STRING}, {"a-b": "x"}),
        ("self.a.matches('^x+$')", {"a": STRING}, {"a": "xx"}),
        ("self.l.all(e, e > 0)", {"l": {"type": "array", "items": INTEGER}}, {"l": [1, 2]}),
        ("self.l.sum() == 3", {"l": {"type": "array", "items": INTEGER}}, {"l": [1, 2]}),
        ("self.l.isSorted()", {"l": {"type": "array", "items": INTEGER}}, {"l": [1, 2]}),
        ("self.m['k'] == 'v'", {"m": {"type": "object", "additionalProperties": STRING}}, {"m": {"k": "v"}}),
        (
            "self.t < timestamp('2027-01-01T00:00:00Z')",
            {"t": {**STRING, "format": "date-time"}},
            {"t": "2026-01-01T00:00:00Z"},
        ),
        ("self.a.lowerAscii() == 'x'", {"a": STRING}, {"a": "X"}),
    ],
)
def test_rules_that_hold(rule: str, properties: Any, value: Any) -> None:
    assert check(rule, properties, value) == []


def test_a_rule_says_its_message_where_it_wants_to() -> None:
    found = check(
        "self.a < 5", {"a": INTEGER}, {"a": 9}, message="too big", fieldPath=".a", reason="FieldValueForbidden"
    )
    assert found == ["spec.a: Forbidden: too big"]
    assert check("self.a < 5", {"a": INTEGER}, {"a": 9}, messageExpression="'not ' + string(self.a)") == [
        "spec: Invalid value: not 9"
    ]
    assert check("self.a < 5", {"a": INTEGER}, {"a": 9}) == ["spec: Invalid value: failed rule: self.a < 5"]


def test_a_rule_that_misses_a_field() -> None:
    found = check("self.b == 'x'", {"a": INTEGER, "b": STRING}, {"a": 1})
    assert found == ["spec: Invalid value: \"object\": no such key: b evaluating rule: self.b == 'x'"]


def test_transitions_are_judged_where_there_is_an_old_value() -> None:
    rule = "self.a >= oldSelf.a"
    assert check(rule, {"a": INTEGER}, {"a": 1}) == []
    assert check(rule, {"a": INTEGER}, {"a": 2}, {"a": 1}) == []
    assert check(rule, {"a": INTEGER}, {"a": 1}, {"a": 2}) == [f"spec: Invalid value: failed rule: {rule}"]


def test_what_did_not_change_is_not_judged_again() -> None:
    assert check("self.a < 5", {"a": INTEGER}, {"a": 9}, {"a": 9}) == []


def test_a_schema_without_rules_costs_nothing() -> None:
    assert make_rules(Structural({"type": "object", "properties": {"spec": STRING}})) is None


def test_items_are_followed_by_their_keys() -> None:
    item = {
        "type": "object",
        "properties": {"n": STRING, "v": {**INTEGER, "x-kubernetes-validations": [{"rule": "self == oldSelf"}]}},
    }
    ports = {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["n"]}
    rules = make_rules(Structural({"type": "object", "properties": {"ports": ports}}))
    assert rules is not None
    old = {"ports": [{"n": "a", "v": 1}, {"n": "b", "v": 2}]}
    found = rules({"ports": [{"n": "b", "v": 3}, {"n": "a", "v": 1}, {"n": "c", "v": 4}]}, old)
    assert found == [field.Error("FieldValueInvalid", "ports[0].v", 3, "failed rule: self == oldSelf")]
