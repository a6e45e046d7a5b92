"""Bodies into custom resources: metadata as Go has it, the rest as the schema knows it.

Models the schemaCoercingDecoder of apiextensions-apiserver/pkg/apiserver/customresource_handler.go.
"""

from __future__ import annotations

from typing import Final

from apimachinery import schema, serializer
from apimachinery.decode import Body, Codec, Decoded
from apimachinery.objects import Object
from apimachinery.serializer import go_quote
from apimachinery.structural import Structural, prune

_FIELD: Final = 'field "'


def decode(body: Body, structural: Structural | None, codec: Codec, *, strict: bool = False) -> Decoded:
    """The object of a body, whose value it takes over; `strict` also tells unknown and duplicate fields.

    Raises DecodeError.
    """
    problems = list(body.duplicates()) if strict else []
    obj: Object = body.value if body.value is not None else {}
    metadata = obj.get("metadata")
    if metadata is not None:
        part = Body(serializer.dumps(metadata), metadata, is_yaml=False)
        decoded = codec.decode(part, schema.OBJECT_META, strict=strict)
        obj["metadata"] = decoded.object
        problems += [p.replace(_FIELD, f"{_FIELD}metadata.", 1) for p in decoded.problems]
    unknown = prune(obj, structural)
    if strict:
        problems += [f"unknown field {go_quote(path)}" for path in unknown]
    return Decoded(obj, tuple(problems))


def conform(obj: Object, structural: Structural | None, codec: Codec, *, strict: bool = False) -> Decoded:
    """As decode, for a value of your own that was JSON once, such as a patched object; changes it in place."""
    return decode(Body(serializer.dumps(obj), obj, is_yaml=False), structural, codec, strict=strict)
