"""Attaches the RequestInfo. Models apiserver/pkg/endpoints/filters/requestinfo.go."""

from __future__ import annotations

from server.endpoints.request import Handler, Request, Response
from server.endpoints.request_info import resolve
from server.filters.chain import Filter


def with_request_info() -> Filter:
    """Read the URL once, for every later stage."""

    def wrap(handler: Handler) -> Handler:
        async def attach(request: Request) -> Response:
            request.info = resolve(request)
            return await handler(request)

        return attach

    return wrap
