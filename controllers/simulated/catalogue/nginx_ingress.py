"""F5's NGINX ingress controller: what it asks the API server before it serves, and how it gives up.

Models nginx/kubernetes-ingress 2.0 (cmd/nginx-ingress/main.go): it asks as the pod's service account, logs in glog's
format, and ends with 255 at the first thing that is missing.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from controllers.simulated.process import FOREVER, Answer, Effect, Output, Program, Request, Sleep

if TYPE_CHECKING:
    from controllers.simulated.sandbox import Sandbox

FATAL: Final = 255


class _Fatal(Exception):
    """The controller gives up; the text is its last log line."""


def nginx_ingress(sandbox: Sandbox) -> Program:
    """Check the IngressClass, the default server's Secret and the ConfigMap, then serve for ever."""
    flags = _flags(sandbox.args or sandbox.command)
    yield _line(sandbox, "I", 242, "Starting NGINX Ingress Controller Version=2.0.3 PlusFlag=false")
    try:
        yield from _check(sandbox, flags)
    except _Fatal as end:
        yield _line(sandbox, "F", 290, str(end))
        return FATAL
    yield Output('[notice] 13#13: using the "epoll" event method\n', "stderr")
    yield Output("[notice] 13#13: start worker processes\n", "stderr")
    yield Sleep(FOREVER)
    return 0


def _check(sandbox: Sandbox, flags: dict[str, str]) -> Generator[Effect, Any, None]:
    name = flags.get("ingress-class", "nginx")
    answer = yield from _get(f"/apis/networking.k8s.io/v1/ingressclasses/{name}")
    if answer.code != 200:
        raise _Fatal(f"Error when getting IngressClass {name}: {answer.message}")
    controller = (answer.body.get("spec") or {}).get("controller")
    if controller != "nginx.org/ingress-controller":
        raise _Fatal(f"IngressClass with name {name} has an invalid Spec.Controller {controller}")
    if secret := flags.get("default-server-tls-secret"):
        yield from _check_secret(secret)
    if where := flags.get("nginx-configmaps"):
        namespace, _, config = where.partition("/")
        if not namespace or not config:
            raise _Fatal(
                f"Error parsing the nginx-configmaps argument: {where} must follow the format <namespace>/<name>"
            )
        answer = yield from _get(f"/api/v1/namespaces/{namespace}/configmaps/{config}")
        if answer.code != 200:
            raise _Fatal(f"Error when getting {where}: {answer.message}")


def _check_secret(where: str) -> Generator[Effect, Any, None]:
    wanted = f"Error trying to get the default server TLS secret {where}: "
    namespace, _, name = where.partition("/")
    if not namespace or not name:
        raise _Fatal(f"{wanted}could not parse the {where} argument: {where} must follow the format <namespace>/<name>")
    answer = yield from _get(f"/api/v1/namespaces/{namespace}/secrets/{name}")
    if answer.code != 200:
        raise _Fatal(f"{wanted}could not get {where}: {answer.message}")
    kind = answer.body.get("type")
    if kind != "kubernetes.io/tls":
        raise _Fatal(f"{wanted}{where} is invalid: Secret must be of the type kubernetes.io/tls")
    for key in ("tls.crt", "tls.key"):
        if key not in (answer.body.get("data") or {}):
            raise _Fatal(f"{wanted}{where} is invalid: Secret doesn't have {key}")


def _get(path: str) -> Generator[Effect, Any, Answer]:
    answer = yield Request(path)
    return answer if isinstance(answer, Answer) else Answer(503, None, "the server is currently unable to answer")


def _flags(args: list[str]) -> dict[str, str]:
    found = {}
    for text in args:
        name, _, value = text.lstrip("-").partition("=")
        found[name] = value
    return found


def _line(sandbox: Sandbox, level: str, number: int, text: str) -> Output:
    stamp = datetime.fromtimestamp(sandbox.clock(), UTC).strftime("%m%d %H:%M:%S.%f")
    return Output(f"{level}{stamp}       1 main.go:{number}] {text}\n", "stderr")
