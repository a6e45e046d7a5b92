"""Continue tokens: upstream's format, and its words for what it cannot read."""

from __future__ import annotations

import base64

import pytest

from storage import continue_token
from storage.continue_token import ContinueToken
from storage.errors import InvalidContinue


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_the_format_is_upstreams() -> None:
    token = ContinueToken("c2\0", 370)
    assert token.encode() == "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MzcwLCJzdGFydCI6Ii9jMlx1MDAwMCJ9"
    assert continue_token.decode(token.encode()) == token


@pytest.mark.parametrize("start", ["a\0", "ns/a\0", "ns/ä\0", "a.b-c"])
def test_what_is_encoded_is_read_back(start: str) -> None:
    assert continue_token.decode(ContinueToken(start, -1).encode()) == (start, -1)
    plain = encoded(f'{{"v":"meta.k8s.io/v1","rv":5,"start":"{start.replace(chr(0), "")}"}}')
    assert continue_token.decode(plain) == (start.replace("\0", ""), 5)


VERSION = '"v":"meta.k8s.io/v1"'


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("xyz", ": invalid character 'Ç' looking for beginning of value"),
        ("!!!", ": illegal base64 data at input byte 0"),
        ("abc=", ": illegal base64 data at input byte 3"),
        ("abcde", ": illegal base64 data at input byte 4"),
        (encoded("{"), ": unexpected end of JSON input"),
        (encoded('{"v'), ": unexpected end of JSON input"),
        (encoded("{]"), ": invalid character ']' looking for beginning of object key string"),
        (encoded('{"v"="x"}'), ": invalid character '=' after object key"),
        (encoded('{"v":"x";}'), ": invalid character ';' after object key:value pair"),
        (encoded("{} x"), ": invalid character 'x' after top-level value"),
        (encoded("[]"), ": json: cannot unmarshal array into Go value of type storage.continueToken"),
        (encoded('{"v":1}'), ": json: cannot unmarshal number into Go struct field continueToken.v of type string"),
        (
            encoded('{"rv":"1"}'),
            ": json: cannot unmarshal string into Go struct field continueToken.rv of type int64",
        ),
        (
            encoded('{"rv":1.5}'),
            ": json: cannot unmarshal number 1.5 into Go struct field continueToken.rv of type int64",
        ),
        (encoded("{}"), ": server does not recognize this encoded version "),
        (encoded('{"v":"v2"}'), ": server does not recognize this encoded version v2"),
        (encoded(f"{{{VERSION}}}"), ": incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
        (encoded(f'{{{VERSION},"rv":1}}'), ": encoded start key empty (version meta.k8s.io/v1)"),
        (encoded(f'{{{VERSION},"rv":1,"start":"../secrets"}}'), ": ../secrets"),
        (encoded(f'{{{VERSION},"rv":1,"start":"/a/../../b"}}'), ": /a/../../b"),
        (encoded(f'{{{VERSION},"rv":1,"start":"//a"}}'), ": //a"),
        (encoded(f'{{{VERSION},"rv":1,"start":"a/"}}'), ": a/"),
    ],
)
def test_what_is_wrong_is_said_as_upstream_says_it(token: str, why: str) -> None:
    with pytest.raises(InvalidContinue) as refused:
        continue_token.decode(token)
    assert str(refused.value) == f"invalid continue token: continue key is not valid{why}"
