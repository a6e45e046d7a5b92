"""The specs of test/e2e/apps/statefulset.go: order, updates, scaling, ordinals, claims."""

from __future__ import annotations

import pytest

from tests.conformance.e2e.stateful import (
    LABELS,
    NAME,
    REVISION_LABEL,
    all_ready,
    claims,
    gate,
    is_rolled_out,
    live,
    open_in_order,
    pods,
    revisions,
    runs,
    scale,
    set_image,
    sets,
    settle,
    stateful_set,
    until_pod,
    until_set,
)
from tests.conformance.e2e.workloads import AGNHOST, APPS, CORE, HTTPD, SLOW, is_deleted, is_ready, name_of, owner
from tests.support.live import MERGE, Api, Obj

NODES = 2


def names(count: int, start: int = 0) -> list[str]:
    return [f"{NAME}-{n}" for n in range(start, start + count)]


def until_told(api: Api, namespace: str, reason: str, *wanted: str) -> list[str]:
    """What events of StatefulSets with the reason say, once they say all of this."""

    def told(found: list[Obj]) -> list[str]:
        return [e["message"] for e in found if (e["involvedObject"]["kind"], e["reason"]) == ("StatefulSet", reason)]

    path = f"{CORE.format(namespace)}/events"
    return told(api.until(path, lambda found: set(wanted) <= set(told(found)), timeout=SLOW, what=f"{reason} {wanted}"))


def test_should_adopt_matching_orphans_and_release_non_matching_pods(api: Api, namespace: str) -> None:
    st = api.create(sets(namespace), stateful_set(replicas=1))
    until_set(api, namespace, runs(1))
    api.patch(f"{pods(namespace)}/{NAME}-0", {"metadata": {"ownerReferences": None}}, MERGE)
    adopted = until_pod(api, namespace, f"{NAME}-0", lambda p: owner(p), "adopted again")
    assert owner(adopted)["uid"] == st["metadata"]["uid"]
    api.patch(f"{pods(namespace)}/{NAME}-0", {"metadata": {"labels": None}}, MERGE)
    until_pod(api, namespace, f"{NAME}-0", lambda p: not owner(p), "released")
    api.patch(f"{pods(namespace)}/{NAME}-0", {"metadata": {"labels": LABELS}}, MERGE)
    again = until_pod(
        api, namespace, f"{NAME}-0", lambda p: "apps.kubernetes.io/pod-index" in p["metadata"]["labels"], "named anew"
    )
    assert owner(again)["uid"] == st["metadata"]["uid"]
    assert again["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] == f"{NAME}-0"


def test_should_not_deadlock_when_a_predecessor_fails(api: Api, namespace: str) -> None:
    api.create(sets(namespace), stateful_set(replicas=2, gated=True))
    open_in_order(api, namespace, names(1))
    until_pod(api, namespace, f"{NAME}-1", lambda p: p["status"].get("phase") == "Running", "the second runs")
    assert live(settle(api, namespace)) == names(2)
    first = api.delete(f"{pods(namespace)}/{NAME}-0")
    until_pod(api, namespace, f"{NAME}-0", lambda p: p["metadata"]["uid"] != first["metadata"]["uid"], "made anew")
    open_in_order(api, namespace, names(2))
    until_set(api, namespace, runs(2))


def test_should_perform_rolling_updates_and_roll_backs(api: Api, namespace: str) -> None:
    st = api.create(sets(namespace), stateful_set(gated=True))
    open_in_order(api, namespace, names(3))
    st = until_set(api, namespace, is_rolled_out)
    first = st["status"]["currentRevision"]
    assert revisions(settle(api, namespace)) == [first] * 3

    gate(api, namespace, f"{NAME}-1", opened=False)
    until_set(api, namespace, lambda s: s["status"].get("readyReplicas") == 2)
    set_image(api, namespace, AGNHOST)
    st = until_set(api, namespace, lambda s: s["status"]["updateRevision"] != first)
    second = st["status"]["updateRevision"]
    assert st["status"]["currentRevision"] == first
    assert revisions(settle(api, namespace)) == [first] * 3
    gate(api, namespace, f"{NAME}-1", opened=True)
    for name in reversed(names(3)):
        until_pod(api, namespace, name, lambda p: p["metadata"]["labels"][REVISION_LABEL] == second, f"{name} anew")
        open_in_order(api, namespace, [name])
    st = until_set(api, namespace, is_rolled_out)
    assert st["status"]["currentRevision"] == second
    found = settle(api, namespace)
    assert {p["spec"]["containers"][0]["image"] for p in found} == {AGNHOST}

    set_image(api, namespace, HTTPD)
    for name in reversed(names(3)):
        until_pod(api, namespace, name, lambda p: p["metadata"]["labels"][REVISION_LABEL] == first, f"{name} back")
        open_in_order(api, namespace, [name])
    st = until_set(api, namespace, is_rolled_out)
    assert st["status"]["currentRevision"] == first
    numbers = {name_of(r): r["revision"] for r in api.items(f"{APPS.format(namespace)}/controllerrevisions")}
    assert numbers == {first: 3, second: 2}


def test_should_perform_canary_and_phased_updates(api: Api, namespace: str) -> None:
    def partition(number: int) -> None:
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": number}}
        api.patch(f"{sets(namespace)}/{NAME}", {"spec": {"updateStrategy": strategy}})

    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}
    api.create(sets(namespace), stateful_set(updateStrategy=strategy))
    old = until_set(api, namespace, runs(3))["status"]["currentRevision"]
    set_image(api, namespace, AGNHOST)
    new = until_set(api, namespace, lambda s: s["status"]["updateRevision"] != old)["status"]["updateRevision"]
    assert revisions(settle(api, namespace)) == [old] * 3

    partition(2)
    until_pod(api, namespace, f"{NAME}-2", lambda p: p["metadata"]["labels"][REVISION_LABEL] == new, "the canary")
    until_set(api, namespace, lambda s: runs(3)(s) and s["status"].get("updatedReplicas") == 1)
    for name in (f"{NAME}-0", f"{NAME}-2"):
        gone = api.delete(f"{pods(namespace)}/{name}")["metadata"]["uid"]
        until_pod(api, namespace, name, lambda p, gone=gone: p["metadata"]["uid"] != gone and is_ready(p))  # type: ignore[misc]
    until_set(api, namespace, runs(3))
    assert revisions(settle(api, namespace)) == [old, old, new]

    for number in (1, 0):
        partition(number)
        until_set(api, namespace, lambda s, n=number: runs(3)(s) and s["status"].get("updatedReplicas") == 3 - n)  # type: ignore[misc]
        assert revisions(settle(api, namespace)) == [old] * number + [new] * (3 - number)
    done = until_set(api, namespace, is_rolled_out)
    assert (done["status"]["currentRevision"], done["status"]["updatedReplicas"]) == (new, 3)


