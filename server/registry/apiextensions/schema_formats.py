"""Formats that validation ignores. Models apiextensions-apiserver/pkg/apiserver/validation/formats.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from apimachinery.objects import View
from apimachinery.serializer import go_quote

_STRING_FORMATS: Final = frozenset(
    (
        *("bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac"),
        *("uuid", "uuid3", "uuid4", "uuid5", "isbn", "isbn10", "isbn13", "creditcard", "ssn", "hexcolor", "rgbcolor"),
        *("byte", "password", "date", "duration", "datetime", "quantity", "k8sshortname", "k8slongname"),
    )
)
_FORMATS: Final = {
    "": _STRING_FORMATS,
    "string": _STRING_FORMATS,
    "integer": frozenset(("int32", "int64")),
    "number": frozenset(("float", "double")),
}
_ONE: Final = ("not", "additionalProperties", "additionalItems", "items")
_MANY: Final = ("allOf", "oneOf", "anyOf")
_NAMED: Final = ("properties", "patternProperties", "definitions", "dependencies")


def format_warnings(definition: View, old: View | None = None) -> list[str]:
    """One warning for each unknown format in the schemas of a definition that the old one had not."""
    names = _unknown(definition) - (_unknown(old) if old is not None else set())
    return [f"unrecognized format {go_quote(name)}" for name in sorted(names)]


def _unknown(definition: View) -> set[str]:
    return {
        name
        for version in definition["spec"].get("versions") or ()
        for schema in _schemas((version.get("schema") or {}).get("openAPIV3Schema"))
        if (name := schema.get("format")) and not _is_known(name, schema.get("type") or "")
    }


def _is_known(name: str, kind: str) -> bool:
    text = name.replace("-", "") if kind in ("", "string") else name
    return text in _FORMATS.get(kind, ())


def _schemas(schema: object) -> Iterator[View]:
    if not isinstance(schema, dict):
        return
    yield schema
    for key in _ONE:
        yield from _schemas(schema.get(key))
    for key in _MANY:
        for part in schema.get(key) or ():
            yield from _schemas(part)
    for key in _NAMED:
        for part in (schema.get(key) or {}).values():
            yield from _schemas(part)
