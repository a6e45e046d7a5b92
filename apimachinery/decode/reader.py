"""JSON read as Go's encoding/json reads it: syntax errors in its words, duplicate keys and number texts kept.

Slow and exact: for bodies that a fast parser refused, or whose problems must be told. Models
encoding/json/scanner.go.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, Final

from apimachinery import serializer

MAX_DEPTH: Final = 10000
_WHITE: Final = b" \t\r\n"
_SPACE: Final = (" ", "\t", "\r", "\n")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_SPECIAL: Final = re.compile(r'["\\\x00-\x1f]')
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: Final = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}


class Pairs(list[tuple[str, Any]]):
    """A JSON object as its members in order, duplicates kept."""


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class SyntaxFault(ValueError):
    """Text that is not JSON; the message is Go's."""


def read(body: bytes) -> Any:
    """The value of one JSON document, objects as Pairs and numbers as Number; raises SyntaxFault."""
    reader = _Reader(_text(body))
    try:
        value = reader.value("looking for beginning of value", 0)
    except RecursionError:
        raise SyntaxFault("exceeded max depth") from None
    reader.end()
    return value


def has_duplicates(body: bytes, value: Any) -> bool:
    """Whether any object of a valid JSON document, read as `value`, holds a key twice.

    A document that is the value's own text but for white space has as many keys as the value.
    """
    text = serializer.dumps(value)
    if body == text or body.translate(None, _WHITE) == text.translate(None, _WHITE):
        return False
    found = False

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        members_by_key = dict(members)
        found = found or len(members_by_key) != len(members)
        return members_by_key

    json.loads(_text(body), object_pairs_hook=pairs)
    return found


def member(body: bytes, name: str) -> str:
    """The text of a member of a valid JSON object, as it is written; empty when there is none, the last of several."""
    reader = _Reader(_text(body))
    found = ""
    if reader._next("") != "{":
        return found
    while reader._next("") in "{,":
        reader.at += 1
        if reader._next("") == "}":
            break
        key = reader._string()
        reader._next("")
        reader.at += 1
        reader._space()
        start = reader.at
        reader.value("", 1)
        if key == name:
            found = reader.text[start : reader.at]
    return found


_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^"\s]+')


def compact(text: str) -> str:
    """Valid JSON without white space between its tokens, as encoding/json writes raw messages: nothing else changes
    but <, >, & and the line separators, which come out escaped."""
    joined = "".join(_TOKEN.findall(text))
    for char in "<>&\u2028\u2029":
        if char in joined:
            joined = joined.replace(char, f"\\u{ord(char):04x}")
    return joined


def plain(tree: Any) -> Any:
    """What read returned, as dicts, lists and numbers; the last of duplicate keys wins."""
    if isinstance(tree, Pairs):
        return {key: plain(value) for key, value in tree}
    if isinstance(tree, list):
        return [plain(value) for value in tree]
    if isinstance(tree, Number):
        return int(tree) if tree.removeprefix("-").isdigit() else float(tree)
    return tree


