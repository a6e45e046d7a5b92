"""Who asks. Models apiserver/pkg/endpoints/filters/authentication.go."""

from __future__ import annotations

from apimachinery import errors
from server.authentication.interfaces import Authenticator
from server.endpoints.request import Handler, Request, Response
from server.filters.chain import Filter


def with_authentication(authenticator: Authenticator) -> Filter:
    """Attach the user, or answer 401; the Authorization header goes no further."""

    def wrap(handler: Handler) -> Handler:
        async def authenticate(request: Request) -> Response:
            user = await authenticator.authenticate(request)
            if user is None:
                raise errors.Unauthorized("Unauthorized")
            if "authorization" in request.headers:
                headers = {k: v for k, v in request.headers.items() if k != "authorization"}
                return await handler(request.with_(user=user, headers=headers))
            request.user = user
            return await handler(request)

        return authenticate

    return wrap
