"""What programs of simulated containers answer over HTTP, where the API server's proxy would dial a pod's address.

A container listens on the ports of its behaviour, or on those that it declares; files below its document root are
served, mounted ones too. A program that is not known answers with the pod's host name, as many images for trying do.
"""

from __future__ import annotations

import mimetypes
from http import HTTPStatus
from typing import Final

from aiohttp import web

from controllers.simulated.container import Container, Stage
from controllers.simulated.pod_machine import PodMachine
from controllers.simulated.sandbox import Sandbox

DIAL_ERROR: Final = "Mockube-Dial-Error"
"""The header that says why no connection could be made, as the network would."""
_ROOTS: Final = ("/usr/share/nginx/html", "/usr/local/apache2/htdocs")


def serve(request: web.Request, machine: PodMachine, now: float) -> web.Response:
    """The answer of whoever listens on the port of the path."""
    port = int(request.match_info["port"])
    listening = next((c for c in machine.containers if _listens(c, port, now)), None)
    if listening is None:
        return unreachable("connect: connection refused")
    return _page(machine, listening, "/" + request.match_info["path"])


def unreachable(why: str) -> web.Response:
    """What tells the API server that no connection comes about."""
    return web.Response(status=HTTPStatus.BAD_GATEWAY, headers={DIAL_ERROR: why})


def _listens(c: Container, port: int, now: float) -> bool:
    if c.stage is not Stage.RUNNING or now - c.started_at < c.behaviour.ready_delay:
        return False
    if c.behaviour.ports is not None:
        return port in c.behaviour.ports
    return any(p["containerPort"] == port for p in c.spec.get("ports") or ())


def _page(machine: PodMachine, c: Container, path: str) -> web.Response:
    files = Sandbox.inside(machine, c).files
    name = path + "index.html" if path.endswith("/") else path
    for root in _ROOTS:
        if files.exists(root + name) and not files.is_directory(root + name):
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            return web.Response(body=files.read(root + name), content_type=kind)
    code = 200 if c.behaviour.paths is None else c.behaviour.paths.get(path, 404)
    if code == HTTPStatus.OK:
        spec = machine.pod["spec"]
        return web.Response(text=str(spec.get("hostname") or machine.pod["metadata"]["name"]))
    return web.Response(status=code, text=f"{code} {HTTPStatus(code).phrase}\n")
