"""Renewals that fall on the same moment go to the API server in one request, where it takes them so."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from apimachinery import errors, serializer
from apimachinery.timestamp import format_micro_time
from controllers.runtime.client import Client
from controllers.runtime.errors import TransportError

PATH: Final = "/mockube/v1/heartbeats"
_UNSERVED: Final = (errors.NotFound, errors.Forbidden, errors.Unauthorized, errors.MethodNotAllowed)


class Heartbeats:
    """Gathers what beats in one turn of the loop. A server without the path is not asked again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._gathered: dict[str, asyncio.Future[bool]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self.together = True
        """Whether the server takes many at once."""

    async def beat(self, name: str, now: datetime) -> bool:
        """Renew a node's lease; False when that is left to the caller. StatusError, TransportError."""
        if not self.together:
            return False
        if not self._gathered:
            asyncio.get_running_loop().call_soon(self._send, now)
        answer = self._gathered.setdefault(name, asyncio.get_running_loop().create_future())
        return await asyncio.shield(answer)

    def _send(self, now: datetime) -> None:
        gathered, self._gathered = self._gathered, {}
        task = asyncio.get_running_loop().create_task(self._exchange(gathered, now))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _exchange(self, gathered: dict[str, asyncio.Future[bool]], now: datetime) -> None:
        body = serializer.dumps({"renewTime": format_micro_time(now), "names": list(gathered)})
        try:
            missing = set(serializer.loads(await self._client.request("POST", PATH, body=body))["missing"])
        except _UNSERVED:
            self.together, missing = False, set(gathered)
        except (errors.StatusError, TransportError) as error:
            for answer in gathered.values():
                answer.set_exception(error)
                answer.exception()  # whoever waited for it may have been cancelled
            return
        for name, answer in gathered.items():
            answer.set_result(name not in missing)
