"""Probes and lifecycle handlers. Models pkg/apis/core/validation (validateProbe, validateHandler, …)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from server.registry.core.podspec_options import ZERO_SLEEP, Options

_COUNTERS: Final = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_PROBE_HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "grpc")
_LIFECYCLE_HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "sleep")


@dataclass(frozen=True, slots=True)
class HandlerScope:
    """What handlers are judged by: the pod's grace period in seconds, None when it is missing."""

    grace: int | None
    options: Options


def validate_lifecycle_and_probes(container: View, path: Path, scope: HandlerScope) -> list[Error]:
    """Field errors of lifecycle and the three probes."""
    found: list[Error] = []
    lifecycle = container.get("lifecycle")
    if lifecycle is not None:
        for name in ("postStart", "preStop"):
            if lifecycle.get(name) is not None:
                found += _handler(lifecycle[name], _LIFECYCLE_HANDLERS, path / "lifecycle" / name, scope)
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(name) is not None:
            found += _probe(container[name], name, path / name, scope)
    return found


def _probe(probe: View, name: str, path: Path, scope: HandlerScope) -> list[Error]:
    found = _handler(probe, _PROBE_HANDLERS, path, scope)
    for counter in _COUNTERS:
        found += validation.non_negative(int(probe.get(counter) or 0), path / counter)
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and grace <= 0:
        found += validation.positive(grace, path / "terminationGracePeriodSeconds")
    if name == "readinessProbe":
        if grace is not None:
            detail = "must not be set for readinessProbes"
            found.append(field.invalid(path / "terminationGracePeriodSeconds", grace, detail))
    elif int(probe.get("successThreshold") or 0) != 1:
        found.append(field.invalid(path / "successThreshold", int(probe.get("successThreshold") or 0), "must be 1"))
    return found


def _handler(handler: View, names: tuple[str, ...], path: Path, scope: HandlerScope) -> list[Error]:
    found: list[Error] = []
    given = [name for name in names if handler.get(name) is not None]
    if not given:
        return [field.required(path, "must specify a handler type")]
    found += _ACTIONS[given[0]](handler[given[0]], path / given[0], scope)
    found += [field.forbidden(path / name, "may not specify more than 1 handler type") for name in given[1:]]
    return found


def port_num_or_name(port: int | str, path: Path) -> list[Error]:
    """Field errors of a port number or the name of a port."""
    problems = validation.valid_port_num(port) if isinstance(port, int) else validation.valid_port_name(port)
    return [field.invalid(path, port, p) for p in problems]


def _given_port(action: View) -> int | str:
    port: int | str | None = action.get("port")
    return 0 if port is None else port


def _exec(action: View, path: Path, _scope: HandlerScope) -> list[Error]:
    return [] if action.get("command") else [field.required(path / "command")]


def _http_get(action: View, path: Path, _scope: HandlerScope) -> list[Error]:
    found = [] if action.get("path") else [field.required(path / "path")]
    found += port_num_or_name(_given_port(action), path / "port")
    scheme = action.get("scheme") or ""
    if scheme not in ("HTTP", "HTTPS"):
        found.append(field.not_supported(path / "scheme", scheme, ["HTTP", "HTTPS"]))
    for header in action.get("httpHeaders") or ():
        name = header.get("name") or ""
        found += [field.invalid(path / "httpHeaders", name, p) for p in validation.http_header_name(name)]
    return found


def _port(action: View, path: Path, _scope: HandlerScope) -> list[Error]:
    return port_num_or_name(_given_port(action), path / "port")


def _sleep(action: View, path: Path, scope: HandlerScope) -> list[Error]:
    seconds = int(action.get("seconds") or 0)
    zero = scope.options.since(ZERO_SLEEP)
    if scope.grace is None or (0 if zero else 1) <= seconds <= scope.grace:
        return []
    if zero:
        detail = f"must be non-negative and less than terminationGracePeriodSeconds ({scope.grace})"
    else:
        detail = (
            f"must be greater than 0 and less than terminationGracePeriodSeconds ({scope.grace}). "
            "Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep."
        )
    return [field.invalid(path, seconds, detail)]


_ACTIONS: Final[dict[str, Callable[[View, Path, HandlerScope], list[Error]]]] = {
    "exec": _exec,
    "httpGet": _http_get,
    "tcpSocket": _port,
    "grpc": _port,
    "sleep": _sleep,
}
