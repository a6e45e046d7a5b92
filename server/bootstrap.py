"""Creates what every cluster has from the start, as the server itself."""

from __future__ import annotations

import logging
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from apimachinery import serializer
from apimachinery.objects import Object
from server import aggregation
from server.authorization import bootstrap as default_policy
from server.endpoints.request import Response
from server.endpoints.scope import Services
from server.loopback import LoopbackClient
from server.options import ServerOptions
from server.registry import bootstrap as cluster

_log = logging.getLogger(__name__)


async def run(services: Services, client: LoopbackClient, options: ServerOptions, port: int) -> None:
    """Create what is missing; what exists is left as it is."""
    write = _Writer(client)
    start = services.clock.now()
    for path, obj in cluster.objects(services.version, options.service_cluster_ip_range, port, start):
        await write.create(path, obj)
    address = advertised(options)
    if address is not None and port:
        for path, obj in cluster.kubernetes_endpoints(address, port):
            await write.put(path, obj)
    for api_service in aggregation.local_services(services.catalog):
        await write.create(aggregation.PATH, api_service)
    if "RBAC" in options.authorization_mode:
        for path, obj in default_policy.objects():
            await write.reconcile(path, obj)


def advertised(options: ServerOptions) -> IPv4Address | IPv6Address | None:
    """Where pods would reach the API: --advertise-address, else the address bound to, else the machine's own.

    A loopback address is never announced, as Endpoints may hold none; None when there is no other.
    """
    if options.advertise_address:
        return ip_address(options.advertise_address)
    bound = ip_address(options.bind_address)
    if not (bound.is_loopback or bound.is_unspecified):
        return bound
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses a source address; nothing is sent
        except OSError:
            return None
        own = ip_address(probe.getsockname()[0])
    return None if own.is_loopback or own.is_unspecified else own


class _Writer:
    """Creates what is missing."""

    def __init__(self, client: LoopbackClient) -> None:
        self._client = client

    async def create(self, path: str, obj: Object) -> bool:
        """POST, and PUT the status that is given; whether the object is new. One that exists is no error."""
        answer = await self._client.send("POST", path, obj)
        if answer.status not in (201, 409):
            _log.error("creating %s: %s", path, _text(answer))
        new = answer.status == 201
        if new and "status" in obj:
            where = f"{path}/{obj['metadata']['name']}/status"
            answer = await self._client.send("PUT", where, obj)
            if answer.status != 200:
                _log.error("updating %s: %s", where, _text(answer))
        return new

    async def put(self, path: str, wanted: Object) -> None:
        """Create, or replace what a former server left."""
        if await self.create(path, wanted):
            return
        where = f"{path}/{wanted['metadata']['name']}"
        answer = await self._client.send("PUT", where, wanted)
        if answer.status != 200:
            _log.error("updating %s: %s", where, _text(answer))

    async def reconcile(self, path: str, wanted: Object) -> None:
        """Create, or give an object that exists what it lacks of the default policy."""
        if await self.create(path, wanted):
            return
        where = f"{path}/{wanted['metadata']['name']}"
        answer = await self._client.send("GET", where)
        if answer.status != 200 or not isinstance(answer.body, bytes):
            return
        changed = default_policy.reconciled(serializer.loads(answer.body), wanted)
        if changed is not None:
            answer = await self._client.send("PUT", where, changed)
            if answer.status != 200:
                _log.error("updating %s: %s", where, _text(answer))


def _text(answer: Response) -> str:
    return answer.body.decode(errors="replace") if isinstance(answer.body, bytes) else str(answer.status)
