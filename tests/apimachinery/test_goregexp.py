"""Go's regular expressions: what matches, and what is refused in which words."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimachinery.goregexp import GoSyntaxError, compile_go


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^(?i)(abort|warn)?$", "WARN", True),
        ("^(?i)(abort|warn)?$", "other", False),
        ("a(?i)b|c", "C", True),
        ("a(?i)b|c", "AB", False),
        ("a(?i)b|c", "aB", True),
        ("(a(?i)b)c", "aBC", False),
        ("(?i:a)b", "Ab", True),
        ("(?i)a(?-i)b", "AB", False),
        ("(?i)a(?-i)b|c", "C", False),
        (r"^\PC*$", "a b", True),
        (r"^\PC*$", "a\x07", False),
        (r"^\pL+$", "é", True),
        (r"^\p{Greek}+$", "αβ", True),
        (r"^[\p{Lu}0]+$", "É0", True),
        (r"^[^\pL]+$", "12", True),
        (r"^\d+$", "٣", False),
        (r"^\w$", "é", False),
        (r"^\s$", "\v", False),
        ("^a$", "a\n", False),
        ("(?m)^b$", "a\nb\nc", True),
        ("^.$", "\n", False),
        ("(?s)^.$", "\n", True),
        ("^[^a]$", "\n", True),
        ("^[[:alpha:]_]+$", "ab_", True),
        ("^[[:^digit:]]$", "5", False),
        (r"^\x{1F600}$", "😀", True),
        (r"^\x41\101$", "AA", True),
        (r"^\Qa.b\E+$", "a.bb", True),
        (r"^\Qa.b\E+$", "axb", False),
        ("^a{,2}$", "a{,2}", True),
        ("^[a\\]b]+$", "a]b", True),
        ("^[]a]+$", "]a", True),
        ("^[+--]$", ",", True),
        (r"^(?P<x>a)(?<y>b)$", "ab", True),
        ("^*a", "a", True),
        (r"\bfoo\b", "a foo b", True),
        ("^a-b/c#&~$", "a-b/c#&~", True),
    ],
)
def test_what_matches(pattern: str, text: str, found: bool) -> None:
    assert bool(compile_go(pattern).search(text)) is found


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a**", "invalid nested repetition operator: `**`"),
        ("a*+", "invalid nested repetition operator: `*+`"),
        ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("(|*)", "missing argument to repetition operator: `*`"),
        ("(a", "missing closing ): `(a`"),
        ("a)", "unexpected ): `a)`"),
        ("[a", "missing closing ]: `[a`"),
        ("[b-a]", "invalid character class range: `b-a`"),
        ("[[:what:]]", "invalid character class range: `[:what:]`"),
        (r"\p{What}", r"invalid character class range: `\p{What}`"),
        (r"\1", r"invalid escape sequence: `\1`"),
        (r"\Z", r"invalid escape sequence: `\Z`"),
        ("a\\", "trailing backslash at end of expression: ``"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?!a)", "invalid or unsupported Perl syntax: `(?!`"),
        ("(?<=a)", "invalid named capture: `(?<=a)`"),
        ("(?P<a-b>c)", "invalid named capture: `(?P<a-b>`"),
        ("(?P<a>b)(?P<a>c)", "duplicate capture group name: `a`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
    ],
)
def test_what_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(GoSyntaxError, match=re.escape(f"error parsing regexp: {message}")):
        compile_go(pattern)


@given(st.text(alphabet="ab(|)[]^$.*+?{1,}\\-:iPpLdQE<>", max_size=12))
def test_an_expression_works_or_is_refused_in_gos_words(pattern: str) -> None:
    with suppress(GoSyntaxError):
        compile_go(pattern).search("ab(1)")


@given(st.text(max_size=8))
def test_quoted_text_matches_itself(text: str) -> None:
    quoted = "".join(f"\\x{{{ord(c):x}}}" for c in text)
    assert compile_go(f"^{quoted}$").search(text)
