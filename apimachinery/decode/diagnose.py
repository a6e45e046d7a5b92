"""What Go says is wrong with a document of a type: its first type error, and every strict decoding problem.

Models sigs.k8s.io/json (decode.go and kubernetes_patch.go): a wrong type is remembered and decoding goes on, while
an error of a type's own UnmarshalJSON ends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from apimachinery import schema
from apimachinery.decode import scalars
from apimachinery.decode.reader import Number, Pairs
from apimachinery.gotypes import go_field, go_type
from apimachinery.schema import Definitions, FieldSchema
from apimachinery.serializer import go_quote

MAX_PROBLEMS: Final = 100
_FREE: Final = frozenset({schema.RAW_EXTENSION, schema.FIELDS_V1, schema.JSON})


class Diagnosis(NamedTuple):
    """The fatal error, if any, and the problems that only strict decoding minds, in the document's order."""

    error: str | None
    problems: tuple[str, ...]


def diagnose(tree: Any, definitions: Definitions, name: str) -> Diagnosis:
    """Judge a document against a definition; `tree` is what reader.read returned, or plain JSON values."""
    decoder = _Decoder(definitions)
    error = None
    try:
        decoder.value(tree, definitions.get(name), ".".join(name.split(".")[-2:]), _Place("", (), ""))
    except _Abort as e:
        error = str(e)
    return Diagnosis(error or decoder.saved, tuple(decoder.problems.found))


def duplicates(tree: Any) -> tuple[str, ...]:
    """The duplicate fields of a document without a type, in its order."""
    problems = _Problems()
    problems.free(tree, "")
    return tuple(problems.found)


class _Abort(Exception):
    pass


class _Place(NamedTuple):
    """Where the decoder stands: the innermost struct, the field names above, and the path strict problems name."""

    struct: str
    fields: tuple[str, ...]
    path: str

    def mismatch(self, word: str, type_: str) -> str:
        if self.fields:
            field = f"{self.struct}.{'.'.join(self.fields)}"
            return f"json: cannot unmarshal {word} into Go struct field {field} of type {type_}"
        return f"json: cannot unmarshal {word} into Go value of type {type_}"

    def key(self, key: str) -> _Place:
        return self._replace(path=_join(self.path, key))

    def element(self, index: int) -> _Place:
        return self._replace(path=f"{self.path}[{index}]")


class _Problems:
    def __init__(self) -> None:
        self.found: dict[str, None] = {}

    def add(self, kind: str, path: str) -> None:
        if len(self.found) < MAX_PROBLEMS:
            self.found[f"{kind} field {go_quote(path)}"] = None

    def free(self, value: Any, path: str) -> None:
        """Untyped JSON: only duplicates can be wrong."""
        if _is_object(value):
            seen = set()
            for key, child in _members(value):
                if key in seen:
                    self.add("duplicate", _join(path, key))
                seen.add(key)
                self.free(child, _join(path, key))
        elif isinstance(value, list):
            for i, child in enumerate(value):
                self.free(child, f"{path}[{i}]")


