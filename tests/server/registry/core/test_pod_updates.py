"""What may change in a stored pod, through each of its endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.registry.core.pods import CONTAINER, PODS, stored
from tests.server.registry.strategies import CONTEXT, with_changes

PLAIN = stored()
GATED = stored(schedulingGates=[{"name": "example.com/g"}])
LIMITED = stored(activeDeadlineSeconds=100)
TOLERANT = stored(tolerations=[{"key": "k", "operator": "Exists", "effect": "NoExecute"}])
OTHER_FIELDS = (
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)

MAIN: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (PLAIN, {"spec.containers.0.image": "nginx:2"}, []),
    (PLAIN, {"spec.containers.0.image": ""}, ["spec.containers[0].image: Required value"] * 2),
    (
        PLAIN,
        {"spec.containers": [CONTAINER, {"name": "d", "image": "x"}]},
        ["spec.containers: Forbidden: pod updates may not add or remove containers"],
    ),
    (PLAIN, {"spec.activeDeadlineSeconds": 5}, []),
    (LIMITED, {"spec.activeDeadlineSeconds": 99}, []),
    (
        LIMITED,
        {"spec.activeDeadlineSeconds": 101},
        ["spec.activeDeadlineSeconds: Invalid value: 101: must be less than or equal to previous value"],
    ),
    (
        LIMITED,
        {"spec.activeDeadlineSeconds": None},
        ["spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"],
    ),
    (PLAIN, {"spec.tolerations": [{"key": "k", "operator": "Exists"}]}, []),
    (
        TOLERANT,
        {"spec.tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}]},
        [],
    ),
    (
        TOLERANT,
        {"spec.tolerations": []},
        ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"],
    ),
    (GATED, {"spec.schedulingGates": None}, []),
    (GATED, {"spec.nodeSelector": {"zone": "a"}}, []),
    (
        GATED,
        {"spec.schedulingGates": [{"name": "example.com/other"}]},
        [
            (
                "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate "
                "'example.com/other'"
            )
        ],
    ),
    (PLAIN, {"spec.nodeSelector": {"zone": "a"}}, [OTHER_FIELDS]),
    (PLAIN, {"spec.hostNetwork": True}, [OTHER_FIELDS]),
    (PLAIN, {"spec.containers.0.command": ["x"]}, [OTHER_FIELDS]),
]


@pytest.mark.parametrize(("old", "changes", "expected"), MAIN, ids=[str(c)[:60] for _, c, _ in MAIN])
def test_main_endpoint(old: dict[str, Any], changes: dict[str, Any], expected: list[str]) -> None:
    _, found = PODS.updated(old, changes)
    assert [line.split("\n")[0] for line in found] == expected


def test_forbidden_changes_are_shown_as_a_diff() -> None:
    _, (found,) = PODS.updated(PLAIN, {"spec.nodeSelector": {"zone": "a"}})
    lines = found.split("\n")[1:]
    assert [line for line in lines if line.startswith(("+", "-"))] == [
        '- "NodeSelector": null,',
        '+ "NodeSelector": {',
        '+  "zone": "a"',
        "+ },",
    ]


def test_generation_follows_the_spec() -> None:
    same, _ = PODS.updated(PLAIN, {"metadata.labels.x": "y"})
    changed, _ = PODS.updated(PLAIN, {"spec.containers.0.image": "nginx:2"})
    assert (same["metadata"]["generation"], changed["metadata"]["generation"]) == (1, 2)


def test_status_is_not_written_through_the_main_endpoint() -> None:
    found, _ = PODS.updated(PLAIN, {"status.phase": "Running"})
    assert found["status"]["phase"] == "Pending"


def running(code: int | None = None) -> dict[str, Any]:
    state: dict[str, Any] = {"running": {}} if code is None else {"terminated": {"exitCode": code}}
    return {"name": "c", "ready": False, "restartCount": 0, "image": "", "imageID": "", "state": state}


ENDED = with_changes(
    stored(restartPolicy="Never"),
    {"status": {"phase": "Failed", "qosClass": "BestEffort", "containerStatuses": [running(1)]}},
)

STATUS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (PLAIN, {"status.phase": "Running"}, []),
    (
        ENDED,
        {"status.containerStatuses": [running()]},
        ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"],
    ),
    (PLAIN, {"status.qosClass": "Guaranteed"}, ['status.qosClass: Invalid value: "Guaranteed": field is immutable']),
    (
        PLAIN,
        {"status.podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]},
        [
            (
                'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: '
                "may specify no more than one IP for each IP family"
            )
        ],
    ),
    (
        PLAIN,
        {"status.nominatedNodeName": "a b"},
        [
            (
                'status.nominatedNodeName: Invalid value: "a b": a lowercase RFC 1123 subdomain must consist of lower '
                "case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
                "'example.com', regex used for validation is "
                "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            )
        ],
    ),
]


@pytest.mark.parametrize(("old", "changes", "expected"), STATUS, ids=[str(c)[:60] for _, c, _ in STATUS])
def test_status_endpoint(old: dict[str, Any], changes: dict[str, Any], expected: list[str]) -> None:
    assert PODS.updated(old, changes, "status")[1] == expected


def test_status_endpoint_keeps_the_rest() -> None:
    found, refused = PODS.updated(
        PLAIN, {"spec.nodeName": "n", "metadata.labels.new": "kept", "status.phase": "Running"}, "status"
    )
    assert refused == []
    assert "nodeName" not in found["spec"]
    assert found["metadata"]["labels"] == {"app": "p", "new": "kept"}
    assert found["metadata"]["generation"] == 1
    assert found["status"] == {"phase": "Running", "qosClass": "BestEffort"}


def test_pod_ip_and_ips_follow_each_other() -> None:
    found, _ = PODS.updated(PLAIN, {"status.podIP": "10.0.0.1"}, "status")
    assert found["status"]["podIPs"] == [{"ip": "10.0.0.1"}]


DEBUGGER = {
    "name": "dbg",
    "image": "busybox",
    "resources": {},
    "imagePullPolicy": "Always",
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}


def test_debuggers_are_added_and_stay() -> None:
    debugged, refused = PODS.updated(
        PLAIN, {"spec.ephemeralContainers": [DEBUGGER], "spec.hostNetwork": True}, "ephemeralcontainers"
    )
    assert refused == []
    assert debugged["metadata"]["generation"] == 2
    assert "hostNetwork" not in debugged["spec"]
    _, refused = PODS.updated(debugged, {"spec.ephemeralContainers": None}, "ephemeralcontainers")
    assert [line.strip() for line in refused] == [
        'spec.ephemeralContainers: Forbidden: existing ephemeral containers "dbg" may not be removed'
    ]


SIZED = stored(containers=[{**CONTAINER, "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}])

RESIZES: list[tuple[dict[str, Any], list[str]]] = [
    ({"spec.containers.0.resources.requests.cpu": "2"}, []),
    (
        {"spec.containers.0.resources.requests.cpu": None},
        ["spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"],
    ),
    (
        {"spec.containers.0.resources.requests.ephemeral-storage": "1Gi"},
        ["spec: Forbidden: only cpu and memory resources are mutable"],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), RESIZES, ids=[str(c) for c, _ in RESIZES])
def test_resize_endpoint(changes: dict[str, Any], expected: list[str]) -> None:
    assert [line.split("\n")[0] for line in PODS.updated(SIZED, changes, "resize")[1]] == expected


@pytest.mark.parametrize(
    ("node", "phase", "asked", "grace"),
    [("", "Pending", None, 0), ("n", "Running", None, 30), ("n", "Running", 5, 5), ("n", "Succeeded", 5, 0)],
)
def test_grace(node: str, phase: str, asked: int | None, grace: int) -> None:
    pod = with_changes(PLAIN, {"spec.nodeName": node or None, "status.phase": phase})
    assert PODS.strategy.check_graceful_delete(pod, asked, CONTEXT) == grace
