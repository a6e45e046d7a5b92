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

__all__ = [
    "Body",
    "Codec",
    "DecodeError",
    "Decoded",
    "codec",
    "go_ordered",
    "not_handled",
    "strict_error",
    "unrecognized",
]
