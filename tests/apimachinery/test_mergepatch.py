"""JSON merge patches."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimachinery import mergepatch

KEYS = st.sampled_from(["a", "b", "c"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS, children),
    max_leaves=10,
)
OBJECTS = st.dictionaries(KEYS, JSON)


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "foo"}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({}, {"a": [{"b": None}, None]}, {"a": [{}, None]}),
    ],
)
def test_apply(document: Any, patch: Any, result: Any) -> None:
    assert mergepatch.apply(document, patch) == result


@given(OBJECTS, OBJECTS)
def test_arguments_are_left_alone_and_a_patch_is_idempotent(document: Any, patch: Any) -> None:
    before = copy.deepcopy((document, patch))
    once = mergepatch.apply(document, patch)
    assert (document, patch) == before
    assert mergepatch.apply(once, patch) == once


@pytest.mark.parametrize(
    ("body", "strict", "error"),
    [
        (b"nope", True, "error decoding patch: invalid character 'o' in literal null (expecting 'u')"),
        (b"nope", False, "Invalid JSON Patch"),
        (
            b"[]",
            True,
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (b"null", True, "Invalid JSON Patch"),
    ],
)
def test_bad_bodies(body: bytes, strict: bool, error: str) -> None:
    with pytest.raises(mergepatch.BadPatch) as raised:
        mergepatch.decode(body, strict=strict)
    assert str(raised.value) == error


def test_duplicate_fields_are_told_when_asked() -> None:
    body = b'{"spec": {"a": 1, "a": 2}}'
    assert mergepatch.decode(body, strict=True) == ({"spec": {"a": 2}}, ('duplicate field "spec.a"',))
    assert mergepatch.decode(body, strict=False) == ({"spec": {"a": 2}}, ())


def test_merged_objects_come_out_sorted() -> None:
    patched = mergepatch.apply({"b": {"d": 1, "c": 2}, "a": {"f": 1, "e": 2}}, {"b": {"c": 3}})
    assert [(key, list(value)) for key, value in patched.items()] == [("a", ["f", "e"]), ("b", ["c", "d"])]
