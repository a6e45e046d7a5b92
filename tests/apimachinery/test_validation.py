"""Shared predicates and metadata rules."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import field, validation
from apimachinery.fields import FieldSelector

METADATA = field.Path("metadata")


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        ("a", 0),
        ("a-1", 0),
        ("A", 1),
        ("a.b", 1),
        ("-a", 1),
        ("a" * 64, 1),
        ("", 1),
    ],
)
def test_dns_labels(name: str, problems: int) -> None:
    assert len(validation.dns1123_label(name)) == problems


def test_a_dotted_label_says_so() -> None:
    assert validation.dns1123_label("a.b") == ["must not contain dots"]


@pytest.mark.parametrize("key", ["a", "A_b.c", "example.com/a", "a" * 63])
def test_good_label_keys(key: str) -> None:
    assert validation.qualified_name(key) == []


@pytest.mark.parametrize(
    ("key", "start"),
    [
        ("", "name part must be non-empty"),
        ("/a", "prefix part must be non-empty"),
        ("Example/a", "prefix part a lowercase RFC 1123 subdomain"),
        ("a/b/c", "a valid label key must consist of"),
        ("a" * 64, "name part must be no more than 63 bytes"),
        ("-a", "name part must consist of"),
    ],
)
def test_bad_label_keys(key: str, start: str) -> None:
    assert validation.qualified_name(key)[0].startswith(start)


def meta(**changes: Any) -> dict[str, Any]:
    return {"name": "x", "namespace": "n", "resourceVersion": "1", "uid": "u", **changes}


def paths(found: list[field.Error]) -> list[str]:
    return [e.path for e in found]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"name": ""}, ["metadata.name"]),
        ({"name": "", "generateName": "Bad_"}, ["metadata.generateName", "metadata.name"]),
        ({"namespace": ""}, ["metadata.namespace"]),
        ({"labels": {"a b": "c d"}}, ["metadata.labels", "metadata.labels"]),
        ({"annotations": {"UPPER": "fine"}}, []),
        ({"annotations": {"a": "x" * 262_144}}, ["metadata.annotations"]),
        ({"finalizers": ["orphan", "foregroundDeletion"]}, ["metadata.finalizers"]),
        ({"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p"}]}, ["metadata.ownerReferences.uid"]),
        ({"managedFields": [{"operation": "Look"}]}, ["metadata.managedFields[0].operation"]),
    ],
)
def test_object_meta(changes: dict[str, Any], expected: list[str]) -> None:
    rule = validation.name_function(validation.dns1123_subdomain)
    found = validation.object_meta(meta(**changes), namespaced=True, name_function=rule, path=METADATA)
    assert paths(found) == expected


def test_two_controllers() -> None:
    ref = {"apiVersion": "v1", "kind": "Pod", "uid": "1", "controller": True}
    found = validation.owner_references([{**ref, "name": "a"}, {**ref, "name": "b"}], METADATA / "ownerReferences")
    assert found[0].detail == (
        'Only one reference can have Controller set to true. Found "true" in references for Pod/a and Pod/b'
    )


def test_updates() -> None:
    assert validation.object_meta_update(meta(), meta(), METADATA) == []
    changed = validation.object_meta_update(meta(uid="v", resourceVersion=""), meta(), METADATA)
    assert [str(e) for e in changed] == [
        'metadata.resourceVersion: Invalid value: "": must be specified for an update',
        'metadata.uid: Invalid value: "v": field is immutable',
    ]
    deleting = meta(deletionTimestamp="2026-01-02T03:04:05Z", finalizers=["a/b"])
    grown = validation.object_meta_update({**deleting, "finalizers": ["a/b", "c/d"]}, deleting, METADATA)
    assert grown[0].detail == (
        'no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}'
    )


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (None, []),
        ({"matchLabels": {"a": "b"}}, []),
        ({"matchExpressions": [{"key": "a", "operator": "In"}]}, ["s.matchExpressions[0].values"]),
        (
            {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["x"]}]},
            ["s.matchExpressions[0].values"],
        ),
        ({"matchExpressions": [{"key": "a", "operator": "Like"}]}, ["s.matchExpressions[0].operator"]),
        ({"matchExpressions": [{"key": "", "operator": "Exists"}]}, ["s.matchExpressions[0].key"] * 2),
    ],
)
def test_label_selectors(selector: dict[str, Any] | None, expected: list[str]) -> None:
    assert paths(validation.label_selector(selector, field.Path("s"))) == expected


@pytest.mark.parametrize(
    ("text", "fields", "matches"),
    [
        ("", {}, True),
        ("a=b", {"a": "b"}, True),
        ("a!=b", {"a": "c"}, True),
        ("spec.unschedulable=false", {"spec.unschedulable": "false"}, True),
        ("involvedObject.namespace=", {}, True),
        (r"a=b\,c", {"a": "b,c"}, True),
    ],
)
def test_field_selectors(text: str, fields: dict[str, str], matches: bool) -> None:
    assert FieldSelector.parse(text).matches(fields) is matches


def test_bad_field_selector() -> None:
    with pytest.raises(ValueError, match=r"invalid selector: 'abc'; can't understand 'abc'"):
        FieldSelector.parse("abc")
