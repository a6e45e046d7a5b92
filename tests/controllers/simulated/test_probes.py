"""Probes: thresholds, their texts, and what they cause."""

from __future__ import annotations

import math
from typing import Any

import pytest

from controllers.simulated.scenario import Scenario
from tests.controllers.simulated.stage import Stage, container, pod


def probed(kind: str, probe: dict[str, Any], **more: Any) -> Stage:
    wanted: dict[str, Any] = {f"{kind}Probe": {"periodSeconds": 1, **probe}, **more}
    return Stage(pod(container(**wanted)))


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        ({"httpGet": {"path": "/nope", "port": 80}}, "HTTP probe failed with statuscode: 404"),
        (
            {"httpGet": {"path": "/", "port": 8080}},
            'Get "http://10.244.1.2:8080/": dial tcp 10.244.1.2:8080: connect: connection refused',
        ),
        ({"tcpSocket": {"port": 8080}}, "dial tcp 10.244.1.2:8080: connect: connection refused"),
    ],
)
def test_failing_readiness_says_why(handler: dict[str, Any], message: str) -> None:
    stage = probed("readiness", handler)
    status = stage.run(10)
    assert stage.messages("Unhealthy")[0] == f"Readiness probe failed: {message}"
    assert stage.describe() == "Running c=running"
    assert status["containerStatuses"][0]["started"] is True


def test_readiness_success_makes_ready_and_then_costs_nothing() -> None:
    stage = probed("readiness", {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 5})
    stage.run(4)
    assert stage.describe() == "Running c=running"
    stage.run(3)
    assert stage.describe() == "Running c=running/ready"
    assert math.isinf(stage.machine.step(stage.now).next_due)


def test_liveness_by_a_file_that_goes_away() -> None:
    script = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"
    probe = {"exec": {"command": ["cat", "/tmp/healthy"]}, "initialDelaySeconds": 5, "periodSeconds": 5}
    stage = Stage(pod(container(image="busybox", args=["/bin/sh", "-c", script], livenessProbe=probe)))
    stage.run(100)
    unhealthy = [at for at, e in stage.events if e.reason == "Unhealthy"]
    assert [round(at) for at in unhealthy[:3]] == [35, 40, 45] or [round(at) for at in unhealthy[:3]] == [30, 35, 40]
    assert stage.messages("Unhealthy")[0] == (
        "Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory\n"
    )
    assert stage.messages("Killing")[0] == "Container c failed liveness probe, will be restarted"
    entry = stage.machine.status(stage.now)["containerStatuses"][0]
    assert entry["restartCount"] == 1
    assert entry["lastState"]["terminated"]["exitCode"] == 137


def test_startup_probe_holds_back_the_others() -> None:
    rule = {
        "images": [
            {"probes": {"startup": [{"after": "0s", "success": False}, {"after": "10s", "success": True}]}},
        ]
    }
    spec = container(
        startupProbe={"tcpSocket": {"port": 80}, "periodSeconds": 2, "failureThreshold": 30},
        livenessProbe={"tcpSocket": {"port": 81}, "periodSeconds": 1, "failureThreshold": 1},
    )
    stage = Stage(pod(spec), scenario=Scenario.model_validate(rule))
    status = stage.run(9)
    assert status["containerStatuses"][0]["started"] is False
    assert not any("Liveness" in m for m in stage.messages("Unhealthy"))
    stage.run(3)
    assert any(m.startswith("Liveness probe failed") for m in stage.messages("Unhealthy"))


def test_readiness_that_flaps_by_scenario() -> None:
    answers = [{"after": 0, "success": True}, {"after": 60, "success": False}, {"after": 120, "success": True}]
    rule = Scenario.model_validate({"images": [{"probes": {"readiness": answers}}]})
    probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 10, "failureThreshold": 3}
    stage = Stage(pod(container(readinessProbe=probe)), scenario=rule)
    stage.run(300)
    shown = [(round(at), text.removeprefix("Running c=")) for at, text in stage.history[1:]]
    assert [text for _, text in shown] == ["running/ready", "running", "running/ready"]
    assert 75 <= shown[1][0] <= 90
    assert 120 <= shown[2][0] <= 131
