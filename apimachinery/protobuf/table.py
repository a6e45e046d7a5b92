"""The field numbers of Kubernetes messages, read from messages.json, and the message classes built from them.

A message is written `number:name:type …`. A type is `*` repeated, `%` a map of strings to, `^` a message whose fields
JSON writes among those of its owner, then i (integer), b (bool), y (bytes), d (double), the name of a message, or
nothing (string). A message's name means its own package first, then apimachinery's. `=` marks a message that JSON
writes as the list it holds.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from apimachinery import serializer

Cardinality = Literal["one", "list", "map", "inline"]
_CARDINALITIES: Final[dict[str, Cardinality]] = {"*": "list", "%": "map", "^": "inline"}
_Proto = descriptor_pb2.FieldDescriptorProto
_SCALARS: Final = {
    "": _Proto.TYPE_STRING,
    "i": _Proto.TYPE_INT64,
    "b": _Proto.TYPE_BOOL,
    "y": _Proto.TYPE_BYTES,
    "d": _Proto.TYPE_DOUBLE,
}


class Field(NamedTuple):
    """One field of a message: its JSON name, and the full name of its message or the letter of its scalar."""

    number: int
    name: str
    cardinality: Cardinality
    type: str

    @property
    def attribute(self) -> str:
        """The name that the message class knows the field by."""
        return f"f{self.number}"


class Entry(NamedTuple):
    """A message of the table: its fields by number."""

    fields: dict[int, Field]
    is_list: bool


class Table:
    """Every message by its protobuf name without `k8s.io.`, such as `api.core.v1.Pod`."""

    def __init__(self, packages: dict[str, dict[str, str]]) -> None:
        self._packages = packages
        self._shared = {
            name: f"{package}.{name}"
            for package, messages in packages.items()
            if package.startswith("apimachinery.")
            for name in messages
        }
        self._entries: dict[str, Entry] = {}
        self._classes: dict[str, type[Message]] | None = None

    def __contains__(self, name: str) -> bool:
        package, _, message = name.rpartition(".")
        return message in self._packages.get(package, {})

    def entry(self, name: str) -> Entry:
        """A message's fields; raises KeyError."""
        found = self._entries.get(name)
        if found is None:
            package, _, message = name.rpartition(".")
            text = self._packages[package][message]
            items = (self._field(package, item) for item in text.removeprefix("=").split())
            fields = {field.number: field for field in items}
            found = self._entries[name] = Entry(fields, text.startswith("="))
        return found

    def message(self, name: str) -> Message:
        """A new empty message; raises KeyError."""
        if self._classes is None:
            self._classes = self._build()
        return self._classes[name]()

    def _field(self, package: str, item: str) -> Field:
        number, name, type_ = (item + ":").split(":")[:3]
        cardinality = _CARDINALITIES.get(type_[:1], "one")
        if cardinality != "one":
            type_ = type_[1:]
        return Field(int(number), name, cardinality, type_ if type_ in _SCALARS else self._resolve(package, type_))

    def _resolve(self, package: str, name: str) -> str:
        if name in self._packages[package]:
            return f"{package}.{name}"
        return self._shared.get(name, name)

    def _build(self) -> dict[str, type[Message]]:
        file = descriptor_pb2.FileDescriptorProto(name="kubernetes.proto", syntax="proto2")
        names = [f"{package}.{message}" for package, messages in self._packages.items() for message in messages]
        for name in names:
            message = file.message_type.add(name=_identifier(name))
            for field in self.entry(name).fields.values():
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
    if type_ in _SCALARS:
        proto.type = _SCALARS[type_]
    else:
        proto.type = _Proto.TYPE_MESSAGE
        proto.type_name = f".{_identifier(type_)}"


def _identifier(name: str) -> str:
    return name.replace(".", "_")


@cache
def table() -> Table:
    """The table, read when first asked for."""
    return Table(serializer.loads(Path(__file__).with_name("messages.json").read_bytes()))
