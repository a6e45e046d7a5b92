"""The other versions of a kind, in which fields may be owned too. Models managedfields/internal/versionconverter.go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from apimachinery import serializer
from apimachinery.objects import Object, View
from apimachinery.schema import Definitions, FieldSchema
from server.fieldmanager.updater import Convert
from server.registry.rest import FieldPath, Resource

Others: TypeAlias = dict[str, tuple[FieldSchema | None, frozenset[FieldPath]]]


def other_versions(
    resource: Resource, served: Iterable[Resource], definitions: Definitions, subresource: str = ""
) -> tuple[Others, Convert | None]:
    """The `others` and `convert` of a FieldManager: what shares its storage with the resource, and how to get there."""
    siblings = {
        str(other.group_version): other
        for other in served
        if other.storage_resource == resource.storage_resource and other.group_version != resource.group_version
    }
    if not siblings:
        return {}, None
    by_version = {str(resource.group_version): resource, **siblings}

    def convert(obj: View, api_version: str) -> View | None:
        source, target = by_version.get(obj.get("apiVersion", "")), by_version.get(api_version)
        if source is None or target is None:
            return None
        copy: Object = serializer.loads(serializer.dumps(obj))
        stored = source.to_storage(copy) if source.to_storage is not None else copy
        found = target.from_storage(stored) if target.from_storage is not None else stored
        return {**found, "apiVersion": api_version, "kind": target.kind}

    return {v: (_schema(r, definitions), _reset(r, subresource)) for v, r in siblings.items()}, convert


def _schema(resource: Resource, definitions: Definitions) -> FieldSchema | None:
    if resource.definition in definitions:
        return definitions.get(resource.definition)
    custom: FieldSchema | None = resource.schema
    return custom


def _reset(resource: Resource, subresource: str) -> frozenset[FieldPath]:
    part = resource.subresource(subresource)
    strategy = part.strategy if part is not None and part.strategy is not None else resource.strategy
    return strategy.reset_fields
