"""The life of a DaemonSet as its owner sees it: every kubectl, the texts of a real cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockube.cluster import Cluster
from tests.acceptance.objects import (
    ALL_NODES,
    DAEMONSETS,
    PODS,
    images,
    is_deleting,
    is_ready,
    name_of,
    names,
    node_of,
    rolled_out,
    settled,
)
from tests.support.kubectl import Kubectl, rows, versions
from tests.support.live import MERGE, Api, Obj
from tests.support.machine import ClusterTime, fail, recover
from tests.support.seeds import FLUENTD

pytestmark = pytest.mark.kubectl

AGENT = "fluentd-logging-agent"
PLAIN = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: plain}
spec:
  selector: {matchLabels: {app: plain}}
  template:
    metadata: {labels: {app: plain}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: c, image: "nginx:1.25"}]
"""
WAITING = re.compile(
    r'Waiting for daemon set "[\w-]+" rollout to finish: '
    r"(\d out of 3 new pods have been updated|\d of 3 updated pods are available)\.\.\."
)


@pytest.fixture(scope="module", autouse=True)
def fast(api: Api) -> Iterator[None]:
    """Pods start and stop ten times as fast."""
    with ClusterTime(api).speed(10):
        yield


@pytest.fixture(params=versions())
def kubectl(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Kubectl:
    """Each kubectl of the machine."""
    return Kubectl.of(request.param, cluster.kubeconfig, tmp_path)


@pytest.fixture
def ns(kubectl: Kubectl, api: Api, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace made by kubectl, and emptied afterwards: what is left would be in the way of the next drain."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_")).strip("-")
    assert kubectl("create", "namespace", name) == f"namespace/{name} created\n"
    api.until(f"/api/v1/namespaces/{name}/serviceaccounts", bool)
    yield name
    api.delete(f"/api/v1/namespaces/{name}")
    api.until(PODS.format(name), lambda pods: not pods)


@pytest.fixture
def whole_nodes(api: Api) -> Iterator[None]:
    """Nodes without labels, taints and cordons of the test's afterwards."""
    yield
    for node in api.items(ALL_NODES):
        spec = {"taints": None, "unschedulable": None}
        api.patch(f"{ALL_NODES}/{name_of(node)}", {"metadata": {"labels": {"disktype": None}}, "spec": spec}, MERGE)
    api.until(ALL_NODES, lambda nodes: not any(n["spec"].get("taints") for n in nodes))


def assert_rolled_out(kubectl: Kubectl, ns: str, name: str) -> None:
    """`rollout status` follows to the end and says so as upstream."""
    lines = kubectl("rollout", "status", f"ds/{name}", "-n", ns, "--timeout=60s").splitlines()
    assert lines[-1] == f'daemon set "{name}" successfully rolled out'
    for line in lines[:-1]:
        assert WAITING.fullmatch(line) or line == "Waiting for daemon set spec update to be observed..."


def revisions(kubectl: Kubectl, ns: str) -> dict[int, str]:
    """Revision numbers and owners as `kubectl get controllerrevisions` shows them."""
    return {int(row[2]): row[1] for row in rows(kubectl("get", "controllerrevisions", "-n", ns))}


def test_rollouts(kubectl: Kubectl, ns: str, api: Api) -> None:
    created = kubectl("apply", "-n", ns, "-f", "-", stdin=FLUENTD)
    assert created == f"daemonset.apps/{AGENT} created\n"
    assert_rolled_out(kubectl, ns, AGENT)
    assert kubectl("apply", "-n", ns, "-f", "-", stdin=FLUENTD) == f"daemonset.apps/{AGENT} unchanged\n"
    (row,) = rows(kubectl("get", "ds", "-n", ns))
    assert row[:7] == [AGENT, "3", "3", "3", "3", "3", "<none>"]
    pods = rows(kubectl("get", "pods", "-n", ns))
    assert [p[1:4] for p in pods] == [["1/1", "Running", "0"]] * 3

    updated = kubectl("set", "image", f"ds/{AGENT}", "-n", ns, "fluentd-agent=fluent/fluentd:v1.16")
    assert updated == f"daemonset.apps/{AGENT} image updated\n"
    assert_rolled_out(kubectl, ns, AGENT)
    history = kubectl("rollout", "history", f"ds/{AGENT}", "-n", ns)
    assert [line.split() for line in history.splitlines() if line] == [
        [f"daemonset.apps/{AGENT}"],
        ["REVISION", "CHANGE-CAUSE"],
        ["1", "<none>"],
        ["2", "<none>"],
    ]
    second = kubectl("rollout", "history", f"ds/{AGENT}", "-n", ns, "--revision=2")
    assert second.startswith(
        f"daemonset.apps/{AGENT} with revision #2\nPod Template:\n  Labels:\tapp=fluentd-logging\n"
    )
    assert "    Image:\tfluent/fluentd:v1.16\n" in second

    assert kubectl("rollout", "undo", f"ds/{AGENT}", "-n", ns).endswith(f"daemonset.apps/{AGENT} rolled back\n")
    assert_rolled_out(kubectl, ns, AGENT)
    assert images(api.items(PODS.format(ns))) == {"fluent/fluentd:v1.14-debian-1"}
    owner = f"daemonset.apps/{AGENT}"
    assert revisions(kubectl, ns) == {2: owner, 3: owner}
    kubectl("rollout", "undo", f"ds/{AGENT}", "-n", ns, "--to-revision=3")
    assert revisions(kubectl, ns) == {2: owner, 3: owner}
    unknown = kubectl.run("rollout", "undo", f"ds/{AGENT}", "-n", ns, "--to-revision=99")
    assert unknown.code == 1
    assert unknown.err.splitlines()[-1] == "error: unable to find specified revision 99 in history"

    assert kubectl("rollout", "restart", f"ds/{AGENT}", "-n", ns) == f"daemonset.apps/{AGENT} restarted\n"
    assert_rolled_out(kubectl, ns, AGENT)
    assert revisions(kubectl, ns) == {2: owner, 3: owner, 4: owner}
    paused = kubectl.run("rollout", "pause", f"ds/{AGENT}", "-n", ns)
    assert paused.code == 1
    assert paused.err == f'error: daemonsets.apps "{AGENT}" pausing is not supported\n'
    described = kubectl("describe", "ds", AGENT, "-n", ns)
    assert re.search(r"^Pods Status:\s+3 Running / 0 Waiting / 0 Succeeded / 0 Failed$", described, re.MULTILINE)
    assert re.search(r"Normal\s+SuccessfulCreate\s+\S+\s+.*daemonset-controller\s+", described)


