"""JSON patches."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimachinery import jsonpatch
from apimachinery.objects import Object


def _op(op: str, path: str, value: Any = None, **rest: Any) -> Object:
    return {"op": op, "path": path, "value": value, **rest}


def _from(op: str, source: str, path: str) -> Object:
    return {"op": op, "from": source, "path": path}


@pytest.mark.parametrize(
    ("document", "operations", "result"),
    [
        ({}, [_op("add", "/a", 1)], {"a": 1}),
        ({"a": [1, 3]}, [_op("add", "/a/1", 2)], {"a": [1, 2, 3]}),
        ({"a": [1]}, [_op("add", "/a/-", 2)], {"a": [1, 2]}),
        ({"a": [1]}, [_op("add", "/a/-1", 2)], {"a": [1, 2]}),
        ({"a": [1, 2]}, [_op("remove", "/a/-1")], {"a": [1]}),
        ({"a": [1, 2]}, [_op("replace", "/a/-2", 3)], {"a": [3, 2]}),
        ({"a/b": 1, "c~d": 2}, [_op("remove", "/a~1b"), _op("remove", "/c~0d")], {}),
        ({"~1": 1}, [_op("test", "/~01", 1)], {"~1": 1}),
        ({"a": {"b": 1}}, [_from("move", "/a/b", "/c")], {"a": {}, "c": 1}),
        (
            {"a": {"b": [1]}},
            [_from("copy", "/a", "/c"), _op("add", "/c/b/-", 2)],
            {"a": {"b": [1]}, "c": {"b": [1, 2]}},
        ),
        ({"a": 1}, [_op("replace", "", {"b": 2})], {"b": 2}),
        ({"a": None}, [_op("test", "/a", None), _op("test", "/b", None)], {"a": None}),
        ({"a": {"b": 1}}, [_op("test", "", {"a": {"b": 1}})], {"a": {"b": 1}}),
        ({"a": 1}, [{"op": "add", "path": "/b"}], {"a": 1, "b": None}),
    ],
)
def test_apply(document: Any, operations: list[Object], result: Any) -> None:
    before = copy.deepcopy((document, operations))
    assert jsonpatch.apply(document, operations) == result
    assert (document, operations) == before


@pytest.mark.parametrize(
    "operation",
    [
        _op("test", "/a", 2),
        _op("test", "/a", True),
        _op("test", "/a", 1.0),
        _op("remove", "/b"),
        _op("replace", "/b", 1),
        _op("replace", "/b/c/d", 1),
        _op("replace", "", 1),
        _op("add", "/b/c", 1),
        _op("add", "", 1),
        _op("add", "/l/2", 1),
        _op("add", "/l/x", 1),
        _op("remove", "/l/1"),
        _op("remove", "/l/-2"),
        _op("add", "/a/b", 1),
        _from("move", "/b", "/c"),
        _from("copy", "/l/1", "/c"),
        _op("frobnicate", "/a"),
        {"op": "add", "value": 1},
        {"op": "move", "path": "/c"},
        {"path": "/a"},
    ],
)
def test_operations_that_fail(operation: Object) -> None:
    with pytest.raises(jsonpatch.PatchFailed):
        jsonpatch.apply({"a": 1, "l": [1]}, [operation])


def test_copies_are_bounded() -> None:
    operations = [_from("copy", "/a", f"/b{i}") for i in range(4)]
    jsonpatch.apply({"a": "x" * 8}, operations, max_copied=40)
    with pytest.raises(jsonpatch.PatchFailed):
        jsonpatch.apply({"a": "x" * 8}, operations, max_copied=39)


@pytest.mark.parametrize(
    ("body", "strict", "error"),
    [
        (b'{"op":"add"}', True, "object into Go value of type []handlers.jsonPatchOp"),
        (b'{"op":"add"}', False, "object into Go value of type jsonpatch.Patch"),
        (b"[1]", True, "number into Go value of type handlers.jsonPatchOp"),
        (b"[1]", False, "number into Go value of type jsonpatch.Operation"),
        (b'[{"op":"add","path":1}]', True, "number into Go struct field jsonPatchOp.path of type string"),
    ],
)
def test_bodies_of_another_type(body: bytes, strict: bool, error: str) -> None:
    with pytest.raises(jsonpatch.BadPatch) as raised:
        jsonpatch.decode(body, strict=strict)
    assert str(raised.value) == f"{'error decoding patch: ' if strict else ''}json: cannot unmarshal {error}"


@pytest.mark.parametrize("strict", [True, False])
def test_bodies_that_are_not_json(strict: bool) -> None:
    with pytest.raises(jsonpatch.BadPatch) as raised:
        jsonpatch.decode(b"[", strict=strict)
    assert str(raised.value) == f"{'error decoding patch: ' if strict else ''}unexpected end of JSON input"


def test_problems_of_operations() -> None:
    body = b'[{"op":"add","path":"/a","value":1},{"op":"add","op":"test","path":"/a","foo":1}]'
    operations, problems = jsonpatch.decode(body, strict=True)
    assert [o["op"] for o in operations] == ["add", "test"]
    assert problems == ('duplicate field "[1].op"', 'unknown field "[1].foo"')
    assert jsonpatch.decode(body, strict=False)[1] == ()


@given(st.dictionaries(st.text(max_size=3), st.integers()), st.text(max_size=3), st.integers())
def test_add_then_remove(document: dict[str, int], key: str, value: int) -> None:
    path = "/" + key.replace("~", "~0").replace("/", "~1")
    operations = [_op("add", path, value), _op("test", path, value), _op("remove", path)]
    body = json.dumps(operations).encode()
    assert jsonpatch.decode(body, strict=True) == (operations, ())
    assert jsonpatch.apply(document, operations) == {k: v for k, v in document.items() if k != key}


def test_objects_that_were_entered_come_out_sorted() -> None:
    document = {"b": {"d": 1, "c": {"z": 1, "y": 2}}, "a": {"f": 1, "e": 2}}
    patched = jsonpatch.apply(document, [_op("add", "/b/x", 1)])
    assert json.dumps(patched) == json.dumps({"a": {"f": 1, "e": 2}, "b": {"c": {"z": 1, "y": 2}, "d": 1, "x": 1}})
