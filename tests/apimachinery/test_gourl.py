"""URLs as Go parses them."""

from __future__ import annotations

import pytest

from apimachinery.gourl import Url, parse


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", Url()),
        ("https://a.b:443/c?d=e#f", Url("https", "", "a.b:443", "/c", "d=e", "f")),
        ("HTTPS://u:p@h", Url("https", "u:p", "h")),
        ("mailto:a", Url("mailto")),
        ("https://[::1]:80/", Url("https", "", "[::1]:80", "/")),
        ("///a", Url(path="///a")),
        ("https://", Url("https")),
    ],
)
def test_parts(text: str, parts: Url) -> None:
    assert parse(text) == parts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("%zz", 'invalid URL escape "%zz"'),
        ("https://a/%1", 'invalid URL escape "%1"'),
        (":a", "missing protocol scheme"),
        ("1a:b", "first path segment in URL cannot contain colon"),
        ("https://a:b/", 'invalid port ":b" after host'),
        ("https://a b/", 'invalid character " " in host name'),
        ("https://[::1/", "missing ']' in host"),
        ("https://a\n", "net/url: invalid control character in URL"),
        ("https://a b@c/", "net/url: invalid userinfo"),
    ],
)
def test_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse(text)
    assert str(refused.value).endswith(f": {problem}")