def test_should_implement_legacy_replacement_when_the_update_strategy_is_on_delete(api: Api, namespace: str) -> None:
    api.create(sets(namespace), stateful_set(updateStrategy={"type": "OnDelete"}))
    old = until_set(api, namespace, runs(3))["status"]["currentRevision"]
    for name in names(3):
        api.delete(f"{pods(namespace)}/{name}")
    until_set(api, namespace, runs(3))
    api.until(pods(namespace), lambda found: len(found) == 3 and all_ready(found))
    assert revisions(settle(api, namespace)) == [old] * 3
    set_image(api, namespace, AGNHOST)
    until_set(api, namespace, lambda s: s["status"]["updateRevision"] != old)
    assert revisions(settle(api, namespace)) == [old] * 3
    new = api.get(f"{sets(namespace)}/{NAME}")["status"]["updateRevision"]
    for name in names(3):
        api.delete(f"{pods(namespace)}/{name}")
    until_set(api, namespace, lambda s: runs(3)(s) and s["status"].get("updatedReplicas") == 3)
    assert revisions(settle(api, namespace)) == [new] * 3


def test_scaling_should_happen_in_predictable_order_and_halt_if_any_pod_is_unhealthy(api: Api, namespace: str) -> None:
    with api.watch(pods(namespace)) as watch:
        api.create(sets(namespace), stateful_set(replicas=1, gated=True))
        open_in_order(api, namespace, names(1))
        until_set(api, namespace, runs(1))
        gate(api, namespace, f"{NAME}-0", opened=False)
        until_set(api, namespace, lambda s: not s["status"].get("readyReplicas"))
        scale(api, namespace, 3)
        assert live(settle(api, namespace)) == names(1)
        open_in_order(api, namespace, names(3))
        until_set(api, namespace, runs(3))
        watch.until(lambda found: len(found) == 3 and all_ready(found))
        assert [name_of(p) for kind, p in watch.events if kind == "ADDED"] == names(3)
    with api.watch(pods(namespace)) as watch:
        for name in names(3):
            gate(api, namespace, name, opened=False)
        until_set(api, namespace, lambda s: not s["status"].get("readyReplicas"))
        scale(api, namespace, 0)
        assert live(settle(api, namespace)) == names(3)
        for name in names(2, 1)[::-1]:
            gate(api, namespace, name, opened=True)
        watch.until(lambda found: not found, timeout=SLOW, what="the first goes unready: there is nobody before it")
        assert [name_of(p) for kind, p in watch.events if kind == "DELETED"] == names(3)[::-1]
    st = until_set(api, namespace, lambda s: s["status"]["replicas"] == 0)
    assert st["status"]["availableReplicas"] == 0
    deletions = [f"delete Pod {name} in StatefulSet {NAME} successful" for name in names(3)]
    assert sorted(until_told(api, namespace, "SuccessfulDelete", *deletions)) == deletions