class _Decoder:
    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.saved: str | None = None
        self.problems = _Problems()

    def mismatch(self, value: Any, type_: str, place: _Place, *, text: bool = False) -> None:
        if self.saved is None:
            self.saved = place.mismatch(word(value, text=text), type_)

    def value(self, value: Any, node: FieldSchema, type_: str, place: _Place) -> None:
        if value is None or node.ref in _FREE:
            return
        if node.ref in schema.JSON_SCHEMA_UNIONS:
            self._union(value, node.ref, place)
        elif node.ref in schema.CUSTOM_SCALARS:
            _custom(value, node.ref, place)
        elif node.type == "object":
            self._struct(value, node, type_, place)
        elif node.items is not None:
            self._list(value, node.items, type_, place)
        elif node.values is not None:
            self._map(value, node.values, type_, place)
        elif node.type == "any":
            self.problems.free(value, place.path)
        else:
            self._scalar(value, node, type_, place)

    def _struct(self, value: Any, node: FieldSchema, type_: str, place: _Place) -> None:
        if not _is_object(value):
            self.mismatch(value, type_, place)
            return
        struct = type_.rpartition(".")[2]
        fields = node.fields
        seen = set()
        for key, child in _members(value):
            field = fields.get(key)
            path = _join(place.path, key)
            if field is None:
                self.problems.add("unknown", path)
                continue
            if key in seen:
                self.problems.add("duplicate", path)
            seen.add(key)
            child_type = go_field(node.ref, key, field, required=key in node.required).type
            self.value(child, field, child_type, _Place(struct, (*place.fields, key), path))

    def _list(self, value: Any, node: FieldSchema, type_: str, place: _Place) -> None:
        if not isinstance(value, list) or isinstance(value, Pairs):
            self.mismatch(value, type_, place)
            return
        element_type = type_.removeprefix("[]") if type_.startswith("[]") else go_type(node)
        for i, child in enumerate(value):
            self.value(child, node, element_type, place.element(i))

    def _map(self, value: Any, node: FieldSchema, type_: str, place: _Place) -> None:
        if not _is_object(value):
            self.mismatch(value, type_, place)
            return
        element_type = type_.partition("]")[2] or go_type(node)
        seen = set()
        for key, child in _members(value):
            if key in seen:
                self.problems.add("duplicate", _join(place.path, key))
            seen.add(key)
            self.value(child, node, element_type, place.key(key))

    def _scalar(self, value: Any, node: FieldSchema, type_: str, place: _Place) -> None:
        if node.type == "boolean":
            if not isinstance(value, bool):
                self.mismatch(value, type_, place)
        elif node.type == "integer":
            if not fits(value, 32 if type_ == "int32" or node.format == "int32" else 64):
                self.mismatch(value, type_, place, text=True)
        elif node.type == "number":
            if not _is_number(value):
                self.mismatch(value, type_, place)
        elif isinstance(value, Number) or not isinstance(value, str):
            self.mismatch(value, type_, place)
        elif node.format == "byte":
            try:
                scalars.base64_bytes(value)
            except ValueError as e:
                self.saved = self.saved or str(e)

    def _union(self, value: Any, ref: str, place: _Place) -> None:
        if ref == schema.JSON_SCHEMA_PROPS_OR_BOOL and not _is_object(value):
            if not isinstance(value, bool):
                raise _Abort("boolean or JSON schema expected")
            return
        inner = _Decoder(self.definitions)
        props = self.definitions.get(schema.JSON_SCHEMA_PROPS)
        if _is_object(value):
            inner.value(value, props, "v1.JSONSchemaProps", place)
        elif isinstance(value, list):
            for child in value:
                if ref == schema.JSON_SCHEMA_PROPS_OR_ARRAY:
                    inner.value(child, props, "v1.JSONSchemaProps", place)
                elif isinstance(child, Number) or not isinstance(child, str | None):
                    inner.mismatch(child, "string", place)
        if inner.saved is not None:
            raise _Abort(inner.saved)


def _custom(value: Any, ref: str, place: _Place) -> None:
    error = custom_error(value, ref)
    if error is not None:
        raise _Abort(error if isinstance(error, str) else place.mismatch(*error))


def custom_error(value: Any, ref: str) -> str | tuple[str, str] | None:
    """What the UnmarshalJSON of a scalar type refuses: a text, or the JSON word and the Go type that did not fit."""
    try:
        if ref == schema.QUANTITY:
            scalars.quantity_text(str(value) if isinstance(value, Number) else value)
        elif ref == schema.INT_OR_STRING:
            if isinstance(value, Number) or not isinstance(value, str):
                return None if fits(value, 32) else (word(value, text=True), "int32")
        elif isinstance(value, Number) or not isinstance(value, str):
            return word(value), "string"
        elif ref == schema.TIME:
            scalars.time_text(value)
        else:
            scalars.micro_time_text(value)
    except ValueError as e:
        return str(e)
    return None


def word(value: Any, *, text: bool = False) -> str:
    """The JSON kind of a value as Go names it; with `text`, a number shows its digits."""
    if _is_object(value):
        return "object"
    if isinstance(value, list):
        return "array"
    if isinstance(value, bool):
        return "bool"
    if _is_number(value):
        return f"number {value}" if text else "number"
    return "string"


def fits(value: Any, bits: int) -> bool:
    """Whether a JSON number is an integer that so many bits can hold."""
    if not _is_number(value):
        return False
    if not isinstance(value, int):
        if not isinstance(value, Number) or not value.removeprefix("-").isdigit():
            return False
        value = int(value)
    limit = 1 << (bits - 1)
    return bool(-limit <= value < limit)


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) or (isinstance(value, int | float) and not isinstance(value, bool))


def _is_object(value: Any) -> bool:
    return isinstance(value, (Pairs, dict))


def _members(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else value


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
