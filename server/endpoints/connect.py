"""Requests that go on to a node's kubelet: log, exec, attach, port-forward and the node's own paths.

Models pkg/registry/core/pod/strategy.go (LogLocation, streamLocation), pod/rest and node/rest. The way there is an
`Upstream`, so that this module decides where to and with what, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

from apimachinery import errors, field, meta
from apimachinery.decode.scalars import time_text
from apimachinery.objects import Object, View
from server.endpoints import options
from server.endpoints.request import Query, Request, Response
from server.endpoints.scope import Scope, ScopeHandler

STREAM_PROTOCOLS: Final = (
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
    "v3.channel.k8s.io",
    "v2.channel.k8s.io",
    "channel.k8s.io",
)
TUNNEL_PROTOCOLS: Final = ("SPDY/3.1+portforward.k8s.io",)
SIMULATED_ENDPOINT: Final = "mockube.dev/kubelet-endpoint"
_LOOPBACK: Final = re.compile(r"https://127\.0\.0\.1:[0-9]{1,5}")
_ADDRESS_TYPES: Final = ("Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP")
_DEFAULT_PORT: Final = 10250
_DIAL_ERROR: Final = "Mockube-Dial-Error"
"""By this header a simulated kubelet says why the pod that it plays cannot be reached."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a request goes on: the base URL of a kubelet, a path and its query."""

    base: str
    path: str
    query: str = ""

    @property
    def url(self) -> str:
        """The whole URL."""
        return f"{self.base}{self.path}?{self.query}" if self.query else f"{self.base}{self.path}"


class Unreachable(Exception):
    """Nobody answers; says what dialing came to, as `dial tcp ADDRESS: …`."""


class Upstream(Protocol):
    """The way to kubelets and pods."""

    async def fetch(self, location: Location, request: Request) -> Response:
        """The answer to the same method and body there, headers and all; Unreachable when nobody answers."""
        ...

    async def tunnel(self, location: Location, request: Request, protocols: tuple[str, ...]) -> Response:
        """An upgrade to a WebSocket whose messages pass both ways; an error when the other side refuses."""
        ...


def kubelet_base(node: View) -> str:
    """The base URL of a node's kubelet; InternalError without an address.

    A simulated kubelet's InternalIP leads nowhere: its annotation names the loopback port where it listens.
    """
    if simulated := _simulated(node):
        return simulated
    status = node.get("status") or {}
    addresses = {a["type"]: a["address"] for a in reversed(status.get("addresses") or [])}
    host = next((addresses[t] for t in _ADDRESS_TYPES if addresses.get(t)), "")
    port = ((status.get("daemonEndpoints") or {}).get("kubeletEndpoint") or {}).get("Port") or _DEFAULT_PORT
    if not host:
        kinds = " ".join(_ADDRESS_TYPES)
        raise errors.InternalError.of(f"no preferred addresses found; known addresses: [{kinds}]")
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def _simulated(node: View) -> str:
    """The port of a simulated node's kubelet, as a base URL; "" for any other node."""
    endpoint = meta.annotations(node).get(SIMULATED_ENDPOINT, "")
    return endpoint if _LOOPBACK.fullmatch(endpoint) else ""


def container_of(pod: View, asked: str) -> str:
    """The container that is meant; BadRequest where that cannot be told or there is none of the name."""
    name, spec = meta.name(pod), pod["spec"]
    kinds = ("containers", "initContainers", "ephemeralContainers")
    by_kind = {k: [c["name"] for c in spec.get(k) or ()] for k in kinds}
    if asked:
        if not any(asked in names for names in by_kind.values()):
            raise errors.BadRequest(f"container {asked} is not valid for pod {name}")
        return asked
    app, init = by_kind["containers"], by_kind["initContainers"]
    if len(app) == 1:
        return str(app[0])
    if not app:
        raise errors.BadRequest(f"a container name must be specified for pod {name}")
    message = f"a container name must be specified for pod {name}, choose one of: [{' '.join(app)}]"
    if init:
        message += f" or one of the init containers: [{' '.join(init)}]"
    raise errors.BadRequest(message)


async def _pod(scope: Scope) -> View:
    return (await scope.store.get(scope.namespace, scope.name)).view


async def _kubelet(scope: Scope, name: str) -> str:
    stored = await scope.services.registry.find("nodes").get("", name)
    return kubelet_base(stored.view)


def _upstream(scope: Scope) -> Upstream:
    upstream = scope.services.upstream
    if upstream is None:
        raise errors.ServiceUnavailable("there is no way to kubelets from here")
    return upstream


_LOG_INTEGERS: Final = {"tailLines": 0, "limitBytes": 1, "sinceSeconds": 1}
_LOG_SWITCHES: Final = ("follow", "previous", "timestamps")


