"""Probes of a running container, and when they change its state. Models pkg/kubelet/prober.

A probe that keeps succeeding is not run period by period: the state machine is woken when its answer may change.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from apimachinery.objects import View
from controllers.simulated.behaviour import PROBE_KINDS, Behaviour, ProbeKind

_EPSILON: Final = 1e-6


class Answer(NamedTuple):
    """What a probe finds, and until when (seconds of running) it will find the same; 0 when that is not known."""

    success: bool
    output: str = ""
    until: float = 0.0


Runner = Callable[[View], tuple[int, str]]
"""Runs an exec probe: its exit code and output."""


@dataclass(slots=True)
class Probe:
    """One probe of one container run; `result` is None until it first decides."""

    kind: ProbeKind
    spec: View
    due: float
    result: bool | None = None
    successes: int = 0
    failures: int = 0

    def take(self, answer: Answer, now: float, started_at: float) -> bool:
        """Count an answer and set the next moment; whether the result was decided anew."""
        if answer.success:
            self.successes, self.failures = self.successes + 1, 0
        else:
            self.successes, self.failures = 0, self.failures + 1
        decided = False
        if answer.success and self.successes >= int(self.spec.get("successThreshold") or 1):
            decided, self.result = self.result is not True, True
        elif not answer.success and self.failures >= int(self.spec.get("failureThreshold") or 3):
            decided, self.result = self.result is not False, False
        self.due = self._next(answer, now, started_at)
        return decided

    def _next(self, answer: Answer, now: float, started_at: float) -> float:
        period = float(self.spec.get("periodSeconds") or 10)
        if not (answer.success and self.result):
            return now + period
        change = started_at + answer.until
        if change <= now + period:
            return now + period
        if math.isinf(change):
            return math.inf
        return now + math.ceil((change - now) / period - _EPSILON) * period


def probes_of(container: View, started_at: float) -> list[Probe]:
    """The container's probes with their first moments."""
    found = []
    for kind in PROBE_KINDS:
        spec = container.get(f"{kind}Probe")
        if spec:
            found.append(Probe(kind, spec, started_at + float(spec.get("initialDelaySeconds") or 0)))
    return found


def ask(probe: Probe, behaviour: Behaviour, container: View, elapsed: float, address: str, run: Runner) -> Answer:
    """What the probe finds after `elapsed` seconds of running; `address` is the pod's."""
    script = behaviour.probes.get(probe.kind)
    if script is not None:
        current = [s for s in script if s.after <= elapsed + _EPSILON]
        later = min((s.after for s in script if s.after > elapsed + _EPSILON), default=math.inf)
        if not current:
            return Answer(False, "probe is not answered yet", later)
        return Answer(current[-1].success, current[-1].output or _usual(probe.spec, container, address), later)
    if command := probe.spec.get("exec"):
        if behaviour.has_shell:
            code, output = run(command)
            return Answer(code == 0, output)
        return _after_delay(behaviour, elapsed, "command failed")
    return _network(probe.spec, behaviour, container, elapsed, address)


def _after_delay(behaviour: Behaviour, elapsed: float, output: str) -> Answer:
    if elapsed + _EPSILON < behaviour.ready_delay:
        return Answer(False, output, behaviour.ready_delay)
    return Answer(True, "", math.inf)


def _network(spec: View, behaviour: Behaviour, container: View, elapsed: float, address: str) -> Answer:
    port = port_number(spec, container)
    refused = _refused(spec, port, address)
    if behaviour.ports is not None and port not in behaviour.ports:
        return Answer(False, refused, math.inf)
    if elapsed + _EPSILON < behaviour.ready_delay:
        return Answer(False, refused, behaviour.ready_delay)
    request = spec.get("httpGet")
    if request and behaviour.paths is not None:
        code = behaviour.paths.get(str(request.get("path") or "/").partition("?")[0], 404)
        if not 200 <= code < 400:
            return Answer(False, f"HTTP probe failed with statuscode: {code}", math.inf)
    return Answer(True, "", math.inf)


def port_number(spec: View, container: View) -> int:
    """The port that a network probe asks; 0 for a name that no container port has."""
    handler = spec.get("httpGet") or spec.get("tcpSocket") or spec.get("grpc") or {}
    port = handler.get("port") or 0
    if isinstance(port, str) and not port.isdecimal():
        return next((int(p["containerPort"]) for p in container.get("ports") or () if p.get("name") == port), 0)
    return int(port)


def _refused(spec: View, port: int, address: str) -> str:
    handler = spec.get("httpGet") or spec.get("tcpSocket") or spec.get("grpc") or {}
    where = f"{handler.get('host') or address}:{port}"
    refusal = f"dial tcp {where}: connect: connection refused"
    if request := spec.get("httpGet"):
        scheme = str(request.get("scheme") or "HTTP").lower()
        path = str(request.get("path") or "/")
        return f'Get "{scheme}://{where}{path if path.startswith("/") else "/" + path}": {refusal}'
    if spec.get("grpc"):
        seconds = spec.get("timeoutSeconds") or 1
        return f'timeout: failed to connect service "{where}" within {seconds}s: context deadline exceeded'
    return refusal


def _usual(spec: View, container: View, address: str) -> str:
    if spec.get("httpGet"):
        return "HTTP probe failed with statuscode: 500"
    if spec.get("exec"):
        return "command failed"
    return _refused(spec, port_number(spec, container), address)
