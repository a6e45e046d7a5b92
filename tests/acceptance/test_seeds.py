"""Every statement of the two DaemonSet courses, as a test; docs/seeds.md quotes them one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml

from mockube.nodes import NodeTemplate
from tests.acceptance.objects import (
    ALL_NODES,
    DAEMONSETS,
    ON_DELETE,
    PODS,
    condition,
    daemonset,
    events,
    images,
    is_deleting,
    is_ready,
    name_of,
    names,
    node_of,
    pod,
    rolled_out,
    set_image,
    start,
    strategy,
    waiting,
)
from tests.support.kubectl import Kubectl, Result
from tests.support.live import MERGE, Api, Obj
from tests.support.seeds import FLUENTD, NGINX_INGRESS

NODES = (NodeTemplate(name="control", control_plane=True), NodeTemplate(name="worker", count=3))
DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "seeds.md"
WORKERS: Final = {"worker-1", "worker-2", "worker-3"}
ANYWHERE: Final = [{"operator": "Exists"}]


@pytest.fixture
def whole_nodes(api: Api) -> Iterator[None]:
    """The nodes as they were, afterwards."""
    before = {name_of(n): n for n in api.items(ALL_NODES)}
    yield
    for node in api.items(ALL_NODES):
        name = name_of(node)
        if name not in before:
            api.delete(f"{ALL_NODES}/{name}")
            continue
        labels = {key: None for key in node["metadata"]["labels"] if key not in before[name]["metadata"]["labels"]}
        spec = {"taints": before[name]["spec"].get("taints"), "unschedulable": None}
        api.patch(f"{ALL_NODES}/{name}", {"metadata": {"labels": labels}, "spec": spec}, MERGE)


def hosts(pods: list[Obj]) -> set[str]:
    return {node_of(p) for p in pods}


def everywhere(api: Api, namespace: str, nodes: set[str], app: str = "ds") -> list[Obj]:
    """The pods of an app once they are ready on exactly these nodes, one each."""

    def reached(pods: list[Obj]) -> bool:
        return sorted(map(node_of, pods)) == sorted(nodes) and all(is_ready(p) and not is_deleting(p) for p in pods)

    return api.until(f"{PODS.format(namespace)}?labelSelector=app%3D{app}", reached, what=f"{app} on {sorted(nodes)}")


# what a DaemonSet is -----------------------------------------------------------------------------------------------


def test_one_pod_on_each_eligible_node(api: Api, namespace: str) -> None:
    pods = start(api, namespace)
    assert sorted(map(node_of, pods)) == sorted(WORKERS)


def test_there_are_no_replicas(api: Api, namespace: str, kubectl: Kubectl) -> None:
    path = DAEMONSETS.format(namespace)
    refused = api.request("POST", f"{path}?fieldValidation=Strict", daemonset(spec={"replicas": 3}))
    assert refused.code == 400
    assert refused.message.endswith('strict decoding error: unknown field "spec.replicas"')
    assert "replicas" not in api.create(path, daemonset())["spec"]
    scaled = kubectl.run("scale", "ds/ds", "-n", namespace, "--replicas=2")
    assert scaled.code == 1
    assert "the server could not find the requested resource" in scaled.err


@pytest.mark.usefixtures("whole_nodes")
def test_a_node_that_joins_gets_a_pod_and_one_that_leaves_takes_its_pod_along(api: Api, namespace: str) -> None:
    start(api, namespace)
    before = names(everywhere(api, namespace, WORKERS))
    api.create(ALL_NODES, NodeTemplate(name="late").to_node("late"))
    after = everywhere(api, namespace, WORKERS | {"late"})
    assert names(after) >= before
    assert len(after) == 4
    api.patch(f"{ALL_NODES}/late", {"spec": {"taints": [{"key": "gone", "effect": "NoExecute"}]}}, MERGE)
    everywhere(api, namespace, WORKERS)
    api.delete(f"{ALL_NODES}/late")
    left = everywhere(api, namespace, WORKERS)
    assert names(left) == before, "the pod of the lost node has not been scheduled elsewhere"
    rolled_out(api, namespace, nodes=3)


@pytest.mark.usefixtures("whole_nodes")
def test_labels_that_change_bring_and_remove_pods(api: Api, namespace: str) -> None:
    api.create(DAEMONSETS.format(namespace), daemonset(nodeSelector={"disktype": "ssd", "region": "europe-west1"}))
    both, one = {"disktype": "ssd", "region": "europe-west1"}, {"disktype": "ssd"}
    api.patch(f"{ALL_NODES}/worker-1", {"metadata": {"labels": both}})
    api.patch(f"{ALL_NODES}/worker-2", {"metadata": {"labels": one}})
    everywhere(api, namespace, {"worker-1"})
    api.patch(f"{ALL_NODES}/worker-2", {"metadata": {"labels": both}})
    everywhere(api, namespace, {"worker-1", "worker-2"})
    api.patch(f"{ALL_NODES}/worker-1", {"metadata": {"labels": {"disktype": "hdd"}}})
    everywhere(api, namespace, {"worker-2"})
    api.patch(f"{ALL_NODES}/worker-1", {"metadata": {"labels": {"disktype": None, "region": None}}})


def test_the_selector_must_match_the_template(api: Api, namespace: str) -> None:
    ds = daemonset(spec={"selector": {"matchLabels": {"app": "other"}}})
    refused = api.request("POST", DAEMONSETS.format(namespace), ds)
    assert refused.code == 422
    assert refused.message.endswith("`selector` does not match template `labels`")


# constraints -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("whole_nodes")
def test_taints_are_respected(api: Api, namespace: str) -> None:
    taint = [{"key": "special-purpose", "value": "gpu", "effect": "NoSchedule"}]
    api.patch(f"{ALL_NODES}/worker-3", {"spec": {"taints": taint}}, MERGE)
    api.advance()
    api.create(DAEMONSETS.format(namespace), daemonset())
    everywhere(api, namespace, WORKERS - {"worker-3"})
    tolerating = daemonset("tolerating", tolerations=[{"key": "special-purpose", "operator": "Exists"}])
    api.create(DAEMONSETS.format(namespace), tolerating)
    everywhere(api, namespace, WORKERS, "tolerating")


def test_resources_are_respected(api: Api, namespace: str) -> None:
    api.create(DAEMONSETS.format(namespace), daemonset(container={"resources": {"requests": {"memory": "900Ti"}}}))
    path = PODS.format(namespace)
    pods = api.until(path, lambda found: len(found) == 3 and all(condition(p, "PodScheduled") for p in found))
    assert {p["status"]["phase"] for p in pods} == {"Pending"}
    assert "1 Insufficient memory" in condition(pods[0], "PodScheduled")["message"]


@pytest.mark.usefixtures("whole_nodes")
def test_control_plane_nodes_need_a_toleration(api: Api, namespace: str) -> None:
    start(api, namespace)
    tolerating = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
    api.create(DAEMONSETS.format(namespace), daemonset("agent", tolerations=tolerating))
    everywhere(api, namespace, WORKERS | {"control"}, "agent")
    assert {node_of(p) for p in api.items(f"{PODS.format(namespace)}?labelSelector=app%3Dds")} == WORKERS


@pytest.mark.usefixtures("whole_nodes")
def test_the_old_master_taint_is_no_longer_there(api: Api, namespace: str) -> None:
    old = {"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"}
    api.create(DAEMONSETS.format(namespace), daemonset(tolerations=[old]))
    everywhere(api, namespace, WORKERS)
    api.patch(f"{ALL_NODES}/worker-1", {"spec": {"taints": [old]}}, MERGE)
    api.advance()
    start(api, namespace, daemonset("other"), nodes=2)
    everywhere(api, namespace, WORKERS)


def test_tolerating_everything_reaches_every_node(api: Api, namespace: str, kubectl: Kubectl) -> None:
    kubectl("apply", "-n", namespace, "-f", "-", stdin=FLUENTD)
    pods = everywhere(api, namespace, WORKERS | {"control"}, "fluentd-logging")
    for found in pods:
        (agent,) = found["spec"]["containers"]
        assert agent["resources"] == {"limits": {"memory": "200Mi"}, "requests": {"cpu": "100m", "memory": "200Mi"}}
        assert found["spec"]["terminationGracePeriodSeconds"] == 30
        assert found["status"]["qosClass"] == "Burstable"


# hostPath ----------------------------------------------------------------------------------------------------------


def test_a_host_path_is_the_nodes_own_and_read_only_protects_it(api: Api, namespace: str, kubectl: Kubectl) -> None:
    kubectl("apply", "-n", namespace, "-f", "-", stdin=FLUENTD)
    agent = everywhere(api, namespace, WORKERS | {"control"}, "fluentd-logging")[0]
    mounts = {m["mountPath"]: m.get("readOnly", False) for m in agent["spec"]["containers"][0]["volumeMounts"]}
    assert mounts["/var/log"] is False
    assert mounts["/var/lib/docker/containers"] is True

    def inside(pod: str, command: str) -> Result:
        return kubectl.run("exec", "-n", namespace, pod, "--", "sh", "-c", command)

    assert inside(name_of(agent), "echo forged > /var/log/auth.log").code == 0
    refused = inside(name_of(agent), "echo x > /var/lib/docker/containers/x")
    assert refused.code != 0
    assert "Read-only file system" in refused.out + refused.err
    other = pod(
        "other",
        nodeName=node_of(agent),
        tolerations=ANYWHERE,
        container={"volumeMounts": [{"name": "log", "mountPath": "/node", "readOnly": True}]},
        volumes=[{"name": "log", "hostPath": {"path": "/var/log"}}],
    )
    api.create(PODS.format(namespace), other)
    api.until(f"{PODS.format(namespace)}?fieldSelector=metadata.name%3Dother", lambda pods: is_ready(pods[0]))
    assert inside("other", "cat /node/auth.log").out == "forged\n", "one pod has changed what all others see"


def test_a_host_path_that_is_not_there_keeps_the_pod_from_starting(api: Api, namespace: str) -> None:
    volume = {"name": "data", "hostPath": {"path": "/srv/not-there", "type": "Directory"}}
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    api.create(DAEMONSETS.format(namespace), daemonset(container=mount, volumes=[volume]))
    told = events(api, namespace, "FailedMount", at_least=3)
    expected = (
        'MountVolume.SetUp failed for volume "data" : hostPath type check failed: /srv/not-there is not a directory'
    )
    assert {(e["type"], e["message"]) for e in told} == {("Warning", expected)}
    api.until(
        PODS.format(namespace), lambda pods: [waiting(p).get("reason") for p in pods] == ["ContainerCreating"] * 3
    )


def test_a_host_path_without_a_type_is_made(api: Api, namespace: str) -> None:
    volume = {"name": "data", "hostPath": {"path": "/srv/not-there-either"}}
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    start(api, namespace, daemonset(container=mount, volumes=[volume]))


# updates -----------------------------------------------------------------------------------------------------------


def test_rolling_update_is_the_default_one_node_at_a_time(api: Api, namespace: str) -> None:
    start(api, namespace)
    ds = api.get(f"{DAEMONSETS.format(namespace)}/ds")
    assert ds["spec"]["updateStrategy"]["type"] == "RollingUpdate"
    assert ds["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 1
    down: list[int] = []
    with api.watch(PODS.format(namespace)) as watch:
        watch.observe(
            lambda pods: down.append(3 - len({node_of(p) for p in pods if is_ready(p) and not is_deleting(p)}))
        )
        set_image(api, namespace, "nginx:1.26")
        rolled_out(api, namespace)
        watch.catch_up()
    assert max(down) == 1
    order = [node_of(p) for kind, p in watch.events if kind == "ADDED"]
    assert sorted(order) == sorted(WORKERS)
    for node in WORKERS:
        of_node = [(kind, images([p])) for kind, p in watch.events if node_of(p) == node]
        gone, made = of_node.index(("DELETED", {"nginx:1.25"})), of_node.index(("ADDED", {"nginx:1.26"}))
        assert gone < made, "the old pod is deleted, then the new one is made"


def test_rolling_update_waits_for_ready(api: Api, namespace: str) -> None:
    start(api, namespace)
    unready = {"readinessProbe": {"httpGet": {"path": "/not-there", "port": 80}, "periodSeconds": 1}}
    template = {"containers": [{"name": "c", "image": "nginx:1.26", **unready}]}
    with api.watch(PODS.format(namespace)) as watch:
        api.patch(f"{DAEMONSETS.format(namespace)}/ds", {"spec": {"template": {"spec": template}}})
        watch.until(lambda pods: images(pods) == {"nginx:1.25", "nginx:1.26"} and len(pods) == 3)
        watch.stays(lambda pods: len([p for p in pods if images([p]) == {"nginx:1.25"}]) == 2, during=120)
    set_image(api, namespace, "nginx:1.27")
    api.patch(
        f"{DAEMONSETS.format(namespace)}/ds",
        [{"op": "remove", "path": "/spec/template/spec/containers/0/readinessProbe"}],
        "application/json-patch+json",
    )
    rolled_out(api, namespace)


def test_max_unavailable_says_how_many_nodes_at_a_time(api: Api, namespace: str) -> None:
    start(api, namespace, daemonset(spec=strategy(maxUnavailable="67%")))
    down: list[int] = []
    with api.watch(PODS.format(namespace)) as watch:
        watch.observe(
            lambda pods: down.append(3 - len({node_of(p) for p in pods if is_ready(p) and not is_deleting(p)}))
        )
        set_image(api, namespace, "nginx:1.26")
        rolled_out(api, namespace)
        watch.catch_up()
    assert max(down) == 3, "67 % of three nodes, rounded up"


def test_max_surge_brings_the_new_pod_before_the_old_one_goes(api: Api, namespace: str) -> None:
    start(api, namespace, daemonset(spec=strategy(maxSurge=1, maxUnavailable=0)))
    serving: list[int] = []
    most: list[int] = []
    with api.watch(PODS.format(namespace)) as watch:
        watch.observe(lambda pods: serving.append(len({node_of(p) for p in pods if is_ready(p)})))
        watch.observe(lambda pods: most.append(len(pods)))
        set_image(api, namespace, "nginx:1.26")
        rolled_out(api, namespace)
        watch.until(lambda pods: len(pods) == 3 and images(pods) == {"nginx:1.26"})
    assert min(serving) == 3
    assert max(most) > 3


def test_on_delete_leaves_the_moment_to_you(api: Api, namespace: str) -> None:
    before = start(api, namespace, daemonset(spec=ON_DELETE))
    with api.watch(PODS.format(namespace)) as watch:
        set_image(api, namespace, "nginx:1.26")
        api.until(DAEMONSETS.format(namespace), lambda sets: sets[0]["status"]["observedGeneration"] == 2)
        watch.stays(lambda pods: names(pods) == names(before), during=120)
        api.delete(f"{PODS.format(namespace)}/{name_of(before[0])}")
        pods = watch.until(lambda pods: len(pods) == 3 and images(pods) == {"nginx:1.25", "nginx:1.26"})
    (new,) = [p for p in pods if images([p]) == {"nginx:1.26"}]
    assert node_of(new) == node_of(before[0])


# communication -----------------------------------------------------------------------------------------------------


def test_a_host_port_is_taken_once_a_node(api: Api, namespace: str) -> None:
    port = {"ports": [{"containerPort": 80, "hostPort": 8081}]}
    start(api, namespace, daemonset(container=port))
    api.create(DAEMONSETS.format(namespace), daemonset("second", container=port))
    told = events(api, namespace, "FailedScheduling", at_least=3)
    assert all("1 node(s) didn't have free ports for the requested pod ports" in e["message"] for e in told)
    assert {p["status"]["phase"] for p in api.items(f"{PODS.format(namespace)}?labelSelector=app%3Dsecond")} == {
        "Pending"
    }


def service(name: str, **spec: object) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": "ds"}, "ports": [{"port": 80}], **spec},
    }


def test_a_headless_service_lists_every_pod(api: Api, namespace: str) -> None:
    pods = start(api, namespace)
    made = api.create(f"/api/v1/namespaces/{namespace}/services", service("agents", clusterIP="None"))
    assert made["spec"]["clusterIP"] == "None"
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"

    def addresses(found: list[Obj]) -> set[tuple[str, str]]:
        endpoints = [e for s in found for e in s.get("endpoints") or []]
        return {(e["addresses"][0], e["nodeName"]) for e in endpoints if e["conditions"]["ready"]}

    wanted = {(p["status"]["podIP"], node_of(p)) for p in pods}
    (found,) = api.until(slices, lambda found: addresses(found) == wanted)
    assert found["metadata"]["labels"]["service.kubernetes.io/headless"] == ""


def test_a_cluster_ip_service_has_one_address_for_all(api: Api, namespace: str) -> None:
    pods = start(api, namespace)
    made = api.create(f"/api/v1/namespaces/{namespace}/services", service("any"))
    assert re.fullmatch(r"10\.\d+\.\d+\.\d+", made["spec"]["clusterIP"])
    wanted = {p["status"]["podIP"] for p in pods}

    def listed(found: list[Obj]) -> bool:
        subsets = found[0].get("subsets") or [{}]
        return {a["ip"] for a in subsets[0].get("addresses") or []} == wanted

    api.until(
        f"/api/v1/namespaces/{namespace}/endpoints?fieldSelector=metadata.name%3Dany", lambda f: bool(f) and listed(f)
    )


# the manifests -----------------------------------------------------------------------------------------------------


def test_the_manifest_of_the_second_course_has_an_unknown_field(api: Api, namespace: str, kubectl: Kubectl) -> None:
    refused = kubectl.run("apply", "-n", namespace, "-f", "-", stdin=NGINX_INGRESS)
    assert refused.code == 1
    assert 'unknown field "spec.template.spec.containers[0].periodSeconds"' in refused.err
    warned = kubectl.run("apply", "-n", namespace, "--validate=warn", "-f", "-", stdin=NGINX_INGRESS)
    assert (warned.code, warned.out) == (0, "daemonset.apps/nginx-ingress created\n")
    assert 'Warning: unknown field "spec.template.spec.containers[0].periodSeconds"' in warned.err
    ds = api.get(f"{DAEMONSETS.format(namespace)}/nginx-ingress")
    (container,) = ds["spec"]["template"]["spec"]["containers"]
    assert "periodSeconds" not in container
    sent = yaml.safe_load(NGINX_INGRESS)["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == sent["args"]
    assert container["securityContext"] == sent["securityContext"]


# the page ----------------------------------------------------------------------------------------------------------


def test_the_page_names_every_test_and_only_those() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT.read_text()))
    written = {name for name in globals() if name.startswith("test_")} - {
        "test_the_page_names_every_test_and_only_those"
    }
    assert named == written
