"""JSON merge patches (RFC 7386) as gopkg.in/evanphx/json-patch.v4 applies them."""

from __future__ import annotations

from typing import Any

from apimachinery import jsonvalue, serializer
from apimachinery.decode import diagnose, reader
from apimachinery.objects import Object


class BadPatch(ValueError):
    """A body that is no merge patch: the server answers 400 with this text."""


def decode(body: bytes, *, strict: bool) -> tuple[Object, tuple[str, ...]]:
    """The patch and, when `strict`, the fields it sets twice; raises BadPatch."""
    try:
        patch = serializer.loads(body)
    except serializer.JSONDecodeError:
        try:
            patch = reader.plain(reader.read(body))
        except reader.SyntaxFault as e:
            raise BadPatch(f"error decoding patch: {e}" if strict else "Invalid JSON Patch") from None
    if not isinstance(patch, dict):
        if strict and patch is not None:
            word = diagnose.word(patch)
            raise BadPatch(
                f"error decoding patch: json: cannot unmarshal {word} into Go value of type map[string]interface {{}}"
            )
        raise BadPatch("Invalid JSON Patch")
    if strict and reader.has_duplicates(body, patch):
        return patch, diagnose.duplicates(reader.read(body))
    return patch, ()


def apply(document: Any, patch: Any) -> Any:
    """The patched document; null deletes a key and objects merge; neither argument is changed.

    Unlike the RFC, nulls inside objects of a list are dropped too. The keys of merged objects come out sorted.
    """
    if not isinstance(patch, dict) or not isinstance(document, dict):
        return _without_nulls(patch)
    result = {key: jsonvalue.copy(value) for key, value in document.items() if key not in patch}
    for key, value in patch.items():
        if value is not None:
            result[key] = apply(document[key], value) if key in document else _without_nulls(value)
    return {key: result[key] for key in sorted(result)}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(child) for key, child in value.items() if child is not None}
    if isinstance(value, list):
        return [_without_nulls(child) for child in value]
    return value
