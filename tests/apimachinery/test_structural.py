"""Pruning, defaulting and validation by structural schemas."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import structural_formats, structural_validation
from apimachinery.structural import Structural, apply_defaults, prune

PRESERVE = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"
STRING = {"type": "string"}


def spec(schema: Any) -> Structural:
    return Structural({"type": "object", "properties": {"spec": schema}})


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "value", "left", "unknown"),
    [
        (of(a=STRING), {"a": "1", "b": {"c": 1}}, {"a": "1"}, ["spec.b"]),
        (
            of(a={"type": "array", "items": of(x=STRING)}),
            {"a": [{"x": "", "y": 1}]},
            {"a": [{"x": ""}]},
            ["spec.a[0].y"],
        ),
        (
            {**of(a=of(x=STRING)), PRESERVE: True},
            {"a": {"y": 1}, "b": {"c": 1}},
            {"a": {}, "b": {"c": 1}},
            ["spec.a.y"],
        ),
        ({"type": "object", "additionalProperties": of(x=STRING)}, {"k": {"y": 1}}, {"k": {}}, ["spec.k.y"]),
        ({"type": "object", PRESERVE: True, EMBEDDED: True}, {"kind": "A", "z": 1}, {"kind": "A", "z": 1}, []),
        (
            {**of(), EMBEDDED: True},
            {"kind": "A", "metadata": {"a": 1}, "z": 1},
            {"kind": "A", "metadata": {"a": 1}},
            ["spec.z"],
        ),
        ({"x-kubernetes-int-or-string": True}, 5, 5, []),
    ],
)
def test_pruning(schema: Any, value: Any, left: Any, unknown: list[str]) -> None:
    obj = {"kind": "K", "apiVersion": "v1", "metadata": {"odd": 1}, "spec": value}
    assert prune(obj, spec(schema)) == unknown
    assert obj == {"kind": "K", "apiVersion": "v1", "metadata": {"odd": 1}, "spec": left}


@pytest.mark.parametrize(
    ("schema", "value", "filled"),
    [
        (of(a={"type": "integer", "default": 1}), {}, {"a": 1}),
        (of(a={"type": "integer", "default": 1}), {"a": None}, {"a": 1}),
        (of(a={"type": "integer", "default": 1, "nullable": True}), {"a": None}, {"a": None}),
        (of(a={"type": "integer"}), {"a": None}, {}),
        (of(a={**of(b={"type": "boolean", "default": True}), "default": {}}), {}, {"a": {"b": True}}),
        (of(a={"type": "array", "items": of(b={"type": "integer", "default": 80})}), {"a": [{}]}, {"a": [{"b": 80}]}),
        ({"type": "object", "additionalProperties": of(b={"default": 1})}, {"k": {}}, {"k": {"b": 1}}),
        (of(a={"type": "boolean", "default": False}), {}, {"a": False}),
    ],
)
def test_defaulting(schema: Any, value: Any, filled: Any) -> None:
    obj = {"spec": value}
    apply_defaults(obj, spec(schema))
    assert obj == {"spec": filled}


def test_defaults_are_not_shared() -> None:
    schema = spec(of(a={"type": "array", "items": STRING, "default": []}))
    first: dict[str, Any] = {"spec": {}}
    second: dict[str, Any] = {"spec": {}}
    apply_defaults(first, schema)
    first["spec"]["a"].append("x")
    apply_defaults(second, schema)
    assert second == {"spec": {"a": []}}


def errors(schema: Any, value: Any, old: Any = None) -> list[str]:
    whole = spec(schema)
    before = None if old is None else {"spec": old}
    obj = {"spec": value}
    found = structural_validation.value_errors(obj, whole, before)
    return [str(e) for e in [*found, *structural_validation.object_errors(obj, whole, before)]]


@pytest.mark.parametrize(
    ("schema", "value", "found"),
    [
        (STRING, 5, ['spec: Invalid value: "integer": spec in body must be of type string: "integer"']),
        (STRING, None, ['spec: Invalid value: "null": spec in body must be of type string: "null"']),
        ({**STRING, "nullable": True}, None, []),
        ({"type": "number"}, 1, []),
        ({"type": "integer"}, 2.0, []),
        ({"type": "integer"}, 2.5, ['spec: Invalid value: "number": spec in body must be of type integer: "number"']),
        ({**STRING, "minLength": 2}, "a", ['spec: Invalid value: "a": spec in body should be at least 2 chars long']),
        ({**STRING, "maxLength": 2}, "abc", ["spec: Too long: may not be more than 2 bytes"]),
        ({**STRING, "pattern": "^a$"}, "b", ["spec: Invalid value: \"b\": spec in body should match '^a$'"]),
        ({**STRING, "enum": ["x", "y"]}, "b", ['spec: Unsupported value: "b": supported values: "x", "y"']),
        (
            {"type": "integer", "maximum": 2},
            3,
            ["spec: Invalid value: 3: spec in body should be less than or equal to 2"],
        ),
        (
            {"type": "integer", "minimum": 2, "exclusiveMinimum": True},
            2,
            ["spec: Invalid value: 2: spec in body should be greater than 2"],
        ),
        ({"type": "integer", "multipleOf": 3}, 4, ["spec: Invalid value: 4: spec in body should be a multiple of 3"]),
        (
            {"type": "array", "items": STRING, "maxItems": 1},
            ["a", "b"],
            ["spec: Too many: 2: must have at most 1 item"],
        ),
        (
            {"type": "array", "items": STRING, "minItems": 1},
            [],
            ["spec: Invalid value: 0: spec in body should have at least 1 items"],
        ),
        ({**of(a=STRING), "required": ["a"]}, {}, ["spec.a: Required value"]),
        (
            {"type": "array", "items": STRING, "x-kubernetes-list-type": "set"},
            ["a", "a"],
            ['spec[1]: Duplicate value: "a"'],
        ),
        (
            {
                "type": "array",
                "items": of(n=STRING),
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["n"],
            },
            [{"n": "a"}, {"n": "a"}],
            ['spec[1]: Duplicate value: {"n":"a"}'],
        ),
        (
            {**of(a=STRING, b=STRING), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"a": "", "b": ""},
            [
                (
                    '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). '
                    "Found 2 valid alternatives"
                )
            ],
        ),
        (
            {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True},
            "50%",
            [],
        ),
        (
            {**of(), EMBEDDED: True},
            {"kind": "A"},
            ["spec.apiVersion: Required value: must not be empty"],
        ),
        (
            {**STRING, "format": "date-time"},
            "soon",
            ['spec: Invalid value: "soon": spec in body must be of type date-time: "soon"'],
        ),
    ],
)
def test_validation(schema: Any, value: Any, found: list[str]) -> None:
    assert errors(schema, value) == found


def test_what_was_wrong_before_may_stay() -> None:
    schema = of(a={**STRING, "maxLength": 1}, b={**STRING, "maxLength": 1})
    assert errors(schema, {"a": "long", "b": "x"}, {"a": "long"}) == []
    assert errors(schema, {"a": "longer"}, {"a": "long"}) == ["spec.a: Too long: may not be more than 1 byte"]


@pytest.mark.parametrize(
    ("format_", "good", "bad"),
    [
        ("date-time", "2026-01-02T03:04:05Z", "2026-13-02T03:04:05Z"),
        ("date", "2026-01-02", "2026-1-2"),
        ("ipv4", "10.0.0.1", "10.0.0"),
        ("ipv6", "::1", "10.0.0.1"),
        ("cidr", "10.0.0.0/8", "10.0.0.0"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
        ("byte", "aGk=", "a"),
        ("duration", "1h30m", "soon"),
        ("email", "a@example.com", "a"),
        ("hostname", "a.example.com", "-a"),
        ("mac", "00:11:22:33:44:55", "00:11"),
        ("uri", "https://example.com", "example"),
        ("idn-hostname", "anything at all", ""),
    ],
)
def test_formats(format_: str, good: str, bad: str) -> None:
    assert structural_formats.allows(format_, good)
    assert format_ == "idn-hostname" or not structural_formats.allows(format_, bad)
