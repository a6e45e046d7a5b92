"""How pods stop: grace, signals, sidecars, what is left to say."""

from __future__ import annotations

import pytest

from tests.controllers.simulated.stage import Stage, condition, container, pod


def test_server_that_heeds_sigterm() -> None:
    stage = Stage(pod())
    stage.run(1)
    stage.delete()
    status = stage.run(1)
    assert stage.machine.finished
    assert status["phase"] == "Succeeded"
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
    assert condition(status, "Ready") == ("False", "PodCompleted", "")
    assert stage.messages("Killing") == ["Stopping container c"]


@pytest.mark.parametrize(("grace", "seconds"), [(30, 30.0), (1, 2.0)])
def test_shell_that_ignores_sigterm_is_killed_at_the_end_of_its_grace(grace: int, seconds: float) -> None:
    stage = Stage(pod(container(image="busybox", command=["sleep", "3600"])))
    stage.run(1)
    stage.delete(grace)
    assert stage.run(seconds - 0.1)["phase"] == "Running"
    status = stage.run(0.2)
    assert stage.machine.finished
    assert status["phase"] == "Failed"
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137


def test_trap_ends_a_shell_well() -> None:
    script = "trap 'exit 0' TERM; while true; do sleep 1; done"
    stage = Stage(pod(container(image="busybox", command=["sh", "-c", script])))
    stage.run(3)
    stage.delete()
    assert stage.run(1)["phase"] == "Succeeded"


def test_shorter_grace_wins() -> None:
    stage = Stage(pod(container(image="busybox", command=["sleep", "3600"])))
    stage.run(1)
    stage.delete(30)
    stage.run(1)
    stage.delete(5)
    stage.run(5.1)
    assert stage.machine.finished


def test_prestop_runs_within_the_grace() -> None:
    lifecycle = {"preStop": {"exec": {"command": ["sh", "-c", "sleep 10"]}}}
    stage = Stage(pod(container(lifecycle=lifecycle)))
    stage.run(1)
    stage.delete()
    stage.run(9)
    assert not stage.machine.finished
    stage.run(2)
    assert stage.machine.finished


def test_pod_that_never_started() -> None:
    stage = Stage(pod(volumes=[{"name": "v", "secret": {"secretName": "s"}}]))
    stage.run(1)
    stage.delete()
    status = stage.run(0)
    assert stage.machine.finished
    terminated = status["containerStatuses"][0]["state"]["terminated"]
    assert (terminated["reason"], terminated["exitCode"]) == ("ContainerStatusUnknown", 137)
    assert terminated["message"] == "The container could not be located when the pod was terminated"
    assert terminated["startedAt"] is None


def test_init_containers_run_one_after_the_other() -> None:
    inits = [
        container("one", "busybox", command=["sleep", "2"]),
        container("two", "busybox", command=["sleep", "2"]),
    ]
    stage = Stage(pod(initContainers=inits))
    status = stage.run(1)
    assert condition(status, "Initialized") == (
        "False",
        "ContainersNotInitialized",
        "containers with incomplete status: [one two]",
    )
    status = stage.run(10)
    assert [shown for _, shown in stage.history] == [
        "Pending one=PodInitializing two=PodInitializing c=PodInitializing",
        "Pending one=running two=PodInitializing c=PodInitializing",
        "Pending one=Completed/ready two=running c=PodInitializing",
        "Pending one=Completed/ready two=Completed/ready c=PodInitializing",
        "Running one=Completed/ready two=Completed/ready c=running/ready",
    ]
    assert condition(status, "Initialized")[0] == "True"


def test_failing_init_container() -> None:
    init = container("one", "busybox", command=["false"])
    stage = Stage(pod(initContainers=[init]))
    status = stage.run(5)
    assert stage.describe() == "Pending one=CrashLoopBackOff c=PodInitializing"
    stage = Stage(pod(initContainers=[init], restartPolicy="Never"))
    status = stage.run(5)
    assert status["phase"] == "Failed"


def test_sidecar_outlives_the_work_and_does_not_decide_the_phase() -> None:
    sidecar = container("side", restartPolicy="Always")
    work = container("work", "busybox", command=["sleep", "3"])
    stage = Stage(pod(work, initContainers=[sidecar], restartPolicy="Never"))
    stage.run(2)
    assert stage.describe() == "Running side=running/ready work=running/ready"
    status = stage.run(5)
    assert status["phase"] == "Succeeded"
    stopped = [e.message for _, e in stage.events if e.reason == "Killing"]
    assert stopped == ["Stopping container side"]


def test_ephemeral_container_is_started_in_a_running_pod() -> None:
    stage = Stage(pod())
    stage.run(1)
    extra = container("debug", "busybox", command=["sleep", "5"])
    changed = {**stage.machine.pod, "spec": {**stage.machine.pod["spec"], "ephemeralContainers": [extra]}}
    stage.machine.update(changed, stage.now)
    status = stage.run(1)
    assert "running" in status["ephemeralContainerStatuses"][0]["state"]
    status = stage.run(10)
    assert status["ephemeralContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
    assert status["phase"] == "Running"
