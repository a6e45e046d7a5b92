"""Whether the user may. Models apiserver/pkg/endpoints/filters/authorization.go."""

from __future__ import annotations

from apimachinery import errors
from server.authorization.interfaces import Authorizer
from server.endpoints.authorization import attributes_of, forbidden
from server.endpoints.request import Handler, Request, Response
from server.endpoints.response import of_error
from server.filters.chain import Filter


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
