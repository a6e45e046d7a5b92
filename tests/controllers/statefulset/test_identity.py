"""Names, ordinals, claims and revisions of a StatefulSet: pure."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import meta, names
from apimachinery.objects import Object
from apimachinery.timestamp import parse_time
from controllers.runtime.resources import POD_KIND
from controllers.statefulset import identity, retention, revisions, status

NOW = parse_time("2026-01-02T04:00:00Z")
OLD, YOUNG = "2026-01-02T03:00:00Z", "2026-01-02T03:59:00Z"


def stateful_set(
    *, claims: tuple[str, ...] = (), policy: tuple[str, str] = ("Retain", "Retain"), **spec: Any
) -> Object:
    """`web` of three replicas; `policy` is whenDeleted, whenScaled."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "web", "namespace": "ns", "uid": "set", "generation": 1},
        "spec": {
            "replicas": 3,
            "serviceName": "svc",
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "c"}], "volumes": [{"name": "data"}, {"name": "own"}]},
            },
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "persistentVolumeClaimRetentionPolicy": dict(zip(("whenDeleted", "whenScaled"), policy, strict=True)),
            "volumeClaimTemplates": [{"metadata": {"name": c, "labels": {"of": "me"}}, "spec": {}} for c in claims],
            **spec,
        },
        "status": {},
    }


def pod(name: str = "web-0", **metadata: Any) -> Object:
    return {"metadata": {"name": name, "namespace": "ns", "uid": f"uid-{name}", **metadata}, "spec": {}}


@pytest.mark.parametrize(
    ("name", "parent", "number"),
    [
        ("web-0", "web", 0),
        ("web-10", "web", 10),
        ("a-b-007", "a-b", 7),
        ("web", "", -1),
        ("web-x", "", -1),
        ("web-", "", -1),
        ("web-2147483648", "web", -1),
    ],
)
def test_parent_and_ordinal(name: str, parent: str, number: int) -> None:
    assert identity.parent_and_ordinal(pod(name)) == (parent, number)


def test_a_new_pod() -> None:
    st = stateful_set(claims=("data",))
    made = identity.new_pod(st, "web-rev", 1)
    assert made["metadata"]["name"] == "web-1"
    assert made["metadata"]["generateName"] == "web-"
    assert made["metadata"]["labels"] == {
        "a": "b",
        "apps.kubernetes.io/pod-index": "1",
        "controller-revision-hash": "web-rev",
        "statefulset.kubernetes.io/pod-name": "web-1",
    }
    assert (made["spec"]["hostname"], made["spec"]["subdomain"]) == ("web-1", "svc")
    assert made["spec"]["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-1"}},
        {"name": "own"},
    ]
    assert identity.identity_matches(st, made)
    assert identity.storage_matches(st, made)
    assert st == stateful_set(claims=("data",))


def test_without_a_service_there_is_no_subdomain() -> None:
    assert "subdomain" not in identity.new_pod(stateful_set(serviceName=""), "r", 0)["spec"]


def test_claims_carry_the_labels_of_template_and_selector() -> None:
    (claim,) = identity.claims_of(stateful_set(claims=("data",)), pod("web-2")).values()
    assert claim["metadata"] == {"name": "data-web-2", "namespace": "ns", "labels": {"of": "me", "a": "b"}}


@pytest.mark.parametrize(
    ("strategy", "current", "expected"),
    [
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, 0, [True, False, False]),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}, 3, [False, False, False]),
        ({"type": "RollingUpdate"}, 2, [True, True, False]),
        ({"type": "OnDelete"}, 3, [False, False, False]),
    ],
)
def test_which_revision_a_missing_pod_comes_back_with(strategy: Object, current: int, expected: list[bool]) -> None:
    st = {**stateful_set(updateStrategy=strategy, ordinals={"start": 5}), "status": {"currentReplicas": current}}
    assert [identity.starts_from_current(st, n) for n in (5, 6, 7)] == expected


def test_the_range_of_ordinals() -> None:
    st = stateful_set(ordinals={"start": 2})
    assert [identity.in_range(st, pod(f"web-{n}")) for n in (1, 2, 4, 5)] == [False, True, True, False]


# claims and their owners -------------------------------------------------------------------------------------------


def ref(kind: str, name: str, uid: str, **more: Any) -> Object:
    version = "apps/v1" if kind == "StatefulSet" else "v1"
    return {"apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": True, **more}


SET = ref("StatefulSet", "web", "set", blockOwnerDeletion=True)
INSIDE = ref("Pod", "web-0", "uid-web-0", blockOwnerDeletion=True)
OUTSIDE = ref("Pod", "web-7", "uid-web-7", blockOwnerDeletion=True)


def claim(*refs: Object) -> Object:
    return {"metadata": {"name": "data-web-0", "ownerReferences": list(refs)}}


@pytest.mark.parametrize(
    ("policy", "name", "wanted"),
    [
        (("Retain", "Retain"), "web-0", []),
        (("Retain", "Retain"), "web-7", []),
        (("Delete", "Retain"), "web-0", [SET]),
        (("Delete", "Retain"), "web-7", [SET]),
        (("Retain", "Delete"), "web-0", []),
        (("Retain", "Delete"), "web-7", [OUTSIDE]),
        (("Delete", "Delete"), "web-0", [SET]),
        (("Delete", "Delete"), "web-7", [OUTSIDE]),
    ],
)
def test_who_owns_a_claim(policy: tuple[str, str], name: str, wanted: list[Object]) -> None:
    st, own = stateful_set(policy=policy), pod(name)
    for present in ([], [SET], [ref("Pod", name, f"uid-{name}")]):
        given = claim(*present)
        assert retention.owners(given, st, own) == wanted
        assert retention.is_up_to_date(claim(*wanted), st, own)
        if [r["uid"] for r in present] != [r["uid"] for r in wanted]:
            assert not retention.is_up_to_date(given, st, own)


