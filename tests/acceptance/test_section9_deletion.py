"""Deletion in its three ways, and pods that a quota refuses: numbers 23, 25 and 27 of the acceptance list."""

from __future__ import annotations

import re

from tests.acceptance.objects import (
    DAEMONSETS,
    PODS,
    REVISIONS,
    container_status,
    daemonset,
    events,
    is_deleting,
    names,
    rolled_out,
    start,
)
from tests.support.live import Api, Obj

NODES = 5


def options(policy: str) -> Obj:
    return {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy}


def test_23_orphans_are_adopted_by_their_own_kind_only(api: Api, namespace: str) -> None:
    sets, pods = DAEMONSETS.format(namespace), PODS.format(namespace)
    before = start(api, namespace, nodes=5)
    api.delete(f"{sets}/ds", options("Orphan"))
    api.until(sets, lambda found: not found)
    orphans = api.until(pods, lambda found: not any(p["metadata"].get("ownerReferences") for p in found))
    assert names(orphans) == names(before)
    revisions = api.items(REVISIONS.format(namespace))
    assert not any(r["metadata"].get("ownerReferences") for r in revisions)

    other = daemonset("other")
    start(api, namespace, other, nodes=5)
    untouched = [p for p in api.items(pods) if p["metadata"]["labels"]["app"] == "ds"]
    assert names(untouched) == names(before)
    assert not any(p["metadata"].get("ownerReferences") for p in untouched)

    with api.watch(f"{pods}?labelSelector=app%3Dds") as watch:
        ds = api.create(sets, daemonset())
        rolled_out(api, namespace, nodes=5)
        adopted = watch.until(lambda found: all(p["metadata"].get("ownerReferences") for p in found))
    assert {kind for kind, _ in watch.events} == {"MODIFIED"}
    assert names(adopted) == names(before)
    assert {r["uid"] for p in adopted for r in p["metadata"]["ownerReferences"]} == {ds["metadata"]["uid"]}
    assert {container_status(p)["restartCount"] for p in adopted} == {0}
    own = [r for r in api.items(REVISIONS.format(namespace)) if r["metadata"]["labels"]["app"] == "ds"]
    assert names(own) == names(revisions)


def test_25_foreground_deletion_waits_for_its_pods(api: Api, namespace: str) -> None:
    sets, pods = DAEMONSETS.format(namespace), PODS.format(namespace)
    start(api, namespace, nodes=5)
    with api.watch(sets) as set_watch, api.watch(pods) as pod_watch:
        status = api.get(f"{sets}/ds")["status"]
        answer = api.delete(f"{sets}/ds", options("Foreground"))
        meta = answer["metadata"]
        assert meta["finalizers"] == ["foregroundDeletion"]
        assert (meta["deletionGracePeriodSeconds"], meta["generation"]) == (0, 2)
        assert is_deleting(answer)
        set_watch.until(lambda found: not found)
        pod_watch.until(lambda found: not found)
        gone_at = int(set_watch.events[-1][1]["metadata"]["resourceVersion"])
    assert set_watch.events[-1][0] == "DELETED"
    assert all(ds["status"] == status for _, ds in set_watch.events), "the status is frozen"
    last_pod = max(int(p["metadata"]["resourceVersion"]) for kind, p in pod_watch.events if kind == "DELETED")
    assert last_pod < gone_at
    assert not api.items(REVISIONS.format(namespace))


def test_25_background_deletion_answers_a_status(api: Api, namespace: str) -> None:
    ds = daemonset()
    start(api, namespace, ds, nodes=5)
    uid = api.get(f"{DAEMONSETS.format(namespace)}/ds")["metadata"]["uid"]
    answer = api.delete(f"{DAEMONSETS.format(namespace)}/ds")
    assert answer == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {"name": "ds", "group": "apps", "kind": "daemonsets", "uid": uid},
    }
    api.until(PODS.format(namespace), lambda found: not found)
    api.until(REVISIONS.format(namespace), lambda found: not found)


def test_27_a_quota_stops_the_slow_start(api: Api, namespace: str) -> None:
    quotas = f"/api/v1/namespaces/{namespace}/resourcequotas"
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "two"},
        "spec": {"hard": {"pods": "2"}},
    }
    api.create(quotas, quota)
    api.until(quotas, lambda found: found[0].get("status", {}).get("hard") == {"pods": "2"})
    api.create(DAEMONSETS.format(namespace), daemonset())
    failed = events(api, namespace, "FailedCreate")
    assert {e["type"] for e in failed} == {"Warning"}
    assert re.fullmatch(
        r'Error creating: pods "ds-\w{5}" is forbidden: '
        "exceeded quota: two, requested: pods=1, used: pods=2, limited: pods=2",
        failed[0]["message"],
    )

    def counted(found: list[Obj]) -> bool:
        s = found[0]["status"]
        return (s["desiredNumberScheduled"], s["currentNumberScheduled"], s.get("observedGeneration")) == (5, 2, 1)

    api.until(DAEMONSETS.format(namespace), counted)
    assert len(api.items(PODS.format(namespace))) == 2