def log_query(pod: str, query: Query) -> dict[str, str]:
    """The kubelet's parameters of a request for a pod's log; BadRequest, Invalid."""
    found = {name: "true" for name in _LOG_SWITCHES if options.boolean(query, name)}
    given = {name: options.optional_integer(query, name) for name in _LOG_INTEGERS}
    since = query.get("sinceTime")
    problems: list[field.Error] = []
    if since:
        found["sinceTime"] = _time(since)
    for name, least in _LOG_INTEGERS.items():
        value = given[name]
        if value is None:
            continue
        found[name] = str(value)
        if since and name == "sinceSeconds":
            detail = "at most one of `sinceTime` or `sinceSeconds` may be specified"
            problems.append(field.forbidden(field.Path("[]"), detail))
        elif value < least:
            detail = "must be greater than 0" if least else "must be greater than or equal to 0"
            problems.append(field.invalid(field.Path(name), value, detail))
    if "stream" in query:
        problems.append(field.forbidden(field.Path("stream"), "may not be specified"))
    if problems:
        raise errors.Invalid.of("PodLogOptions", pod, problems)
    return found


def _time(text: str) -> str:
    try:
        return time_text(text) or ""
    except ValueError as e:
        raise errors.BadRequest(str(e)) from None


async def log(scope: Scope) -> Response:
    """A container's log, as it comes where `follow` is asked for."""
    parameters = log_query(scope.name, scope.request.query)
    pod = await _pod(scope)
    container = container_of(pod, scope.request.query.get("container"))
    node = pod["spec"].get("nodeName")
    if not node:
        return Response(204)
    path = f"/containerLogs/{scope.namespace}/{scope.name}/{container}"
    location = Location(await _kubelet(scope, node), path, urlencode(parameters))
    try:
        answer = await _upstream(scope).fetch(location, scope.request)
    except Unreachable as e:
        raise errors.Unknown(f'Get "{location.url}": {e}', code=500) from e
    if answer.status >= 300:
        raise _refusal(answer.status, await _text(answer))
    return answer


def _refusal(code: int, text: str) -> errors.StatusError:
    """A kubelet's refusal as an error of the API. Models GenericHttpResponseChecker."""
    if code == errors.BadRequest.code:
        return errors.BadRequest(text)
    if code == errors.InternalError.code:
        return errors.InternalError.of(text)
    if code == errors.NotFound.code:
        return errors.NotFound(text, details={})
    return errors.Unknown(text, code=code)


async def _text(answer: Response) -> str:
    body = answer.body if isinstance(answer.body, bytes) else b"".join([chunk async for chunk in answer.body])
    return body[:2048].decode(errors="replace")


_Streams = Mapping[str, str]
_KUBELET_STREAMS: Final[_Streams] = {"stdin": "input", "stdout": "output", "stderr": "error", "tty": "tty"}


def _stream_query(query: Query, *, commands: bool) -> str:
    pairs = [(theirs, "1") for ours, theirs in _KUBELET_STREAMS.items() if options.boolean(query, ours)]
    if commands:
        pairs += [("command", c) for c in query.all("command")]
    return urlencode(pairs)


def _streaming(verb: str, *, commands: bool) -> ScopeHandler:
    async def connect(scope: Scope) -> Response:
        query = scope.request.query
        pod = await _pod(scope)
        await _admit(scope, {"kind": f"Pod{verb.capitalize()}Options", "apiVersion": "v1"})
        if commands and not query.all("command"):
            raise errors.BadRequest("you must specify at least 1 command for the container")
        container = container_of(pod, query.get("container"))
        node = pod["spec"].get("nodeName")
        if not node:
            raise errors.BadRequest(f"pod {scope.name} does not have a host assigned")
        path = f"/{verb}/{scope.namespace}/{scope.name}/{container}"
        location = Location(await _kubelet(scope, node), path, _stream_query(query, commands=commands))
        return await _switch(scope, location, STREAM_PROTOCOLS)

    return connect


async def port_forward(scope: Scope) -> Response:
    """Connections to ports of a pod, through one WebSocket."""
    pod = await _pod(scope)
    await _admit(scope, {"kind": "PodPortForwardOptions", "apiVersion": "v1"})
    node = pod["spec"].get("nodeName")
    if not node:
        raise errors.BadRequest(f"pod {scope.name} does not have a host assigned")
    ports = urlencode([("port", p) for p in scope.request.query.all("ports")])
    location = Location(await _kubelet(scope, node), f"/portForward/{scope.namespace}/{scope.name}", ports)
    return await _switch(scope, location, TUNNEL_PROTOCOLS + STREAM_PROTOCOLS)


async def _switch(scope: Scope, location: Location, protocols: tuple[str, ...]) -> Response:
    if not scope.request.wants_websocket:
        raise errors.BadRequest("Upgrade request required")
    asked = [p.strip() for p in scope.request.header("sec-websocket-protocol").split(",")]
    common = tuple(p for p in protocols if p in asked)
    return await _upstream(scope).tunnel(location, scope.request, common)


async def _admit(scope: Scope, connect_options: Object) -> None:
    """Admission of a connect; its object is the options."""
    admission = scope.services.admission
    if admission.handles("CONNECT"):
        attributes = scope.attributes("CONNECT", obj=connect_options)
        await admission.admit(attributes)
        await admission.validate(attributes)


