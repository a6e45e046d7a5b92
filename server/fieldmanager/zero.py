"""The zero value of a built-in kind, as Go encodes it: what a created object is compared with."""

from __future__ import annotations

from apimachinery.gotypes import Presence
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object
from apimachinery.schema import FieldSchema
from server.openapi.defaults import NO_DEFAULT, default_of, presence


def zero_object(schema: FieldSchema, gvk: GroupVersionKind) -> Object:
    """An object of this kind with nothing set: struct values are there, required fields hold zeroes and nulls."""
    return {"apiVersion": gvk.api_version, "kind": gvk.kind, **_zero_fields(schema)}


def _zero_fields(schema: FieldSchema) -> Object:
    out: Object = {}
    for name, declared in schema.fields.items():
        match presence(schema, name):
            case Presence.ALWAYS if declared.type == "object":
                out[name] = _zero_fields(declared)
            case Presence.ALWAYS:
                zero = default_of(schema, name)
                out[name] = None if zero is NO_DEFAULT else zero
            case Presence.NIL_IS_NULL:
                out[name] = None
    return out
