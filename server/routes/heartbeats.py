"""POST /mockube/v1/heartbeats: renew the Leases of many simulated nodes in one request.

Each Lease is written as a PUT of its owner would write it, with its own revision and its own event; what is saved is
everything around that, which costs many times as much. For those whom authorization lets there (system:masters).
"""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apimachinery import errors, serializer
from apimachinery.clock import Clock
from apimachinery.objects import Object, StoredObject
from apimachinery.timestamp import format_time
from server.endpoints.negotiation import JSON
from server.endpoints.request import Request, Response
from server.fieldmanager.field_manager import manager_name
from server.registry.errors import storage_errors_of
from server.registry.store import Store
from storage.errors import KeyNotFound

PATH: Final = "/mockube/v1/heartbeats"
NAMESPACE: Final = "kube-node-lease"
AT_ONCE: Final = 16
"""So many writes are under way at once, where a store takes its time."""


class Beats(BaseModel):
    """Whose hearts beat, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    renew_time: str = Field(alias="renewTime", min_length=1)
    names: list[str] = Field(max_length=10_000)


class Heartbeats:
    """Answers {"missing": [...]}: the nodes that have no Lease which this client has renewed before."""

    def __init__(self, leases: Store, clock: Clock) -> None:
        self._leases = leases
        self._clock = clock

    async def __call__(self, request: Request) -> Response:
        """Renew; BadRequest for a body that says something else."""
        if request.method != "POST":
            raise errors.MethodNotAllowed("the server does not allow this method on the requested resource", details={})
        try:
            beats = Beats.model_validate_json(await request.body() or b"{}")
        except ValidationError as error:
            problem = error.errors()[0]
            raise errors.BadRequest(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
        manager = manager_name("", request.header("user-agent"))
        missing: list[str] = []
        with storage_errors_of(self._leases.group_resource):
            for at in range(0, len(beats.names), AT_ONCE):
                names = beats.names[at : at + AT_ONCE]
                found = await asyncio.gather(*(self._renew(name, beats.renew_time, manager) for name in names))
                missing += (name for name, renewed in zip(names, found, strict=True) if not renewed)
        return Response(200, {"Content-Type": JSON}, serializer.dumps({"missing": missing}) + b"\n")

    async def _renew(self, name: str, stamp: str, manager: str) -> bool:
        now = format_time(self._clock.now())
        renewed = False

        async def update(current: StoredObject | None) -> Object | None:
            nonlocal renewed
            lease = current.thaw() if current is not None else {}
            renewed = _renewed(lease, stamp, manager, now)
            return lease if renewed else None

        try:
            await self._leases.storage.guaranteed_update(self._leases.key(NAMESPACE, name), update)
        except KeyNotFound:
            return False
        return renewed


def _renewed(lease: Object, stamp: str, manager: str, now: str) -> bool:
    """Set the time in a Lease whose renewTime is the manager's, and whose write moves no ownership."""
    for entry in lease["metadata"].get("managedFields") or ():
        if entry["manager"] == manager and entry["operation"] == "Update" and "subresource" not in entry:
            if "f:renewTime" not in (entry.get("fieldsV1") or {}).get("f:spec", {}):
                return False
            entry["time"] = now
            lease["spec"]["renewTime"] = stamp
            return True
    return False
