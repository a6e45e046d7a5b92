"""Messages to JSON values and back, as the JSON and protobuf forms of the same Go types relate."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.protobuf.message import Message

from apimachinery import schema, serializer
from apimachinery.messages import SCALARS, Entry, Field, table
from apimachinery.objects import Object
from apimachinery.timestamp import format_micro_time, format_time, parse_time

_META: Final = "apimachinery.pkg.apis.meta.v1."
_APIEXTENSIONS: Final = "apiextensions_apiserver.pkg.apis.apiextensions.v1."
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN: Final = frozenset({"", "i", "b", "d"})


def to_json(name: str, message: Message) -> Any:
    """The JSON value of a message of the table; only what is set on the wire, nothing that Go would add."""
    special = _DECODERS.get(name)
    if special is not None:
        return special(message)
    entry = table().entry(name)
    if entry.is_list:
        return list(getattr(message, entry.fields[1].attribute))
    return _object(entry, message)


def from_json(name: str, value: Any, message: Message) -> None:
    """Fill a message with a JSON value of its type; keys that the message does not have are left out."""
    special = _ENCODERS.get(name)
    if special is not None:
        special(value, message)
        return
    entry = table().entry(name)
    if entry.is_list:
        getattr(message, entry.fields[1].attribute).extend(value)
        return
    message.SetInParent()
    for field in entry.fields.values():
        if field.cardinality == "inline":
            from_json(field.type, value, getattr(message, field.attribute))
        elif value.get(field.name) is not None:
            _set(message, field, value[field.name])


def _object(entry: Entry, message: Message) -> Object:
    found: Object = {}
    fields = entry.fields
    for descriptor, value in message.ListFields():
        _, name, cardinality, type_ = fields[descriptor.number]
        is_plain = type_ in _PLAIN
        if cardinality == "one":
            found[name] = value if is_plain else _value(type_, value)
        elif cardinality == "inline":
            found.update(to_json(type_, value))
        elif cardinality == "list":
            found[name] = list(value) if is_plain else [_value(type_, v) for v in value]
        else:
            found[name] = dict(value) if is_plain else {key: _value(type_, value[key]) for key in value}
    return found


def _value(type_: str, value: Any) -> Any:
    if type_ == "y":
        return base64.b64encode(value).decode()
    return value if type_ in _PLAIN else to_json(type_, value)


def _set(message: Message, field: Field, value: Any) -> None:
    target = getattr(message, field.attribute)
    is_scalar = field.type in SCALARS
    if field.cardinality == "list":
        if is_scalar:
            target.extend(_wire(field, v) for v in value)
        else:
            for element in value:
                from_json(field.type, element, target.add())
    elif field.cardinality == "map":
        for key, element in value.items():
            if is_scalar:
                target[key] = _wire(field, element)
            else:
                from_json(field.type, element, target[key])
    elif is_scalar:
        setattr(message, field.attribute, _wire(field, value))
    else:
        from_json(field.type, value, target)


def _wire(field: Field, value: Any) -> Any:
    return base64.b64decode(value) if field.type == "y" else value


def _get(message: Any, number: int) -> Any:
    return getattr(message, f"f{number}")


def _has(message: Message, number: int) -> bool:
    return message.HasField(f"f{number}")


def _moment(message: Message) -> datetime:
    return _EPOCH + timedelta(seconds=_get(message, 1), microseconds=_get(message, 2) // 1000)


def _time(message: Message) -> str | None:
    return format_time(_moment(message)) if message.ListFields() else None


def _micro_time(message: Message) -> str | None:
    return format_micro_time(_moment(message)) if message.ListFields() else None


def _set_time(value: Any, message: Any) -> None:
    message.SetInParent()
    if value is None:
        return
    since = parse_time(value) - _EPOCH
    message.f1 = since.days * 86400 + since.seconds
    message.f2 = since.microseconds * 1000


def _int_or_string(message: Message) -> int | str:
    found: int | str = _get(message, 3) if _get(message, 1) == 1 else _get(message, 2)
    return found


def _set_int_or_string(value: Any, message: Any) -> None:
    message.f1, message.f2, message.f3 = (1, 0, value) if isinstance(value, str) else (0, value, "")


def _raw(message: Message) -> Any:
    raw: bytes = _get(message, 1)
    if raw.startswith(b"k8s\x00"):
        from apimachinery import protobuf

        return protobuf.decode(raw, schema.definitions())
    return serializer.loads(raw) if raw else None


def _set_raw(value: Any, message: Any) -> None:
    message.SetInParent()
    if value is not None:
        message.f1 = serializer.dumps(value)


def _set_json(value: Any, message: Any) -> None:
    message.f1 = serializer.dumps(value)


def _set_quantity(value: Any, message: Any) -> None:
    message.f1 = str(value)


_PROPS: Final = _APIEXTENSIONS + "JSONSchemaProps"


def _schema_or_array(message: Message) -> Any:
    if _has(message, 1):
        return to_json(_PROPS, _get(message, 1))
    return [to_json(_PROPS, schema) for schema in _get(message, 2)]


def _set_schema_or_array(value: Any, message: Any) -> None:
    message.SetInParent()
    if isinstance(value, list):
        for schema in value:
            from_json(_PROPS, schema, message.f2.add())
    elif value is not None:
        from_json(_PROPS, value, message.f1)


def _schema_or_bool(message: Message) -> Any:
    return to_json(_PROPS, _get(message, 2)) if _has(message, 2) else _get(message, 1)


def _set_schema_or_bool(value: Any, message: Any) -> None:
    message.f1 = value is not False
    if not isinstance(value, bool):
        from_json(_PROPS, value, message.f2)


def _schema_or_strings(message: Message) -> Any:
    return to_json(_PROPS, _get(message, 1)) if _has(message, 1) else list(_get(message, 2))


def _set_schema_or_strings(value: Any, message: Any) -> None:
    message.SetInParent()
    if isinstance(value, list):
        message.f2.extend(value)
    elif value is not None:
        from_json(_PROPS, value, message.f1)


_DECODERS: Final[dict[str, Callable[[Message], Any]]] = {
    _META + "Time": _time,
    _META + "MicroTime": _micro_time,
    _META + "FieldsV1": _raw,
    "apimachinery.pkg.api.resource.Quantity": lambda message: _get(message, 1) or "0",
    "apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    "apimachinery.pkg.runtime.RawExtension": _raw,
    _APIEXTENSIONS + "JSON": _raw,
    _APIEXTENSIONS + "JSONSchemaPropsOrArray": _schema_or_array,
    _APIEXTENSIONS + "JSONSchemaPropsOrBool": _schema_or_bool,
    _APIEXTENSIONS + "JSONSchemaPropsOrStringArray": _schema_or_strings,
}
_ENCODERS: Final[dict[str, Callable[[Any, Any], None]]] = {
    _META + "Time": _set_time,
    _META + "MicroTime": _set_time,
    _META + "FieldsV1": _set_raw,
    "apimachinery.pkg.api.resource.Quantity": _set_quantity,
    "apimachinery.pkg.util.intstr.IntOrString": _set_int_or_string,
    "apimachinery.pkg.runtime.RawExtension": _set_raw,
    _APIEXTENSIONS + "JSON": _set_json,
    _APIEXTENSIONS + "JSONSchemaPropsOrArray": _set_schema_or_array,
    _APIEXTENSIONS + "JSONSchemaPropsOrBool": _set_schema_or_bool,
    _APIEXTENSIONS + "JSONSchemaPropsOrStringArray": _set_schema_or_strings,
}
