"""Deployments, ReplicaSets, StatefulSets and ControllerRevisions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.registry.strategies import Kind, with_changes
from tests.server.registry.workloads import DEPLOYMENTS, REPLICA_SETS, REVISIONS, STATEFUL_SETS, template, workload

NEGATIVE = "Invalid value: -1: must be greater than or equal to 0"
KINDS = [DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS]
NAMES = [k.resource.kind for k in KINDS]


def test_deployment_defaults() -> None:
    found = DEPLOYMENTS.created(workload(DEPLOYMENTS))
    assert {k: v for k, v in found["spec"].items() if k not in ("template", "selector")} == {
        "replicas": 1,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }
    assert found["status"] == {}


def test_stateful_set_defaults() -> None:
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = {"metadata": {"name": "data"}, "spec": asked}
    found = STATEFUL_SETS.created(workload(STATEFUL_SETS, volumeClaimTemplates=[claim]))
    assert {k: v for k, v in found["spec"].items() if k not in ("template", "selector")} == {
        "replicas": 1,
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "revisionHistoryLimit": 10,
        "volumeClaimTemplates": [
            {
                "kind": "PersistentVolumeClaim",
                "apiVersion": "v1",
                "metadata": {"name": "data"},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Gi"}},
                    "volumeMode": "Filesystem",
                },
                "status": {"phase": "Pending"},
            }
        ],
    }


def test_replica_set_defaults() -> None:
    found = REPLICA_SETS.created(workload(REPLICA_SETS))
    assert "labels" not in found["metadata"]
    assert found["spec"]["replicas"] == 1
    assert found["status"] == {"replicas": 0}


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_what_they_refuse_alike(kind: Kind) -> None:
    assert kind.refusals(workload(kind, replicas=-1)) == [f"spec.replicas: {NEGATIVE}"]
    assert kind.refusals(workload(kind, minReadySeconds=-1)) == [f"spec.minReadySeconds: {NEGATIVE}"]
    mismatch = kind.refusals(workload(kind, selector={"matchLabels": {"app": "b"}}))
    assert mismatch == [
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'
    ]
    (always,) = kind.refusals(workload(kind, template=template(restartPolicy="Never")))
    assert always == 'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_generation_follows_the_spec(kind: Kind) -> None:
    old = kind.created(workload(kind))
    scaled, refused = kind.updated(old, {"spec.replicas": 3})
    assert (scaled["metadata"]["generation"], refused) == (2, [])
    observed, refused = kind.updated(old, {"spec.replicas": 3, "status.replicas": 1}, "status")
    assert (observed["metadata"]["generation"], observed["spec"]["replicas"], refused) == (1, 1, [])


def test_a_deployments_generation_follows_its_annotations_too() -> None:
    old = DEPLOYMENTS.created(workload(DEPLOYMENTS))
    annotated, _ = DEPLOYMENTS.updated(old, {"metadata.annotations": {"a": "b"}})
    labelled, _ = DEPLOYMENTS.updated(old, {"metadata.labels": {"a": "b"}})
    assert (annotated["metadata"]["generation"], labelled["metadata"]["generation"]) == (2, 1)


DEPLOYMENT_REFUSALS: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"strategy": {"type": "Recreate", "rollingUpdate": {}}},
        [("spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'")],
    ),
    (
        {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}}},
        [
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
        ],
    ),
    (
        {"strategy": {"rollingUpdate": {"maxUnavailable": "x%"}}},
        [
            (
                'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "x%": a valid percent string must be a '
                "numeric string followed by an ending '%' "
                "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
            )
        ],
    ),
    (
        {"progressDeadlineSeconds": 5, "minReadySeconds": 5},
        ["spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"],
    ),
]


@pytest.mark.parametrize(("spec", "expected"), DEPLOYMENT_REFUSALS, ids=[str(s) for s, _ in DEPLOYMENT_REFUSALS])
def test_deployment_refusals(spec: dict[str, Any], expected: list[str]) -> None:
    assert DEPLOYMENTS.refusals(workload(DEPLOYMENTS, **spec)) == expected


def test_deployment_status_cannot_claim_too_much() -> None:
    old = DEPLOYMENTS.created(workload(DEPLOYMENTS))
    _, found = DEPLOYMENTS.updated(
        old, {"status": {"replicas": 1, "readyReplicas": 2, "availableReplicas": 3}}, "status"
    )
    assert found == [
        "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
        "status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas",
        "status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas",
    ]
    collided = with_changes(old, {"status": {"collisionCount": 2}})
    _, found = DEPLOYMENTS.updated(collided, {"status.collisionCount": 1}, "status")
    assert found == ["status.collisionCount: Invalid value: 1: cannot be decremented"]


def test_stateful_sets_change_in_few_fields() -> None:
    old = STATEFUL_SETS.created(workload(STATEFUL_SETS, serviceName="s"))
    for changes in ({"spec.replicas": 5}, {"spec.minReadySeconds": 5}, {"spec.ordinals": {"start": 3}}):
        assert STATEFUL_SETS.updated(old, changes)[1] == []
    assert STATEFUL_SETS.updated(old, {"spec.serviceName": "t"})[1] == [
        (
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
            "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' "
            "are forbidden"
        )
    ]


def test_a_stateful_sets_negative_history_is_only_warned_of() -> None:
    assert STATEFUL_SETS.warnings(workload(STATEFUL_SETS, revisionHistoryLimit=-1)) == [
        "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"
    ]


def revision(**fields: Any) -> dict[str, Any]:
    return {"kind": "ControllerRevision", "apiVersion": "apps/v1", "metadata": {"name": "w"}, **fields}


def test_revisions() -> None:
    old = REVISIONS.created(revision(data={"a": 1}, revision=1))
    assert "generation" not in old["metadata"]
    assert REVISIONS.refusals(revision(revision=1)) == ["data: Required value: data is mandatory"]
    assert REVISIONS.refusals(revision(data={}, revision=-1)) == [f"revision: {NEGATIVE}"]
    assert REVISIONS.updated(old, {"revision": 2})[1] == []
    assert REVISIONS.updated(old, {"data": {"a": 2}})[1] == ['data: Invalid value: {"a":2}: field is immutable']


def test_rows() -> None:
    deployment = with_changes(
        DEPLOYMENTS.created(workload(DEPLOYMENTS, replicas=3)),
        {"status": {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1}},
    )
    shown = {"Name": "w", "Age": "0s", "Containers": "c", "Images": "i:1"}
    assert DEPLOYMENTS.row(deployment) == {
        **shown,
        "Ready": "2/3",
        "Up-to-date": 3,
        "Available": 1,
        "Selector": "app=a",
    }
    replicas = with_changes(REPLICA_SETS.created(workload(REPLICA_SETS, replicas=3)), {"status.readyReplicas": 1})
    assert REPLICA_SETS.row(replicas) == {**shown, "Desired": 3, "Current": 0, "Ready": 1, "Selector": "app=a"}
    stateful = with_changes(STATEFUL_SETS.created(workload(STATEFUL_SETS)), {"status.readyReplicas": 1})
    assert STATEFUL_SETS.row(stateful) == {**shown, "Ready": "1/1"}
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "u", "controller": True}
    owned = with_changes(REVISIONS.created(revision(data={}, revision=7)), {"metadata.ownerReferences": [owner]})
    assert REVISIONS.row(owned) == {"Name": "w", "Controller": "daemonset.apps/d", "Revision": 7, "Age": "0s"}
