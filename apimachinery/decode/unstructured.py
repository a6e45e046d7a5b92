"""Turning a map into a typed object without going through text, as after a strategic merge: other errors than JSON's.

Models DefaultUnstructuredConverter.FromUnstructuredWithValidation of apimachinery/pkg/runtime/converter.go.
"""

from __future__ import annotations

from typing import Any, Final

from apimachinery import schema
from apimachinery.decode import scalars
from apimachinery.decode.diagnose import custom_error
from apimachinery.gotypes import go_field, go_type
from apimachinery.schema import Definitions, FieldSchema
from apimachinery.serializer import go_quote

_KINDS: Final = {dict: "map", list: "slice", str: "string", bool: "bool", int: "int64", float: "float64"}
_NUMBERS: Final = ("integer", "number")


class ConversionError(ValueError):
    """A value that the converter cannot restore; the message is upstream's."""


def unknown_fields(obj: Any, definitions: Definitions, name: str) -> tuple[str, ...]:
    """The fields that the definition does not declare, sorted; whole floats become integers where those are wanted.

    Raises ConversionError for the first value of a wrong type.
    """
    walker = _Walker()
    walker.value(obj, definitions.get(name), "", ".".join(name.split(".")[-2:]))
    return tuple(sorted(walker.unknown))


class _Walker:
    def __init__(self) -> None:
        self.unknown: list[str] = []

    def value(self, value: Any, node: FieldSchema, path: str, type_: str) -> Any:
        if value is None or node.preserve_unknown_fields:
            return value
        if node.ref in schema.CUSTOM_SCALARS:
            error = custom_error(value, node.ref)
            if isinstance(error, tuple):
                raise ConversionError(f"json: cannot unmarshal {error[0]} into Go value of type {error[1]}")
            if error is not None:
                raise ConversionError(error)
        elif node.type == "object" and node.ref:
            self._struct(value, node, path)
        elif node.items is not None:
            self._list(value, node.items, path)
        elif node.values is not None:
            self._map(value, node.values, path)
        elif node.format == "byte":
            _bytes(value)
        elif node.type not in ("any", "object"):
            return _scalar(value, node, type_)
        return value

    def _struct(self, value: Any, node: FieldSchema, path: str) -> None:
        if not isinstance(value, dict):
            raise ConversionError(f"cannot restore struct from: {_kind(value)}")
        fields = node.fields
        for key, field in fields.items():
            if key in value:
                type_ = go_field(node.ref, key, field, required=key in node.required).type
                value[key] = self.value(value[key], field, f"{path}.{key}" if path else key, type_)
        for key in value:
            if key not in fields:
                self.unknown.append(f"unknown field {go_quote(f'{path}.{key}' if path else key)}")

    def _list(self, value: Any, node: FieldSchema, path: str) -> None:
        if not isinstance(value, list):
            raise ConversionError(f"cannot restore slice from {_kind(value)}")
        for i, element in enumerate(value):
            value[i] = self.value(element, node, f"{path}[{i}]", go_type(node))

    def _map(self, value: Any, node: FieldSchema, path: str) -> None:
        if not isinstance(value, dict):
            raise ConversionError(f"cannot restore map from {_kind(value)}")
        for key, element in value.items():
            value[key] = self.value(element, node, path, go_type(node))


def _kind(value: Any) -> str:
    return _KINDS[type(value)]


def _bytes(value: Any) -> None:
    if not isinstance(value, str):
        if not isinstance(value, list):
            raise ConversionError(f"cannot restore slice from {_kind(value)}")
        return
    try:
        scalars.base64_bytes(value)
    except ValueError as e:
        raise ConversionError(f"error decoding from json: {e}") from None


def _scalar(value: Any, node: FieldSchema, type_: str) -> Any:
    kind = {"string": "string", "boolean": "bool", "number": "float64"}.get(node.type, node.format or "int64")
    given = type(value)
    if _KINDS[given] == kind or (given is int and node.type in _NUMBERS):
        return value
    if given is float and node.type == "integer":
        if value.is_integer():
            return int(value)
        raise ConversionError(f"cannot convert float64 to {type_}")
    if given is int and node.type == "string":
        raise ConversionError(f"cannot convert int64 to {type_}")
    raise ConversionError(f"unrecognized type: {kind}")
