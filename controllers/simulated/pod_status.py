"""A pod's status as its kubelet reports it, pure. Models pkg/kubelet/kubelet_pods.go and status/generate.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from apimachinery import meta, scheduling
from apimachinery.objects import Object, View
from controllers.simulated.container import Container, Stage, stamp

KUBELET_CONDITIONS: Final = (
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
)
PARTS: Final = {
    "app": "containerStatuses",
    "init": "initContainerStatuses",
    "sidecar": "initContainerStatuses",
    "ephemeral": "ephemeralContainerStatuses",
}
State = tuple[str, str, str]
"""A condition's status, reason and message."""
_TRUE: Final[State] = ("True", "", "")


def phase(pod: View, containers: Sequence[Container], *, initialized: bool, stopping: bool) -> str:
    """The phase that the containers add up to."""
    apps = [c for c in containers if c.kind == "app"]
    for c in containers:
        if c.kind == "init" and c.stage is Stage.DONE and not c.succeeded and not stopping:
            return "Failed"
    if stopping and all(c.stage is Stage.DONE for c in containers):
        return "Succeeded" if apps and all(c.succeeded for c in apps) else "Failed"
    if not initialized and not any(c.runs for c in apps):
        return "Pending"
    if any(c.runs == 0 and c.stage is not Stage.DONE for c in apps):
        return "Pending"
    if all(c.stage is Stage.DONE for c in apps) and all(
        c.stage is Stage.DONE for c in containers if c.kind == "sidecar"
    ):
        return "Succeeded" if all(c.succeeded for c in apps) else "Failed"
    return "Running"


def is_initialized(containers: Iterable[Container]) -> bool:
    """Whether every init container is done and every sidecar has started, or an app container ran already."""
    for c in containers:
        if c.kind == "app" and c.runs:
            return True
        if (c.kind == "init" and not c.succeeded) or (c.kind == "sidecar" and not c.started):
            return False
    return True


def condition_states(
    pod: View, containers: Sequence[Container], phase_now: str, *, sandbox: bool, initialized: bool
) -> dict[str, State]:
    """What the kubelet's conditions say, without their times."""
    found: dict[str, State] = {
        "PodReadyToStartContainers": ("True" if sandbox else "False", "", ""),
        "Initialized": _initialized(containers, phase_now, initialized=initialized),
    }
    ready = _containers_ready(containers, phase_now)
    found["ContainersReady"] = ready
    found["Ready"] = _ready(pod, ready)
    found["PodScheduled"] = _TRUE
    return found


def _initialized(containers: Sequence[Container], phase_now: str, *, initialized: bool) -> State:
    if phase_now == "Succeeded":
        return "True", "PodCompleted", ""
    if initialized:
        return _TRUE
    waiting = [
        c.name for c in containers if (c.kind == "init" and not c.succeeded) or (c.kind == "sidecar" and not c.started)
    ]
    return "False", "ContainersNotInitialized", f"containers with incomplete status: [{' '.join(waiting)}]"


def _containers_ready(containers: Sequence[Container], phase_now: str) -> State:
    if phase_now == "Succeeded":
        return "False", "PodCompleted", ""
    if phase_now == "Failed":
        return "False", "PodFailed", ""
    sidecars = [c.name for c in containers if c.kind == "sidecar" and not c.ready]
    unready = sidecars + [c.name for c in containers if c.kind == "app" and not c.ready]
    if not unready:
        return _TRUE
    return "False", "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"


def _ready(pod: View, containers_ready: State) -> State:
    if containers_ready[0] != "True":
        return containers_ready
    problems = []
    for gate in pod["spec"].get("readinessGates") or ():
        kind = gate["conditionType"]
        found = meta.condition(pod, kind)
        if found is None:
            problems.append(f'corresponding condition of pod readiness gate "{kind}" does not exist.')
        elif found.get("status") != "True":
            problems.append(f'the status of pod readiness gate "{kind}" is not "True", but {found.get("status")}')
    return ("False", "ReadinessGatesNotReady", ", ".join(problems)) if problems else _TRUE


def conditions(
    states: Mapping[str, State], known: dict[str, tuple[str, str]], now: float, generation: int, pod: View
) -> list[Object]:
    """The kubelet's conditions in order; `known` keeps each one's status and transition time from call to call."""
    text = stamp(now)
    found = []
    for kind in KUBELET_CONDITIONS:
        value, reason, message = states[kind]
        before = known.get(kind)
        if before is None:
            old = meta.condition(pod, kind)
            before = (old["status"], old["lastTransitionTime"]) if old and old.get("lastTransitionTime") else None
        since = before[1] if before is not None and before[0] == value else text
        known[kind] = (value, since)
        entry: Object = {
            "type": kind,
            "status": value,
            "lastProbeTime": None,
            "lastTransitionTime": since,
            "observedGeneration": generation,
        }
        if reason:
            entry["reason"] = reason
        if message:
            entry["message"] = message
        found.append(entry)
    return found


def disruption(message: str, known: dict[str, tuple[str, str]], now: float, generation: int) -> Object:
    """The condition of a pod that its kubelet ended for the node's sake; `known` as for conditions()."""
    _, since = known.setdefault("DisruptionTarget", ("True", stamp(now)))
    return {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": since,
        "observedGeneration": generation,
        "reason": "TerminationByKubelet",
        "message": message,
    }


def concerns(pod: View) -> tuple[View, list[View]]:
    """What others say of a pod that a kubelet goes by: its spec and their conditions."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return pod["spec"], [c for c in conditions if c["type"] not in KUBELET_CONDITIONS]


def ended_by_others(pod: View, written: View) -> bool:
    """Whether somebody else has ended a pod of which a kubelet last wrote this status."""
    return scheduling.is_terminal(pod) and not scheduling.is_terminal({"status": written})


def patch_of(status: Object, written: View) -> Object:
    """The strategic merge patch that turns the written status into this one; empty when nothing differs.

    Conditions of others stay; a reason that no longer holds is taken away.
    """
    found: Object = {}
    for key, value in status.items():
        if key == "conditions":
            wanted = {c["type"]: c for c in value}
            own = {c["type"]: c for c in written.get(key) or () if c["type"] in {*KUBELET_CONDITIONS, *wanted}}
            if own != wanted:
                found[key] = value
        elif written.get(key) != value:
            found[key] = value
    for key in written:
        if key not in status and key in ("reason", "message"):
            found[key] = None
    if "conditions" in found:
        before: dict[str, Any] = {c["type"]: c for c in written.get("conditions") or ()}
        entries = []
        for entry in found["conditions"]:
            old = before.get(entry["type"]) or {}
            gone = {k: None for k in ("reason", "message") if k in old and k not in entry}
            entries.append({**entry, **gone})
        found["conditions"] = entries
        found["$setElementOrder/conditions"] = [{"type": c["type"]} for c in entries]
    return found
