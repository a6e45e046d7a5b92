"""The straight line with every real kubectl: nodes, the seeds' manifests, rollout, labels, taints, deletion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockube.cluster import Cluster
from mockube.nodes import NodeTemplate
from tests.support import kubectl as kubectls
from tests.support.kubectl import Kubectl, rows
from tests.support.seeds import FLUENTD, NGINX_INGRESS

pytestmark = pytest.mark.kubectl

STRICT = (
    'DaemonSet in version "v1" cannot be handled as a DaemonSet: strict decoding error: '
    'unknown field "spec.template.spec.containers[0].periodSeconds"'
)


def pods_by_node(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    """Running pods by node."""
    items = json.loads(kubectl("get", "pods", "-n", namespace, "-o", "json"))["items"]
    return {p["spec"]["nodeName"]: p["metadata"]["name"] for p in items if p["status"]["phase"] == "Running"}


@pytest.mark.parametrize("version", kubectls.versions())
def test_daemonset_with_every_kubectl(version: str, cluster: Cluster, tmp_path: Path) -> None:
    kubectl = Kubectl.of(version, cluster.kubeconfig, tmp_path)
    namespace = f"line-{version.replace('.', '-')}"
    assert [row[1] for row in rows(kubectl("get", "nodes"))] == ["Ready"] * 3
    kubectl("create", "namespace", namespace)
    inside = ("-n", namespace)
    assert kubectl("apply", *inside, "-f", "-", stdin=FLUENTD) == "daemonset.apps/fluentd-logging-agent created\n"
    done = kubectl("rollout", "status", "ds/fluentd-logging-agent", *inside, "--timeout=60s")
    assert done.endswith('daemon set "fluentd-logging-agent" successfully rolled out\n')
    wide = rows(kubectl("get", "pods", *inside, "-o", "wide"))
    assert sorted(row[6] for row in wide) == ["node-1", "node-2", "node-3"]
    assert {(row[1], row[2]) for row in wide} == {("1/1", "Running")}
    assert "SuccessfulCreate" in kubectl.until(lambda t: t.count("SuccessfulCreate") >= 3, "describe", "ds", *inside)
    assert "Tolerations:" in kubectl("describe", "pod", *inside)
    assert "KubeletReady" in kubectl("describe", "node", "node-1")
    assert "phase: Running" in kubectl("get", "pods", *inside, "-o", "yaml")
    unchanged = kubectl("apply", *inside, "-f", "-", stdin=FLUENTD)
    assert unchanged == "daemonset.apps/fluentd-logging-agent unchanged\n"

    victim = pods_by_node(kubectl, namespace)["node-2"]
    kubectl("delete", "pod", victim, *inside, "--grace-period=1")
    kubectl.until(lambda t: t.count("Running") == 3 and victim not in t, "get", "pods", *inside)
    assert "UpdateStrategy" in kubectl("explain", "ds.spec.updateStrategy")
    assert "daemonsets" in kubectl("api-resources")
    assert kubectl("auth", "can-i", "delete", "pods") == "yes\n"
    lines = kubectl.watch("get", "ds", *inside, "-w", lines=2)
    assert lines[0].split()[:3] == ["NAME", "DESIRED", "CURRENT"]
    kubectl("delete", "ds", "fluentd-logging-agent", *inside)
    kubectl.until(lambda t: t == "", "get", "pods", *inside, "-o", "name")
    kubectl("delete", "namespace", namespace)


def test_the_misplaced_field_is_refused(kubectl: Kubectl) -> None:
    refused = kubectl.run("apply", "-f", "-", stdin=NGINX_INGRESS)
    assert refused.code == 1
    assert STRICT in refused.err
    accepted = kubectl("apply", "--validate=false", "-f", "-", stdin=NGINX_INGRESS)
    assert accepted == "daemonset.apps/nginx-ingress created\n"
    kubectl("delete", "ds", "nginx-ingress")


def test_nodes_come_and_go(kubectl: Kubectl, cluster: Cluster) -> None:
    kubectl("apply", "-f", "-", stdin=FLUENTD)
    kubectl("rollout", "status", "ds/fluentd-logging-agent", "--timeout=60s")
    client = cluster.api()
    client.request("POST", "/api/v1/nodes", NodeTemplate().to_node("late"))
    kubectl.until(lambda t: " late " in t and t.count("Running") == 4, "get", "pods", "-o", "wide")
    client.request("DELETE", "/api/v1/nodes/late")
    client.request("POST", "/mockube/v1/clock/speed", {"speed": 20})
    try:  # the pod garbage collector gives a lost node 40 s
        kubectl.until(lambda t: " late " not in t, "get", "pods", "-o", "wide")
        kubectl.until(lambda t: t.split()[1:2] == ["3"], "get", "ds", "fluentd-logging-agent", "--no-headers")
    finally:
        client.request("POST", "/mockube/v1/clock/resume")
        client.close()
    kubectl("delete", "ds", "fluentd-logging-agent")


def test_labels_and_taints_move_pods(kubectl: Kubectl) -> None:
    selective = FLUENTD.replace("      tolerations:", "      nodeSelector: {disktype: ssd}\n      tolerations:", 1)
    selective = selective.replace('      - operator: "Exists"\n        effect: "NoExecute"\n', "")
    kubectl("apply", "-f", "-", stdin=selective)
    kubectl("label", "node", "node-1", "disktype=ssd")
    kubectl.until(lambda t: "node-1" in t and "Running" in t, "get", "pods", "-o", "wide")
    kubectl("label", "node", "node-2", "disktype=ssd")
    kubectl.until(lambda t: "node-2" in t and t.count("Running") == 2, "get", "pods", "-o", "wide")
    kubectl("label", "node", "node-1", "disktype-")
    kubectl.until(lambda t: "node-1" not in t, "get", "pods", "-o", "wide")
    kubectl("taint", "node", "node-2", "special-purpose=yes:NoExecute")
    kubectl.until(lambda t: t == "", "get", "pods", "-o", "name")
    kubectl("taint", "node", "node-2", "special-purpose-")
    kubectl.until(lambda t: "node-2" in t and "Running" in t, "get", "pods", "-o", "wide")
    kubectl("label", "node", "node-2", "disktype-")
    kubectl("delete", "ds", "fluentd-logging-agent")
