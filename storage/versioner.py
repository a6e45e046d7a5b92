"""resourceVersion: revisions as text, and into and out of stored JSON. Models storage/api_object_versioner.go."""

from __future__ import annotations

from apimachinery.objects import Object

_METADATA = b'"metadata":{'
_FIELD = b'"resourceVersion":"%d"'
_MAX = 2**64 - 1


def parse(text: str) -> int:
    """A resourceVersion as a number, `""` as 0; ValueError with Go's own text (`strconv.ParseUint: parsing …`)."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if (revision := int(text)) > _MAX:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return revision


def prepare_for_storage(obj: Object) -> Object:
    """The object with kind, apiVersion and metadata first, without resourceVersion and selfLink; shares its parts."""
    ordered: Object = {"kind": obj["kind"], "apiVersion": obj["apiVersion"]}
    ordered["metadata"] = {k: v for k, v in obj["metadata"].items() if k not in ("resourceVersion", "selfLink")}
    for name, value in obj.items():
        ordered.setdefault(name, value)
    return ordered


def stamp(value: bytes, revision: int) -> bytes:
    """Stored JSON with `resourceVersion` as the first field of its metadata; ValueError when it has no metadata."""
    at = value.index(_METADATA) + len(_METADATA)
    separator = b"" if value[at : at + 1] == b"}" else b","
    return b"".join((value[:at], _FIELD % revision, separator, value[at:]))


def restamp(raw: bytes, old: int, new: int) -> bytes:
    """Stamped JSON moved from one revision to another."""
    return raw.replace(_FIELD % old, _FIELD % new, 1)
