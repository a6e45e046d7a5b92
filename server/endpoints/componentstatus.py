"""ComponentStatus: made for each request, never stored. Models pkg/registry/core/componentstatus/rest.go."""

from __future__ import annotations

from apimachinery import errors, meta, serializer
from apimachinery.objects import StoredObject
from server.endpoints import options, response
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.registry.core import componentstatus
from storage.interfaces import ListResult


async def component_statuses(scope: Scope) -> Response:
    """One component or all that the selectors want."""
    asked = options.listing(scope.request.query, scope.resource, watch=False)
    found = [_stored(scope, obj) for obj in componentstatus.items()]
    if not scope.name:
        return response.of_list(
            scope, ListResult([i for i in found if asked.predicate.matches(i.labels, i.fields)], resource_version=0)
        )
    for item in found:
        if item.key == scope.name:
            return response.of_stored(scope, item)
    raise errors.Unknown(f"Component not found: {scope.name}")


def _stored(scope: Scope, obj: dict[str, object]) -> StoredObject:
    name = meta.name(obj)
    whole = {"kind": scope.resource.kind, "apiVersion": scope.resource.gvk.api_version, **obj}
    return StoredObject(name, 0, serializer.dumps(whole), labels={}, fields={"metadata.name": name})
