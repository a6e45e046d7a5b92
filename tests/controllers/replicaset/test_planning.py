"""Which pods go first when there are too many, and what a ReplicaSet's status says: pure."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import meta
from apimachinery.objects import Object
from apimachinery.timestamp import parse_time
from controllers.replicaset.planning import count_status, pods_to_delete
from controllers.runtime.errors import ReconcileError

NOW = parse_time("2026-01-02T04:00:00Z")
OLD, YOUNG = "2026-01-02T03:00:00Z", "2026-01-02T03:59:00Z"


def pod(
    name: str,
    *,
    node: str = "n1",
    phase: str = "Running",
    ready: str | None = OLD,
    created: str = OLD,
    restarts: int = 0,
    cost: str | None = None,
    **metadata: Any,
) -> Object:
    """A pod; `ready` is since when."""
    annotations = {} if cost is None else {"controller.kubernetes.io/pod-deletion-cost": cost}
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": ready or created}
    own = {"name": name, "uid": name, "creationTimestamp": created, "labels": {"a": "b"}, "annotations": annotations}
    return {
        "metadata": {**own, **metadata},
        "spec": {"nodeName": node} if node else {},
        "status": {"phase": phase, "conditions": [condition], "containerStatuses": [{"restartCount": restarts}]},
    }


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (pod("x", node=""), pod("y")),
        (pod("x", phase="Pending"), pod("y")),
        (pod("x", phase="Unknown"), pod("y")),
        (pod("x", ready=None), pod("y")),
        (pod("x", cost="-1"), pod("y")),
        (pod("x"), pod("y", cost="5")),
        (pod("x", ready=YOUNG), pod("y")),
        (pod("x", restarts=3), pod("y")),
        (pod("x", created=YOUNG), pod("y")),
    ],
)
def test_who_goes_first(first: Object, last: Object) -> None:
    for pods in ([first, last], [last, first]):
        assert [meta.name(p) for p in pods_to_delete(pods, pods, 1, NOW)] == [meta.name(first)]


def test_a_crowded_node_gives_first() -> None:
    pods = [pod("a", node="n1"), pod("b", node="n2"), pod("c", node="n2")]
    assert meta.name(pods_to_delete(pods, pods, 1, NOW)[0]) in ("b", "c")


def test_all_go_when_none_is_wanted() -> None:
    pods = [pod("a"), pod("b")]
    assert pods_to_delete(pods, pods, 2, NOW) == pods


def owner(kind: str = "ReplicaSet", conditions: list[Object] | None = None, **spec: Any) -> Object:
    template = {"metadata": {"labels": {"a": "b"}}}
    return {
        "kind": kind,
        "metadata": {"name": "rs"},
        "spec": {"template": template, **spec},
        "status": {"conditions": conditions or []},
    }


def test_numbers() -> None:
    pods = [
        pod("ready"),
        pod("fresh", ready=YOUNG),
        pod("unready", ready=None),
        pod("bare", labels={}),
        pod("ended", phase="Failed"),
        pod("going", deletionTimestamp=OLD),
        pod("gone", phase="Succeeded", deletionTimestamp=OLD),
    ]
    assert count_status(owner(minReadySeconds=120), pods, NOW, None, 0) == {
        "replicas": 4,
        "fullyLabeledReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 2,
        "terminatingReplicas": 1,
    }


@pytest.mark.parametrize(
    ("kind", "minor", "shown"),
    [("ReplicaSet", 35, True), ("ReplicaSet", 34, False), ("ReplicationController", 36, False)],
)
def test_terminating_pods_are_counted_since_1_35(kind: str, minor: int, shown: bool) -> None:
    status = count_status(owner(kind), [], NOW, None, 0, version=(1, minor))
    assert ("terminatingReplicas" in status) is shown


@pytest.mark.parametrize(("diff", "reason"), [(-1, "FailedCreate"), (1, "FailedDelete")])
def test_a_failure_is_told_once_and_taken_back(diff: int, reason: str) -> None:
    failed = count_status(owner(), [], NOW, ReconcileError("no"), diff)
    (condition,) = failed["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("ReplicaFailure", "True", reason)
    assert condition["message"] == "no"
    again = count_status(owner(conditions=[condition]), [], NOW, ReconcileError("other"), diff)
    assert again["conditions"] == [condition]
    assert "conditions" not in count_status(owner(conditions=[condition]), [], NOW, None, 0)
