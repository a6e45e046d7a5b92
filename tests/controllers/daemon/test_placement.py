"""Tables of placement: eligibility, tolerations, affinity, who gets and who loses a pod."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apimachinery.objects import Object
from apimachinery.timestamp import parse_time
from controllers.daemon import placement
from controllers.daemon.facts import DaemonPod, Eligibility
from controllers.daemon.template import daemon_tolerations, node_name_affinity
from tests.controllers.factories import NOW, daemonset, node, pod

AT = parse_time(NOW)
SURGE: Object = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}


def required(*terms: Object) -> Object:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


def expression(key: str, operator: str, *values: str) -> Object:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("spec", "labels", "taints", "expected"),
    [
        ({}, {}, [], (True, True)),
        ({"nodeName": "n1"}, {}, [], (True, True)),
        ({"nodeName": "n2"}, {}, [], (False, False)),
        ({"nodeSelector": {"disk": "ssd"}}, {}, [], (False, False)),
        ({"nodeSelector": {"disk": "ssd"}}, {"disk": "ssd"}, [], (True, True)),
        ({"affinity": required()}, {}, [], (False, False)),
        ({"affinity": required({})}, {}, [], (False, False)),
        ({"affinity": required({}, expression("zone", "In", "a"))}, {"zone": "a"}, [], (True, True)),
        ({"affinity": required(expression("zone", "NotIn", "a"))}, {}, [], (True, True)),
        ({"affinity": required(expression("zone", "DoesNotExist"))}, {"zone": "a"}, [], (False, False)),
        ({"affinity": required(expression("cores", "Gt", "4"))}, {"cores": "8"}, [], (True, True)),
        ({"affinity": required(expression("cores", "Lt", "4"))}, {"cores": "x"}, [], (False, False)),
        ({}, {}, ["dedicated=gpu:NoSchedule"], (False, True)),
        ({}, {}, ["dedicated=gpu:NoExecute"], (False, False)),
        ({}, {}, ["dedicated=gpu:PreferNoSchedule"], (True, True)),
        ({}, {}, ["node.kubernetes.io/not-ready:NoExecute"], (True, True)),
        ({}, {}, ["node.kubernetes.io/not-ready:NoSchedule"], (False, True)),
        ({}, {}, ["node.kubernetes.io/unschedulable:NoSchedule"], (True, True)),
        ({}, {}, ["node.kubernetes.io/network-unavailable:NoSchedule"], (False, True)),
        ({"hostNetwork": True}, {}, ["node.kubernetes.io/network-unavailable:NoSchedule"], (True, True)),
        ({"tolerations": [{"operator": "Exists"}]}, {}, ["a=b:NoExecute", "c:NoSchedule"], (True, True)),
        ({"tolerations": [{"key": "a", "value": "b"}]}, {}, ["a=b:NoSchedule"], (True, True)),
        ({"tolerations": [{"key": "a", "value": "c"}]}, {}, ["a=b:NoSchedule"], (False, True)),
    ],
)
def test_eligibility(spec: Object, labels: dict[str, str], taints: list[str], expected: tuple[bool, bool]) -> None:
    assert Eligibility(daemonset(**spec))(node(labels=labels, taints=taints)) == expected


def test_automatic_tolerations_replace_in_place_and_drop_seconds() -> None:
    mine = {
        "key": "node.kubernetes.io/not-ready",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 30,
    }
    other = {"key": "x", "operator": "Exists"}
    result = daemon_tolerations({"tolerations": [mine, other]})
    assert result[0] == {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}
    assert result[1] == other
    assert [t["key"].rpartition("/")[2] for t in result[2:]] == [
        "unreachable",
        "disk-pressure",
        "memory-pressure",
        "pid-pressure",
        "unschedulable",
    ]


def test_required_affinity_is_replaced_and_the_rest_kept() -> None:
    preferred = [{"weight": 1, "preference": {}}]
    affinity = required(expression("zone", "In", "a"))
    affinity["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    affinity["podAffinity"] = {"x": 1}
    result = node_name_affinity(affinity, "n7")
    assert result["podAffinity"] == {"x": 1}
    assert result["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] == preferred
    assert result["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] == {
        "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n7"]}]}]
    }


def plan(ds: Object, nodes: list[Object], pods: list[Object], back_off: float | None = None) -> placement.Plan:
    return placement.plan_placement(
        ds,
        Eligibility(ds).over(nodes),
        placement.group_by_node(map(DaemonPod, pods)),
        current_hash="new",
        now=AT,
        back_off=lambda _: back_off,
    )


LATER = "2026-01-02T03:04:06Z"


@pytest.mark.parametrize(
    ("spec", "taints", "pods", "create", "delete"),
    [
        pytest.param({}, [], [], ["n1"], [], id="none"),
        pytest.param({}, [], [pod("a")], [], [], id="one"),
        pytest.param({}, [], [pod("a", bound=False)], [], [], id="pending"),
        pytest.param({}, [], [pod("a", deleting=True)], [], [], id="terminating blocks"),
        pytest.param({}, [], [pod("a", deleting=True, phase="Failed")], ["n1"], [], id="terminal and deleted is gone"),
        pytest.param(SURGE, [], [pod("a", deleting=True)], ["n1"], [], id="surge does not wait"),
        pytest.param({}, [], [pod("b", created=LATER), pod("a")], [], ["b"], id="oldest stays"),
        pytest.param({}, [], [pod("b"), pod("a", bound=False)], [], ["a"], id="bound stays"),
        pytest.param({}, [], [pod("b"), pod("a")], [], ["b"], id="name decides"),
        pytest.param({}, [], [pod("a", phase="Failed")], [], ["a"], id="failed"),
        pytest.param({}, [], [pod("a", phase="Succeeded")], [], ["a"], id="succeeded"),
        pytest.param({}, ["x:NoSchedule"], [pod("a")], [], [], id="may stay"),
        pytest.param({}, ["x:NoSchedule"], [], [], [], id="may not come"),
        pytest.param({}, ["x:NoExecute"], [pod("a"), pod("b", deleting=True)], [], ["a"], id="must go"),
        pytest.param({}, [], [pod("a"), pod("b", "gone")], [], [], id="bound to a missing node"),
        pytest.param({}, [], [pod("a"), pod("b", "gone", bound=False)], [], ["b"], id="meant for a missing node"),
        pytest.param(SURGE, [], [pod("a", revision="old"), pod("b", ready=False)], [], [], id="surging"),
        pytest.param(SURGE, [], [pod("a", revision="old"), pod("b")], [], ["a"], id="new is available"),
        pytest.param(
            SURGE,
            [],
            [pod("a", revision="old", ready=False), pod("b", ready=False)],
            [],
            ["a"],
            id="old is not ready",
        ),
        pytest.param(
            SURGE,
            [],
            [pod("a", revision="old"), pod("b", ready=False), pod("c", revision="older", created=LATER)],
            [],
            ["c"],
            id="one old and one new",
        ),
    ],
)
def test_plan(spec: Object, taints: list[str], pods: list[Object], create: list[str], delete: list[str]) -> None:
    result = plan(daemonset(spec=spec), [node(taints=taints)], pods)
    assert (result.create, result.delete) == (create, delete)


def test_a_failed_pod_in_back_off_is_kept_and_looked_at_again() -> None:
    result = plan(daemonset(), [node()], [pod("a", phase="Failed")], back_off=4.0)
    assert (result.delete, result.failed, result.requeue_after) == ([], [], [4.0])


def test_surge_waits_for_min_ready_seconds() -> None:
    ds = daemonset(spec={**SURGE, "minReadySeconds": 5})
    pods = [pod("a", revision="old"), pod("b")]

    def at(seconds: int) -> Any:
        return placement.plan_placement(
            ds,
            Eligibility(ds).over([node()]),
            placement.group_by_node(map(DaemonPod, pods)),
            current_hash="new",
            now=AT + timedelta(seconds=seconds),
            back_off=lambda _: None,
        ).delete

    assert at(4) == []
    assert at(5) == ["a"]
