"""Web servers, and the NGINX ingress controller with what it needs from the API."""

from __future__ import annotations

from typing import Final

from controllers.simulated.behaviour import Behaviour, Pull, Usage
from controllers.simulated.catalogue.entry import Entry
from controllers.simulated.catalogue.nginx_ingress import nginx_ingress
from controllers.simulated.logs import PlannedLine

_ENTRYPOINT: Final = "/docker-entrypoint.sh: "
_WELCOME: Final = b"<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n</html>\n"
_PAGES: Final = {"/": 200, "/index.html": 200, "/50x.html": 200}


def _nginx(port: int) -> Behaviour:
    return Behaviour(
        lines=(
            PlannedLine(0.0, f"{_ENTRYPOINT}/docker-entrypoint.d/ is not empty, will attempt to perform configuration"),
            PlannedLine(0.001, f"{_ENTRYPOINT}Looking for shell scripts in /docker-entrypoint.d/"),
            PlannedLine(0.002, f"{_ENTRYPOINT}Configuration complete; ready for start up"),
            PlannedLine(0.003, '[notice] 1#1: using the "epoll" event method', "stderr"),
            PlannedLine(0.004, "[notice] 1#1: start worker processes", "stderr"),
        ),
        ports=frozenset({port}),
        paths=_PAGES,
        pull=Pull(0.1, 72_000_000),
        usage=Usage(1, 4 << 20),
        environment={"NGINX_VERSION": "1.27.0", "PKG_RELEASE": "1~bookworm"},
        files={"/usr/share/nginx/html/index.html": _WELCOME, "/etc/nginx/nginx.conf": b"user  nginx;\n"},
        user="root" if port == 80 else "101",
        has_shell=True,
    )


ENTRIES: Final = (
    Entry(
        ("nginx/nginx-ingress", "*/nginx/nginx-ingress"),
        Behaviour(
            program=nginx_ingress,
            ports=frozenset({80, 443, 8081, 9113}),
            paths={"/nginx-ready": 200, "/nginx-health": 200},
            pull=Pull(0.3, 170_000_000),
            usage=Usage(5, 60 << 20),
            user="101",
        ),
    ),
    Entry(("nginxinc/nginx-unprivileged",), _nginx(8080)),
    Entry(("nginx", "*/library/nginx"), _nginx(80)),
    Entry(
        ("httpd",),
        Behaviour(
            lines=(
                PlannedLine(0.0, "[mpm_event:notice] AH00489: Apache/2.4 configured -- resuming operations", "stderr"),
            ),
            ports=frozenset({80}),
            paths={"/": 200, "/index.html": 200},
            pull=Pull(0.1, 60_000_000),
            files={"/usr/local/apache2/htdocs/index.html": b"<html><body><h1>It works!</h1></body></html>\n"},
            workdir="/usr/local/apache2",
            has_shell=True,
        ),
    ),
)
