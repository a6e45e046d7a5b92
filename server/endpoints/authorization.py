"""What a request asks of the authorizer, and how a refusal reads.

Models apiserver/pkg/endpoints/{filters/authorization.go,handlers/responsewriters/errors.go}.
"""

from __future__ import annotations

from apimachinery import errors
from apimachinery.gvk import GroupResource
from server.authentication.interfaces import LOOPBACK
from server.authorization.interfaces import Attributes
from server.endpoints.request import Request


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
