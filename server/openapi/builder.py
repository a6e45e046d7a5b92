"""From the resources that are served to documents. Models apiserver/pkg/server/routes/openapi.go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apimachinery import schema as schemas
from apimachinery.gvk import GroupVersion
from server.openapi import v2, v3
from server.openapi.endpoints import fixed_paths, group_paths
from server.openapi.operations import PathItem, definition_of, resource_paths
from server.openapi.schemas import JSONSchema, Schemas
from server.registry.rest import Resource


class Builder:
    """Builds the documents of a release. What it renders on the way is let go of: documents are kept as bytes."""

    def __init__(self, version: tuple[int, int]) -> None:
        self._version = version
        self._title = f"{version[0]}.{version[1]}"
        self._definitions = schemas.definitions(self._title)

    def v2(self, resources: Sequence[Resource]) -> JSONSchema:
        """The Swagger 2.0 document of these resources."""
        rendered = Schemas(self._definitions, _custom(resources), v3=False)
        return v2.document((item for _, item in self._items(resources)), rendered, self._title)

    def v3(self, resources: Sequence[Resource]) -> dict[str, JSONSchema]:
        """The OpenAPI 3.0 documents by the name they have in the index: `apis/apps/v1`, `api/v1`, `version`, …"""
        rendered = Schemas(self._definitions, _custom(resources), v3=True)
        by_document: dict[str, list[PathItem]] = {}
        for name, item in self._items(resources):
            by_document.setdefault(name, []).append(item)
        served = {_document_name(r.group_version): r.group_version for r in resources}
        return {
            name: v3.document(items, rendered, self._title, served.get(name))
            for name, items in sorted(by_document.items())
        }

    def _items(self, resources: Sequence[Resource]) -> Iterable[tuple[str, PathItem]]:
        yield from fixed_paths()
        yield from group_paths(dict.fromkeys(r.group_version for r in resources))
        for resource in resources:
            for item in resource_paths(resource, self._version):
                yield _document_name(resource.group_version), item


def _custom(resources: Sequence[Resource]) -> list[tuple[Resource, str]]:
    return [(r, definition_of(r.gvk)) for r in resources if not r.definition]


def _document_name(served: GroupVersion) -> str:
    return f"apis/{served.group}/{served.version}" if served.group else f"api/{served.version}"
