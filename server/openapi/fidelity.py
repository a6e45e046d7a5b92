"""Where the documents are known to differ from those of a real API server, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """Something that is left out on purpose."""

    where: str
    what: str
    reason: str


KNOWN_DIFFERENCES: Final = (
    KnownDifference(
        "descriptions of enum fields, in both versions",
        "the values are listed, without a sentence on each",
        "the published definitions carry neither; the values are facts of the API, the sentences are prose",
    ),
    KnownDifference(
        "descriptions of Quantity and IntOrString",
        "one sentence of our own",
        "the published definitions have no text for these two",
    ),
    KnownDifference(
        "hashes in /openapi/v3 and ETags",
        "other values for the documents with such descriptions, the same for all others",
        "they are hashes of the bytes",
    ),
    KnownDifference(
        "/openapi/v3 as protobuf",
        "406",
        "no client asks for it: kubectl and client-go read these documents as JSON",
    ),
)
