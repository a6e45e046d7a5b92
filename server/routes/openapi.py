"""/openapi/v2 and /openapi/v3. Models kube-openapi/pkg/handler/handler.go and handler3/handler.go."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import Final

from apimachinery.clock import Clock
from server.endpoints import response
from server.endpoints.catalog import Catalog
from server.endpoints.negotiation import JSON, parse_accept
from server.endpoints.request import Request, Response
from server.openapi.service import Document, OpenAPIService, location
from server.routes.router import Router

V2_PROTOBUF: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
"""What is answered; clients ask for it with an @ in place of the second dot."""
_V2_ASKED: Final = (V2_PROTOBUF, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
_YEAR: Final = timedelta(days=365)
ROOT_V2: Final = "/openapi/v2"
ROOT_V3: Final = "/openapi/v3"


class OpenAPI:
    """Serves the documents: `v2` for its one path, `v3` for its root and everything below."""

    def __init__(self, service: OpenAPIService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    async def v2(self, request: Request) -> Response:
        """The Swagger document, as JSON or protobuf; 406 for anything else."""
        for clause in parse_accept(request.header("accept") or "*/*"):
            if clause.covers(JSON):
                return _serve(request, await self._service.v2_json(), JSON)
            if any(clause.covers(asked) for asked in _V2_ASKED):
                return _serve(request, await self._service.v2_protobuf(), V2_PROTOBUF)
        return response.text("", 406)

    async def v3(self, request: Request) -> Response:
        """The index, or the document of one group version; an outdated hash is sent to the present one."""
        name = request.path.removeprefix(ROOT_V3).strip("/")
        if not name:
            return _serve(request, await self._service.v3_index(), "text/plain; charset=utf-8")
        if not any(clause.covers(JSON) for clause in parse_accept(request.header("accept") or "*/*")):
            return response.text("", 406)
        document = await self._service.v3(name)
        if document is None:
            return response.not_found_page()
        asked = request.query.get("hash")
        if not asked:
            return _serve(request, document, JSON)
        if asked != document.etag:
            where = location(name, document)
            page = f'<a href="{where}">Moved Permanently</a>.\n\n'.encode()
            headers = {"Location": where, "Content-Type": "text/html; charset=utf-8", "Vary": "Accept"}
            return Response(301, headers, page)
        expires = format_datetime(self._clock.now() + _YEAR, usegmt=True)
        return _serve(request, document, JSON).with_headers(Cache_Control="public, immutable", Expires=expires)


def _serve(request: Request, document: Document, media_type: str) -> Response:
    etag = f'"{document.etag}"'
    modified = format_datetime(document.modified, usegmt=True)
    headers = {"Etag": etag, "Last-Modified": modified, "Vary": "Accept"}
    known = [tag.strip().removeprefix("W/") for tag in request.header("if-none-match").split(",")]
    if etag in known or "*" in known:
        return Response(304, headers)
    return Response(200, {**headers, "Content-Type": media_type}, document.body)


def register(router: Router, catalog: Catalog, *, version: tuple[int, int], clock: Clock) -> None:
    """Serve the documents of what the catalog holds."""
    service = OpenAPIService(
        lambda: [endpoint.resource for endpoint in catalog],
        lambda: catalog.generation,
        version=version,
        clock=clock,
    )
    routes = OpenAPI(service, clock)
    router.exact(ROOT_V2, routes.v2)
    router.prefix(ROOT_V3, routes.v3)