def test_on_delete_and_surge(kubectl: Kubectl, ns: str, api: Api) -> None:
    kubectl("apply", "-n", ns, "-f", "-", stdin=PLAIN)
    assert_rolled_out(kubectl, ns, "plain")
    patched = kubectl("patch", "ds", "plain", "-n", ns, "-p", '{"spec":{"updateStrategy":{"type":"OnDelete"}}}')
    assert patched == "daemonset.apps/plain patched\n"
    kubectl("set", "image", "ds/plain", "-n", ns, "c=nginx:1.26")
    api.until(DAEMONSETS.format(ns), lambda sets: sets[0]["status"]["observedGeneration"] == 3)
    assert rows(kubectl("get", "ds", "plain", "-n", ns))[0][1:6] == ["3", "3", "3", "0", "3"]
    shown = kubectl("get", "pods", "-n", ns, "-o", "custom-columns=IMG:.spec.containers[0].image", "--no-headers")
    assert shown == "nginx:1.25\n" * 3
    status = kubectl.run("rollout", "status", "ds/plain", "-n", ns)
    assert (status.code, status.err) == (
        1,
        "error: rollout status is only available for RollingUpdate strategy type\n",
    )
    victim = name_of(api.items(PODS.format(ns))[0])
    assert kubectl("delete", "pod", victim, "-n", ns).startswith(f'pod "{victim}" deleted')
    api.until(PODS.format(ns), lambda pods: images(pods) == {"nginx:1.25", "nginx:1.26"} and len(pods) == 3)
    surging = '{"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":0,"maxSurge":1}}}}'
    serving: list[int] = []
    with api.watch(PODS.format(ns)) as watch:
        watch.until(lambda pods: len(pods) == 3 and all(map(is_ready, pods)))
        watch.observe(lambda pods: serving.append(len({node_of(p) for p in pods if is_ready(p)})))
        kubectl("patch", "ds", "plain", "-n", ns, "-p", surging)
        assert_rolled_out(kubectl, ns, "plain")
        watch.until(lambda pods: len(pods) == 3 and images(pods) == {"nginx:1.26"})
    assert min(serving) == 3