def test_burst_scaling_should_run_to_completion_even_with_unhealthy_pods(api: Api, namespace: str) -> None:
    api.create(sets(namespace), stateful_set(replicas=1, gated=True, podManagementPolicy="Parallel"))
    open_in_order(api, namespace, names(1))
    until_set(api, namespace, runs(1))
    gate(api, namespace, f"{NAME}-0", opened=False)
    scale(api, namespace, 3)
    api.until(pods(namespace), lambda found: live(found) == names(3), timeout=SLOW)
    open_in_order(api, namespace, names(3))
    until_set(api, namespace, runs(3))
    gate(api, namespace, f"{NAME}-0", opened=False)
    scale(api, namespace, 0)
    api.until(pods(namespace), lambda found: not found, timeout=SLOW)


def test_should_recreate_an_evicted_stateful_set(api: Api, namespace: str) -> None:
    node = name_of(api.items("/api/v1/nodes")[0])
    port = {"containerPort": 21017, "hostPort": 21017}
    blocker = {
        "metadata": {"name": "test-pod"},
        "spec": {
            "nodeName": node,
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "webserver", "image": HTTPD, "ports": [port]}],
        },
    }
    api.create(pods(namespace), {"apiVersion": "v1", "kind": "Pod", **blocker})
    until_pod(api, namespace, "test-pod", is_ready)
    st = stateful_set(replicas=1)
    st["spec"]["template"]["spec"] |= {"nodeName": node}
    st["spec"]["template"]["spec"]["containers"][0]["ports"] = [port]
    with api.watch(pods(namespace)) as watch:
        api.create(sets(namespace), st)
        watch.until(
            lambda _: [1 for k, p in watch.events if k == "DELETED" and name_of(p) == f"{NAME}-0"], timeout=SLOW
        )
        assert any(p["status"].get("phase") == "Failed" for _, p in watch.events if name_of(p) == f"{NAME}-0")
    api.delete(f"{pods(namespace)}/test-pod")
    until_pod(api, namespace, f"{NAME}-0", is_ready, "runs in the end")


def test_should_have_a_working_scale_subresource(api: Api, namespace: str) -> None:
    api.create(sets(namespace), stateful_set(replicas=1))
    until_set(api, namespace, runs(1))
    path = f"{sets(namespace)}/{NAME}/scale"
    found = api.get(path)
    assert (found["spec"]["replicas"], found["status"]["replicas"]) == (1, 1)
    assert found["status"]["selector"] == "baz=blah,foo=bar"
    found["metadata"]["resourceVersion"] = ""
    found["spec"]["replicas"] = 2
    assert api.request("PUT", path, found).ok()["spec"]["replicas"] == 2
    assert api.patch(path, {"spec": {"replicas": 4}}, MERGE)["spec"]["replicas"] == 4
    until_set(api, namespace, runs(4))


def test_should_list_patch_and_delete_a_collection(api: Api, namespace: str) -> None:
    labels = {"test-ss": "patched"}
    api.create(sets(namespace), stateful_set(replicas=1))
    until_set(api, namespace, runs(1))
    container = {"name": "webserver", "image": AGNHOST}
    template = {"spec": {"terminationGracePeriodSeconds": 0, "containers": [container]}}
    payload: Obj = {"metadata": {"labels": labels}, "spec": {"replicas": 2, "template": template}}
    api.patch(f"{sets(namespace)}/{NAME}", payload)
    until_set(api, namespace, is_rolled_out)
    only = f"{sets(namespace)}?labelSelector=test-ss%3Dpatched"
    (listed,) = api.items("/apis/apps/v1/statefulsets?labelSelector=test-ss%3Dpatched")
    assert listed["spec"]["template"]["spec"]["containers"][0]["image"] == AGNHOST
    api.delete(only)
    assert not api.items(only)
    api.until(pods(namespace), lambda found: not found, timeout=SLOW, what="the collector took the pods")


