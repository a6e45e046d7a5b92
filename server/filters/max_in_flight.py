"""A bound on requests in progress. Models apiserver/pkg/server/filters/maxinflight.go."""

from __future__ import annotations

from server.endpoints.request import Handler, Request, Response
from server.filters.chain import Filter
from server.filters.timeout import long_running

_MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def with_max_in_flight(reading: int, mutating: int) -> Filter:
    """429 with Retry-After beyond so many; 0 means no bound. Long-running requests do not count."""

    def wrap(handler: Handler) -> Handler:
        counts = {False: 0, True: 0}
        limits = {False: reading, True: mutating}

        async def bound(request: Request) -> Response:
            if long_running(request):
                return await handler(request)
            writes = request.method in _MUTATING
            if limits[writes] and counts[writes] >= limits[writes]:
                return Response(
                    429,
                    {
                        "Content-Type": "text/plain; charset=utf-8",
                        "Retry-After": "1",
                        "X-Content-Type-Options": "nosniff",
                    },
                    b"Too many requests, please try again later.\n",
                )
            counts[writes] += 1
            try:
                return await handler(request)
            finally:
                counts[writes] -= 1

        return bound

    return wrap