@pytest.mark.usefixtures("whole_nodes")
def test_labels_taints_cordon_and_drain(kubectl: Kubectl, ns: str, api: Api) -> None:
    selecting = PLAIN.replace("    spec:\n", "    spec:\n      nodeSelector: {disktype: ssd}\n")
    pods, sets = PODS.format(ns), DAEMONSETS.format(ns)
    kubectl("apply", "-n", ns, "-f", "-", stdin=selecting)
    api.until(sets, lambda found: found[0]["status"].get("observedGeneration") == 1)
    assert rows(kubectl("get", "ds", "-n", ns))[0][1:7] == ["0", "0", "0", "0", "0", "disktype=ssd"]
    assert kubectl("label", "node", "node-1", "disktype=ssd") == "node/node-1 labeled\n"
    (first,) = api.until(pods, lambda found: len(found) == 1 and is_ready(found[0]))
    assert node_of(first) == "node-1"
    kubectl("label", "node", "node-1", "disktype=hdd", "--overwrite")
    api.until(pods, lambda found: not found)
    kubectl("label", "node", "--all", "disktype=ssd", "--overwrite")
    rolled_out(api, ns, "plain")

    assert kubectl("taint", "node", "node-2", "dedicated=gpu:NoExecute") == "node/node-2 tainted\n"
    api.until(pods, lambda found: {node_of(p) for p in found} == {"node-1", "node-3"})
    assert kubectl("taint", "node", "node-2", "dedicated-") == "node/node-2 untainted\n"
    api.until(pods, lambda found: len(found) == 3 and all(map(is_ready, found)))
    rolled_out(api, ns, "plain")

    assert kubectl("cordon", "node-2") == "node/node-2 cordoned\n"
    api.until(ALL_NODES, lambda nodes: any(n["spec"].get("taints") for n in nodes))
    assert "Ready,SchedulingDisabled" in kubectl("get", "node", "node-2")
    here = name_of(next(p for p in api.items(pods) if node_of(p) == "node-2"))
    kubectl("delete", "pod", here, "-n", ns)
    rolled_out(api, ns, "plain")
    api.until(pods, lambda found: len(found) == 3 and here not in names(found) and all(map(is_ready, found)))
    here = name_of(next(p for p in api.items(pods) if node_of(p) == "node-2"))

    refused = kubectl.run("drain", "node-2", "--pod-selector=app=plain")
    assert refused.code == 1
    assert refused.out == "node/node-2 already cordoned\n"
    reason = f"cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): {ns}/{here}"
    assert refused.err.splitlines()[0].replace("error:cannot", "error: cannot") == (
        f'error: unable to drain node "node-2" due to error: {reason}, continuing command...'
    )
    drained = kubectl.run("drain", "node-2", "--ignore-daemonsets", "--pod-selector=app=plain")
    assert (drained.code, drained.out) == (0, "node/node-2 already cordoned\nnode/node-2 drained\n")
    assert drained.err == f"Warning: ignoring DaemonSet-managed Pods: {ns}/{here}\n"
    assert here in names(api.items(pods))
    assert kubectl("uncordon", "node-2") == "node/node-2 uncordoned\n"


@pytest.mark.usefixtures("whole_nodes")
def test_a_node_is_lost_and_returns(kubectl: Kubectl, ns: str, api: Api) -> None:
    clock = ClusterTime(api)
    kubectl("apply", "-n", ns, "-f", "-", stdin=PLAIN)
    rolled_out(api, ns, "plain")
    before = names(api.items(PODS.format(ns)))
    fail(api, "node-3", "power")
    clock.advance(70)
    kubectl.until(lambda out: re.search(r"^node-3\s+NotReady ", out, re.MULTILINE) is not None, "get", "nodes")
    shown = kubectl.until(lambda out: rows(out)[0][1:4] == ["2", "2", "2"], "get", "ds", "-n", ns)
    assert rows(shown)[0][0] == "plain"
    pods = rows(kubectl("get", "pods", "-n", ns))
    assert {p[0] for p in pods} == before
    tainted = "Taints:             node.kubernetes.io/unreachable:NoExecute"
    kubectl.until(lambda out: tainted in out, "describe", "node", "node-3")
    recover(api, "node-3")
    rolled_out(api, ns, "plain")
    assert names(api.items(PODS.format(ns))) == before


def test_orphans_readoption_and_foreground_deletion(kubectl: Kubectl, ns: str, api: Api) -> None:
    kubectl("apply", "-n", ns, "-f", "-", stdin=PLAIN)
    assert_rolled_out(kubectl, ns, "plain")
    before = names(api.items(PODS.format(ns)))
    gone = kubectl("delete", "ds", "plain", "-n", ns, "--cascade=orphan")
    assert re.fullmatch(rf'daemonset.apps "plain" deleted( from {ns} namespace)?\n', gone)
    assert names(api.items(PODS.format(ns))) == before
    assert set(revisions(kubectl, ns).values()) == {"<none>"}
    assert kubectl("get", "pods", "-n", ns, "-o", "jsonpath={.items[*].metadata.ownerReferences}") == ""

    kubectl("apply", "-n", ns, "-f", "-", stdin=PLAIN)
    api.until(DAEMONSETS.format(ns), lambda sets: bool(sets) and settled(sets[0], 3))
    kinds = kubectl("get", "pods", "-n", ns, "-o", "jsonpath={.items[*].metadata.ownerReferences[*].kind}")
    assert kinds == "DaemonSet DaemonSet DaemonSet"
    assert names(api.items(PODS.format(ns))) == before
    assert set(revisions(kubectl, ns).values()) == {"daemonset.apps/plain"}

    with api.watch(DAEMONSETS.format(ns)) as watch:
        kubectl("delete", "ds", "plain", "-n", ns, "--cascade=foreground")
        watch.until(lambda sets: not sets)
    first: Obj = next(ds for _, ds in watch.events if is_deleting(ds))
    assert first["metadata"]["finalizers"] == ["foregroundDeletion"]
    left = kubectl.run("get", "pods,controllerrevisions", "-n", ns)
    assert left.err == f"No resources found in {ns} namespace.\n"
