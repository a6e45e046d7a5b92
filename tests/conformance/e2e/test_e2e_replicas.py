"""The specs of test/e2e/apps/{replica_set,rc,disruption}.go that are in the conformance suite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.conformance.e2e.workloads import (
    AGNHOST,
    APPS,
    CORE,
    HTTPD,
    SLOW,
    is_deleted,
    name_of,
    one,
    owner,
    pod,
    pods_run,
    replica_set,
    replication_controller,
)
from tests.support.live import MERGE, STRATEGIC, Api, Obj


@dataclass(frozen=True)
class Kind:
    """What keeps a number of pods: where it lives, how it is made, and its kind's name."""

    collection: str
    make: Callable[..., Obj]
    name: str

    def path(self, namespace: str) -> str:
        return self.collection.format(namespace)

    def __str__(self) -> str:
        return self.name


REPLICA_SETS = Kind(f"{APPS}/replicasets", replica_set, "ReplicaSet")
CONTROLLERS = Kind(f"{CORE}/replicationcontrollers", replication_controller, "ReplicationController")
both = pytest.mark.parametrize("kind", [REPLICA_SETS, CONTROLLERS], ids=str)


def pods(namespace: str) -> str:
    return f"{CORE.format(namespace)}/pods"


@both
def test_should_serve_an_image_on_each_replica(api: Api, namespace: str, kind: Kind) -> None:
    wanted = kind.make("my-hostname-basic", {"name": "my-hostname-basic"}, 2, AGNHOST)
    (container,) = wanted["spec"]["template"]["spec"]["containers"]
    container |= {"args": ["serve-hostname"], "ports": [{"containerPort": 9376}]}
    made = api.create(kind.path(namespace), wanted)
    running = pods_run(api, namespace, 2, "name%3Dmy-hostname-basic")
    assert {owner(p)["uid"] for p in running} == {made["metadata"]["uid"]}
    assert len({p["status"]["podIP"] for p in running}) == 2
    for answering in map(name_of, running):
        assert api.request("GET", f"{pods(namespace)}/{answering}/proxy/").body.decode() == answering


