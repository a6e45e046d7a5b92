"""The specs of test/e2e/apps/deployment.go that are in the conformance suite, and of adoption."""

from __future__ import annotations

from tests.conformance.e2e.workloads import (
    AGNHOST,
    APPS,
    CORE,
    HTTPD,
    REVISION,
    SLOW,
    deployment,
    is_complete,
    is_deleted,
    name_of,
    one,
    owner,
    pods_run,
    replica_set,
    revision,
    template,
)
from tests.support.live import MERGE, STRATEGIC, Api, Obj
from tests.support.machine import ClusterTime


def deployments(namespace: str) -> str:
    return f"{APPS.format(namespace)}/deployments"


def sets(namespace: str) -> str:
    return f"{APPS.format(namespace)}/replicasets"


def complete(api: Api, namespace: str, name: str, number: str = "") -> Obj:
    """The Deployment once it is complete, at this revision if one is given."""
    return one(
        api,
        deployments(namespace),
        name,
        lambda d: is_complete(d) and (not number or revision(d) == number),
        f"{name} complete {number}",
    )


def image_patch(image: str) -> Obj:
    return {"spec": {"template": {"spec": {"containers": [{"name": "httpd", "image": image}]}}}}


def test_rolling_update_should_delete_old_pods_and_create_new_ones(api: Api, namespace: str) -> None:
    labels = {"name": "sample-pod"}
    adopted = replica_set("test-rolling-update-controller", {**labels, "pod": "httpd"})
    adopted["metadata"]["annotations"] = {REVISION: "3546343826724305832"}
    api.create(sets(namespace), adopted)
    pods_run(api, namespace, 1)
    api.create(deployments(namespace), deployment("test-rolling-update-deployment", labels, image=AGNHOST))
    done = complete(api, namespace, "test-rolling-update-deployment", "3546343826724305833")
    old = [s for s in api.items(sets(namespace)) if s["spec"]["replicas"] == 0]
    assert [name_of(s) for s in old] == ["test-rolling-update-controller"]
    assert owner(old[0])["uid"] == done["metadata"]["uid"]


def test_recreate_should_delete_old_pods_and_create_new_ones(api: Api, namespace: str) -> None:
    name, labels = "test-recreate-deployment", {"name": "sample-pod-3"}
    path = deployments(namespace)
    api.create(path, deployment(name, labels, image=AGNHOST, strategy={"type": "Recreate"}))
    complete(api, namespace, name, "1")
    with api.watch(path) as watch:
        watch.observe(lambda found: None if all(map(never_both, found)) else fail_both(found))
        api.patch(f"{path}/{name}", image_patch(HTTPD))
        watch.until(lambda found: is_complete(found[0]) and revision(found[0]) == "2", timeout=SLOW)


def never_both(found: Obj) -> bool:
    status = found.get("status", {})
    updated = status.get("updatedReplicas", 0)
    return not updated or updated == status.get("replicas", 0)


def fail_both(found: list[Obj]) -> None:
    raise AssertionError(f"new pods run beside old ones: {[d.get('status') for d in found]}")


def test_should_delete_old_replica_sets(api: Api, namespace: str) -> None:
    labels = {"name": "cleanup-pod"}
    api.create(sets(namespace), replica_set("test-cleanup-controller", {**labels, "pod": "httpd"}))
    pods_run(api, namespace, 1)
    with api.watch(f"{CORE.format(namespace)}/pods") as pods:
        wanted = deployment("test-cleanup-deployment", labels, image=AGNHOST, revisionHistoryLimit=0)
        api.create(deployments(namespace), wanted)
        complete(api, namespace, "test-cleanup-deployment")
        api.until(sets(namespace), lambda found: len(found) == 1, timeout=SLOW, what="the old set gone")
        pods.catch_up()
        created = [name_of(p) for kind, p in pods.events if kind == "ADDED"]
    assert len(created) == 1
    assert created[0].startswith("test-cleanup-deployment-")


