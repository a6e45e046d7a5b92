"""Go-typed decoding as compiled plans: one pass over a dict that prunes, canonicalises and fills what Go always writes.

A plan only knows right from wrong. On the first wrong value it raises Mismatch, and apimachinery.decode.diagnose
finds Go's words for it, so that correct objects pay nothing for errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from apimachinery import schema
from apimachinery.decode import scalars
from apimachinery.gotypes import Presence, go_field
from apimachinery.objects import Object
from apimachinery.schema import FieldSchema

LAST_WITH_NULL_CREATION_TIME: Final = (1, 33)
_STORED: Final = "io.k8s.api."
_NEVER_STORED: Final = ("io.k8s.api.authentication.", "io.k8s.api.authorization.")


class Mismatch(Exception):
    """A value of the wrong type somewhere in the object."""


class Findings:
    """What a pass saw beside errors."""

    __slots__ = ("empties", "unknown")

    def __init__(self) -> None:
        self.unknown = False
        self.empties = False
        """Whether a list or map is empty that has another form when it is stored."""


Convert: TypeAlias = Callable[[Any, Findings], Any]
Zero: TypeAlias = Callable[[], Any]


class Field:
    """One field of a struct: how to check its value, and what becomes of empty and missing ones."""

    __slots__ = ("convert", "drop_empty", "drop_null", "exact", "nil_able", "null_empty", "zero")

    def __init__(
        self,
        *,
        exact: type | None,
        convert: Convert,
        zero: Zero,
        drop_empty: bool,
        drop_null: bool,
        nil_able: bool,
        null_empty: bool,
    ) -> None:
        self.exact = exact
        self.convert = convert
        self.zero = zero
        self.drop_empty = drop_empty
        self.drop_null = drop_null
        self.nil_able = nil_able
        self.null_empty = null_empty


class Struct:
    """The plan of a Go struct; compiled when first used, so that recursive types end."""

    __slots__ = ("_always", "_fields", "_plans", "name")

    def __init__(self, plans: Plans, name: str) -> None:
        self.name = name
        self._plans = plans
        self._fields: dict[str, Field] | None = None
        self._always: tuple[tuple[str, Zero], ...] = ()

    def apply(self, obj: Any, findings: Findings) -> Any:
        """Bring an object to its served form in place and return it; raises Mismatch."""
        if type(obj) is not dict:
            raise Mismatch
        fields = self._fields
        if fields is None:
            fields = self._compile()
        dropped: list[str] | None = None
        for key, value in obj.items():
            field = fields.get(key)
            if field is None:
                findings.unknown = True
            elif type(value) is field.exact:
                if value or not field.drop_empty:
                    continue
            elif value is None:
                if not field.drop_null:
                    obj[key] = field.zero()
                    continue
            else:
                converted = field.convert(value, findings)
                if converted:
                    if converted is not value:
                        obj[key] = converted
                    continue
                if not field.drop_empty:
                    findings.empties |= field.nil_able
                    obj[key] = None if field.null_empty else converted
                    continue
            if dropped is None:
                dropped = [key]
            else:
                dropped.append(key)
        if dropped is not None:
            for key in dropped:
                del obj[key]
        for key, zero in self._always:
            if key not in obj:
                obj[key] = zero()
        return obj

    def zero(self) -> Object:
        """A new zero value as Go encodes it."""
        if self._fields is None:
            self._compile()
        return {key: zero() for key, zero in self._always}

    def _compile(self) -> dict[str, Field]:
        node = self._plans.definitions.get(self.name)
        stored = self._plans.stored and _is_stored_as_protobuf(self.name, node)
        always = []
        fields = {}
        for key, schema_field in node.fields.items():
            presence = go_field(self.name, key, schema_field, required=key in node.required).presence
            field = fields[key] = self._plans.field(schema_field, presence, stored=stored)
            if presence is Presence.ALWAYS or not field.drop_null:
                always.append((key, field.zero))
        self._always = tuple(always)
        self._fields = fields
        return fields


class Plans:
    """The plans of one Kubernetes release, for what is sent or for what is `stored`."""

    def __init__(self, definitions: schema.Definitions, *, stored: bool = False) -> None:
        self.definitions = definitions
        self.stored = stored
        self._structs: dict[str, Struct] = {}
        version = schema.minor_version(definitions.version)
        self._null_times = version <= LAST_WITH_NULL_CREATION_TIME

    def struct(self, name: str) -> Struct:
        """The plan of a definition; raises KeyError for a name that the release does not have."""
        found = self._structs.get(name)
        if found is None:
            self.definitions.raw(name)
            found = self._structs[name] = Struct(self, name)
        return found

    def field(self, node: FieldSchema, presence: Presence, *, stored: bool) -> Field:
        """The plan of a struct's field; protobuf, as which most kinds are `stored`, has no empty lists and maps."""
        exact, convert, zero = self._value(node)
        if presence is Presence.OMIT_ZERO:
            presence = Presence.NIL_IS_NULL if self._null_times else Presence.OMIT_EMPTY
        nil_is_null = presence is Presence.NIL_IS_NULL
        nil_able = nil_is_null and node.type in ("array", "map")
        return Field(
            exact=exact,
            convert=convert,
            zero=_null if nil_is_null else zero,
            drop_empty=presence is Presence.OMIT_EMPTY,
            drop_null=not nil_is_null and presence is not Presence.ALWAYS,
            nil_able=nil_able,
            null_empty=nil_able and stored,
        )

    def _value(self, node: FieldSchema) -> tuple[type | None, Convert, Zero]:
        if node.ref in _SPECIAL:
            return None, _SPECIAL[node.ref], _ZEROS.get(node.ref, _null)
        if node.ref in schema.JSON_SCHEMA_UNIONS:
            return None, self._json_schema(node.ref), _null
        if node.type == "object":
            if not node.ref:
                return None, _object, dict
            struct = self.struct(node.ref)
            return None, struct.apply, struct.zero
        if node.items is not None:
            return None, self._list(node.items), list
        if node.values is not None:
            return None, self._map(node.values), dict
        if node.format == "byte":
            return None, _bytes, str
        return _SCALARS.get((node.type, node.format)) or _SCALARS.get((node.type, "")) or (None, _any, _null)

    def _list(self, node: FieldSchema) -> Convert:
        exact, convert, zero = self._value(node)

        def elements(value: Any, findings: Findings) -> Any:
            if type(value) is not list:
                raise Mismatch
            for i, element in enumerate(value):
                if type(element) is exact:
                    continue
                value[i] = zero() if element is None else convert(element, findings)
            return value

        return elements

    def _map(self, node: FieldSchema) -> Convert:
        exact, convert, zero = self._value(node)

        def values(value: Any, findings: Findings) -> Any:
            if type(value) is not dict:
                raise Mismatch
            for key, element in value.items():
                if type(element) is exact:
                    continue
                value[key] = zero() if element is None else convert(element, findings)
            return value

        return values

    def _json_schema(self, ref: str) -> Convert:
        """JSON Schema's unions, which decode by the first character of their text."""
        struct = self.struct(schema.JSON_SCHEMA_PROPS)

        def union(value: Any, findings: Findings) -> Any:
            unseen = Findings()
            if type(value) is dict:
                return struct.apply(value, unseen)
            if ref == schema.JSON_SCHEMA_PROPS_OR_BOOL:
                if type(value) is not bool:
                    raise Mismatch
                return value
            if type(value) is not list:
                return None
            if ref == schema.JSON_SCHEMA_PROPS_OR_ARRAY:
                return [struct.zero() if v is None else struct.apply(v, unseen) for v in value]
            if any(type(v) is not str for v in value):
                raise Mismatch
            return value

        return union


