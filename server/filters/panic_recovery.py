"""Every StatusError becomes its Status, anything else a 500. Models apiserver/pkg/server/filters/wrap.go."""

from __future__ import annotations

import logging

from apimachinery import errors
from server.endpoints.request import Handler, Request, Response
from server.endpoints.response import of_error
from server.filters.chain import Filter

_log = logging.getLogger(__name__)


def with_panic_recovery() -> Filter:
    """The only place on the request path that catches every Exception."""

    def wrap(handler: Handler) -> Handler:
        async def recover(request: Request) -> Response:
            try:
                return await handler(request)
            except errors.StatusError as e:
                return of_error(request, e)
            except Exception as e:
                _log.exception("%s %s failed", request.method, request.path)
                return of_error(request, errors.InternalError.of(e))

        return recover

    return wrap
