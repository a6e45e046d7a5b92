"""A healthy pod, its first failures and its end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.controllers.simulated.stage import START, UID, DictWorld, Stage, condition, container, pod


def test_healthy_pod_is_ready_within_half_a_second() -> None:
    stage = Stage(pod())
    status = stage.run(0.5)
    assert [shown for _, shown in stage.history] == ["Pending c=ContainerCreating", "Running c=running/ready"]
    assert status["phase"] == "Running"
    assert [c["type"] for c in status["conditions"]] == [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ]
    assert all(c["status"] == "True" and c["lastProbeTime"] is None for c in status["conditions"])
    assert (status["hostIP"], status["podIP"]) == ("172.18.0.2", "10.244.1.2")
    assert status["podIPs"] == [{"ip": "10.244.1.2"}]
    assert status["observedGeneration"] == 1
    (entry,) = status["containerStatuses"]
    assert entry["image"] == "docker.io/library/nginx:1.25"
    assert entry["containerID"].startswith("containerd://")
    assert (entry["ready"], entry["started"], entry["restartCount"], entry["lastState"]) == (True, True, 0, {})
    assert stage.reasons() == ["Pulling", "Pulled", "Created", "Started"]


def test_second_pod_finds_the_image_present() -> None:
    stage = Stage(pod())
    stage.host.images.add("nginx:1.25")
    stage.run(0.5)
    assert stage.messages("Pulled") == [
        'Container image "nginx:1.25" already present on machine and can be accessed by the pod'
    ]


def test_host_network_pod_has_the_hosts_address() -> None:
    status = Stage(pod(hostNetwork=True)).run(0.5)
    assert status["podIP"] == status["hostIP"]


def test_crash_loop_follows_upstreams_delays() -> None:
    stage = Stage(pod(container(image="busybox", command=["sh", "-c", "exit 3"])))
    status = stage.run(1000)
    starts = [at for at, e in stage.events if e.reason == "Started"]
    gaps = [round(b - a) for a, b in pairwise(starts)]
    assert gaps[:7] == [1, 10, 20, 40, 80, 160, 300] or gaps[:7] == [0, 10, 20, 40, 80, 160, 300]
    (entry,) = status["containerStatuses"]
    waiting = entry["state"]["waiting"]
    assert waiting["reason"] == "CrashLoopBackOff"
    assert waiting["message"] == f"back-off 5m0s restarting failed container=c pod=p_ns({UID})"
    assert entry["lastState"]["terminated"]["exitCode"] == 3
    assert entry["restartCount"] == len(starts) - 1
    assert status["phase"] == "Running"
    assert stage.messages("BackOff")[0] == f"Back-off restarting failed container c in pod p_ns({UID})"
    assert condition(status, "Ready") == ("False", "ContainersNotReady", "containers with unready status: [c]")


def test_ten_quiet_minutes_forgive_a_crash() -> None:
    stage = Stage(pod(container(image="busybox", command=["sh", "-c", "sleep 700; exit 1"])))
    stage.run(3000)
    assert "BackOff" not in stage.reasons()


@pytest.mark.parametrize(
    ("policy", "code", "phase", "reason"),
    [
        ("Never", 0, "Succeeded", "PodCompleted"),
        ("Never", 2, "Failed", "PodFailed"),
        ("OnFailure", 0, "Succeeded", "PodCompleted"),
        ("OnFailure", 2, "Running", "ContainersNotReady"),
        ("Always", 0, "Running", "ContainersNotReady"),
    ],
)
def test_restart_policies(policy: str, code: int, phase: str, reason: str) -> None:
    stage = Stage(pod(container(image="busybox", command=["sh", "-c", f"exit {code}"]), restartPolicy=policy))
    status = stage.run(5)
    assert status["phase"] == phase
    assert condition(status, "Ready")[1] == reason
    assert stage.machine.finished == (phase != "Running")


def test_missing_image_backs_off_and_recovers_with_another_name() -> None:
    stage = Stage(pod(container(image="nginx:nonexistent")))
    status = stage.run(25)
    full = "docker.io/library/nginx:nonexistent"
    error = (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{full}": '
        f'failed to resolve reference "{full}": {full}: not found'
    )
    assert [shown for _, shown in stage.history][:3] == [
        "Pending c=ContainerCreating",
        "Pending c=ErrImagePull",
        "Pending c=ImagePullBackOff",
    ]
    assert status["containerStatuses"][0]["state"]["waiting"]["message"] == (
        f'Back-off pulling image "nginx:nonexistent": ErrImagePull: {error}'
    )
    assert stage.messages("Failed")[:2] == [f'Failed to pull image "nginx:nonexistent": {error}', "Error: ErrImagePull"]
    assert [round(at) for at, e in stage.events if e.reason == "Pulling"] == [0, 10]
    changed = pod(container(image="nginx:1.25"))
    stage.machine.update(changed, stage.now)
    assert stage.run(1)["phase"] == "Running"


def test_image_name_that_is_none() -> None:
    status = Stage(pod(container(image="Nginx"))).run(1)
    waiting = status["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "InvalidImageName"
    assert "must be lowercase" in waiting["message"]


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ({"configMapKeyRef": {"name": "cm", "key": "k"}}, 'configmap "cm" not found'),
        ({"secretKeyRef": {"name": "s", "key": "k"}}, 'secret "s" not found'),
        ({"configMapKeyRef": {"name": "other", "key": "k"}}, "couldn't find key k in ConfigMap ns/other"),
    ],
)
def test_missing_configuration_is_named_and_waited_for(variable: dict[str, object], message: str) -> None:
    world = DictWorld()
    world.config_maps["other"] = {"data": {}}
    stage = Stage(pod(container(env=[{"name": "A", "valueFrom": variable}])), world=world)
    status = stage.run(5)
    assert status["phase"] == "Pending"
    waiting = status["containerStatuses"][0]["state"]["waiting"]
    assert waiting == {"reason": "CreateContainerConfigError", "message": message}
    assert stage.messages("Failed")[0] == f"Error: {message}"
    world.config_maps |= {"cm": {"data": {"k": "v"}}, "other": {"data": {"k": "v"}}}
    world.secrets["s"] = {"data": {"k": "dg=="}}
    stage.machine.wake(stage.now)
    status = stage.run(1)
    assert status["phase"] == "Running"
    assert status["containerStatuses"][0]["restartCount"] == 0


def test_optional_configuration_is_not_missed() -> None:
    reference = {"configMapKeyRef": {"name": "cm", "key": "k", "optional": True}}
    assert Stage(pod(container(env=[{"name": "A", "valueFrom": reference}]))).run(1)["phase"] == "Running"


def test_missing_volume_keeps_the_pod_creating() -> None:
    world = DictWorld()
    stage = Stage(pod(volumes=[{"name": "v", "configMap": {"name": "cm"}}]), world=world)
    status = stage.run(10)
    assert stage.describe() == "Pending c=ContainerCreating"
    assert "podIP" not in status
    assert condition(status, "PodReadyToStartContainers")[0] == "False"
    wanted = 'MountVolume.SetUp failed for volume "v" : configmap "cm" not found'
    assert set(stage.messages("FailedMount")) == {wanted}
    assert [at for at, _ in stage.events] == [0.0, 0.5, 1.5, 3.5, 7.5]
    world.config_maps["cm"] = {"data": {}}
    stage.machine.wake(stage.now)
    assert stage.run(1)["phase"] == "Running"


def test_hostpath_type_is_checked() -> None:
    stage = Stage(pod(volumes=[{"name": "v", "hostPath": {"path": "/no/such", "type": "Directory"}}]))
    stage.run(1)
    assert stage.messages("FailedMount")[0] == (
        'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /no/such is not a directory'
    )


def test_active_deadline() -> None:
    stage = Stage(pod(activeDeadlineSeconds=5))
    status = stage.run(10)
    assert (status["phase"], status["reason"]) == ("Failed", "DeadlineExceeded")
    assert status["message"] == "Pod was active on the node longer than the specified deadline"


def test_resources_that_the_node_lacks() -> None:
    world = DictWorld()
    world.allocatable["cpu"] = "1"
    wanted = container(resources={"requests": {"cpu": "1500m"}})
    status = Stage(pod(wanted), world=world).run(1)
    assert status["phase"] == "Failed"
    assert status["reason"] == "OutOfcpu"
    assert status["message"] == (
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 0, capacity: 1000"
    )
    assert "containerStatuses" not in status


def test_host_port_that_is_taken() -> None:
    first = Stage(pod(container(ports=[{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}])))
    first.run(1)
    obj = pod(container(ports=[{"containerPort": 8080, "hostPort": 80, "protocol": "TCP"}]))
    obj["metadata"]["uid"] = "another"
    second = Stage(obj)
    second.host = second.machine.host = first.host
    status = second.run(1)
    assert status["reason"] == "NodePorts"
    assert status["message"] == (
        "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
    )


def test_machine_that_loses_power_starts_again() -> None:
    stage = Stage(pod())
    stage.run(1)
    stage.machine.power_off(stage.now)
    status = stage.run(2)
    (entry,) = status["containerStatuses"]
    assert entry["restartCount"] == 1
    assert entry["lastState"]["terminated"]["exitCode"] == 255
    assert entry["lastState"]["terminated"]["reason"] == "Unknown"


def test_restored_machine_goes_on() -> None:
    first = Stage(pod())
    status = first.run(1)
    again = Stage({**pod(), "status": status})
    again.now = first.now + 100
    again.machine.adopt(again.now)
    assert again.run(1) == {**status}
    assert again.events == []
    assert again.now - START == 102