def _text(body: bytes) -> str:
    """UTF-8 as Go reads it: each byte that is none becomes a replacement character."""
    return body.decode("utf-8", errors="go-replace")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("go-replace", _replace)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def value(self, context: str, depth: int) -> Any:
        char = self._next(context)
        if char == "{":
            return self._object(depth + 1)
        if char == "[":
            return self._array(depth + 1)
        if char == '"':
            return self._string()
        if char in _LITERALS:
            return self._literal(*_LITERALS[char])
        if char == "-" or (char.isascii() and char.isdigit()):
            return self._number()
        raise self._unexpected(char, context)

    def end(self) -> None:
        self._space()
        if self.at < len(self.text):
            raise self._unexpected(self.text[self.at], "after top-level value")

    def _space(self) -> None:
        while self.text[self.at : self.at + 1] in _SPACE:
            self.at += 1

    def _next(self, context: str) -> str:
        self._space()
        if self.at >= len(self.text):
            raise SyntaxFault("unexpected end of JSON input")
        return self.text[self.at]

    def _unexpected(self, char: str, context: str) -> SyntaxFault:
        return SyntaxFault(f"invalid character {_quote_char(char)} {context}")

    def _object(self, depth: int) -> Pairs:
        members = Pairs()
        self._enter(depth)
        if self._next("") == "}":
            self.at += 1
            return members
        while True:
            char = self._next("")
            if char != '"':
                raise self._unexpected(char, "looking for beginning of object key string")
            key = self._string()
            if (char := self._next("")) != ":":
                raise self._unexpected(char, "after object key")
            self.at += 1
            members.append((key, self.value("looking for beginning of value", depth)))
            char = self._next("")
            if char not in ",}":
                raise self._unexpected(char, "after object key:value pair")
            self.at += 1
            if char == "}":
                return members

    def _array(self, depth: int) -> list[Any]:
        elements: list[Any] = []
        self._enter(depth)
        if self._next("") == "]":
            self.at += 1
            return elements
        while True:
            elements.append(self.value("looking for beginning of value", depth))
            char = self._next("")
            if char not in ",]":
                raise self._unexpected(char, "after array element")
            self.at += 1
            if char == "]":
                return elements

    def _enter(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise SyntaxFault("exceeded max depth")
        self.at += 1

    def _string(self) -> str:
        out = []
        self.at += 1
        while True:
            end = self._plain_end()
            out.append(self.text[self.at : end])
            self.at = end
            if self.at >= len(self.text):
                raise SyntaxFault("unexpected end of JSON input")
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            if char != "\\":
                raise self._unexpected(char, "in string literal")
            out.append(self._escape())

    def _plain_end(self) -> int:
        match = _SPECIAL.search(self.text, self.at)
        return match.start() if match else len(self.text)

    def _escape(self) -> str:
        char = self._peek(self.at + 1)
        if char in _ESCAPES:
            self.at += 2
            return _ESCAPES[char]
        if char != "u":
            raise self._unexpected(char, "in string escape code")
        for offset in range(2, 6):
            digit = self._peek(self.at + offset)
            if digit not in "0123456789abcdefABCDEF":
                raise self._unexpected(digit, r"in \u hexadecimal character escape")
        code = int(self.text[self.at + 2 : self.at + 6], 16)
        self.at += 6
        return chr(code)

    def _literal(self, word: str, value: bool | None) -> bool | None:
        for offset, expected in enumerate(word):
            char = self._peek(self.at + offset)
            if char != expected:
                raise self._unexpected(char, f"in literal {word} (expecting {_quote_char(expected)})")
        self.at += len(word)
        return value

    def _number(self) -> Number:
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            raise self._unexpected(self._peek(self.at + 1), "in numeric literal")
        end, text = match.end(), match.group()
        rest = self.text[end : end + 3]
        if rest[:1] == "." and "." not in text and "e" not in text.lower():
            raise self._unexpected(self._peek(end + 1), "after decimal point in numeric literal")
        if rest[:1] in ("e", "E") and "e" not in text.lower():
            signed = rest[1:2] in ("+", "-")
            raise self._unexpected(self._peek(end + (2 if signed else 1)), "in exponent of numeric literal")
        self.at = end
        return Number(text)

    def _peek(self, at: int) -> str:
        if at >= len(self.text):
            raise SyntaxFault("unexpected end of JSON input")
        return self.text[at]


def _quote_char(char: str) -> str:
    if char == "'":
        return r"'\''"
    if char == '"':
        return "'\"'"
    if char == "\\":
        return r"'\\'"
    if char in "\a\b\f\n\r\t\v":
        return (
            "'"
            + {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}[char]
            + "'"
        )
    if ord(char) < 0x20 or ord(char) == 0x7F:
        return f"'\\x{ord(char):02x}'"
    return f"'{chr(char.encode()[0])}'" if ord(char) > 0x7F else f"'{char}'"