def test_should_support_rollover(api: Api, namespace: str) -> None:
    name, labels = "test-rollover-deployment", {"name": "rollover-pod"}
    path = deployments(namespace)
    old = api.create(sets(namespace), replica_set("test-rollover-controller", {**labels, "pod": "httpd"}))
    pods_run(api, namespace, 1)
    broken = "gcr.io/google_samples/gb-redisslave:nonexistent"
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    api.create(path, deployment(name, labels, image=broken, strategy=strategy, minReadySeconds=10))
    one(api, path, name, lambda d: d.get("status", {}).get("updatedReplicas") == 1, "a first new pod")
    first = next(s for s in api.items(sets(namespace)) if name_of(s) != name_of(old))
    assert first["spec"]["replicas"] == 1
    assert api.get(f"{sets(namespace)}/{name_of(old)}")["spec"]["replicas"] == 1
    with ClusterTime(api).speed(10):
        api.patch(f"{path}/{name}", image_patch(AGNHOST))
        complete(api, namespace, name)
    for earlier in (old, first):
        one(api, sets(namespace), name_of(earlier), lambda s: s["spec"]["replicas"] == s["status"]["replicas"] == 0)


def test_should_support_proportional_scaling(api: Api, namespace: str) -> None:
    name, labels = "webserver-deployment", {"name": "httpd"}
    path = deployments(namespace)
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2, "maxSurge": 3}}
    api.create(path, deployment(name, labels, 10, strategy=strategy))
    pods_run(api, namespace, 10)
    complete(api, namespace, name)
    (first,) = api.items(sets(namespace))
    api.patch(f"{path}/{name}", image_patch("webserver:404"))
    one(api, sets(namespace), name_of(first), lambda s: sizes(s) == (8, 8), "8 of the first")
    second = next(
        s for s in api.until(sets(namespace), lambda all_: len(all_) == 2, timeout=SLOW) if name_of(s) != name_of(first)
    )
    one(api, sets(namespace), name_of(second), lambda s: sizes(s) == (5, 0), "5 of the second")
    api.patch(f"{path}/{name}", {"spec": {"replicas": 30}})
    one(api, sets(namespace), name_of(first), lambda s: s["spec"]["replicas"] == 20, "20 of the first")
    one(api, sets(namespace), name_of(second), lambda s: s["spec"]["replicas"] == 13, "13 of the second")


def sizes(found: Obj) -> tuple[int, int]:
    return found["spec"]["replicas"], found["status"].get("availableReplicas", 0)


def test_should_run_the_lifecycle(api: Api, namespace: str) -> None:
    name, labels = "test-deployment", {"test-deployment-static": "true"}
    path = deployments(namespace)
    by_label = "labelSelector=test-deployment-static%3Dtrue"
    with api.watch(f"{path}?{by_label}") as watch:
        api.create(path, deployment(name, labels, 2, image=AGNHOST))
        watch.until(lambda found: found and found[0].get("status", {}).get("readyReplicas") == 2, timeout=SLOW)
        patched = {
            "metadata": {"labels": {"test-deployment": "patched"}},
            "spec": {"replicas": 2, "template": image_patch(HTTPD)["spec"]["template"]},
        }
        api.patch(f"{path}/{name}", patched, STRATEGIC)
        watch.until(lambda found: found[0]["metadata"]["labels"].get("test-deployment") == "patched", timeout=SLOW)
        watch.until(lambda found: is_complete(found[0]), timeout=SLOW)
        assert [name_of(d) for d in api.items(f"/apis/apps/v1/deployments?{by_label}")] == [name]
        while True:
            live = api.get(f"{path}/{name}")
            live["metadata"]["labels"]["test-deployment"] = "updated"
            live["spec"]["template"]["spec"]["containers"][0]["image"] = AGNHOST
            answer = api.request("PUT", f"{path}/{name}", live)
            if answer.code != 409:
                break
        answer.ok()
        watch.until(lambda found: found[0]["metadata"]["labels"].get("test-deployment") == "updated", timeout=SLOW)
        watch.until(lambda found: is_complete(found[0]), timeout=SLOW)
        assert api.get(f"{path}/{name}/status")["status"]["readyReplicas"] == 2
        shown = api.patch(f"{path}/{name}/status", {"status": {"readyReplicas": 2}}, STRATEGIC)
        assert shown["status"]["readyReplicas"] == 2
        api.delete(f"{path}?{by_label}")
        watch.until(lambda found: not found, timeout=SLOW)


