"""The list of paths at `/`. Models apiserver/pkg/server/routes/index.go."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apimachinery import serializer
from server.endpoints import response
from server.endpoints.catalog import Catalog
from server.endpoints.negotiation import JSON
from server.endpoints.request import Request, Response


class Index:
    """Every path that is served: discovery's and those that routes name."""

    def __init__(self, catalog: Catalog, others: Callable[[], Iterable[str]]) -> None:
        self._catalog = catalog
        self._others = others

    async def __call__(self, request: Request) -> Response:
        """`{"paths": [...]}`, sorted."""
        if request.path not in ("/", "/index.html", "/index.json"):
            return response.not_found_page()
        paths = {"/api", "/apis", "/apis/", *self._others()}
        for group, version in self._catalog.group_versions():
            paths |= {f"/apis/{group}", f"/apis/{group}/{version}"} if group else {f"/api/{version}"}
        return Response(200, {"Content-Type": JSON}, serializer.dumps_pretty({"paths": sorted(paths)}))
