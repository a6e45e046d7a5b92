"""A deadline for requests that are not meant to last. Models apiserver/pkg/server/filters/timeout.go."""

from __future__ import annotations

import asyncio
from typing import Final

from apimachinery import errors
from server.endpoints.request import Handler, Request, Response
from server.filters.chain import Filter

LONG_RUNNING_VERBS: Final = frozenset({"watch", "proxy"})
LONG_RUNNING_SUBRESOURCES: Final = frozenset({"attach", "exec", "log", "portforward", "proxy"})


def long_running(request: Request) -> bool:
    """Whether the request may last as long as its client likes."""
    info = request.info
    return info is not None and (
        info.verb in LONG_RUNNING_VERBS or (info.resource_request and info.subresource in LONG_RUNNING_SUBRESOURCES)
    )


def with_timeout(seconds: float) -> Filter:
    """A 504 after so many seconds."""

    def wrap(handler: Handler) -> Handler:
        async def limit(request: Request) -> Response:
            if long_running(request):
                return await handler(request)
            try:
                async with asyncio.timeout(seconds):
                    return await handler(request)
            except TimeoutError:
                raise errors.Timeout(
                    "the server was unable to return a response in the time allotted, but may still be processing "
                    "the request",
                    details={},
                ) from None

        return limit

    return wrap