@both
def test_should_surface_exceeded_quota(api: Api, namespace: str, kind: Kind) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "condition-test"}}
    api.create(f"{CORE.format(namespace)}/resourcequotas", {**quota, "spec": {"hard": {"pods": "2"}}})
    quotas = f"{CORE.format(namespace)}/resourcequotas"
    one(api, quotas, "condition-test", lambda q: q.get("status", {}).get("used") == {"pods": "0"})
    api.create(kind.path(namespace), kind.make("condition-test", {"name": "condition-test"}, 3))
    found = one(api, kind.path(namespace), "condition-test", failing, "the failure condition")
    (condition,) = found["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("True", "FailedCreate")
    assert "exceeded quota: condition-test, requested: pods=1, used: pods=2, limited: pods=2" in condition["message"]
    api.patch(f"{kind.path(namespace)}/condition-test", {"spec": {"replicas": 2}}, MERGE)
    one(api, kind.path(namespace), "condition-test", lambda o: not failing(o), "no failure condition")


def failing(found: Obj) -> bool:
    return any(c["type"] == "ReplicaFailure" for c in found.get("status", {}).get("conditions", ()))


@both
def test_should_adopt_and_release_pods(api: Api, namespace: str, kind: Kind) -> None:
    labels = {"name": "pod-adoption-release"}
    api.create(pods(namespace), pod("pod-adoption-release", labels))
    pods_run(api, namespace, 1)
    made = api.create(kind.path(namespace), kind.make("pod-adoption-release", labels))
    only = f"{pods(namespace)}?fieldSelector=metadata.name%3Dpod-adoption-release"
    api.until(only, lambda found: owner(found[0]).get("uid") == made["metadata"]["uid"], timeout=SLOW, what="adopted")
    assert len(api.items(pods(namespace))) == 1
    api.patch(f"{pods(namespace)}/pod-adoption-release", {"metadata": {"labels": {"name": "not-matching"}}})
    api.until(only, lambda found: not owner(found[0]), timeout=SLOW, what="released")
    pods_run(api, namespace, 1, "name%3Dpod-adoption-release")


@both
def test_should_have_a_working_scale_subresource(api: Api, namespace: str, kind: Kind) -> None:
    path = f"{kind.path(namespace)}/scaled"
    api.create(kind.path(namespace), kind.make("scaled", {"name": "scaled"}))
    pods_run(api, namespace, 1)
    scale = api.get(f"{path}/scale")
    assert (scale["kind"], scale["apiVersion"], scale["spec"]["replicas"]) == ("Scale", "autoscaling/v1", 1)
    scale["spec"]["replicas"] = 2
    scale["metadata"].pop("resourceVersion")
    assert api.request("PUT", f"{path}/scale", scale).ok()["spec"]["replicas"] == 2
    assert api.get(path)["spec"]["replicas"] == 2
    api.patch(f"{path}/scale", {"spec": {"replicas": 4}}, MERGE)
    assert api.get(path)["spec"]["replicas"] == 4
    pods_run(api, namespace, 4)


@both
def test_should_validate_status_endpoints(api: Api, namespace: str, kind: Kind) -> None:
    path = f"{kind.path(namespace)}/test-rs"
    api.create(kind.path(namespace), kind.make("test-rs", {"app": "test-rs"}))
    one(api, kind.path(namespace), "test-rs", lambda o: o["status"].get("availableReplicas") == 1, "all is told")
    assert api.get(f"{path}/status")["status"]["replicas"] == 1
    told = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from e2e test"}
    while True:
        live = api.get(path)
        live["status"]["conditions"] = [told]
        answer = api.request("PUT", f"{path}/status", live)
        if answer.code != 409:
            break
    assert [c["type"] for c in answer.ok()["status"]["conditions"]] == ["StatusUpdate"]
    patched = {"status": {"conditions": [{"type": "StatusPatched", "status": "True"}]}}
    assert api.patch(f"{path}/status", patched, MERGE)["status"]["conditions"][0]["type"] == "StatusPatched"
    one(api, kind.path(namespace), "test-rs", lambda o: o["status"].get("conditions"))


@both
def test_should_replace_and_patch(api: Api, namespace: str, kind: Kind) -> None:
    path = f"{kind.path(namespace)}/test-rs"
    labels = {"app": "test-rs"}
    by_label = f"{kind.path(namespace)}?labelSelector=app%3Dtest-rs"
    with api.watch(by_label) as watch:
        api.create(kind.path(namespace), kind.make("test-rs", labels))
        pods_run(api, namespace, 1)
        api.patch(f"{path}/scale", {"spec": {"replicas": 2}}, MERGE)
        pods_run(api, namespace, 2)
        patch: Obj = {
            "metadata": {"labels": {"test-rs": "patched"}},
            "spec": {"replicas": 3, "template": {"spec": {"terminationGracePeriodSeconds": 0}}},
        }
        api.patch(path, patch, STRATEGIC)
        watch.until(
            lambda found: (
                found[0]["metadata"]["labels"].get("test-rs") == "patched"
                and found[0]["status"].get("readyReplicas") == 3
            ),
            timeout=SLOW,
        )
        assert len(api.items(f"{kind.path(namespace)}?labelSelector=test-rs%3Dpatched")) == 1
        api.delete(by_label)
        watch.until(lambda found: not found, timeout=SLOW)


@both
def test_should_list_and_delete_a_collection(api: Api, namespace: str, kind: Kind) -> None:
    labels = {"e2e": namespace}
    api.create(kind.path(namespace), kind.make("test-rs", labels, 3))
    pods_run(api, namespace, 3)
    everywhere = kind.path(namespace).replace(f"/namespaces/{namespace}", "") + f"?labelSelector=e2e%3D{namespace}"
    assert len(api.items(everywhere)) == 1
    api.delete(f"{kind.path(namespace)}?labelSelector=e2e%3D{namespace}", {"gracePeriodSeconds": 1})
    if kind is REPLICA_SETS:
        assert api.items(everywhere) == []
    api.until(everywhere, lambda found: not found, timeout=SLOW, what="none left, with their pods orphaned first")


# disruption ---------------------------------------------------------------------------------------------------------

LABELS = {"foo": "bar"}


def budgets(namespace: str) -> str:
    return f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"


def budget(name: str = "foo", labels: dict[str, str] | None = None, **spec: object) -> Obj:
    metadata = {"name": name, "labels": labels or {}}
    wanted = {"selector": {"matchLabels": LABELS}, **spec}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": wanted}


def processed(api: Api, namespace: str, name: str = "foo") -> Obj:
    """The budget once its newest form was looked at."""
    return one(
        api,
        budgets(namespace),
        name,
        lambda b: b.get("status", {}).get("observedGeneration", 0) >= b["metadata"]["generation"],
        "a processed budget",
    )


def evict(api: Api, namespace: str, name: str) -> int:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    return api.request("POST", f"{pods(namespace)}/{name}/eviction", body).code


def test_should_create_update_patch_and_delete_a_budget(api: Api, namespace: str) -> None:
    path = f"{budgets(namespace)}/foo"
    api.create(budgets(namespace), budget(minAvailable="1%"))
    live = processed(api, namespace)
    live["spec"]["minAvailable"] = "2%"
    assert api.request("PUT", path, live).ok()["spec"]["minAvailable"] == "2%"
    processed(api, namespace)
    patched = api.patch(path, {"spec": {"minAvailable": "3%"}}, STRATEGIC)
    assert patched["spec"]["minAvailable"] == "3%"
    processed(api, namespace)
    api.delete(path)
    assert api.request("GET", path).code == 404


def test_should_observe_that_the_status_changes(api: Api, namespace: str) -> None:
    api.create(budgets(namespace), budget(minAvailable=1))
    for name in ("pod-0", "pod-1", "pod-2"):
        api.create(pods(namespace), pod(name, LABELS))
    found = one(api, budgets(namespace), "foo", lambda b: b.get("status", {}).get("disruptionsAllowed", 0) > 0)
    assert found["status"]["expectedPods"] >= found["status"]["currentHealthy"] > 1


def test_should_update_and_patch_a_status(api: Api, namespace: str) -> None:
    api.create(budgets(namespace), budget(minAvailable=1))
    for name in ("pod-0", "pod-1"):
        api.create(pods(namespace), pod(name, LABELS))
    pods_run(api, namespace, 2)
    one(api, budgets(namespace), "foo", lambda b: b["status"].get("currentHealthy") == 2)
    path = f"{budgets(namespace)}/foo/status"
    while True:
        live = api.get(path)
        live["status"]["disruptedPods"] = {"old-pod": "2020-01-02T03:04:05Z"}
        answer = api.request("PUT", path, live)
        if answer.code != 409:
            break
    assert "old-pod" in answer.ok()["status"]["disruptedPods"]
    patched = api.patch(path, {"status": {"disruptedPods": {"old-pod": None}}}, MERGE)
    assert not patched["status"].get("disruptedPods")


def test_should_block_an_eviction_until_the_budget_allows_it(api: Api, namespace: str) -> None:
    def write(change: Callable[[Obj], None]) -> None:
        while True:
            live = api.get(f"{budgets(namespace)}/foo")
            change(live)
            if api.request("PUT", f"{budgets(namespace)}/foo", live).code != 409:
                break
        processed(api, namespace)

    api.create(budgets(namespace), budget(minAvailable=3))
    processed(api, namespace)
    for name in ("pod-0", "pod-1", "pod-2"):
        api.create(pods(namespace), pod(name, LABELS))
    running = pods_run(api, namespace, 3)
    one(api, budgets(namespace), "foo", lambda b: b["status"].get("currentHealthy") == 3)
    assert evict(api, namespace, name_of(running[0])) == 429
    write(lambda b: b["spec"].update(minAvailable=2))
    one(api, budgets(namespace), "foo", lambda b: b["status"]["disruptionsAllowed"] == 1)
    assert evict(api, namespace, name_of(running[0])) == 201
    gone = name_of(running[0])
    api.until(pods(namespace), lambda found: gone not in map(name_of, found), timeout=SLOW)
    one(api, budgets(namespace), "foo", lambda b: b["status"]["expectedPods"] == 2)
    assert evict(api, namespace, name_of(running[1])) == 429
    api.patch(f"{budgets(namespace)}/foo", {"spec": {"minAvailable": 3}}, MERGE)
    processed(api, namespace)
    assert evict(api, namespace, name_of(running[1])) == 429
    api.delete(f"{budgets(namespace)}/foo")
    api.until(budgets(namespace), lambda found: not found, timeout=SLOW)
    assert evict(api, namespace, name_of(running[1])) == 201


def test_should_list_and_delete_a_collection_of_budgets(api: Api, namespace: str) -> None:
    marked = {"e2e": namespace}
    for name in ("foo", "foo2"):
        api.create(budgets(namespace), budget(name, marked, minAvailable=2))
    everywhere = f"/apis/policy/v1/poddisruptionbudgets?labelSelector=e2e%3D{namespace}"
    assert len(api.items(everywhere)) == 2
    api.delete(f"{budgets(namespace)}?labelSelector=e2e%3D{namespace}", {"gracePeriodSeconds": 0})
    api.until(budgets(namespace), lambda found: not found, timeout=SLOW)


@pytest.mark.parametrize(
    ("spec", "replicas", "evicted"),
    [
        pytest.param(None, 0, True, id="no budget"),
        pytest.param({"minAvailable": 1}, 0, True, id="too few pods, absolute"),
        pytest.param({"minAvailable": 2}, 3, True, id="enough pods, absolute"),
        pytest.param({"minAvailable": 4}, 3, False, id="too few pods of a set, absolute"),
        pytest.param({"minAvailable": "50%"}, 3, True, id="enough pods, a share"),
        pytest.param({"minAvailable": "90%"}, 3, False, id="too few pods, a share"),
        pytest.param({"maxUnavailable": 1}, 3, True, id="may lack one"),
        pytest.param({"maxUnavailable": 0}, 3, False, id="may lack none"),
    ],
)
def test_evictions(api: Api, namespace: str, spec: Obj | None, replicas: int, evicted: bool) -> None:
    count = replicas or 2
    if replicas:
        api.create(REPLICA_SETS.path(namespace), replica_set("rs", LABELS, replicas, HTTPD))
    else:
        for number in range(count):
            api.create(pods(namespace), pod(f"pod-{number}", LABELS))
    running = pods_run(api, namespace, count)
    if spec is not None:
        api.create(budgets(namespace), budget(**spec))
        one(api, budgets(namespace), "foo", lambda b: b.get("status", {}).get("currentHealthy") == count)
    assert (evict(api, namespace, name_of(running[0])) == 201) is evicted
    if evicted:
        api.until(pods(namespace), lambda found: is_gone(found, running[0]), timeout=SLOW)


def is_gone(found: list[Obj], lost: Obj) -> bool:
    return all(is_deleted(p) for p in found if p["metadata"]["uid"] == lost["metadata"]["uid"])
