"""Which media type an answer has, and in which shape. Models apiserver/pkg/endpoints/handlers/negotiation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from apimachinery import errors
from server.endpoints.request import Request

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
SUPPORTED: Final = (JSON, YAML, PROTOBUF)
STREAMED: Final = (f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")
META_GROUP: Final = "meta.k8s.io"

Shape = Literal["", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"]
_SHAPES: Final[tuple[Shape, ...]] = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


@dataclass(frozen=True, slots=True)
class Clause:
    """One entry of an Accept header."""

    type: str
    subtype: str
    parameters: tuple[tuple[str, str], ...]
    quality: float

    def parameter(self, name: str) -> str:
        """A parameter's value, empty when absent."""
        return next((v for k, v in self.parameters if k == name), "")

    def covers(self, media_type: str) -> bool:
        """Whether the clause means this media type, wildcards included."""
        kind, _, subtype = media_type.partition("/")
        return self.type in ("*", kind) and self.subtype in ("*", subtype)


@dataclass(frozen=True, slots=True)
class MediaType:
    """What was agreed on: encoding, shape (empty for the object itself) and its version of meta.k8s.io."""

    encoding: str = JSON
    shape: Shape = ""
    shape_version: str = "v1"
    pretty: bool = False


@lru_cache(maxsize=512)
def parse_accept(header: str) -> tuple[Clause, ...]:
    """The clauses of an Accept header, best first; equal quality keeps the order, less of a wildcard goes first."""
    found = []
    for text in header.split(","):
        parts = [p.strip() for p in text.split(";")]
        if not parts[0]:
            continue
        kind, _, subtype = parts[0].partition("/")
        quality = 1.0
        parameters = []
        for part in parts[1:]:
            name, _, value = part.partition("=")
            if name == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 1.0
            else:
                parameters.append((name.strip(), value.strip()))
        found.append(Clause(kind, subtype if kind != "*" or subtype else "*", tuple(parameters), quality))
    return tuple(sorted(found, key=lambda c: (-c.quality, c.type == "*", c.subtype == "*")))


def negotiate(request: Request, *, tables: bool = True) -> MediaType:
    """The media type of the answer; NotAcceptable when there is none.

    Protobuf is answered to those only who accept nothing else.
    """
    return _negotiated(request.header("accept"), tables=tables, pretty=wants_pretty(request))


@lru_cache(maxsize=512)
def _negotiated(header: str, *, tables: bool, pretty: bool) -> MediaType:
    if not header or header == "*/*":
        return MediaType(pretty=pretty)
    clauses = parse_accept(header)
    for encodings in ((JSON, YAML), (PROTOBUF,)):
        for clause in clauses:
            for encoding in encodings:
                agreed = _accept(clause, encoding, tables=tables, pretty=pretty)
                if agreed is not None:
                    return agreed
    raise errors.NotAcceptable(f"only the following media types are accepted: {', '.join(SUPPORTED)}")


def _accept(clause: Clause, encoding: str, *, tables: bool, pretty: bool) -> MediaType | None:
    if not clause.covers(encoding):
        return None
    kind = clause.parameter("as")
    if not kind:
        return MediaType(encoding, pretty=pretty or _true(clause.parameter("pretty")))
    version = clause.parameter("v")
    if clause.parameter("g") != META_GROUP or version not in ("v1", "v1beta1"):
        return None
    for shape in _SHAPES:
        if kind == shape and (shape != "Table" or (tables and encoding != PROTOBUF)):
            return MediaType(encoding, shape, version, pretty or _true(clause.parameter("pretty")))
    return None


def check_representations(request: Request, representations: tuple[str, ...] = SUPPORTED + STREAMED) -> None:
    """NotAcceptable when the Accept header names none of a route's media types; parameters do not count here."""
    header = request.header("accept")
    if not header or "*/*" in header:
        return
    clauses = parse_accept(header)
    if not any(c.covers(m.partition(";")[0]) for c in clauses for m in representations):
        raise errors.NotAcceptable(
            f"406: Not Acceptable\n\nAvailable representations: {', '.join(representations)}", details={}
        )


def error_encoding(request: Request) -> str:
    """JSON or YAML for an error: never a reason for another error."""
    for clause in parse_accept(request.header("accept")):
        for encoding in (JSON, YAML):
            if clause.covers(encoding):
                return encoding
    return JSON


def wants_pretty(request: Request) -> bool:
    """The pretty parameter, else true for browsers and command-line HTTP tools."""
    if "pretty" in request.query:
        return _true(request.query.get("pretty"))
    return request.header("user-agent").startswith(("curl", "Wget", "Mozilla/5.0"))


def _true(text: str) -> bool:
    return text in ("1", "t", "T", "true", "TRUE", "True")


def body_type(request: Request) -> str:
    """The media type of a request's body without parameters; JSON when the client does not say."""
    return request.header("content-type").partition(";")[0].strip().lower() or JSON


def unsupported_body(accepted: tuple[str, ...] = SUPPORTED) -> errors.UnsupportedMediaType:
    """The refusal of a body in a format that nobody reads."""
    return errors.UnsupportedMediaType(
        f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    )
