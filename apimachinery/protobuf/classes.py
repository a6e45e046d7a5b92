"""Message classes of the protobuf library, built from the table when the first one is asked for."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from apimachinery.messages import Field, table

_Proto = descriptor_pb2.FieldDescriptorProto
_TYPES: Final = {
    "": _Proto.TYPE_STRING,
    "i": _Proto.TYPE_INT64,
    "b": _Proto.TYPE_BOOL,
    "y": _Proto.TYPE_BYTES,
    "d": _Proto.TYPE_DOUBLE,
}


def new(name: str) -> Message:
    """A new empty message of the table; raises KeyError."""
    return _classes()[name]()


@cache
def _classes() -> dict[str, type[Message]]:
    file = descriptor_pb2.FileDescriptorProto(name="kubernetes.proto", syntax="proto2")
    names = table().names
    for name in names:
        message = file.message_type.add(name=_identifier(name))
        for field in table().entry(name).fields.values():
            _describe(message, field)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(_identifier(name))) for name in names}


def _describe(message: Any, field: Field) -> None:
    repeated = field.cardinality in ("list", "map")
    label = _Proto.LABEL_REPEATED if repeated else _Proto.LABEL_OPTIONAL
    proto = message.field.add(name=field.attribute, number=field.number, label=label)
    if field.cardinality == "map":
        entry = message.nested_type.add(name=f"{field.attribute.upper()}Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=_Proto.LABEL_OPTIONAL, type=_Proto.TYPE_STRING)
        value = entry.field.add(name="value", number=2, label=_Proto.LABEL_OPTIONAL)
        _set_type(value, field.type)
        proto.type = _Proto.TYPE_MESSAGE
        proto.type_name = f".{message.name}.{entry.name}"
    else:
        _set_type(proto, field.type)


def _set_type(proto: Any, type_: str) -> None:
    if type_ in _TYPES:
        proto.type = _TYPES[type_]
    else:
        proto.type = _Proto.TYPE_MESSAGE
        proto.type_name = f".{_identifier(type_)}"


def _identifier(name: str) -> str:
    return name.replace(".", "_")
