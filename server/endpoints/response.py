"""Objects, lists and errors as bytes of the agreed media type. Models handlers/response.go and responsewriters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

from apimachinery import errors, field, serializer
from apimachinery.objects import Object, StoredObject, View
from server.endpoints import negotiation
from server.endpoints.negotiation import JSON, PROTOBUF, YAML, MediaType
from server.endpoints.request import Query, Request, Response
from server.endpoints.scope import Scope
from server.registry import rows, table
from server.registry.table import IncludeObject
from storage.interfaces import ListResult

CHUNK_BYTES: Final = 256 * 1024
_NO_PROTOBUF: Final = (
    "object *unstructured.Unstructured{} does not implement the protobuf marshalling interface and cannot be encoded "
    "to a protobuf message"
)


def include_object(query: Query) -> IncludeObject:
    """The includeObject parameter of a Table; BadRequest for an unknown value."""
    match query.get("includeObject"):
        case "" | "Metadata":
            return "Metadata"
        case "Object":
            return "Object"
        case "None":
            return "None"
        case other:
            detail = "must be 'Metadata', 'Object', 'None', or empty"
            problem = field.invalid(field.Path("includeObject"), other, detail)
            raise errors.BadRequest(f"Unable to convert to Table as requested: {problem}")


def encode(obj: object, media: MediaType) -> bytes:
    """A JSON tree in the agreed encoding; JSON and YAML only."""
    if media.encoding == YAML:
        return serializer.yaml_dumps(obj)
    return serializer.dumps_pretty(obj) + b"\n" if media.pretty else serializer.dumps(obj) + b"\n"


def of_tree(scope: Scope, obj: Object, status: int = 200) -> Response:
    """An object that is not stored, such as a Status or a review."""
    media = scope.media
    return Response(status, {"Content-Type": media.encoding}, _body(scope, obj, media))


def _body(scope: Scope, obj: Object, media: MediaType) -> bytes:
    if media.encoding == PROTOBUF:
        from apimachinery import protobuf

        if not scope.resource.definition and obj.get("apiVersion") == scope.resource.gvk.api_version:
            raise errors.NotAcceptable(_NO_PROTOBUF.format("List" if "items" in obj else ""))
        return protobuf.encode(obj, scope.services.definitions)
    return encode(obj, media)


def of_stored(scope: Scope, stored: StoredObject, status: int = 200) -> Response:
    """A stored object in the agreed shape; its bytes as they are where nothing else is asked for."""
    media = scope.media
    if not media.shape and media.encoding == JSON and not media.pretty:
        return Response(status, {"Content-Type": JSON}, stored.raw + b"\n")
    return Response(status, {"Content-Type": media.encoding}, _body(scope, shaped(scope, stored.thaw(), media), media))


def shaped(scope: Scope, obj: Object, media: MediaType, *, headers: bool = True) -> Object:
    """One object as itself, as a Table of one row or as its metadata."""
    match media.shape:
        case "":
            return obj
        case "PartialObjectMetadata":
            return table.partial_object_metadata(obj, scope.resource, media.shape_version)
        case "PartialObjectMetadataList":
            raise errors.NotAcceptable(
                f"you requested PartialObjectMetadataList, but the requested object is not a list ({go_type(scope)})"
            )
        case "Table":
            return table.table(
                [obj],
                scope.resource,
                metadata={"resourceVersion": obj["metadata"].get("resourceVersion", "")},
                now=scope.services.clock.now(),
                include=include_object(scope.request.query),
                version=media.shape_version,
                definitions=scope.services.definitions,
                headers=headers,
            )


def go_type(scope: Scope, suffix: str = "") -> str:
    """The Go type that upstream names in a few messages."""
    group = scope.resource.group.partition(".")[0] or "core"
    return f"*{group}.{scope.resource.kind}{suffix}"


def list_metadata(found: ListResult) -> Object:
    """The metadata of a list; kinds that are not stored have no resourceVersion."""
    metadata: Object = {"resourceVersion": str(found.resource_version)} if found.resource_version else {}
    if found.continue_:
        metadata["continue"] = found.continue_
    if found.remaining is not None:
        metadata["remainingItemCount"] = found.remaining
    return metadata


def _metadata(scope: Scope, found: ListResult) -> Object:
    """The metadata of a plain list; those of custom resources always say where to continue."""
    metadata = list_metadata(found)
    return metadata if scope.resource.definition else {"continue": "", **metadata}


def of_list(scope: Scope, found: ListResult) -> Response:
    """A list in the agreed shape; plain JSON is joined from the items' own bytes and sent in chunks."""
    media = scope.media
    headers = {"Content-Type": media.encoding}
    if not media.shape and media.encoding == JSON and not media.pretty:
        return Response(200, headers, _joined(scope, found))
    if media.shape == "Table" and media.encoding == JSON and not media.pretty:
        return Response(200, headers, _table(scope, found, media))
    return Response(200, headers, _body(scope, _list_tree(scope, found, media), media))


