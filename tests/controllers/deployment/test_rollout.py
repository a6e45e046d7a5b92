"""Tables of the Deployment arithmetic."""

from __future__ import annotations

import pytest

from apimachinery.objects import Object
from apimachinery.timestamp import parse_time
from controllers.deployment import rollout, status

NOW = parse_time("2026-01-02T03:14:05Z")


def deployment(replicas: int = 10, *, surge: int | str = 2, unavailable: int | str = 2, **spec: object) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "ns", "uid": "d", "generation": 1},
        "spec": {
            "replicas": replicas,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
            },
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}},
            **spec,
        },
        "status": {},
    }


def rs(name: str, size: int, *, available: int = 0, age: int = 0, most: int | None = None, wanted: int = 10) -> Object:
    annotations = {rollout.DESIRED_REPLICAS: str(wanted)}
    if most is not None:
        annotations[rollout.MAX_REPLICAS] = str(most)
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": f"2026-01-02T03:04:{59 - age:02d}Z",
            "annotations": annotations,
        },
        "spec": {"replicas": size},
        "status": {"replicas": size, "availableReplicas": available},
    }


@pytest.mark.parametrize(
    ("surge", "unavailable", "replicas", "expected"),
    [
        ("25%", "25%", 4, (1, 1)),
        ("25%", "25%", 3, (1, 0)),
        ("25%", "25%", 1, (1, 0)),
        (0, 0, 5, (0, 1)),
        ("0%", "10%", 5, (0, 1)),
        (3, 7, 5, (3, 5)),
    ],
)
def test_budgets(surge: int | str, unavailable: int | str, replicas: int, expected: tuple[int, int]) -> None:
    d = deployment(replicas, surge=surge, unavailable=unavailable)
    assert (rollout.max_surge(d), rollout.max_unavailable(d)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), [(10, 0, 2), (8, 2, 4), (4, 8, 8), (0, 10, 10), (12, 0, 0)])
def test_new_set_grows_into_the_room_there_is(old: int, new: int, expected: int) -> None:
    sets = [rs("old", old), rs("new", new)]
    assert rollout.new_replicas(deployment(), sets, sets[1]) == expected


@pytest.mark.parametrize(
    ("replicas", "sizes", "expected"),
    [
        pytest.param(20, {"new": 8, "old": 4}, {"new": 15, "old": 7}, id="up"),
        pytest.param(5, {"new": 8, "old": 4}, {"new": 5, "old": 2}, id="down"),
        pytest.param(0, {"new": 8, "old": 4}, {"new": 0, "old": 0}, id="to nothing"),
    ],
)
def test_scaling_in_the_middle_is_proportional(replicas: int, sizes: dict[str, int], expected: dict[str, int]) -> None:
    sets = [rs("old", sizes["old"], age=9, most=12), rs("new", sizes["new"], most=12)]
    assert rollout.proportional_sizes(deployment(replicas), sets) == expected


def test_revision_annotations_remember_their_past() -> None:
    d = deployment()
    d["metadata"]["annotations"] = {"note": "x", rollout.REVISION: "4"}
    present = rs("new", 1)
    present["metadata"]["annotations"] |= {rollout.REVISION: "2", rollout.REVISION_HISTORY: "1"}
    updated = rollout.annotations_for_new(d, present, 5)
    assert updated is not None
    assert updated[rollout.REVISION] == "5"
    assert updated[rollout.REVISION_HISTORY] == "1,2"
    assert updated["note"] == "x"
    present["metadata"]["annotations"] = updated
    assert rollout.annotations_for_new(d, present, 5) is None


@pytest.mark.parametrize(
    ("last_update", "reason", "expected"),
    [
        ("2026-01-02T03:10:00Z", "ReplicaSetUpdated", False),
        ("2026-01-02T03:04:00Z", "ReplicaSetUpdated", True),
        ("2026-01-02T03:04:00Z", "NewReplicaSetAvailable", False),
        ("2026-01-02T03:14:00Z", "ProgressDeadlineExceeded", True),
    ],
)
def test_progress_deadline(last_update: str, reason: str, expected: bool) -> None:
    d = deployment(progressDeadlineSeconds=600)
    now = {"conditions": [{"type": "Progressing", "status": "True", "reason": reason, "lastUpdateTime": last_update}]}
    assert status.is_timed_out(d, now, NOW) is expected


@pytest.mark.parametrize(
    ("minor", "created", "before", "size", "message"),
    [
        (36, True, 0, 3, "Scaled up replica set x from 0 to 3"),
        (31, False, 3, 1, "Scaled down replica set x from 3 to 1"),
        (30, True, 0, 3, "Scaled up replica set x to 3"),
        (29, False, 3, 1, "Scaled down replica set x to 1 from 3"),
    ],
)
def test_what_is_said_of_scaling(minor: int, created: bool, before: int, size: int, message: str) -> None:
    assert rollout.scaling_message("x", before, size, created=created, version=(1, minor)) == message
