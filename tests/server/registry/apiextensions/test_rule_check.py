"""What is told of CEL rules from their text and schema."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery import field
from apimachinery.structural import Structural
from server.registry.apiextensions import field_path, rule_check

SPEC: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "size": {"type": "integer"},
        "name": {"type": "string"},
        "ready": {"type": "boolean"},
        "a-b": {"type": "string"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "either": {"x-kubernetes-int-or-string": True},
        "inner": {"type": "object", "properties": {"x": {"type": "integer"}}},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}},
    },
}
EXPECTED: Final = (
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("self.size > 1 && self.inner.x < 3", ""),
        ("self.labels.any == 'x' || self.a__dash__b != ''", ""),
        ("self.parts.all(p, p.x > 0 && !has(p.nope))", ""),
        ("!has(oldSelf.size) || self.either == 1", ""),
        ("self.ready", ""),
        ("'self.nope' in self.labels ? 1 == 1 : false", ""),
        ("cel.bind(v, self.size, v > 1)", ""),
        (
            "self.nope > 1",
            "compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope > 1\n | ....^",
        ),
        (
            "true\n&& has(self.inner.y)",
            "compilation failed: ERROR: <input>:2:7: undefined field 'y'\n | && has(self.inner.y)\n | ......^",
        ),
        (
            "self.name.x == 1",
            (
                "compilation failed: ERROR: <input>:1:10: type 'string' does not support field selection\n"
                " | self.name.x == 1\n | .........^"
            ),
        ),
        (
            "size > 1",
            (
                "compilation failed: ERROR: <input>:1:1: undeclared reference to 'size' (in container '')\n"
                " | size > 1\n | ^"
            ),
        ),
        (
            "self.size >",
            (
                "compilation failed: ERROR: <input>:1:12: Syntax error: mismatched input '<EOF>' "
                f"expecting {EXPECTED}\n | self.size >\n | ...........^"
            ),
        ),
        (
            "self.ready and true",
            (
                "compilation failed: ERROR: <input>:1:12: Syntax error: mismatched input 'and' expecting <EOF>\n"
                " | self.ready and true\n | ...........^"
            ),
        ),
        ("self.parts.exists(p, p.x in [1, 2]) == (self.size in [3])", ""),
        ("self.size", "cel expression must evaluate to a bool"),
        ("1 + 1", "cel expression must evaluate to a bool"),
    ],
)
def test_problem(rule: str, says: str) -> None:
    assert rule_check.problem(rule, Structural(SPEC)) == says


def test_messages_are_expressions_too() -> None:
    rule = {"rule": "self.a == 1", "messageExpression": "'got ' + self.b"}
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "x-kubernetes-validations": [rule]}
    [error] = rule_check.errors(schema, field.Path("s"))
    assert str(error) == (
        's.x-kubernetes-validations[0].messageExpression: Invalid value: {"Rule":"self.a == 1","Message":"",'
        '"MessageExpression":"\'got \' + self.b","Reason":null,"FieldPath":"","OptionalOldSelf":null}: '
        "messageExpression compilation failed: ERROR: <input>:1:14: undefined field 'b'\n | 'got ' + self.b\n"
        " | .............^"
    )


def test_metadata_is_declared_at_the_root_alone() -> None:
    rule = "self.metadata.name != ''"
    assert rule_check.problem(rule, Structural(SPEC), root=True) == ""
    assert "undefined field 'metadata'" in rule_check.problem(rule, Structural(SPEC))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", None),
        (".inner.x", None),
        ("['inner'].x", None),
        (".labels['a b']", None),
        (".nope", "does not refer to a valid field"),
        ("inner", "expected [ or . but got: inner"),
        (".", "unexpected end of JSON path"),
        (".parts[0]", "expected single quoted string but got 0"),
        (".labels['a'", "unexpected end of JSON path"),
    ],
)
def test_field_path(path: str, why: str | None) -> None:
    if why is None:
        field_path.find(path, SPEC)
        return
    with pytest.raises(field_path.InvalidPath) as raised:
        field_path.find(path, SPEC)
    assert str(raised.value) == why


def test_what_was_before_is_known_of_correlated_elements_alone() -> None:
    own: dict[str, Any] = {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf"}]}
    schema = {"type": "object", "properties": {"list": {"type": "array", "items": own}, "text": own}}
    [error] = rule_check.errors(schema, field.Path("s"))
    assert str(error) == (
        's.properties[list].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot '
        "be used on the uncorrelatable portion of the schema within s.properties[list]"
    )
