"""Numbers as Go's strconv reads them, in its own words about those that it does not."""

from __future__ import annotations

from apimachinery.serializer import go_quote


def parse_uint(text: str) -> int:
    """An unsigned number of 64 bits; ValueError: `strconv.ParseUint: parsing "x": invalid syntax`."""
    if not (text.isascii() and text.isdecimal()):
        raise _problem("ParseUint", text, "invalid syntax")
    if int(text) >= 2**64:
        raise _problem("ParseUint", text, "value out of range")
    return int(text)


def parse_int(text: str) -> int:
    """A number of 64 bits; ValueError as for parse_uint."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdecimal()):
        raise _problem("ParseInt", text, "invalid syntax")
    if not -(2**63) <= int(text) < 2**63:
        raise _problem("ParseInt", text, "value out of range")
    return int(text)


def _problem(function: str, text: str, why: str) -> ValueError:
    return ValueError(f"strconv.{function}: parsing {go_quote(text)}: {why}")