def _table(scope: Scope, found: ListResult, media: MediaType) -> bytes:
    """A Table joined from rows that were printed before."""
    include, now = include_object(scope.request.query), scope.services.clock.now()
    empty = table.table(
        (),
        scope.resource,
        metadata=list_metadata(found),
        now=now,
        version=media.shape_version,
        definitions=scope.services.definitions,
    )
    printed = rows.rows(found.items, scope.resource, now, include, media.shape_version)
    return b"".join((serializer.dumps(empty).removesuffix(b"]}"), b",".join(printed), b"]}\n"))


def _list_tree(scope: Scope, found: ListResult, media: MediaType) -> Object:
    metadata = list_metadata(found)
    match media.shape:
        case "Table":
            return table.table(
                (i.view for i in found.items),
                scope.resource,
                metadata=metadata,
                now=scope.services.clock.now(),
                include=include_object(scope.request.query),
                version=media.shape_version,
                definitions=scope.services.definitions,
            )
        case "PartialObjectMetadataList":
            return {
                "kind": "PartialObjectMetadataList",
                "apiVersion": f"meta.k8s.io/{media.shape_version}",
                "metadata": metadata,
                "items": [
                    table.partial_object_metadata(i.view, scope.resource, media.shape_version) for i in found.items
                ],
            }
        case "PartialObjectMetadata":
            raise errors.NotAcceptable(
                f"you requested PartialObjectMetadata, but the requested object is a list ({go_type(scope, 'List')})"
            )
        case "":
            return {
                "kind": list_kind(scope),
                "apiVersion": scope.resource.gvk.api_version,
                "metadata": _metadata(scope, found),
                "items": [_item(scope, i) for i in found.items],
            }


def _item(scope: Scope, stored: StoredObject) -> View:
    if scope.resource.definition:
        found: View = serializer.loads(stored.item())
        return found
    return stored.view


def list_kind(scope: Scope) -> str:
    """The kind of this resource's lists."""
    return scope.resource.list_kind or f"{scope.resource.kind}List"


def _joined(scope: Scope, found: ListResult) -> bytes | AsyncIterator[bytes]:
    head = serializer.dumps(
        {"kind": list_kind(scope), "apiVersion": scope.resource.gvk.api_version, "metadata": _metadata(scope, found)}
    )
    start = head[:-1] + b',"items":['
    pieces = _pieces(found, typed=bool(scope.resource.definition))
    if sum(len(i.raw) for i in found.items) < CHUNK_BYTES:
        return start + b",".join(pieces) + b"]}\n"
    return _chunks(start, pieces)


def _pieces(found: ListResult, *, typed: bool) -> Iterator[bytes]:
    return (i.item() for i in found.items) if typed else (i.raw for i in found.items)


async def _chunks(start: bytes, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    buffer, size, separator = [start], len(start), b""
    for piece in pieces:
        buffer += (separator, piece)
        separator = b","
        size += len(piece) + 1
        if size >= CHUNK_BYTES:
            yield b"".join(buffer)
            buffer, size = [], 0
    buffer.append(b"]}\n")
    yield b"".join(buffer)


def of_error(request: Request, error: errors.StatusError) -> Response:
    """A Status with its code, and Retry-After where the error says so."""
    encoding = negotiation.error_encoding(request)
    media = MediaType(encoding, pretty=negotiation.wants_pretty(request))
    headers = {"Content-Type": encoding}
    if error.retry_after > 0:
        headers["Retry-After"] = str(error.retry_after)
    return Response(error.status_code, headers, encode(error.to_status(), media))


def text(body: str, status: int = 200) -> Response:
    """Plain text, as health checks and unknown paths answer."""
    return Response(
        status,
        {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"},
        body.encode(),
    )


def not_found_page() -> Response:
    """What a path that nobody serves answers."""
    return text("404 page not found\n", 404)
