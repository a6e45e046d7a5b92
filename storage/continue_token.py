"""The continue token of a paged list. Models storage/continue.go; format and texts are public."""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
from typing import Any, Final, NamedTuple

from apimachinery import serializer
from storage.errors import InvalidContinue

_VERSION: Final = "meta.k8s.io/v1"
_ALPHABET: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

LATEST: Final = -1
"""A token's revision when its list goes on at the present instead of the first page's revision."""

EXACT_EXPIRED: Final = "The resourceVersion for the provided list is too old."
CONTINUE_EXPIRED: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


class ContinueToken(NamedTuple):
    """Where the next page starts: a key below the list's prefix, and the revision of the list (or LATEST)."""

    start: str
    revision: int

    def encode(self) -> str:
        """base64url without padding."""
        body = serializer.dumps({"v": _VERSION, "rv": self.revision, "start": "/" + self.start})
        return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def decode(text: str) -> ContinueToken:
    """The token that a client brings back; raises InvalidContinue with upstream's texts."""
    body = _object(_base64(text))
    version, revision, start = body.get("v", ""), body.get("rv", 0), body.get("start", "")
    if version != _VERSION:
        raise _invalid(f": server does not recognize this encoded version {version}")
    if revision == 0:
        raise _invalid(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
    if not start:
        raise _invalid(": encoded start key empty (version meta.k8s.io/v1)")
    key = start if start.startswith("/") else "/" + start
    if key.startswith("//") or posixpath.normpath(key) != key:
        raise _invalid(f": {start}")
    return ContinueToken(key[1:], revision)


def _invalid(why: str) -> InvalidContinue:
    return InvalidContinue(f"invalid continue token: continue key is not valid{why}")


def _base64(text: str) -> bytes:
    data = text.encode()
    wrong = next((i for i, byte in enumerate(data) if byte not in _ALPHABET), None)
    if wrong is None and len(data) % 4 == 1:
        wrong = len(data) - 1
    if wrong is not None:
        raise _invalid(f": illegal base64 data at input byte {wrong}")
    try:
        return base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error as e:
        raise _invalid(f": {e}") from e


_GO_SYNTAX: Final = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Illegal trailing comma before end of array": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
}


def _object(data: bytes) -> dict[str, Any]:
    text = data.decode("latin-1")
    try:
        json.loads(text)
    except json.JSONDecodeError as e:
        if e.pos >= len(text) or e.msg.startswith("Unterminated string"):
            raise _invalid(": unexpected end of JSON input") from e
        where = _GO_SYNTAX.get(e.msg, "looking for beginning of value")
        raise _invalid(f": invalid character {_quote(text[e.pos])} {where}") from e
    body = json.loads(data.decode("utf-8", "replace"))
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise _invalid(f": json: cannot unmarshal {_go_type(body)} into Go value of type storage.continueToken")
    for name, wanted, go_type in (("v", str, "string"), ("rv", int, "int64"), ("start", str, "string")):
        value = body.get(name)
        if value is None:
            body.pop(name, None)
        elif not isinstance(value, wanted) or isinstance(value, bool):
            found = f"number {value}" if isinstance(value, float) else _go_type(value)
            where = f"Go struct field continueToken.{name} of type {go_type}"
            raise _invalid(f": json: cannot unmarshal {found} into {where}")
    return body


def _quote(char: str) -> str:
    if char == "'":
        return r"'\''"
    return f"'{char}'" if char.isprintable() else f"'\\x{ord(char):02x}'"


def _go_type(value: object) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
