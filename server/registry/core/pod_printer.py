"""A pod as a table row. Models pkg/printers/internalversion/printers.go (printPod)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import Object, View
from server.registry.printing import NONE, age
from server.registry.rest import AGE, NAME, CellContext, Column, Printer

_SPEC: Final = "io.k8s.api.core.v1.PodSpec"
_STATUS: Final = "io.k8s.api.core.v1.PodStatus"

COLUMNS: Final = (
    NAME,
    Column("Ready", description="The aggregate readiness state of this pod for accepting traffic."),
    Column("Status", description="The aggregate status of the containers in this pod."),
    Column(
        "Restarts",
        description="The number of times the containers in this pod have been restarted "
        "and when the last container in this pod has restarted.",
    ),
    AGE,
    Column("IP", priority=1, doc=f"{_STATUS}.podIP"),
    Column("Node", priority=1, doc=f"{_SPEC}.nodeName"),
    Column("Nominated Node", priority=1, doc=f"{_STATUS}.nominatedNodeName"),
    Column("Readiness Gates", priority=1, doc=f"{_SPEC}.readinessGates"),
)


@dataclass(slots=True)
class _Summary:
    """What is counted over a pod's containers."""

    reason: str
    total: int
    ready: int = 0
    restarts: int = 0
    sidecar_restarts: int = 0
    last_restart: str = ""
    last_sidecar_restart: str = ""

    def count_restarts(self, status: View, *, sidecar: bool) -> None:
        """Add a container's restarts."""
        count = int(status.get("restartCount") or 0)
        last = ((status.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""
        self.restarts += count
        self.last_restart = max(self.last_restart, last)
        if sidecar:
            self.sidecar_restarts += count
            self.last_sidecar_restart = max(self.last_sidecar_restart, last)


def cells(pod: View, ctx: CellContext) -> list[Any]:
    """One cell a column."""
    spec: View = pod.get("spec") or {}
    status: View = pod.get("status") or {}
    summary = _summarize(pod, spec, status)
    restarts = str(summary.restarts)
    if summary.restarts and summary.last_restart:
        restarts += f" ({ctx.age(summary.last_restart)} ago)"
    addresses = status.get("podIPs") or ()
    return [
        meta.name(pod),
        f"{summary.ready}/{summary.total}",
        summary.reason,
        restarts,
        age(pod, ctx),
        (addresses[0].get("ip") if addresses else "") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _readiness_gates(spec, status),
    ]


def conditions(pod: View) -> list[Object]:
    """The row condition of a pod that has ended."""
    phase = (pod.get("status") or {}).get("phase")
    reasons = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}
    if phase not in reasons:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": reasons[phase]}]


PRINTER: Final = Printer(COLUMNS, cells, conditions)


def _summarize(pod: View, spec: View, status: View) -> _Summary:
    sidecars = {c.get("name") for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"}
    reason = status.get("reason") or status.get("phase") or ""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    summary = _Summary(reason, len(spec.get("containers") or ()) + len(sidecars))
    initializing = _initialize(summary, spec, status, sidecars)
    if not initializing or _is_true(pod, "Initialized"):
        summary.restarts, summary.last_restart = summary.sidecar_restarts, summary.last_sidecar_restart
        _run(summary, pod, status)
    if meta.is_deleting(pod):
        if status.get("reason") == "NodeLost":
            summary.reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            summary.reason = "Terminating"
    return summary


def _initialize(summary: _Summary, spec: View, status: View, sidecars: set[Any]) -> bool:
    """Walk the init containers; whether one of them is still to be done."""
    for i, container in enumerate(status.get("initContainerStatuses") or ()):
        sidecar = container.get("name") in sidecars
        summary.count_restarts(container, sidecar=sidecar)
        state = container.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting")
        if terminated is not None and int(terminated.get("exitCode") or 0) == 0:
            continue
        if sidecar and container.get("started"):
            summary.ready += bool(container.get("ready"))
            continue
        if terminated is not None:
            summary.reason = f"Init:{_ended(terminated)}"
        elif waiting is not None and (waiting.get("reason") or "") not in ("", "PodInitializing"):
            summary.reason = f"Init:{waiting['reason']}"
        else:
            summary.reason = f"Init:{i}/{len(spec.get('initContainers') or ())}"
        return True
    return False


def _run(summary: _Summary, pod: View, status: View) -> None:
    """Walk the app containers from last to first; what is wrong with the first one stays."""
    running = False
    failure = ""
    for container in reversed(status.get("containerStatuses") or ()):
        summary.count_restarts(container, sidecar=False)
        state = container.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting")
        if waiting is not None and waiting.get("reason"):
            summary.reason = waiting["reason"]
        elif terminated is not None:
            summary.reason = _ended(terminated)
            if int(terminated.get("exitCode") or 0):
                failure = summary.reason
        elif container.get("ready") and state.get("running") is not None:
            running = True
            summary.ready += 1
    if summary.reason != "Completed":
        return
    if running:
        summary.reason = "Running" if _is_true(pod, "Ready") else failure or "NotReady"
    elif failure:
        summary.reason = failure


def _ended(terminated: View) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{int(terminated.get('exitCode') or 0)}"


def _is_true(pod: View, kind: str) -> bool:
    condition = meta.condition(pod, kind)
    return condition is not None and condition.get("status") == "True"


def _readiness_gates(spec: View, status: View) -> str:
    gates = spec.get("readinessGates") or ()
    if not gates:
        return NONE
    first = {c.get("type"): c.get("status") for c in reversed(status.get("conditions") or ())}
    return f"{sum(first.get(g.get('conditionType')) == 'True' for g in gates)}/{len(gates)}"