def _is_stored_as_protobuf(name: str, node: FieldSchema) -> bool:
    metadata = node.fields.get("metadata")
    is_list = metadata is not None and metadata.ref == schema.LIST_META
    return name.startswith(_STORED) and not name.startswith(_NEVER_STORED) and not is_list


def _null() -> None:
    return None


def _any(value: Any, findings: Findings) -> Any:
    return value


def _refuse(value: Any, findings: Findings) -> Any:
    raise Mismatch


def _object(value: Any, findings: Findings) -> Any:
    if type(value) is not dict:
        raise Mismatch
    return value


def _int32(value: Any, findings: Findings) -> Any:
    if type(value) is not int or not -0x80000000 <= value <= 0x7FFFFFFF:
        raise Mismatch
    return value


def _int64(value: Any, findings: Findings) -> Any:
    if type(value) is not int or not -0x8000000000000000 <= value <= 0x7FFFFFFFFFFFFFFF:
        raise Mismatch
    return value


def _float(value: Any, findings: Findings) -> Any:
    if type(value) is float:
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if type(value) is not int:
        raise Mismatch
    return value


def _bytes(value: Any, findings: Findings) -> Any:
    if type(value) is not str:
        raise Mismatch
    try:
        return scalars.base64_text(value)
    except ValueError:
        raise Mismatch from None


def _text(read: Callable[[str], str | None]) -> Convert:
    def convert(value: Any, findings: Findings) -> Any:
        if type(value) is not str:
            raise Mismatch
        try:
            return read(value)
        except ValueError:
            raise Mismatch from None

    return convert


def _quantity(value: Any, findings: Findings) -> Any:
    try:
        return scalars.quantity_text(value)
    except ValueError:
        raise Mismatch from None


def _int_or_string(value: Any, findings: Findings) -> Any:
    if type(value) is not str and not scalars.is_int32(value):
        raise Mismatch
    return value


_SPECIAL: Final[dict[str, Convert]] = {
    schema.QUANTITY: _quantity,
    schema.INT_OR_STRING: _int_or_string,
    schema.TIME: _text(scalars.time_text),
    schema.MICRO_TIME: _text(scalars.micro_time_text),
    schema.RAW_EXTENSION: _any,
    schema.FIELDS_V1: _any,
    schema.JSON: _any,
    schema.PATCH: _object,
}
_ZEROS: Final[dict[str, Zero]] = {schema.QUANTITY: lambda: "0", schema.INT_OR_STRING: int, schema.PATCH: dict}
_SCALARS: Final[dict[tuple[str, str], tuple[type | None, Convert, Zero]]] = {
    ("string", ""): (str, _refuse, str),
    ("boolean", ""): (bool, _refuse, bool),
    ("integer", "int32"): (None, _int32, int),
    ("integer", ""): (None, _int64, int),
    ("number", ""): (None, _float, int),
}
