"""Going on with pods that ran before this process did: the state of their containers, from their status."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from apimachinery import meta, scheduling
from apimachinery.objects import View
from apimachinery.timestamp import parse_time
from controllers.simulated.container import Container, Ended, Stage
from controllers.simulated.logs import InstanceLog
from controllers.simulated.pod_status import PARTS
from controllers.simulated.probes import probes_of

if TYPE_CHECKING:
    from controllers.simulated.pod_machine import PodMachine


def restore(machine: PodMachine, now: float) -> None:
    """Set the machine to what the pod's status says."""
    from controllers.simulated.pod_machine import PodStage

    pod, status = machine.pod, machine.pod.get("status") or {}
    machine.start_time = _seconds(status.get("startTime"), now)
    for entry in status.get("conditions") or ():
        machine.conditions[entry["type"]] = (entry["status"], entry.get("lastTransitionTime") or "")
    if scheduling.is_terminal(pod):
        machine.stage = PodStage.FINISHED
        machine.failed = status.get("phase") == "Failed"
        machine.reason, machine.message = status.get("reason") or "", status.get("message") or ""
    else:
        machine.host.load.add(meta.uid(pod), pod["spec"])
        machine.stage, machine.due = PodStage.MOUNTING, now
    if (status.get("podIP") or "") and not pod["spec"].get("hostNetwork"):
        machine.pod_ip = status["podIP"]
        machine.host.addresses.keep(meta.uid(pod), machine.pod_ip)
    for c in machine.containers:
        entry = next((s for s in status.get(PARTS[c.kind]) or () if s["name"] == c.name), None)
        if entry is not None:
            _restore_container(machine, c, entry, now)
    if not machine.finished and any(c.runs for c in machine.containers):
        machine.stage = PodStage.RUNNING
        seconds = pod["spec"].get("activeDeadlineSeconds")
        machine.due = machine.start_time + float(seconds) if seconds is not None else math.inf
        if not machine.pod_ip:
            machine.pod_ip = machine.host.addresses.take(meta.uid(pod))
    if meta.is_deleting(pod):
        machine.update(pod, now)


def _restore_container(machine: PodMachine, c: Container, entry: View, now: float) -> None:
    state = entry.get("state") or {}
    c.last = _ended((entry.get("lastState") or {}).get("terminated"))
    if running := state.get("running"):
        c.runs = int(entry.get("restartCount") or 0) + 1
        c.started_at = _seconds(running.get("startedAt"), now)
        c.ready, c.started = bool(entry.get("ready")), bool(entry.get("started"))
        c.stage, c.pulled = Stage.RUNNING, True
        c.due = max(now, c.started_at + c.behaviour.exit_after)
        c.log = InstanceLog(c.started_at, c.behaviour.lines)
        c.probes = probes_of(c.spec, c.started_at)
        machine.life.start_program(c, now)
        for probe in c.probes:
            probe.due = max(probe.due, now)
            probe.result = {"readiness": c.ready, "startup": c.started, "liveness": True}[probe.kind] or None
    elif terminated := state.get("terminated"):
        c.runs = int(entry.get("restartCount") or 0) + 1
        c.ended = _ended(terminated)
        c.pulled = True
        machine.life.after_exit(c, now)
    elif (state.get("waiting") or {}).get("reason") == "CrashLoopBackOff":
        c.runs = int(entry.get("restartCount") or 0) + 1
        c.ended, c.last = c.last, None
        c.stage, c.due, c.backoff = Stage.BACKOFF, now, 10.0
        c.reason, c.message = "CrashLoopBackOff", state["waiting"].get("message") or ""


def _ended(state: View | None) -> Ended | None:
    if not state:
        return None
    return Ended(
        _seconds(state.get("startedAt"), 0.0),
        _seconds(state.get("finishedAt"), 0.0),
        int(state.get("exitCode") or 0),
        state.get("reason") or "",
        state.get("containerID") or "",
        state.get("message") or "",
    )


def _seconds(text: str | None, otherwise: float) -> float:
    return parse_time(text).timestamp() if text else otherwise
