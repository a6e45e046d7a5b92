"""Changes as a stream of frames, over HTTP chunks or a WebSocket. Models apiserver/pkg/endpoints/handlers/watch.go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Final

from apimachinery import errors, serializer
from apimachinery.clock import RealClock
from apimachinery.objects import Object
from server.endpoints import response
from server.endpoints.negotiation import JSON, PROTOBUF, YAML, MediaType
from server.endpoints.options import Listing
from server.endpoints.request import Response, WebSocket
from server.endpoints.scope import Scope
from server.registry.errors import translate
from storage import errors as storage_errors
from storage.interfaces import Event, Watch

INITIAL_EVENTS_END: Final = "k8s.io/initial-events-end"
BATCH: Final = 100
MACHINE: Final = RealClock()
"""How long a watch stays open is between client and server: the cluster's time does not end it."""
_PREFIX: Final = {t: f'{{"type":"{t}","object":'.encode() for t in ("ADDED", "MODIFIED", "DELETED")}


async def serve(scope: Scope, asked: Listing) -> Response:
    """The stream. What is wrong with the request is an error; once it has started, an error is an event."""
    wanted = asked.watch_options()
    media = scope.media
    if media.encoding == YAML:
        media = MediaType(JSON, media.shape, media.shape_version)
    if media.shape == "PartialObjectMetadataList":
        media = replace(media, shape="PartialObjectMetadata")
    if media.shape == "Table":
        response.include_object(scope.request.query)
    timeout = asked.watch_timeout()
    wanted = replace(wanted, deadline=MACHINE.monotonic() + timeout)
    frames = _frames(scope, scope.store.watch(scope.namespace, wanted), _framer(scope, media), timeout)
    if scope.request.wants_websocket:
        return Response(101, upgrade=_Sender(frames).run)
    suffix = ";stream=watch" if media.encoding == PROTOBUF else ""
    return Response(200, {"Content-Type": media.encoding + suffix}, frames, live=True)


Framer = Callable[[Event], bytes]


async def _frames(scope: Scope, opened: Watch, frame: Framer, timeout: float) -> AsyncIterator[bytes]:
    """Frames until the watch ends, its time is over, or the reader goes away."""
    timer = MACHINE.call_later(timeout, opened.stop)
    scope.services.watches.add(opened)
    try:
        while events := await opened.batch(BATCH):
            yield frame(events[0]) if len(events) == 1 else b"".join(map(frame, events))
    except storage_errors.Compacted as e:
        yield _error_frame(errors.Expired(str(e)))
    except storage_errors.StorageError as e:
        yield _error_frame(translate(e, scope.resource.group_resource, ""))
    finally:
        timer.cancel()
        scope.services.watches.discard(opened)
        opened.stop()


def _error_frame(error: errors.StatusError) -> bytes:
    return serializer.dumps({"type": "ERROR", "object": error.to_status()}) + b"\n"


def _framer(scope: Scope, media: MediaType) -> Framer:
    """How events of this watch are written: stored bytes as they are, unless another shape is wanted."""
    if media.encoding == PROTOBUF:
        return _protobuf_framer(scope, media)
    if not media.shape:
        convert = scope.resource.from_storage
        served = scope.store.served

        def plain(event: Event) -> bytes:
            if event.object is None:
                return _bookmark(scope, media, event)
            stored = event.object if convert is None else served(event.object)
            return _PREFIX[event.type] + stored.raw + b"}\n"

        return plain
    shown = False

    def transformed(event: Event) -> bytes:
        nonlocal shown
        if event.object is None:
            return _bookmark(scope, media, event)
        obj = response.shaped(scope, scope.store.served(event.object).thaw(), media, headers=not shown)
        shown = True
        return serializer.dumps({"type": event.type, "object": obj}) + b"\n"

    return transformed


def _protobuf_framer(scope: Scope, media: MediaType) -> Framer:
    from apimachinery import protobuf

    def framed(event: Event) -> bytes:
        if event.object is None:
            obj = bookmark_object(scope, event)
        else:
            obj = response.shaped(scope, scope.store.served(event.object).thaw(), media)
        return protobuf.encode_watch_event(event.type, obj, scope.services.definitions)

    return framed


def bookmark_object(scope: Scope, event: Event) -> Object:
    """An object of the watched kind with nothing but a resourceVersion; WatchList marks its end on it."""
    metadata: Object = {"resourceVersion": str(event.resource_version)}
    if event.initial_events_end:
        metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
    empty = scope.endpoint.empty
    return {"kind": scope.resource.kind, "apiVersion": scope.resource.gvk.api_version, "metadata": metadata, **empty}


def _bookmark(scope: Scope, media: MediaType, event: Event) -> bytes:
    obj = response.shaped(scope, bookmark_object(scope, event), media, headers=False)
    return serializer.dumps({"type": "BOOKMARK", "object": obj}) + b"\n"


class _Sender:
    """Sends each frame as one text message."""

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        self._frames = frames

    async def run(self, socket: WebSocket) -> None:
        """Until the stream ends or the peer closes."""

        async def send() -> None:
            async for chunk in self._frames:
                for line in chunk.splitlines():
                    await socket.send(line.decode())
            await socket.close()

        async def listen() -> None:
            while await socket.receive() is not None:
                pass

        tasks = {asyncio.ensure_future(send()), asyncio.ensure_future(listen())}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