async def proxy(scope: Scope) -> Response:
    """Any request to a node's kubelet, a pod's port or a service's endpoint, named as `[scheme:]name[:port]`.

    Models apimachinery/pkg/util/proxy (UpgradeAwareHandler), but for the links in HTML, which stay as they are.
    """
    request = scope.request
    below = request.path.partition(f"/{scope.resource.plural}/{scope.name}/proxy")[2]
    target = _PROXIES.get(scope.resource.plural)
    if target is None:
        raise errors.MethodNotAllowed.of(scope.resource.group_resource, "proxy")
    scheme, name, port = split_name(scope.name, scope.resource.kind.lower())
    await _admit(scope, {"kind": f"{scope.resource.kind}ProxyOptions", "apiVersion": "v1"})
    base, address = await target(scope, scheme, name, port)
    if not below and request.method in ("GET", "HEAD"):
        query = f"?{request.query.text}" if request.query.text else ""
        return Response(301, {"Location": f"{request.path}/{query}"})
    location = Location(base, below or "/", request.query.text)
    if request.wants_websocket:
        return await _switch(scope, location, ())
    try:
        answer = await _upstream(scope).fetch(location, request)
    except Unreachable as e:
        raise errors.ServiceUnavailable(f"error trying to reach service: {e}") from e
    if why := answer.headers.get(_DIAL_ERROR):
        raise errors.ServiceUnavailable(f"error trying to reach service: dial tcp {address}: {why}")
    return answer


def split_name(text: str, kind: str) -> tuple[str, str, str]:
    """Scheme, name and port of `name`, `name:port` or `scheme:name:port`; BadRequest for anything else."""
    parts = text.split(":")
    match parts:
        case [name]:
            return "", name, ""
        case [name, port]:
            return "", name, port
        case [scheme, name, port] if scheme in ("", "http", "https"):
            return scheme, name, port
    raise errors.BadRequest(f'invalid {kind} request "{text}"')


_Target = tuple[str, str]
"""A base URL, and the address that it stands for."""


async def _node_target(scope: Scope, scheme: str, name: str, port: str) -> _Target:
    base = await _kubelet(scope, name)
    address = base.partition("://")[2]
    if _LOOPBACK.fullmatch(base) and port in ("", str(_DEFAULT_PORT)):
        return f"{base}/nodes/{name}", address
    return (f"{base.rpartition(':')[0]}:{port}", f"{address.rpartition(':')[0]}:{port}") if port else (base, address)


async def _pod_target(scope: Scope, scheme: str, name: str, port: str) -> _Target:
    pod = (await scope.store.get(scope.namespace, name)).view
    address = (pod.get("status") or {}).get("podIP")
    if not address:
        raise errors.BadRequest("address not allowed")
    if not port:
        declared = [p["containerPort"] for c in pod["spec"]["containers"] for p in c.get("ports") or ()]
        port = str(declared[0]) if declared else "80"
    return await _way_to(scope, pod, scheme, address, port)


async def _service_target(scope: Scope, scheme: str, name: str, port: str) -> _Target:
    service = (await scope.store.get(scope.namespace, name)).view
    if port.isdecimal():
        ports = (p for p in service["spec"].get("ports") or () if str(p["port"]) == port)
        if (wanted := next(ports, None)) is None:
            raise errors.ServiceUnavailable(f'no service port {port} found for service "{name}"')
        port = wanted.get("name", "")
    endpoints = await scope.services.registry.find("endpoints").find(scope.namespace, name)
    for subset in (endpoints.view.get("subsets") or ()) if endpoints is not None else ():
        for found in subset.get("ports") or ():
            if found.get("name", "") == port and subset.get("addresses"):
                return await _endpoint(scope, subset["addresses"][0], scheme, str(found["port"]))
    raise errors.ServiceUnavailable(f'no endpoints available for service "{scope.name}"')


async def _endpoint(scope: Scope, address: View, scheme: str, port: str) -> _Target:
    reference = address.get("targetRef") or {}
    pod = None
    if reference.get("kind") == "Pod":
        pod = await scope.services.registry.find("pods").find(scope.namespace, reference["name"])
    return await _way_to(scope, pod.view if pod is not None else {}, scheme, address["ip"], port)


async def _way_to(scope: Scope, pod: View, scheme: str, address: str, port: str) -> _Target:
    """Straight to the address, or to the kubelet that plays the pod: its address leads nowhere."""
    host = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    if node_name := (pod.get("spec") or {}).get("nodeName"):
        node = await scope.services.registry.find("nodes").find("", node_name)
        if node is not None and (endpoint := _simulated(node.view)):
            return f"{endpoint}/pods/{meta.namespace(pod)}/{meta.name(pod)}/{port}", host
    return f"{scheme or 'http'}://{host}", host


_PROXIES: Final[Mapping[str, Callable[[Scope, str, str, str], Awaitable[_Target]]]] = {
    "nodes": _node_target,
    "pods": _pod_target,
    "services": _service_target,
}

HANDLERS: Final[Mapping[str, ScopeHandler]] = {
    "attach": _streaming("attach", commands=False),
    "exec": _streaming("exec", commands=True),
    "log": log,
    "portforward": port_forward,
    "proxy": proxy,
}
"""By the handler name of a Subresource."""
