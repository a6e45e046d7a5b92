"""Server-side printing: objects as rows of a meta.k8s.io Table. Models kubernetes/pkg/printers/storage."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.schema import Definitions
from server.registry.rest import NAME, CellContext, Column, Printer, Resource

IncludeObject = Literal["None", "Metadata", "Object"]
_CREATED_AT: Final = Column(
    "Created At", type="date", doc="io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.creationTimestamp"
)


def _default_cells(obj: View, _: CellContext) -> list[Any]:
    return [meta.name(obj), meta.metadata(obj).get("creationTimestamp")]


DEFAULT_PRINTER: Final = Printer((NAME, _CREATED_AT), _default_cells)
"""For kinds without a printer of their own."""


def in_order(objects: Iterable[View], printer: Printer) -> Iterable[View]:
    """Objects in the order of their rows."""
    return objects if printer.order is None else sorted(objects, key=printer.order)


def column_definitions(columns: Iterable[Column], definitions: Definitions | None) -> list[Object]:
    """Columns as a Table declares them, explained by the schema's own descriptions."""
    return [
        {
            "name": c.name,
            "type": c.type,
            "format": c.format,
            "description": _description(c, definitions),
            "priority": c.priority,
        }
        for c in columns
    ]


def _description(column: Column, definitions: Definitions | None) -> str:
    found = definitions.describe(column.doc) if column.doc and definitions is not None else ""
    return found or column.description


def partial_object_metadata(obj: View, resource: Resource, version: str = "v1") -> Object:
    """The object's metadata alone."""
    metadata = dict(meta.metadata(obj))
    if resource.derived_annotations and metadata.get("annotations"):
        shown = {k: v for k, v in metadata.pop("annotations").items() if k not in resource.derived_annotations}
        if shown:
            metadata["annotations"] = shown
    return {"kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}", "metadata": metadata}


def row(obj: View, resource: Resource, now: datetime, include: IncludeObject, version: str = "v1") -> Object:
    """One object as a row."""
    printer = resource.printer or DEFAULT_PRINTER
    found: Object = {"cells": printer.cells(obj, CellContext(now))}
    if printer.conditions is not None and (conditions := printer.conditions(obj)):
        found["conditions"] = conditions
    if include == "Object":
        found["object"] = obj
    elif include == "Metadata":
        found["object"] = partial_object_metadata(obj, resource, version)
    else:
        found["object"] = None
    return found


def table(
    objects: Iterable[View],
    resource: Resource,
    *,
    metadata: View,
    now: datetime,
    include: IncludeObject = "Metadata",
    version: str = "v1",
    definitions: Definitions | None,
    headers: bool = True,
) -> Object:
    """Objects as a Table; without `headers` the column definitions are null, as in all watch events but the first."""
    printer = resource.printer or DEFAULT_PRINTER
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": metadata,
        "columnDefinitions": column_definitions(printer.columns, definitions) if headers else None,
        "rows": [row(o, resource, now, include, version) for o in in_order(objects, printer)],
    }
