"""JSON and YAML in and out, and Go's ways of printing values; the only importer of the JSON library."""

from __future__ import annotations

import json
from typing import Any

import orjson

from apimachinery import goyaml

loads = orjson.loads
JSONDecodeError = orjson.JSONDecodeError
yaml_loads = goyaml.loads
yaml_dumps = goyaml.dumps


def dumps(value: Any) -> bytes:
    """Compact JSON, keys in their own order."""
    return orjson.dumps(value)


def dumps_pretty(value: Any) -> bytes:
    """JSON indented by two spaces."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def canonical(value: Any) -> bytes:
    """Compact JSON with sorted keys: equal values give equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def go_json(value: Any, *, sort: bool = True) -> str:
    """JSON as Go's encoder writes it: compact, sorted keys, <, > and & and line separators escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)
    for char, escaped in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        if char in text:
            text = text.replace(char, escaped)
    return text


_GO_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def go_quote(text: str) -> str:
    """A string as Go's %q prints it."""
    out = []
    for char in text:
        if char in _GO_ESCAPES:
            out.append(_GO_ESCAPES[char])
        elif char.isprintable():
            out.append(char)
        elif ord(char) < 0x80:
            out.append(f"\\x{ord(char):02x}")
        elif ord(char) < 0x10000:
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(f"\\U{ord(char):08x}")
    return '"' + "".join(out) + '"'
