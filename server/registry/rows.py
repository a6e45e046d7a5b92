"""Table rows as bytes, printed once for each committed object: only ages are filled in anew for each reader."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from apimachinery import serializer, timestamp
from apimachinery.objects import StoredObject
from server.registry.rest import CellContext, Resource
from server.registry.table import DEFAULT_PRINTER, IncludeObject, partial_object_metadata

_MARK: Final = f"<{secrets.token_hex(8)}>"
"""Stands on both sides of a time whose age belongs there; no client can guess it."""


class _Marking(CellContext):
    """Puts the time itself where its age belongs."""

    def __init__(self) -> None:
        pass

    def age(self, moment: str | None) -> str:
        if not moment:
            return timestamp.UNKNOWN
        timestamp.parse_time(moment)
        return f"{_MARK}{moment}{_MARK}"


class _Row(NamedTuple):
    resource: Resource
    head: bytes
    """The row up to the first age."""
    ages: tuple[tuple[datetime, bytes], ...]
    """Each time and what follows its age, up to the object."""
    metadata: bytes | int
    """The metadata shown, or where it ends in the object's own bytes."""


def rows(
    objects: Iterable[StoredObject], resource: Resource, now: datetime, include: IncludeObject, version: str = "v1"
) -> Iterator[bytes]:
    """One row an object, as JSON; the same as table.row, encoded."""
    order = resource.printer.order if resource.printer is not None else None
    if order is not None:
        objects = sorted(objects, key=lambda stored: order(stored.view))
    partial = f'{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/{version}","metadata":'.encode()
    texts: dict[datetime, bytes] = {}
    for stored in objects:
        row = stored.printed
        if not isinstance(row, _Row) or row.resource is not resource:
            row = stored.printed = _print(stored, resource)
        pieces = [row.head]
        for moment, rest in row.ages:
            text = texts.get(moment)
            if text is None:
                text = texts[moment] = timestamp.human_duration(now - moment).encode()
            pieces += (text, rest)
        if include == "Metadata":
            end = row.metadata
            pieces += (partial, stored.raw[_metadata_start(stored) : end] if isinstance(end, int) else end, b"}}")
        else:
            pieces += (stored.raw if include == "Object" else b"null", b"}")
        yield b"".join(pieces)


def _print(stored: StoredObject, resource: Resource) -> _Row:
    obj = stored.view
    printer = resource.printer or DEFAULT_PRINTER
    row = {"cells": printer.cells(obj, _Marking())}
    if printer.conditions is not None and (conditions := printer.conditions(obj)):
        row["conditions"] = conditions
    head, *parts = (serializer.dumps(row)[:-1] + b',"object":').split(_MARK.encode())
    ages = tuple((timestamp.parse_time(t.decode()), rest) for t, rest in zip(parts[::2], parts[1::2], strict=True))
    metadata = serializer.dumps(partial_object_metadata(obj, resource)["metadata"])
    start = _metadata_start(stored)
    if stored.raw.startswith(metadata, start):
        return _Row(resource, head, ages, start + len(metadata))
    return _Row(resource, head, ages, metadata)


def _metadata_start(stored: StoredObject) -> int:
    return stored.raw.index(b'"metadata":') + 11
