"""POST /mockube/v1/heartbeats: renew the Leases of many simulated nodes in one request.

Each Lease is written as a PUT of its owner would write it, with its own revision and its own event; what is saved is
everything around that, which costs many times as much. For those whom authorization lets there (system:masters).
"""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import Field

from apimachinery import serializer
from apimachinery.clock import Clock
from apimachinery.objects import Object, StoredObject, View
from apimachinery.timestamp import format_time
from server.endpoints.dispatch import method_not_allowed
from server.endpoints.negotiation import JSON
from server.endpoints.request import Request, Response
from server.fieldmanager.field_manager import manager_name
from server.registry.errors import storage_errors_of
from server.registry.store import Store
from server.routes.bodies import Body, parse
from storage.errors import KeyNotFound

PATH: Final = "/mockube/v1/heartbeats"
NAMESPACE: Final = "kube-node-lease"
AT_ONCE: Final = 16
"""So many writes are under way at once, where a store takes its time."""


class Beats(Body):
    """Whose hearts beat, and when."""

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
            raise method_not_allowed()
        beats = parse(Beats, await request.body())
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
            lease = _renewed(current.view, stamp, manager, now) if current is not None else None
            renewed = lease is not None
            return lease

        try:
            await self._leases.storage.guaranteed_update(self._leases.key(NAMESPACE, name), update)
        except KeyNotFound:
            return False
        return renewed


def _renewed(lease: View, stamp: str, manager: str, now: str) -> Object | None:
    """The Lease with another time; None unless its renewTime is the manager's, so that the write moves no ownership."""
    entries: list[Object] = lease["metadata"].get("managedFields") or []
    for at, entry in enumerate(entries):
        if entry["manager"] == manager and entry["operation"] == "Update" and "subresource" not in entry:
            if "f:renewTime" not in (entry.get("fieldsV1") or {}).get("f:spec", {}):
                return None
            managed = [*entries[:at], {**entry, "time": now}, *entries[at + 1 :]]
            metadata = {**lease["metadata"], "managedFields": managed}
            return {**lease, "metadata": metadata, "spec": {**lease["spec"], "renewTime": stamp}}
    return None