def test_should_validate_status_endpoints(api: Api, namespace: str) -> None:
    api.create(sets(namespace), stateful_set(replicas=1))
    until_set(api, namespace, runs(1))
    path = f"{sets(namespace)}/{NAME}/status"
    wanted = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from e2e test"}
    while True:
        live = api.get(path)
        live["status"]["conditions"] = [wanted]
        answer = api.request("PUT", path, live)
        if answer.code != 409:
            break
    updated = answer.ok()
    assert {k: v for k, v in updated["status"]["conditions"][0].items() if v is not None} == wanted
    patch = {"status": {"conditions": [{"type": "StatusPatched", "status": "True"}]}}
    patched = api.patch(path, patch, MERGE)
    assert [c["type"] for c in patched["status"]["conditions"]] == ["StatusPatched"]


@pytest.mark.parametrize(("before", "after"), [({}, {"start": 2}), ({"start": 4}, {"start": 2}), ({"start": 3}, None)])
def test_start_ordinal(api: Api, namespace: str, before: Obj, after: Obj | None) -> None:
    st = stateful_set(replicas=2)
    if before:
        st["spec"]["ordinals"] = before
    api.create(sets(namespace), st)
    until_set(api, namespace, runs(2))
    assert live(settle(api, namespace)) == names(2, before.get("start", 0))
    api.patch(f"{sets(namespace)}/{NAME}", {"spec": {"ordinals": after}}, MERGE)
    wanted = names(2, (after or {}).get("start", 0))
    api.until(pods(namespace), lambda found: sorted(map(name_of, found)) == wanted and all_ready(found), timeout=SLOW)
    until_set(api, namespace, runs(2))


def test_available_replicas_follow_min_ready_seconds(api: Api, namespace: str) -> None:
    api.create(sets(namespace), stateful_set(replicas=2, minReadySeconds=600, podManagementPolicy="Parallel"))
    st = until_set(api, namespace, runs(2))
    assert st["status"]["availableReplicas"] == 0
    api.advance(600)
    until_set(api, namespace, lambda s: s["status"]["availableReplicas"] == 2)
    api.patch(f"{sets(namespace)}/{NAME}", {"spec": {"minReadySeconds": 3600}})
    until_set(api, namespace, lambda s: s["status"]["availableReplicas"] == 0)
    api.patch(f"{sets(namespace)}/{NAME}", {"spec": {"minReadySeconds": 0}})
    until_set(api, namespace, lambda s: s["status"]["availableReplicas"] == 2)


def policy(when_deleted: str, when_scaled: str) -> Obj:
    return {"whenDeleted": when_deleted, "whenScaled": when_scaled}


def with_claims(when_deleted: str, when_scaled: str) -> Obj:
    """A set whose pods wait for volumes that nobody provides, and do not wait for each other."""
    return stateful_set(
        claims=("datadir",),
        podManagementPolicy="Parallel",
        persistentVolumeClaimRetentionPolicy=policy(when_deleted, when_scaled),
    )


def claims_are(api: Api, namespace: str, wanted: dict[str, str], what: str) -> None:
    """The claims and the kind of each one's owner."""

    def same(found: list[Obj]) -> bool:
        return {name_of(c): owner(c).get("kind", "") for c in found if not is_deleted(c)} == wanted

    api.until(claims(namespace), same, timeout=SLOW, what=what)


@pytest.mark.parametrize(("when_deleted", "left"), [("Delete", False), ("Retain", True)])
def test_claims_when_the_set_goes(api: Api, namespace: str, when_deleted: str, left: bool) -> None:
    api.create(sets(namespace), with_claims(when_deleted, "Retain"))
    kind = "" if left else "StatefulSet"
    claims_are(api, namespace, {f"datadir-{n}": kind for n in names(3)}, "three claims")
    api.delete(f"{sets(namespace)}/{NAME}")
    api.until(pods(namespace), lambda found: not found, timeout=SLOW)
    api.until(claims(namespace), lambda found: len(found) == (3 if left else 0), timeout=SLOW)


def test_claims_when_the_set_shrinks(api: Api, namespace: str) -> None:
    api.create(sets(namespace), with_claims("Retain", "Delete"))
    claims_are(api, namespace, {f"datadir-{n}": "" for n in names(3)}, "three claims")
    scale(api, namespace, 1)
    api.until(claims(namespace), lambda found: [name_of(c) for c in found] == [f"datadir-{NAME}-0"], timeout=SLOW)
    api.patch(
        f"{sets(namespace)}/{NAME}", {"spec": {"persistentVolumeClaimRetentionPolicy": policy("Delete", "Delete")}}
    )
    api.delete(f"{pods(namespace)}/{NAME}-0")
    claims_are(api, namespace, {f"datadir-{NAME}-0": "StatefulSet"}, "the policy followed")
    (claim,) = api.items(claims(namespace))
    assert claim["metadata"]["labels"] == LABELS
    created = f"create Claim datadir-{NAME}-0 Pod {NAME}-0 in StatefulSet {NAME} success"
    until_told(api, namespace, "SuccessfulCreate", created)
