"""Label selectors: grammar, matching, and upstream's error texts."""

from __future__ import annotations

import pytest

from apimachinery.labels import LabelSelector, format_labels, format_selector


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", ""),
        ("a", "a"),
        ("!a", "!a"),
        ("a=b", "a=b"),
        ("a==b", "a==b"),
        ("a!=b", "a!=b"),
        ("a=", "a="),
        (" a in ( y , x ) , b", "a in (x,y),b"),
        ("a notin (x)", "a notin (x)"),
        ("a in ()", "a in ()"),
        ("a>1,b<2", "a>1,b<2"),
        ("example.com/a=b", "example.com/a=b"),
        ("in=x", "in=x"),
        ("b,a", "a,b"),
    ],
)
def test_parse_and_print(text: str, printed: str) -> None:
    assert str(LabelSelector.parse(text)) == printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        (",a", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a in x", "unable to parse requirement: found 'x' expected: '('"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        (
            "a>x",
            (
                'unable to parse requirement: values[0][a]: Invalid value: "x": '
                "for 'Gt', 'Lt' operators, the value must be an integer"
            ),
        ),
    ],
)
def test_bad_syntax(text: str, message: str) -> None:
    with pytest.raises(ValueError) as e:
        LabelSelector.parse(text)
    assert str(e.value) == message


@pytest.mark.parametrize(
    ("text", "labels", "matches"),
    [
        ("", {}, True),
        ("a", {"a": ""}, True),
        ("a", {}, False),
        ("!a", {}, True),
        ("a!=b", {}, True),
        ("a!=b", {"a": "b"}, False),
        ("a notin (b,c)", {}, True),
        ("a notin (b,c)", {"a": "c"}, False),
        ("a in (b,c)", {"a": "c"}, True),
        ("a in (b,c)", {}, False),
        ("a>1", {"a": "2"}, True),
        ("a>1", {"a": "x"}, False),
        ("a<1", {"a": "0"}, True),
        ("a=,b", {"a": "", "b": "1"}, True),
    ],
)
def test_matching(text: str, labels: dict[str, str], matches: bool) -> None:
    assert LabelSelector.parse(text).matches(labels) is matches


def test_selector_objects() -> None:
    assert not LabelSelector.from_object(None).matches({})
    assert LabelSelector.from_object({}).matches({"any": "thing"})
    selector = {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "DoesNotExist"}]}
    assert LabelSelector.from_object(selector).matches({"a": "b"})
    assert not LabelSelector.from_object(selector).matches({"a": "b", "c": ""})
    mixed = {"matchLabels": {"b": "1", "z": "2"}, "matchExpressions": [{"key": "c", "operator": "Exists"}]}
    assert str(LabelSelector.from_object(mixed)) == "b=1,c,z=2"
    with pytest.raises(ValueError, match='"Like" is not a valid label selector operator'):
        LabelSelector.from_object({"matchExpressions": [{"key": "c", "operator": "Like"}]})


def test_printing_for_tables() -> None:
    assert format_selector({"matchLabels": {"b": "2", "a": "1"}}) == "a=1,b=2"
    assert format_selector({}) == "<none>"
    assert format_labels({"b": "2", "a": "1"}) == "a=1,b=2"
    assert format_labels(None) == "<none>"
