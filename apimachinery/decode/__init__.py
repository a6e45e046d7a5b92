"""Decoding request bodies into built-in kinds: pruning, Go's presence rules, its errors and its strict problems."""

from apimachinery.decode.codec import (
    Body,
    Codec,
    Decoded,
    DecodeError,
    codec,
    not_handled,
    strict_error,
    unrecognized,
)
from apimachinery.decode.order import go_ordered
from apimachinery.decode.reader import compact, member

__all__ = [
    "Body",
    "Codec",
    "DecodeError",
    "Decoded",
    "codec",
    "compact",
    "go_ordered",
    "member",
    "not_handled",
    "strict_error",
    "unrecognized",
]
