"""The zero value of a built-in kind, as Go encodes it: what a created object is compared with."""

from __future__ import annotations

from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object
from apimachinery.schema import FieldSchema
from server.openapi.defaults import NO_DEFAULT, NULLS, default_of, is_struct_value


def zero_object(schema: FieldSchema, gvk: GroupVersionKind) -> Object:
    """An object of this kind with nothing set: struct values are there, required fields hold zeroes and nulls."""
    return {"apiVersion": gvk.api_version, "kind": gvk.kind, **_zero_fields(schema)}


def _zero_fields(schema: FieldSchema) -> Object:
    out: Object = {}
    for name in schema.fields:
        if is_struct_value(schema, name):
            out[name] = _zero_fields(schema.fields[name])
            continue
        zero = default_of(schema, name)
        if name in schema.required or f"{schema.ref}.{name}" in NULLS:
            out[name] = None if zero is NO_DEFAULT else zero
        elif zero is not NO_DEFAULT and not zero:
            out[name] = zero
    return out
