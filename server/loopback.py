"""What the server writes on its own account, through the same handlers as everybody."""

from __future__ import annotations

from apimachinery import serializer
from apimachinery.objects import View
from server.authentication.interfaces import LOOPBACK
from server.endpoints.request import Handler, Request, Response
from server.endpoints.request_info import resolve
from server.filters.panic_recovery import with_panic_recovery

USER_AGENT = "kube-apiserver"


class LoopbackClient:
    """Requests in process as system:apiserver: defaults, rules, admission and managedFields are the usual ones."""

    def __init__(self, dispatcher: Handler) -> None:
        self._call = with_panic_recovery()(dispatcher)

    async def send(self, method: str, path: str, obj: View | None = None) -> Response:
        """One request; errors come as Status answers."""
        raw = serializer.dumps(obj) if obj is not None else b""

        async def body() -> bytes:
            return raw

        headers = {"content-type": "application/json", "user-agent": USER_AGENT}
        request = Request(method, path, headers=headers, body=body, user=LOOPBACK)
        return await self._call(request.with_(info=resolve(request)))
