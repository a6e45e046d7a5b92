"""Whether the user may. Models apiserver/pkg/endpoints/filters/authorization.go."""

from __future__ import annotations

from apimachinery import errors
from apimachinery.gvk import GroupResource
from server.authentication.interfaces import LOOPBACK
from server.authorization.interfaces import Attributes, Authorizer
from server.endpoints.request import Handler, Request, Response
from server.endpoints.response import of_error
from server.filters.chain import Filter


def attributes_of(request: Request) -> Attributes:
    """What is asked of the authorizer for a request."""
    info, user = request.info, request.user or LOOPBACK
    if info is None or not info.resource_request:
        verb = info.verb if info is not None else request.method.lower()
        return Attributes(user, verb, resource_request=False, path=request.path)
    return Attributes(
        user,
        info.verb,
        namespace=info.namespace,
        api_group=info.api_group,
        api_version=info.api_version,
        resource=info.resource,
        subresource=info.subresource,
        name=info.name,
        path=request.path,
    )


def with_authorization(authorizer: Authorizer) -> Filter:
    """Let pass what is allowed; 403 with upstream's words for the rest."""

    def wrap(handler: Handler) -> Handler:
        async def authorize(request: Request) -> Response:
            attributes = attributes_of(request)
            verdict = await authorizer.authorize(attributes)
            request.annotations["authorization.k8s.io/decision"] = "allow" if verdict.allowed else "forbid"
            request.annotations["authorization.k8s.io/reason"] = verdict.reason
            if verdict.allowed:
                return await handler(request)
            return refused(request, forbidden(attributes, verdict.reason))

        return authorize

    return wrap


def refused(request: Request, error: errors.Forbidden) -> Response:
    """A refusal at the door: unlike those of later stages it tells browsers not to guess."""
    return of_error(request, error).with_headers(X_Content_Type_Options="nosniff")


def forbidden(attributes: Attributes, reason: str) -> errors.Forbidden:
    """The refusal as a client reads it. Models handlers/responsewriters/errors.go."""
    why = explain(attributes)
    if reason:
        why += f": {reason}"
    if not attributes.resource_request:
        return errors.Forbidden(f"forbidden: {why}", details={})
    return errors.Forbidden.of(GroupResource(attributes.api_group, attributes.resource), attributes.name, why)


def explain(attributes: Attributes) -> str:
    """`User "u" cannot get resource "pods" in API group "" in the namespace "n"`."""
    user = f'User "{attributes.user.name}"'
    if not attributes.resource_request:
        return f'{user} cannot {attributes.verb} path "{attributes.path}"'
    resource = attributes.resource + (f"/{attributes.subresource}" if attributes.subresource else "")
    text = f'{user} cannot {attributes.verb} resource "{resource}" in API group "{attributes.api_group}"'
    return (
        f'{text} in the namespace "{attributes.namespace}"' if attributes.namespace else f"{text} at the cluster scope"
    )