def test_an_owner_that_does_not_control_is_corrected() -> None:
    st = stateful_set(policy=("Delete", "Retain"))
    assert not retention.is_up_to_date(claim({**SET, "controller": False}), st, pod())


def test_a_claim_that_someone_else_controls_is_let_go() -> None:
    st = stateful_set(policy=("Delete", "Retain"))
    other = ref("Database", "db", "db")
    assert retention.has_unexpected_controller(claim(other), st, pod())
    assert retention.is_up_to_date(claim(other), st, pod())
    assert not retention.is_up_to_date(claim(other, SET), st, pod())
    assert retention.owners(claim(other, SET), st, pod()) == [other]
    assert not retention.has_unexpected_controller(claim(other), stateful_set(), pod())


def test_a_claim_of_an_earlier_set_is_not_touched() -> None:
    st = stateful_set(policy=("Delete", "Delete"))
    assert retention.is_up_to_date(claim(ref("StatefulSet", "web", "before")), st, pod())
    assert retention.is_stale(claim(ref("Pod", "web-0", "before")), pod(), POD_KIND)


# revisions -----------------------------------------------------------------------------------------------------------


def test_the_hash_is_fnv_1_over_gos_json() -> None:
    """FNV-1 and FNV-1a differ from the first byte on; "<" is escaped as Go does."""

    def fnv1(data: bytes) -> int:
        value = 0x811C9DC5
        for byte in data:
            value = value * 0x01000193 % 2**32 ^ byte
        return value

    assert fnv1(b"a") == 0x050C5D7E
    expected = names.safe_encode(str(fnv1(b'{"a":"\\u003c"}7')))
    assert revisions.revision_hash({"a": "<"}, 7) == expected


def revision(number: int, image: str | None = "x", name: str = "") -> Object:
    template = {"spec": {"image": image}, "metadata": {"creationTimestamp": None}, "$patch": "replace"}
    return {
        "metadata": {"name": name or f"r{number}"},
        "revision": number,
        "data": {"spec": {"template": template}},
    }


def test_a_revision_gives_its_template_back() -> None:
    template = revisions.at_revision(stateful_set(), revision(1))["spec"]["template"]
    assert template == {"spec": {"image": "x"}, "metadata": {"creationTimestamp": None}}


def test_null_is_no_difference() -> None:
    bare = revision(2)
    bare["data"]["spec"]["template"]["metadata"] = {}
    assert revisions.same_state(revision(1), bare)
    assert not revisions.same_state(revision(1), revision(1, "y"))


def test_the_oldest_unused_revisions_go() -> None:
    known = [revision(n) for n in range(1, 7)]
    used = pod(labels={"controller-revision-hash": "r2"})
    gone = revisions.revisions_to_delete(stateful_set(revisionHistoryLimit=1), known, [used], known[4], known[5])
    assert [meta.name(r) for r in gone] == ["r1", "r3"]


# status --------------------------------------------------------------------------------------------------------------


def running(name: str, revision: str, ready: str | None = OLD, **metadata: Any) -> Object:
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": ready or OLD}
    made = pod(name, labels={"controller-revision-hash": revision}, **metadata)
    return {**made, "status": {"phase": "Running", "conditions": [condition]}}


def test_numbers() -> None:
    pods = [
        running("web-0", "old"),
        running("web-1", "old", YOUNG),
        running("web-2", "new", None),
        running("web-3", "new", deletionTimestamp=OLD),
        pod("web-4", labels={"controller-revision-hash": "new"}),
    ]
    assert status.count(pods, 120, "old", "new", NOW) == {
        "replicas": 4,
        "readyReplicas": 3,
        "availableReplicas": 2,
        "currentReplicas": 2,
        "updatedReplicas": 1,
    }


def whole(**numbers: Any) -> Object:
    counted = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), 3)
    own = {"currentReplicas": 0, "currentRevision": "old", "updateRevision": "new", "collisionCount": 0}
    return {"observedGeneration": 1, **counted, **own, **numbers}


@pytest.mark.parametrize(
    ("st", "given", "current"),
    [
        (stateful_set(), whole(), "new"),
        (stateful_set(), whole(readyReplicas=2), "old"),
        (stateful_set(), whole(replicas=4), "old"),
        (stateful_set(updateStrategy={"type": "OnDelete"}), whole(), "old"),
    ],
)
def test_an_update_is_complete_when_every_replica_is_new_and_ready(st: Object, given: Object, current: str) -> None:
    status.complete_rolling_update(st, given)
    assert given["currentRevision"] == current


def test_what_is_written() -> None:
    given = whole(availableReplicas=0)
    assert status.is_inconsistent(stateful_set(), given)
    sent = status.written(given)
    assert "currentReplicas" not in sent
    assert (sent["availableReplicas"], sent["collisionCount"]) == (0, 0)
    assert not status.is_inconsistent({**stateful_set(), "status": sent}, given)
    assert status.is_inconsistent({**stateful_set(), "status": sent}, {**given, "observedGeneration": 2})
