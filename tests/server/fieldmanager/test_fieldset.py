"""Field sets against plain sets of paths."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimachinery import serializer
from server.fieldmanager import fieldset

Path = tuple[str, ...]

ELEMENTS = st.sampled_from(["f:a", "f:b", "f:c", 'k:{"name":"x"}', 'k:{"port":80}', 'k:{"port":443}', 'v:"s"'])
PATHS = st.lists(ELEMENTS, min_size=1, max_size=4).map(tuple)
SETS = st.frozensets(PATHS, max_size=12)


def plain(tree: fieldset.Set) -> frozenset[Path]:
    return frozenset(fieldset.paths(tree))


def below(path: Path, others: frozenset[Path]) -> bool:
    return any(path[: len(o)] == o for o in others)


@given(SETS)
def test_round_trip(paths: frozenset[Path]) -> None:
    tree = fieldset.from_paths(*paths)
    assert plain(tree) == paths
    assert plain(fieldset.parse(serializer.loads(serializer.dumps(tree)))) == paths
    assert fieldset.canonical(tree) == tree
    assert all(fieldset.has(tree, p) for p in paths)


@given(SETS, SETS)
def test_algebra(a: frozenset[Path], b: frozenset[Path]) -> None:
    x, y = fieldset.from_paths(*a), fieldset.from_paths(*b)
    assert plain(fieldset.union(x, y)) == a | b
    assert plain(fieldset.intersection(x, y)) == a & b
    assert plain(fieldset.difference(x, y)) == a - b
    assert plain(fieldset.recursive_difference(x, y)) == {p for p in a if not below(p, b)}
    assert plain(fieldset.leaves(x)) == {p for p in a if not any(q != p and q[: len(p)] == p for q in a)}
    assert (plain(x), plain(y)) == (a, b)


@given(SETS)
def test_results_hold_no_empty_branches(paths: frozenset[Path]) -> None:
    tree = fieldset.from_paths(*paths)
    assert fieldset.difference(tree, tree) == {}
    assert fieldset.recursive_difference(tree, tree) == {}
    assert fieldset.intersection(tree, fieldset.LEAF) == {}


def test_serialization_order_is_by_kind_then_value() -> None:
    elements = ['v:"a"', 'k:{"port":443}', "f:z", 'k:{"port":80}', "f:a", "v:10", "v:9", "i:10", "i:9"]
    tree = fieldset.from_paths(*((e,) for e in elements))
    assert list(fieldset.canonical(tree)) == [
        "f:a",
        "f:z",
        'k:{"port":80}',
        'k:{"port":443}',
        "v:9",
        "v:10",
        'v:"a"',
        "i:9",
        "i:10",
    ]


def test_the_path_itself_comes_first() -> None:
    tree: dict[str, Any] = {"f:a": {"f:b": {}, ".": {}}}
    assert list(fieldset.canonical(tree)["f:a"]) == [".", "f:b"]


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("f:spec", ".spec"),
        ('k:{"containerPort":80,"protocol":"TCP"}', '[containerPort=80,protocol="TCP"]'),
        ('v:"x"', '[="x"]'),
        ("v:1", "[=1]"),
        ("i:3", "[3]"),
    ],
)
def test_element_text(element: str, text: str) -> None:
    assert fieldset.element_text(element) == text


def test_foreign_spelling_is_brought_to_ours() -> None:
    sent: dict[str, Any] = {'k:{"protocol": "TCP", "containerPort": 80}': {"f:name": {}}}
    assert list(fieldset.parse(sent)) == ['k:{"containerPort":80,"protocol":"TCP"}']


@pytest.mark.parametrize("element", ["x:a", "spec", "k:[]", "k:{", "v:", "i:a", ""])
def test_bad_elements_are_refused(element: str) -> None:
    with pytest.raises(ValueError, match="invalid path element"):
        fieldset.parse({element: {}})


def test_values_are_written_as_go_writes_them() -> None:
    assert fieldset.value_element("<a&b>") == 'v:"\\u003ca\\u0026b\\u003e"'
    assert fieldset.value_element('say "x"') == 'v:"say \\"x\\""'
    assert fieldset.value_element(True) == "v:true"
