"""The Swagger document as a protobuf message: openapi.v2.Document of google/gnostic (openapiv2/OpenAPIv2.proto).

kubectl reads /openapi/v2 in this form only. A table of field numbers for each message drives one encoder; what JSON
may put anywhere (vendor extensions, defaults, enum values) goes into `Any` as YAML text, for which JSON will do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from apimachinery import serializer

Encoder: TypeAlias = Callable[[Any], bytes]
Fields: TypeAlias = Mapping[str, tuple[int, Encoder, bool]]
"""JSON name to field number, encoder of one value, and whether the field is repeated."""

_LENGTH_DELIMITED: Final = 2


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(data)) + data


def _text(value: Any) -> bytes:
    return str(value).encode()


def _any(value: Any) -> bytes:
    return _field(2, serializer.dumps(value) + b"\n")


def _named(value_of: Encoder) -> Encoder:
    """A map as the repeated (name, value) pairs of one message."""

    def encode(value: Mapping[str, Any]) -> bytes:
        return b"".join(_field(1, _pair(name, value_of(child))) for name, child in value.items())

    return encode


def _pair(name: str, data: bytes) -> bytes:
    return _field(1, name.encode()) + _field(2, data)


def _choice(number: int, value_of: Encoder) -> Encoder:
    """One branch of a oneof."""
    return lambda value: _field(number, value_of(value))


def _message(fields: Fields, extensions: int) -> Encoder:
    """A message with these fields; names that begin with x- are its vendor extensions."""
    tags = {name: (_varint(number << 3 | _LENGTH_DELIMITED), number) for name, (number, _, _) in fields.items()}

    def encode(value: Mapping[str, Any]) -> bytes:
        out = []
        for name, child in value.items():
            known = fields.get(name)
            if known is None:
                if extensions and name.startswith("x-"):
                    out.append(_field(extensions, _pair(name, _any(child))))
                continue
            number, encoder, repeated = known
            if isinstance(child, bool) and encoder is _text:
                if child:
                    out.append(_varint(number << 3) + b"\x01")
                continue
            tag = tags[name][0]
            for item in child if repeated else (child,):
                data = encoder(item)
                out.append(tag + _varint(len(data)) + data)
        return b"".join(out)

    return encode


def _strings(*, number: int) -> tuple[int, Encoder, bool]:
    return number, _text, True


def _one(number: int, encoder: Encoder = _text) -> tuple[int, Encoder, bool]:
    return number, encoder, False


def _many(number: int, encoder: Encoder) -> tuple[int, Encoder, bool]:
    return number, encoder, True


def _schema(value: Mapping[str, Any]) -> bytes:
    return _SCHEMA(value)


def _additional_properties(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\x10\x01" if value else b"\x10\x00"
    return _field(1, _schema(value))


def _types(value: Any) -> bytes:
    return b"".join(_field(1, _text(v)) for v in (value if isinstance(value, list) else [value]))


_SCHEMA: Final[Encoder] = _message(
    {
        "$ref": _one(1),
        "format": _one(2),
        "title": _one(3),
        "description": _one(4),
        "default": _one(5, _any),
        "pattern": _one(13),
        "uniqueItems": _one(16),
        "required": _strings(number=19),
        "enum": _many(20, _any),
        "additionalProperties": _one(21, _additional_properties),
        "type": _one(22, _types),
        "items": _one(23, _choice(1, _schema)),
        "allOf": _many(24, _schema),
        "properties": _one(25, _named(_schema)),
        "discriminator": _one(26),
        "readOnly": _one(27),
        "example": _one(30, _any),
    },
    extensions=31,
)
_REFERENCE: Final = _message({"$ref": _one(1), "description": _one(2)}, extensions=0)
_BODY_PARAMETER: Final = _message(
    {"description": _one(1), "name": _one(2), "in": _one(3), "required": _one(4), "schema": _one(5, _schema)},
    extensions=6,
)
_COMMON: Final = {"required": _one(1), "in": _one(2), "description": _one(3), "name": _one(4)}
_QUERY_PARAMETER: Final = _message(
    {**_COMMON, "type": _one(6), "format": _one(7), "uniqueItems": _one(20)}, extensions=23
)
_PATH_PARAMETER: Final = _message(
    {**_COMMON, "type": _one(5), "format": _one(6), "uniqueItems": _one(19)}, extensions=22
)


def _parameter(value: Mapping[str, Any]) -> bytes:
    if value["in"] == "body":
        return _field(1, _BODY_PARAMETER(value))
    if value["in"] == "query":
        return _field(2, _field(3, _QUERY_PARAMETER(value)))
    return _field(2, _field(4, _PATH_PARAMETER(value)))


def _parameters_item(value: Mapping[str, Any]) -> bytes:
    return _field(2, _REFERENCE(value)) if "$ref" in value else _field(1, _parameter(value))


_RESPONSE: Final = _message({"description": _one(1), "schema": _one(2, _choice(1, _schema))}, extensions=5)
_OPERATION: Final = _message(
    {
        "tags": _strings(number=1),
        "summary": _one(2),
        "description": _one(3),
        "operationId": _one(5),
        "produces": _strings(number=6),
        "consumes": _strings(number=7),
        "parameters": _many(8, _parameters_item),
        "responses": _one(9, _named(_choice(1, _RESPONSE))),
        "schemes": _strings(number=10),
        "deprecated": _one(11),
    },
    extensions=13,
)
_PATH_ITEM: Final = _message(
    {
        **{
            method: _one(number, _OPERATION)
            for number, method in enumerate(("get", "put", "post", "delete", "options", "head", "patch"), 2)
        },
        "parameters": _many(9, _parameters_item),
    },
    extensions=10,
)


def _paths(value: Mapping[str, Any]) -> bytes:
    return b"".join(_field(2, _pair(path, _PATH_ITEM(item))) for path, item in value.items())


def _string_array(value: list[str]) -> bytes:
    return b"".join(_field(1, _text(v)) for v in value)


_API_KEY: Final = _message({"type": _one(1), "name": _one(2), "in": _one(3), "description": _one(4)}, extensions=5)
_DOCUMENT: Final = _message(
    {
        "swagger": _one(1),
        "info": _one(2, _message({"title": _one(1), "version": _one(2)}, extensions=7)),
        "paths": _one(8, _paths),
        "definitions": _one(9, _named(_schema)),
        "parameters": _one(10, _named(_parameter)),
        "security": _many(12, _named(_string_array)),
        "securityDefinitions": _one(13, _named(_choice(2, _API_KEY))),
    },
    extensions=16,
)


def encode(document: Mapping[str, Any]) -> bytes:
    """A Swagger 2.0 document as an openapi.v2.Document."""
    return _DOCUMENT(document)
