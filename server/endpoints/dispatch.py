"""From a RequestInfo to a verb: one table for built-in and custom kinds alike.

Models apiserver/pkg/endpoints/installer.go and apiextensions-apiserver/pkg/apiserver/customresource_handler.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from apimachinery import errors
from server.endpoints import create, delete, get, negotiation, patch, reviews, subresources, update
from server.endpoints.catalog import Endpoint
from server.endpoints.request import Request, Response
from server.endpoints.request_info import RequestInfo
from server.endpoints.response import not_found_page
from server.endpoints.scope import Scope, ScopeHandler, Services
from server.registry.rest import Resource

_VERBS: Final[Mapping[str, ScopeHandler]] = {
    "get": get.get,
    "list": get.list_or_watch,
    "watch": get.list_or_watch,
    "create": create.create,
    "update": update.update,
    "patch": patch.patch,
    "delete": delete.delete,
    "deletecollection": delete.delete_collection,
}
_ON_OBJECT: Final = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ON_COLLECTION: Final = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}
_ON_SUBRESOURCE: Final = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def no_such_resource() -> errors.NotFound:
    """A path below a served group that names nothing."""
    return errors.NotFound("the server could not find the requested resource", details={})


def method_not_allowed() -> errors.MethodNotAllowed:
    """A path that is served, for other methods."""
    return errors.MethodNotAllowed("the server does not allow this method on the requested resource", details={})


class Dispatcher:
    """Finds the endpoint and the verb of a resource request and calls its handler."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, request: Request) -> Response:
        """The answer; NotFound, MethodNotAllowed, NotAcceptable for what no endpoint serves."""
        info = request.info
        if info is None or not info.resource_request:
            return self._unknown(request)
        catalog = self._services.catalog
        if info.api_prefix == "apis" and not catalog.has_group(info.api_group):
            return not_found_page()
        endpoint = catalog.get(info.api_group, info.api_version, info.resource)
        if endpoint is None and catalog.is_custom(info.api_group):
            return not_found_page()
        if endpoint is None or info.verb == "proxy" or (info.api_prefix == "api") != (not info.api_group):
            raise no_such_resource()
        return await self._call(request, info, endpoint)

    def _unknown(self, request: Request) -> Response:
        parts = request.path.strip("/").split("/")
        served = parts[0] == "api" or (len(parts) > 1 and self._services.catalog.has_group(parts[1]))
        if parts[0] in ("api", "apis") and served:
            raise no_such_resource()
        return not_found_page()

    async def _call(self, request: Request, info: RequestInfo, endpoint: Endpoint) -> Response:
        resource = endpoint.resource
        if not resource.definition and _is_out_of_scope(resource, info):
            return not_found_page()
        request.warnings.add(resource.deprecated)
        elsewhere = info.namespace and not resource.namespaced and resource.plural != "namespaces"
        if elsewhere or (resource.plural == "namespaces" and len(info.parts) > 1 and info.parts[0] != "namespaces"):
            raise no_such_resource()
        if len(info.parts) > 2 and not info.legacy_watch:
            return await self._subresource(request, info, endpoint)
        if len(info.parts) > 2:
            raise no_such_resource()
        scope = Scope(self._services, request, info, endpoint)
        named = len(info.parts) == 2
        if named and resource.namespaced and not info.namespace:
            raise no_such_resource()
        verb = _verb(request, resource, info, named=named) if resource.definition else _custom_verb(resource, info)
        streamed = negotiation.STREAMED if verb in ("list", "watch") else ()
        negotiation.check_representations(request, negotiation.SUPPORTED + streamed)
        if resource.virtual:
            return await _handler(reviews.HANDLERS, resource.virtual)(scope)
        return await _VERBS[verb](scope)

    async def _subresource(self, request: Request, info: RequestInfo, endpoint: Endpoint) -> Response:
        resource, subresource = endpoint.resource, endpoint.resource.subresource(info.parts[2])
        if subresource is None and not resource.definition:
            raise errors.NotFound.of(resource.group_resource, info.name)
        if subresource is None or (len(info.parts) > 3 and subresource.name != "proxy"):
            raise no_such_resource()
        if resource.namespaced and not info.namespace:
            raise no_such_resource()
        verb = _ON_SUBRESOURCE.get(request.method, "")
        if verb not in subresource.verbs:
            raise (
                method_not_allowed()
                if resource.definition
                else errors.MethodNotAllowed.of(resource.group_resource, info.verb)
            )
        scope = Scope(self._services, request, info, endpoint, subresource)
        if subresource.handler:
            return await _handler(subresources.HANDLERS, subresource.handler)(scope)
        return await _VERBS[verb](scope)


def _verb(request: Request, resource: Resource, info: RequestInfo, *, named: bool) -> str:
    """The verb of a request for objects of a built-in kind; MethodNotAllowed."""
    methods = _ON_OBJECT if named else _ON_COLLECTION
    verb = methods.get(request.method, "")
    if info.legacy_watch:
        verb = "watch" if request.method == "GET" else ""
    elif not named and resource.namespaced and not info.namespace and verb != "list":
        verb = ""
    supported: tuple[str, ...] = resource.verbs
    if verb not in supported and not (verb == "list" and "watch" in supported):
        raise method_not_allowed()
    return verb


def _custom_verb(resource: Resource, info: RequestInfo) -> str:
    """The verb of a request for custom objects; MethodNotAllowed.

    Models serveResource of customresource_handler.go: one handler a verb, which a name that is not needed does not
    trouble.
    """
    if info.verb not in _VERBS:
        raise errors.MethodNotAllowed.of(resource.group_resource, info.verb)
    if info.verb == "create" and resource.terminating:
        refusal = errors.MethodNotAllowed.of(resource.group_resource, info.verb)
        refusal.message = "create not allowed while custom resource definition is terminating"
        raise refusal
    return info.verb


def _is_out_of_scope(resource: Resource, info: RequestInfo) -> bool:
    """Whether a path to a custom resource has a namespace that it must not have, or has none."""
    if not resource.namespaced:
        return bool(info.namespace)
    return not info.namespace and info.verb not in ("list", "watch")


def _handler(table: Mapping[str, ScopeHandler], name: str) -> ScopeHandler:
    try:
        return table[name]
    except KeyError:
        raise errors.InternalError.of(f"no handler for {name}") from None
