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
            request.user = user
            if "authorization" in request.headers:
                headers = {k: v for k, v in request.headers.items() if k != "authorization"}
                request = request.with_(headers=headers)
            return await handler(request)

        return authenticate

    return wrap
