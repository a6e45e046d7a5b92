"""JSON as Go reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimachinery.decode import reader

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@given(JSON, st.booleans(), st.sampled_from([None, 2]))
def test_reads_what_python_writes(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert reader.plain(reader.read(text.encode("utf-8", "surrogatepass"))) == value


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "unexpected end of JSON input"),
        ("{", "unexpected end of JSON input"),
        ("nope", "invalid character 'o' in literal null (expecting 'u')"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        ('{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("[1 2]", "invalid character '2' after array element"),
        ("01", "invalid character '1' after top-level value"),
        ("-x", "invalid character 'x' in numeric literal"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("1e+x", "invalid character 'x' in exponent of numeric literal"),
        ('"a\nb"', r"invalid character '\n' in string literal"),
        (r'"\x"', "invalid character 'x' in string escape code"),
        (r'"\u00g0"', r"invalid character 'g' in \u hexadecimal character escape"),
        ("'a'", r"invalid character '\'' looking for beginning of value"),
        ("[" * 20000, "exceeded max depth"),
    ],
)
def test_syntax_errors(text: str, error: str) -> None:
    with pytest.raises(reader.SyntaxFault) as raised:
        reader.read(text.encode())
    assert str(raised.value) == error


def test_duplicates_and_number_texts_are_kept() -> None:
    assert reader.read(b'{"a":1.50,"a":-2e3}') == [("a", "1.50"), ("a", "-2e3")]


@pytest.mark.parametrize(("text", "found"), [(b'{"a":{"b":1},"c":1}', False), (b'{"a":{"b":1,"b":1}}', True)])
def test_has_duplicates(text: bytes, found: bool) -> None:
    assert reader.has_duplicates(text, json.loads(text)) is found
