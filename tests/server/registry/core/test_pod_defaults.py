"""Defaults, quality of service, affinity from label keys and the first status of pods."""

from __future__ import annotations

from typing import Any

import pytest

from server.registry.core.pod_qos import qos_class
from server.registry.core.podspec_defaults import image_tag
from tests.server.registry.core.pods import CONTAINER, POD, PODS, container_with, pod_with, stored


def test_a_minimal_pod_is_filled_in() -> None:
    found = PODS.created(POD)
    assert found["spec"] == {
        "containers": [
            {
                "name": "c",
                "image": "nginx:1",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": "IfNotPresent",
            }
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
    }
    assert found["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    assert found["metadata"]["generation"] == 1


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1", "IfNotPresent"),
        ("registry:5000/nginx", "Always"),
        ("registry:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:" + "0" * 64, "IfNotPresent"),
    ],
)
def test_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    found = PODS.defaulted(container_with(image=image))
    assert found["spec"]["containers"][0]["imagePullPolicy"] == policy


@pytest.mark.parametrize(("image", "tag"), [("a", "latest"), ("a:b", "b"), ("h:1/a", "latest"), ("h:1/a:2", "2")])
def test_image_tag(image: str, tag: str) -> None:
    assert image_tag(image) == tag


def test_probes_ports_and_volumes_are_filled_in() -> None:
    found = PODS.defaulted(
        pod_with(
            hostNetwork=True,
            containers=[
                {
                    **CONTAINER,
                    "ports": [{"containerPort": 80}],
                    "livenessProbe": {"httpGet": {"port": 80}},
                    "env": [{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                }
            ],
            volumes=[
                {"name": "none"},
                {"name": "secret", "secret": {"secretName": "s"}},
                {"name": "path", "hostPath": {"path": "/x"}},
            ],
        )
    )["spec"]
    container = found["containers"][0]
    assert container["ports"] == [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]
    assert container["livenessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert container["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
    assert found["volumes"] == [
        {"name": "none", "emptyDir": {}},
        {"name": "secret", "secret": {"secretName": "s", "defaultMode": 420}},
        {"name": "path", "hostPath": {"path": "/x", "type": ""}},
    ]


def test_requests_follow_limits_in_pods_only() -> None:
    found = PODS.defaulted(container_with(resources={"limits": {"cpu": "1", "memory": "1Gi"}}))
    assert found["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([{}], "BestEffort"),
        ([{"limits": {"cpu": "0"}}], "BestEffort"),
        ([{"requests": {"cpu": "1"}}], "Burstable"),
        ([{"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}], "Burstable"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}}], "Guaranteed"),
        ([{"limits": {"cpu": "1000m", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1024Mi"}}], "Guaranteed"),
        ([{"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}}], "Burstable"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}}, {}], "Burstable"),
        ([{"requests": {"ephemeral-storage": "1Gi"}}], "BestEffort"),
    ],
)
def test_quality_of_service(containers: list[dict[str, Any]], expected: str) -> None:
    spec = {"containers": [{"name": f"c{i}", "resources": r} for i, r in enumerate(containers)]}
    assert qos_class({"spec": spec}) == expected


def test_pod_level_resources_decide_quality_of_service() -> None:
    both = {"cpu": "1", "memory": "1Gi"}
    spec = {"resources": {"limits": both, "requests": both}, "containers": [{"name": "c", "resources": {}}]}
    assert qos_class({"spec": spec}) == "Guaranteed"


def test_a_gated_pod_says_so() -> None:
    condition = stored(schedulingGates=[{"name": "example.com/wait"}])["status"]["conditions"][0]
    assert condition == {
        "type": "PodScheduled",
        "status": "False",
        "lastProbeTime": None,
        "lastTransitionTime": "2026-01-01T12:00:00Z",
        "reason": "SchedulingGated",
        "message": "Scheduling is blocked due to non-empty scheduling gates",
    }


def test_match_label_keys_become_expressions() -> None:
    term = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"x": "y"}}, "matchLabelKeys": ["app"]}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    found = stored(affinity=affinity)["spec"]["affinity"]["podAffinity"]
    (merged,) = found["requiredDuringSchedulingIgnoredDuringExecution"]
    assert merged["labelSelector"] == {
        "matchLabels": {"x": "y"},
        "matchExpressions": [{"key": "app", "operator": "In", "values": ["p"]}],
    }
    assert merged["matchLabelKeys"] == ["app"]
