"""Paths that are no resources, before the dispatcher. Models apiserver/pkg/server/mux/pathrecorder.go."""

from __future__ import annotations

from server.endpoints.discovery import Discovery
from server.endpoints.dispatch import method_not_allowed
from server.endpoints.request import Handler, Request, Response


class Router:
    """Exact paths first, then the longest prefix, then discovery, then the dispatcher."""

    def __init__(self, discovery: Discovery, dispatcher: Handler) -> None:
        self._discovery = discovery
        self._dispatcher = dispatcher
        self._exact: dict[str, Handler] = {}
        self._prefixes: dict[str, Handler] = {}

    def exact(self, path: str, handler: Handler) -> None:
        """Serve one path."""
        self._exact[path] = handler

    def prefix(self, path: str, handler: Handler) -> None:
        """Serve a path and everything below it."""
        self._prefixes[path.rstrip("/")] = handler

    def paths(self) -> list[str]:
        """What was registered."""
        return [*self._exact, *self._prefixes]

    async def __call__(self, request: Request) -> Response:
        """The answer of whoever serves the path."""
        info = request.info
        if info is None or not info.resource_request:
            handler = self._exact.get(request.path) or self._longest(request.path)
            if handler is not None:
                return await handler(request)
            found = self._discovery.serve(request)
            if found is not None:
                if request.method != "GET":
                    raise method_not_allowed()
                return found
        return await self._dispatcher(request)

    def _longest(self, path: str) -> Handler | None:
        while path:
            if path in self._prefixes:
                return self._prefixes[path]
            path = path.rpartition("/")[0]
        return None
