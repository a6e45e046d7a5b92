"""Kubernetes objects in protobuf: the `k8s\\0` envelope, and messages of built-in kinds to JSON values and back.

Models apimachinery/pkg/runtime/serializer/protobuf and util/framer. Imports the protobuf library: import this package
only when a client speaks protobuf. What it decodes is as sparse as the wire; decode.Codec.roundtrip completes it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from google.protobuf.message import DecodeError as WireError

from apimachinery import schema
from apimachinery.gvk import GroupVersion, GroupVersionKind
from apimachinery.messages import message_name, table
from apimachinery.objects import Object, View
from apimachinery.protobuf import classes, convert

MEDIA_TYPE: Final = "application/vnd.kubernetes.protobuf"
MAGIC: Final = b"k8s\x00"
_UNKNOWN: Final = "apimachinery.pkg.runtime.Unknown"
_WATCH_EVENT: Final = "apimachinery.pkg.apis.meta.v1.WatchEvent"


class ProtobufError(ValueError):
    """A body that is no Kubernetes protobuf; the message is upstream's where it has one."""


class Envelope(NamedTuple):
    """What stands around an object's message: its type, and the message's bytes."""

    api_version: str
    kind: str
    raw: bytes


def unwrap(body: bytes) -> Envelope:
    """The envelope of a body; raises ProtobufError."""
    if not body:
        raise ProtobufError("empty data")
    if not body.startswith(MAGIC):
        raise ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    unknown: Any = _parse(_UNKNOWN, body[len(MAGIC) :])
    return Envelope(unknown.f1.f1, unknown.f1.f2, unknown.f2)


def wrap(envelope: Envelope) -> bytes:
    """The body of an envelope."""
    unknown: Any = classes.new(_UNKNOWN)
    unknown.f1.f1, unknown.f1.f2, unknown.f2 = envelope
    unknown.f3 = unknown.f4 = ""
    return MAGIC + bytes(unknown.SerializeToString(deterministic=True))


def supports(definition: str) -> bool:
    """Whether a definition such as `io.k8s.api.core.v1.Pod` has a message."""
    return message_name(definition) in table()


def decode_message(raw: bytes, definition: str) -> Object:
    """The fields that a message sets, without apiVersion and kind; raises ProtobufError."""
    name = _message_name(definition)
    found: Object = convert.to_json(name, _parse(name, raw))
    return found


def encode_message(obj: View, definition: str) -> bytes:
    """The message of an object in its served form; raises ProtobufError for kinds without one."""
    name = _message_name(definition)
    message = classes.new(name)
    convert.from_json(name, obj, message)
    return message.SerializeToString(deterministic=True)


def decode(body: bytes, definitions: schema.Definitions, wanted: GroupVersionKind | None = None) -> Object:
    """The object of a body, of the kind it names or else the one wanted; raises ProtobufError.

    Of a kind that the definitions lack, apiVersion and kind are all there is.
    """
    api_version, kind, raw = unwrap(body)
    named: Object = {"apiVersion": api_version, "kind": kind} if kind else {}
    try:
        gvk = GroupVersionKind(*GroupVersion.parse(api_version), kind) if kind else wanted
    except ValueError as e:
        raise ProtobufError(str(e)) from None
    definition = definitions.kinds.get(gvk) if gvk is not None else None
    return {**named, **decode_message(raw, definition)} if definition else named


def encode(obj: View, definitions: schema.Definitions) -> bytes:
    """The body of an object or list that has its apiVersion and kind; raises ProtobufError."""
    api_version, kind = obj["apiVersion"], obj["kind"]
    definition = definitions.kinds.get(GroupVersionKind(*GroupVersion.parse(api_version), kind), "")
    return wrap(Envelope(api_version, kind, encode_message(obj, definition)))


def encode_watch_event(event_type: str, obj: View, definitions: schema.Definitions) -> bytes:
    """One frame of a watch: its length in four bytes, big endian, and the event around the object's body."""
    event: Any = classes.new(_WATCH_EVENT)
    event.f1 = event_type
    event.f2.f1 = encode(obj, definitions)
    raw: bytes = event.SerializeToString(deterministic=True)
    return len(raw).to_bytes(4, "big") + raw


def _parse(name: str, raw: bytes) -> Any:
    message = classes.new(name)
    try:
        message.ParseFromString(raw)
    except WireError as e:
        raise ProtobufError(f"proto: {e}") from None
    return message


def _message_name(definition: str) -> str:
    name = message_name(definition)
    if name not in table():
        raise ProtobufError(f"no protobuf form of {definition.rpartition('.')[2] or 'this kind'}")
    return name
