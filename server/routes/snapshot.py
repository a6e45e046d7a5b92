"""/mockube/v1/snapshot: the whole state out, and in again, for those whom authorization lets there (system:masters)."""

from __future__ import annotations

from typing import Final

from apimachinery import errors
from apimachinery.gvk import GroupResource
from server.endpoints.dispatch import method_not_allowed
from server.endpoints.request import Request, Response
from server.endpoints.response import of_error
from server.registry.errors import storage_errors_of
from storage.factory import StorageFactory

PATH: Final = "/mockube/v1/snapshot"
_NO_RESOURCE: Final = GroupResource("", "")
_MEDIA_TYPE: Final = "application/vnd.mockube.snapshot"


class Snapshot:
    """GET saves, PUT restores: on memory at once, on etcd as writes that watches see."""

    def __init__(self, storage: StorageFactory) -> None:
        self._storage = storage

    async def __call__(self, request: Request) -> Response:
        """The snapshot, or 204 once the one sent is in place; BadRequest for bytes that are none."""
        with storage_errors_of(_NO_RESOURCE):
            match request.method:
                case "GET":
                    return Response(200, {"Content-Type": _MEDIA_TYPE}, await self._storage.snapshot())
                case "PUT":
                    try:
                        await self._storage.restore(await request.body())
                    except ValueError as e:
                        return of_error(request, errors.BadRequest(str(e)))
                    return Response(204)
        return of_error(request, method_not_allowed())
