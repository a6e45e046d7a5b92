"""The cells of a pod's row in every state that a pod can be in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.registry.core.pod_printer import conditions
from tests.server.registry.core.pods import PODS, pod_with
from tests.server.registry.strategies import NOW, with_changes

TWO = pod_with(containers=[{"name": "a"}, {"name": "b"}])
INIT = pod_with(initContainers=[{"name": "i"}, {"name": "j"}], containers=[{"name": "a"}])
SIDECAR = pod_with(initContainers=[{"name": "s", "restartPolicy": "Always"}], containers=[{"name": "a"}])
READY = [{"type": "Ready", "status": "True"}]


def of(name: str, state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "state": state, **more}


def ended(code: int, **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, **more}}


RUNNING = {"running": {"startedAt": "2026-01-01T11:00:00Z"}}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("no status", TWO, {}, "0/2", ""),
    ("pending", TWO, {"phase": "Pending"}, "0/2", "Pending"),
    ("reason", TWO, {"phase": "Failed", "reason": "Evicted"}, "0/2", "Evicted"),
    (
        "gated",
        TWO,
        {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
        },
        "0/2",
        "SchedulingGated",
    ),
    (
        "running",
        TWO,
        {"phase": "Running", "containerStatuses": [of("a", RUNNING, ready=True), of("b", RUNNING, ready=True)]},
        "2/2",
        "Running",
    ),
    (
        "waiting",
        TWO,
        {
            "phase": "Pending",
            "containerStatuses": [
                of("a", {"waiting": {"reason": "ImagePullBackOff"}}),
                of("b", {"waiting": {"reason": "ContainerCreating"}}),
            ],
        },
        "0/2",
        "ImagePullBackOff",
    ),
    (
        "exit code",
        TWO,
        {"phase": "Running", "containerStatuses": [of("a", ended(3)), of("b", RUNNING, ready=True)]},
        "1/2",
        "ExitCode:3",
    ),
    (
        "signal",
        TWO,
        {"phase": "Running", "containerStatuses": [of("a", ended(137, signal=9)), of("b", RUNNING)]},
        "0/2",
        "Signal:9",
    ),
    (
        "one completed, ready",
        TWO,
        {
            "phase": "Running",
            "conditions": READY,
            "containerStatuses": [of("a", ended(0, reason="Completed")), of("b", RUNNING, ready=True)],
        },
        "1/2",
        "Running",
    ),
    (
        "one completed, not ready",
        TWO,
        {
            "phase": "Running",
            "containerStatuses": [of("a", ended(0, reason="Completed")), of("b", RUNNING, ready=True)],
        },
        "1/2",
        "NotReady",
    ),
    (
        "one completed, one failed",
        TWO,
        {
            "phase": "Failed",
            "containerStatuses": [of("a", ended(0, reason="Completed")), of("b", ended(1, reason="Error"))],
        },
        "0/2",
        "Error",
    ),
    ("first init", INIT, {"phase": "Pending", "initContainerStatuses": [of("i", RUNNING)]}, "0/1", "Init:0/2"),
    (
        "second init",
        INIT,
        {"phase": "Pending", "initContainerStatuses": [of("i", ended(0)), of("j", {})]},
        "0/1",
        "Init:1/2",
    ),
    (
        "init failed",
        INIT,
        {"phase": "Pending", "initContainerStatuses": [of("i", ended(2, reason="Error"))]},
        "0/1",
        "Init:Error",
    ),
    ("init code", INIT, {"initContainerStatuses": [of("i", ended(2))]}, "0/1", "Init:ExitCode:2"),
    ("init signal", INIT, {"initContainerStatuses": [of("i", ended(2, signal=6))]}, "0/1", "Init:Signal:6"),
    (
        "init waiting",
        INIT,
        {"initContainerStatuses": [of("i", {"waiting": {"reason": "CrashLoopBackOff"}})]},
        "0/1",
        "Init:CrashLoopBackOff",
    ),
    (
        "init to begin",
        INIT,
        {"initContainerStatuses": [of("i", {"waiting": {"reason": "PodInitializing"}})]},
        "0/1",
        "Init:0/2",
    ),
    (
        "what waits hides what ended behind it",
        TWO,
        {"containerStatuses": [of("a", {"waiting": {"reason": "W"}}), of("b", ended(1, reason="T"))]},
        "0/2",
        "W",
    ),
    (
        "what waits without a reason hides nothing",
        TWO,
        {"phase": "Pending", "containerStatuses": [of("a", {"waiting": {}}), of("b", {"waiting": {"reason": "W"}})]},
        "0/2",
        "W",
    ),
    (
        "ready but not running",
        TWO,
        {"phase": "podPhase", "containerStatuses": [of("a", RUNNING, ready=True), of("b", {}, ready=True)]},
        "1/2",
        "podPhase",
    ),
    (
        "a completed one before a failed one that still waits for the other",
        TWO,
        {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [of("a", ended(0, reason="Completed")), of("b", ended(137, reason="OOMKilled"))],
        },
        "0/2",
        "OOMKilled",
    ),
    (
        "gated in spite of a reason",
        TWO,
        {"reason": "Other", "conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]},
        "0/2",
        "SchedulingGated",
    ),
    (
        "initialized although an init container runs again",
        INIT,
        {
            "phase": "Running",
            "conditions": [{"type": "Initialized", "status": "True"}],
            "initContainerStatuses": [of("i", ended(0)), of("j", RUNNING)],
            "containerStatuses": [of("a", RUNNING, ready=True)],
        },
        "1/1",
        "Init:1/2",
    ),
    (
        "not initialized",
        INIT,
        {
            "phase": "Pending",
            "initContainerStatuses": [of("i", RUNNING), of("j", {"waiting": {"reason": "PodInitializing"}})],
            "containerStatuses": [of("a", {"waiting": {"reason": "PodInitializing"}})],
        },
        "0/1",
        "Init:0/2",
    ),
    (
        "done with init containers",
        INIT,
        {
            "phase": "Pending",
            "initContainerStatuses": [of("i", ended(0)), of("j", ended(0, reason="Completed"))],
            "containerStatuses": [of("a", {"waiting": {"reason": "PodInitializing"}})],
        },
        "0/1",
        "PodInitializing",
    ),
    (
        "sidecar that did not start",
        SIDECAR,
        {
            "phase": "Pending",
            "initContainerStatuses": [of("s", RUNNING, started=False)],
            "containerStatuses": [of("a", {"waiting": {"reason": "PodInitializing"}})],
        },
        "0/2",
        "Init:0/1",
    ),
    (
        "sidecar that crashes",
        SIDECAR,
        {
            "phase": "Pending",
            "initContainerStatuses": [of("s", {"waiting": {"reason": "CrashLoopBackOff"}}, started=False)],
        },
        "0/2",
        "Init:CrashLoopBackOff",
    ),
    (
        "sidecar that runs but is not ready",
        SIDECAR,
        {
            "phase": "Running",
            "initContainerStatuses": [of("s", RUNNING, started=True, ready=False)],
            "containerStatuses": [of("a", RUNNING, ready=True)],
        },
        "1/2",
        "Running",
    ),
    (
        "sidecar that outlives its pod",
        SIDECAR,
        {
            "phase": "Succeeded",
            "initContainerStatuses": [of("s", ended(0, reason="Completed"))],
            "containerStatuses": [of("a", ended(0, reason="Completed"))],
        },
        "0/2",
        "Completed",
    ),
    (
        "sidecar",
        SIDECAR,
        {
            "phase": "Running",
            "initContainerStatuses": [of("s", RUNNING, started=True, ready=True)],
            "containerStatuses": [of("a", RUNNING, ready=True)],
        },
        "2/2",
        "Running",
    ),
]


@pytest.mark.parametrize(("pod", "status", "ready", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_ready_and_status(pod: dict[str, Any], status: dict[str, Any], ready: str, reason: str) -> None:
    row = PODS.row({**pod, "status": status})
    assert (row["Ready"], row["Status"]) == (ready, reason)


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ({"phase": "Running"}, "Terminating"),
        ({"phase": "Running", "reason": "NodeLost"}, "Unknown"),
        ({"phase": "Succeeded"}, "Succeeded"),
    ],
)
def test_deleted_pods(status: dict[str, Any], shown: str) -> None:
    pod = with_changes(TWO, {"metadata.deletionTimestamp": "2026-01-01T12:00:00Z", "status": status})
    assert PODS.row(pod)["Status"] == shown


def test_restarts_and_the_wide_columns() -> None:
    status = {
        "phase": "Running",
        "podIPs": [{"ip": "10.0.0.9"}],
        "nominatedNodeName": "m",
        "conditions": [{"type": "example.com/up", "status": "True"}],
        "containerStatuses": [
            of("a", RUNNING, restartCount=2, lastState=ended(1, finishedAt="2026-01-01T11:57:00Z")),
            of("b", RUNNING, restartCount=3),
        ],
    }
    gates = [{"conditionType": "example.com/up"}, {"conditionType": "example.com/other"}]
    pod = with_changes(TWO, {"spec.nodeName": "n", "spec.readinessGates": gates, "status": status})
    pod["metadata"]["creationTimestamp"] = "2026-01-01T12:00:00Z"
    assert PODS.row(pod, NOW + timedelta(minutes=2)) == {
        "Name": "p",
        "Ready": "0/2",
        "Status": "Running",
        "Restarts": "5 (5m ago)",
        "Age": "2m",
        "IP": "10.0.0.9",
        "Node": "n",
        "Nominated Node": "m",
        "Readiness Gates": "1/2",
    }


def test_the_newest_restart_is_told_of() -> None:
    def restarted(name: str, seconds: int) -> dict[str, Any]:
        moment = f"2026-01-01T11:59:{60 - seconds:02}Z"
        return of(name, RUNNING, restartCount=3, lastState=ended(1, finishedAt=moment))

    pod = {**TWO, "status": {"containerStatuses": [restarted("a", 10), restarted("b", 20)]}}
    assert PODS.row(pod)["Restarts"] == "6 (10s ago)"
    sidecar: dict[str, Any] = {"initContainerStatuses": [{**restarted("s", 30), "started": True}]}
    assert PODS.row({**SIDECAR, "status": sidecar})["Restarts"] == "3 (30s ago)"
    sidecar["containerStatuses"] = [restarted("a", 5)]
    assert PODS.row({**SIDECAR, "status": sidecar})["Restarts"] == "6 (5s ago)"
    waiting = {"initContainerStatuses": [{**restarted("i", 40), "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}
    assert PODS.row({**INIT, "status": waiting})["Restarts"] == "3 (40s ago)"


def test_readiness_gates_go_by_the_first_condition_of_a_type() -> None:
    gates = [{"conditionType": "a"}, {"conditionType": "b"}]
    shown = [{"type": "a", "status": "False"}, {"type": "a", "status": "True"}, {"type": "b", "status": "True"}]
    pod = with_changes(TWO, {"spec.readinessGates": gates, "status": {"conditions": shown}})
    assert PODS.row(pod)["Readiness Gates"] == "1/2"


def test_restarts_of_init_containers_are_forgotten_but_those_of_sidecars_stay() -> None:
    status = {
        "phase": "Running",
        "initContainerStatuses": [of("s", RUNNING, started=True, restartCount=4)],
        "containerStatuses": [of("a", RUNNING, restartCount=1)],
    }
    assert PODS.row({**SIDECAR, "status": status})["Restarts"] == "5"
    status["initContainerStatuses"] = [of("i", ended(0), restartCount=7), of("j", ended(0))]
    assert PODS.row({**INIT, "status": status})["Restarts"] == "1"


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("Running", []),
        ("Succeeded", [("Succeeded", "The pod has completed successfully.")]),
        ("Failed", [("Failed", "The pod failed.")]),
    ],
)
def test_row_conditions(phase: str, expected: list[tuple[str, str]]) -> None:
    found = conditions({"status": {"phase": phase}})
    assert [(c["reason"], c["message"]) for c in found] == expected
    assert all((c["type"], c["status"]) == ("Completed", "True") for c in found)
