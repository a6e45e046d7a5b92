"""A cluster of an older Kubernetes: controllers and scheduler speak and act as they did then."""

from __future__ import annotations

from tests.acceptance.objects import EVENTS, PODS, REVISIONS, condition, daemonset, events, pod, start
from tests.support.live import Api

KUBERNETES_VERSION = "1.29"
NODES = 2


def test_templates_in_revisions_show_an_empty_time(api: Api, namespace: str) -> None:
    start(api, namespace, nodes=2)
    (revision,) = api.items(REVISIONS.format(namespace))
    template = revision["data"]["spec"]["template"]
    assert template["$patch"] == "replace"
    assert template["metadata"] == {"creationTimestamp": None, "labels": {"app": "ds"}}


def test_scaling_is_told_with_the_new_size_first(api: Api, namespace: str) -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    api.create(path, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    (created,) = events(api, namespace, "ScalingReplicaSet")
    name = created["message"].split()[4]
    assert created["message"] == f"Scaled up replica set {name} to 2"
    api.until(path, lambda found: found[0].get("status", {}).get("availableReplicas") == 2)
    api.patch(f"{path}/web", {"spec": {"replicas": 1}})
    found = events(api, namespace, "ScalingReplicaSet", at_least=2)
    assert f"Scaled down replica set {name} to 1 from 2" in {e["message"] for e in found}
    (rs,) = api.items(f"/apis/apps/v1/namespaces/{namespace}/replicasets")
    assert "terminatingReplicas" not in rs["status"]


def test_the_scheduler_gives_its_old_reasons(api: Api, namespace: str) -> None:
    api.create(PODS.format(namespace), pod("big", container={"resources": {"requests": {"cpu": "1000"}}}))
    (event,) = events(api, namespace, "FailedScheduling")
    assert event["message"] == (
        "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available:"
        " 2 Preemption is not helpful for scheduling."
    )
    (waiting,) = api.until(PODS.format(namespace), lambda pods: condition(pods[0], "PodScheduled"))
    assert "observedGeneration" not in condition(waiting, "PodScheduled")
    big = daemonset("big", container={"resources": {"requests": {"cpu": "1000"}}})
    api.create(f"/apis/apps/v1/namespaces/{namespace}/daemonsets", big)
    expected = (
        "0/2 nodes are available: 1 Insufficient cpu, 1 node is filtered out by the prefilter result."
        " preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    )
    api.until(EVENTS.format(namespace), lambda found: expected in {e["message"] for e in found}, what=expected)


def test_endpoints_bear_no_mark(api: Api, namespace: str) -> None:
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "labels": {"s": "1"}}}
    body["spec"] = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    api.create(f"/api/v1/namespaces/{namespace}/services", body)
    (found,) = api.until(f"/api/v1/namespaces/{namespace}/endpoints", bool)
    assert found["metadata"]["labels"] == {"s": "1"}
