"""GET of one object and of collections. Models apiserver/pkg/endpoints/handlers/get.go."""

from __future__ import annotations

from server.endpoints import options, response, watch
from server.endpoints.request import Response
from server.endpoints.scope import Scope


async def get(scope: Scope) -> Response:
    """One object, in the agreed shape."""
    version = options.get_resource_version(scope.request.query)
    _ = scope.media
    return response.of_stored(scope, await scope.store.get(scope.namespace, scope.name, resource_version=version))


async def list_or_watch(scope: Scope) -> Response:
    """A collection, or its changes."""
    asked = options.listing(
        scope.request.query, scope.resource, name=scope.name, watch=True if scope.info.legacy_watch else None
    )
    _ = scope.media
    if asked.watch:
        return await watch.serve(scope, asked)
    return response.of_list(scope, await scope.store.get_list(scope.namespace, asked.list_options()))
