"""The documents as bytes, built when first asked for and kept until the resources change.

Models kube-openapi/pkg/handler and handler3. Building takes about a tenth of a second and runs in a thread; as long as
one build runs, everybody who asks waits for it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from apimachinery import serializer
from apimachinery.clock import Clock
from server.openapi import gnostic
from server.openapi.builder import Builder
from server.registry.rest import Resource

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes with their hash, by which clients cache them."""

    body: bytes
    etag: str
    modified: datetime


class _Cached(Generic[T]):
    """A value of one generation of resources; concurrent askers share one build."""

    def __init__(self, build: Callable[[Sequence[Resource]], T]) -> None:
        self._build = build
        self._generation = -1
        self._value: T | None = None
        self._lock = asyncio.Lock()

    async def get(self, generation: int, resources: Callable[[], Sequence[Resource]]) -> T:
        if self._value is None or self._generation != generation:
            async with self._lock:
                if self._value is None or self._generation != generation:
                    self._value = await asyncio.to_thread(self._build, tuple(resources()))
                    self._generation = generation
        return self._value


class OpenAPIService:
    """Every OpenAPI document of a server."""

    def __init__(
        self,
        resources: Callable[[], Sequence[Resource]],
        generation: Callable[[], int],
        *,
        version: tuple[int, int],
        clock: Clock,
    ) -> None:
        """`generation` changes whenever what `resources` returns does."""
        self._resources = resources
        self._generation = generation
        self._clock = clock
        self._builder = Builder(version)
        self._swagger = _Cached(self._build_v2)
        self._protobuf = _Cached(self._build_protobuf)
        self._v3 = _Cached(self._build_v3)

    async def v2_json(self) -> Document:
        """The Swagger 2.0 document."""
        return await self._swagger.get(self._generation(), self._resources)

    async def v2_protobuf(self) -> Document:
        """The same as openapi.v2.Document."""
        return await self._protobuf.get(self._generation(), self._resources)

    async def v3_index(self) -> Document:
        """Where each OpenAPI 3.0 document is, with its hash."""
        return (await self._v3.get(self._generation(), self._resources))[""]

    async def v3(self, name: str) -> Document | None:
        """One OpenAPI 3.0 document by its name in the index, None when there is none."""
        return (await self._v3.get(self._generation(), self._resources)).get(name) if name else None

    def _build_v2(self, resources: Sequence[Resource]) -> Document:
        return self._document(serializer.dumps(self._builder.v2(resources)))

    def _build_protobuf(self, resources: Sequence[Resource]) -> Document:
        return self._document(gnostic.encode(self._builder.v2(resources)))

    def _build_v3(self, resources: Sequence[Resource]) -> dict[str, Document]:
        documents = self._builder.v3(resources).items()
        found = {name: self._document(serializer.go_json(d, sort=False).encode()) for name, d in documents}
        paths = {name: {"serverRelativeURL": location(name, document)} for name, document in found.items()}
        found[""] = self._document(serializer.dumps({"paths": paths}))
        return found

    def _document(self, body: bytes) -> Document:
        return Document(body, hashlib.sha512(body).hexdigest().upper(), self._clock.now())


def location(name: str, document: Document) -> str:
    """The URL of a document of v3 in its present state."""
    return f"/openapi/v3/{name}?hash={document.etag}"