def test_should_validate_status_endpoints(api: Api, namespace: str) -> None:
    name, labels = "test-new-deployment", {"e2e": "testing"}
    path = deployments(namespace)
    api.create(path, deployment(name, labels))
    complete(api, namespace, name)
    assert api.get(f"{path}/{name}/status")["status"]["conditions"]
    told = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from e2e test"}
    while True:
        live = api.get(f"{path}/{name}")
        live["status"]["conditions"].append(told)
        answer = api.request("PUT", f"{path}/{name}/status", live)
        if answer.code != 409:
            break
    answer.ok()
    one(api, path, name, lambda d: any(c["type"] == "StatusUpdate" for c in d["status"]["conditions"]))
    patched = {"status": {"conditions": [{"type": "StatusPatched", "status": "True"}]}}
    api.patch(f"{path}/{name}/status", patched, MERGE)
    one(api, path, name, lambda d: any(c["type"] == "StatusPatched" for c in d["status"]["conditions"]))


def test_should_have_a_working_scale_subresource(api: Api, namespace: str) -> None:
    name, labels = "test-new-deployment", {"name": "httpd"}
    path = f"{deployments(namespace)}/{name}"
    api.create(deployments(namespace), deployment(name, labels))
    complete(api, namespace, name)
    scale = api.get(f"{path}/scale")
    assert (scale["kind"], scale["spec"]["replicas"], scale["status"]["replicas"]) == ("Scale", 1, 1)
    scale["spec"]["replicas"] = 2
    scale["metadata"].pop("resourceVersion")
    updated = api.request("PUT", f"{path}/scale", scale).ok()
    assert updated["spec"]["replicas"] == 2
    assert api.get(path)["spec"]["replicas"] == 2
    api.patch(f"{path}/scale", {"spec": {"replicas": 4}}, MERGE)
    assert api.get(path)["spec"]["replicas"] == 4
    pods_run(api, namespace, 4)


def test_orphaning_and_adoption_of_replica_sets(api: Api, namespace: str) -> None:
    name, labels = "test-orphan-deployment", {"name": "httpd"}
    path = deployments(namespace)
    created = api.create(path, deployment(name, labels))
    complete(api, namespace, name)
    (adopted,) = api.items(sets(namespace))
    assert owner(adopted)["uid"] == created["metadata"]["uid"]
    api.delete(f"{path}/{name}", {"propagationPolicy": "Orphan"})
    api.until(path, lambda found: not found, timeout=SLOW)
    (orphan,) = api.until(sets(namespace), lambda found: not owner(found[0]), timeout=SLOW)
    again = api.create(path, deployment("test-adopt-deployment", labels))
    (taken,) = api.until(sets(namespace), lambda found: bool(owner(found[0])), timeout=SLOW)
    assert owner(taken)["uid"] == again["metadata"]["uid"]
    assert taken["metadata"]["uid"] == orphan["metadata"]["uid"]
    complete(api, namespace, "test-adopt-deployment")


def test_iterative_rollouts_end_complete(api: Api, namespace: str) -> None:
    """Upstream's random walk, as one walk that takes every step: new template, undo, scale, pause and lost pods."""
    name, labels = "webserver", {"name": "httpd"}
    path = f"{deployments(namespace)}/{name}"
    pods = f"{CORE.format(namespace)}/pods"
    api.create(deployments(namespace), deployment(name, labels, 6, revisionHistoryLimit=2))
    first = template(labels)
    api.patch(
        path,
        {"spec": {"template": {"spec": {"containers": [{"name": "httpd", "env": [{"name": "A", "value": "1"}]}]}}}},
    )
    api.patch(path, {"spec": {"template": {"$patch": "replace", **first}}})
    api.patch(path, {"spec": {"replicas": 4}})
    api.patch(path, {"spec": {"paused": True, "replicas": 7}})
    api.patch(path, image_patch(AGNHOST))
    api.patch(path, {"spec": {"paused": False}})
    for lost in [p for p in api.items(pods) if not is_deleted(p)][:3]:
        api.request("DELETE", f"{pods}/{name_of(lost)}")
    available = {("Progressing", "True", "NewReplicaSetAvailable")}
    done = one(
        api,
        deployments(namespace),
        name,
        lambda d: is_complete(d) and available <= {(c["type"], c["status"], c["reason"]) for c in conditions(d)},
        "complete, and said so",
    )
    assert done["spec"]["replicas"] == 7
    assert {p["spec"]["containers"][0]["image"] for p in pods_run(api, namespace, 7)} == {AGNHOST}


def conditions(found: Obj) -> list[Obj]:
    return list(found.get("status", {}).get("conditions", ()))
