"""One TLS port for all simulated kubelets, open to the API server's certificate alone. Models pkg/kubelet/server.

Simulated InternalIPs lead nowhere, so a Node's annotation `mockube.dev/kubelet-endpoint` says where this port is.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from aiohttp import web

from apimachinery import serializer
from apimachinery.clock import Clock
from apimachinery.objects import View
from controllers.health import self_signed_context
from controllers.simulated.container import Container
from controllers.simulated.endpoint import attach, exec_, logs
from controllers.simulated.endpoint.stats import NodeStats
from controllers.simulated.endpoint.target import Refused, Target
from controllers.simulated.endpoint.web_server import serve, unreachable
from controllers.simulated.host import Host
from controllers.simulated.pod_agent import PodAgents
from controllers.simulated.pod_machine import PodMachine

ADDRESS: Final = "127.0.0.1"
MASTERS: Final = "system:masters"
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class KubeletServer:
    """Serves from `start` to `stop`; only clients whose certificate the authority signed for system:masters get in."""

    def __init__(
        self,
        pods: PodAgents,
        clock: Clock,
        authority: bytes,
        *,
        host: Callable[[str], Host | None],
        node: Callable[[str], View | None],
    ) -> None:
        self._pods = pods
        self._host = host
        self._node = node
        self._clock = clock
        self._authority = authority
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen on a free port; the base URL."""
        app = web.Application(middlewares=[_only_masters, _refusals])
        app.router.add_get("/healthz", _healthz)
        app.router.add_get("/nodes/{node}/healthz", self._node_healthz)
        app.router.add_get("/nodes/{node}/stats/summary", self._summary)
        app.router.add_get("/nodes/{node}/metrics/resource", self._metrics)
        app.router.add_get("/nodes/{node}/pods", self._pod_list)
        app.router.add_get("/nodes/{node}/pods/", self._pod_list)
        app.router.add_route("*", "/pods/{namespace}/{pod}/{port:[0-9]+}/{path:.*}", self._web)
        app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", self._logs)
        app.router.add_route("*", "/exec/{namespace}/{pod}/{container}", self._exec)
        app.router.add_route("*", "/attach/{namespace}/{pod}/{container}", self._attach)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        context = self_signed_context(ADDRESS)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self._authority.decode())
        site = web.TCPSite(self._runner, ADDRESS, 0, ssl_context=context)
        await site.start()
        port = self._runner.addresses[0][1]
        return f"https://{ADDRESS}:{port}"

    async def stop(self) -> None:
        """Close every connection."""
        if self._runner is not None:
            await self._runner.cleanup()

    def _machine(self, request: web.Request) -> PodMachine:
        where = request.match_info
        machine = self._pods.machine(where["namespace"], where["pod"])
        if machine is None:
            raise Refused(404, f'pod "{where["pod"]}" does not exist')
        return machine

    def _target(self, request: web.Request) -> Target:
        where, machine = request.match_info, self._machine(request)
        _require_answers(request, machine.host)
        container: Container | None = machine.container(where["container"])
        if container is None:
            raise Refused(404, f'container "{where["container"]}" not found in pod "{where["pod"]}"')
        return Target(self._pods, self._clock, machine, container)

    def _stats(self, request: web.Request) -> NodeStats:
        name = request.match_info["node"]
        host, node = self._host(name), self._node(name)
        if host is None or node is None:
            raise Refused(404, f'node "{name}" is not simulated here')
        _require_answers(request, host)
        return NodeStats(host, node, self._pods.machines_on(name), self._pods.now())

    async def _node_healthz(self, request: web.Request) -> web.StreamResponse:
        self._stats(request)
        return await _healthz(request)

    async def _summary(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=serializer.dumps(self._stats(request).summary()), content_type="application/json")

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._stats(request).metrics().encode(), headers={"Content-Type": METRICS_TYPE})

    async def _pod_list(self, request: web.Request) -> web.StreamResponse:
        self._stats(request)
        pods = [machine.pod for machine in self._pods.machines_on(request.match_info["node"])]
        found = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": pods}
        return web.Response(body=serializer.dumps(found), content_type="application/json")

    async def _web(self, request: web.Request) -> web.StreamResponse:
        try:
            machine = self._machine(request)
        except Refused:
            return unreachable("connect: no route to host")
        if machine.host.cut_off:
            return unreachable("i/o timeout")
        return serve(request, machine, self._pods.now())

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        return await logs.serve(request, self._target(request))

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        return await exec_.serve(request, self._target(request))

    async def _attach(self, request: web.Request) -> web.StreamResponse:
        return await attach.serve(request, self._target(request))


def _require_answers(request: web.Request, host: Host) -> None:
    """Break the connection of who asks a kubelet that is down or cut off."""
    if host.kubelet_down or host.cut_off:
        if request.transport is not None:
            request.transport.abort()
        raise Refused(503, "the kubelet does not answer")


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What a handler refuses is answered in plain text."""
    try:
        return await handler(request)
    except Refused as refused:
        return refused.response()


@web.middleware
async def _only_masters(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The API server shows a certificate of the group that may do everything; nobody else belongs here."""
    certificate = request.get_extra_info("peercert") or {}
    groups = {value for part in certificate.get("subject", ()) for key, value in part if key == "organizationName"}
    if MASTERS not in groups:
        return web.Response(status=401, text="Unauthorized")
    return await handler(request)
