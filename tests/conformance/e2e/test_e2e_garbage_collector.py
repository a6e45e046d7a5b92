"""The specs of test/e2e/apimachinery/{garbage_collector,namespace}.go."""

from __future__ import annotations

from typing import Final

import pytest

from tests.conformance.e2e.workloads import (
    APPS,
    CORE,
    SLOW,
    deployment,
    is_deleted,
    name_of,
    one,
    owner,
    pod,
    pods_run,
    replication_controller,
)
from tests.support.live import MERGE, STRATEGIC, Api, Obj

RCS: Final = f"{CORE}/replicationcontrollers"
LABELS: Final = {"name": "gc"}
NAMESPACES: Final = "/api/v1/namespaces"


def pods(namespace: str) -> str:
    return f"{CORE.format(namespace)}/pods"


def reference(rc: Obj, **fields: object) -> Obj:
    metadata = rc["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "name": metadata["name"],
        "uid": metadata["uid"],
        **fields,
    }


def running_rc(api: Api, namespace: str, name: str, count: int) -> Obj:
    """A ReplicationController once it has so many pods."""
    labels = {"name": name}
    made = api.create(RCS.format(namespace), replication_controller(name, labels, count))
    pods_run(api, namespace, count, f"name%3D{name}")
    return made


def gone(api: Api, path: str) -> None:
    api.until(path, lambda found: not found, timeout=SLOW, what=f"nothing left of {path}")


def test_should_delete_pods_created_by_an_rc_when_not_orphaning(api: Api, namespace: str) -> None:
    running_rc(api, namespace, "simpletest", 10)
    api.delete(f"{RCS.format(namespace)}/simpletest", {"propagationPolicy": "Background"})
    gone(api, RCS.format(namespace))
    gone(api, pods(namespace))


@pytest.mark.parametrize("options", [{"propagationPolicy": "Orphan"}, {"orphanDependents": True}, {}], ids=str)
def test_should_orphan_pods_created_by_an_rc(api: Api, namespace: str, options: Obj) -> None:
    running_rc(api, namespace, "simpletest", 5)
    path = f"{RCS.format(namespace)}/simpletest"
    uid = api.get(path)["metadata"]["uid"]
    api.delete(path, {**options, "preconditions": {"uid": uid}})
    gone(api, RCS.format(namespace))
    with api.watch(pods(namespace)) as watch:
        watch.stays(lambda found: len(found) == 5 and not any(map(is_deleted, found)), during=1)
        watch.until(lambda found: not any(map(owner, found)), timeout=SLOW)


def test_should_delete_the_sets_of_a_deployment_when_not_orphaning(api: Api, namespace: str) -> None:
    path = f"{APPS.format(namespace)}/deployments"
    api.create(path, deployment("simpletest", LABELS, 2))
    api.until(f"{APPS.format(namespace)}/replicasets", lambda found: len(found) == 1, timeout=SLOW)
    api.delete(f"{path}/simpletest", {"propagationPolicy": "Background"})
    for kind in (path, f"{APPS.format(namespace)}/replicasets", pods(namespace)):
        gone(api, kind)


def test_should_orphan_the_sets_of_a_deployment(api: Api, namespace: str) -> None:
    path = f"{APPS.format(namespace)}/deployments"
    api.create(path, deployment("simpletest", LABELS, 2))
    sets = f"{APPS.format(namespace)}/replicasets"
    api.until(sets, lambda found: len(found) == 1, timeout=SLOW)
    api.delete(f"{path}/simpletest", {"propagationPolicy": "Orphan"})
    gone(api, path)
    with api.watch(sets) as watch:
        watch.stays(lambda found: len(found) == 1, during=1)
        assert not owner(watch.objects[0])


def test_should_keep_the_rc_until_all_its_pods_are_deleted(api: Api, namespace: str) -> None:
    running_rc(api, namespace, "simpletest", 10)
    with api.watch(RCS.format(namespace)) as sets, api.watch(pods(namespace)) as watched:
        held = api.items(pods(namespace))[0]
        own = f"{pods(namespace)}/{name_of(held)}"
        api.patch(own, {"metadata": {"finalizers": ["example.com/hold"]}}, MERGE)
        api.delete(f"{RCS.format(namespace)}/simpletest", {"propagationPolicy": "Foreground"})
        watched.until(lambda found: len(found) == 1 and is_deleted(found[0]), timeout=SLOW)
        (rc,) = sets.until(lambda found: all(map(is_deleted, found)), timeout=SLOW)
        assert rc["metadata"]["finalizers"] == ["foregroundDeletion"]
        api.patch(own, {"metadata": {"finalizers": None}}, MERGE)
        sets.until(lambda found: not found, timeout=SLOW)
        assert watched.until(lambda found: not found, timeout=SLOW) == []


def test_should_not_delete_dependents_that_have_another_owner(api: Api, namespace: str) -> None:
    first = running_rc(api, namespace, "simpletest-rc-to-be-deleted", 10)
    second = api.create(RCS.format(namespace), replication_controller("simpletest-rc-to-stay", {"another": "key"}, 0))
    shared = [name_of(p) for p in api.items(pods(namespace))][:5]
    for name in shared:
        patch = {"metadata": {"ownerReferences": [reference(second, controller=False)]}}
        api.patch(f"{pods(namespace)}/{name}", patch, STRATEGIC)
    api.delete(f"{RCS.format(namespace)}/{name_of(first)}", {"propagationPolicy": "Foreground"})
    api.until(RCS.format(namespace), lambda found: [name_of(r) for r in found] == [name_of(second)], timeout=SLOW)
    left = api.until(pods(namespace), lambda found: len(found) == len(shared), timeout=SLOW, what="the shared pods")
    assert {name_of(p) for p in left} == set(shared)
    assert not any(map(is_deleted, left))
    assert {r["uid"] for p in left for r in p["metadata"]["ownerReferences"]} == {second["metadata"]["uid"]}


def test_should_not_be_blocked_by_a_circle(api: Api, namespace: str) -> None:
    made = [api.create(pods(namespace), pod(f"pod{n}", {"name": "circle"})) for n in (1, 2, 3)]
    for child, parent in zip(made, [made[2], made[0], made[1]], strict=True):
        own = {"apiVersion": "v1", "kind": "Pod", "name": name_of(parent), "uid": parent["metadata"]["uid"]}
        links = [{**own, "controller": True, "blockOwnerDeletion": True}]
        api.patch(f"{pods(namespace)}/{name_of(child)}", {"metadata": {"ownerReferences": links}}, MERGE)
    api.delete(f"{pods(namespace)}/pod1", {"propagationPolicy": "Foreground"})
    gone(api, pods(namespace))


# namespaces ---------------------------------------------------------------------------------------------------------


def fresh(api: Api, name: str, **metadata: object) -> str:
    api.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **metadata}})
    api.until(f"{CORE.format(name)}/serviceaccounts", bool, timeout=SLOW)
    return name


def vanished(api: Api, name: str) -> None:
    api.until(f"{NAMESPACES}?fieldSelector=metadata.name%3D{name}", lambda found: not found, timeout=SLOW)


@pytest.mark.parametrize("what", ["pods", "services"])
def test_should_remove_the_content_of_a_deleted_namespace(api: Api, what: str) -> None:
    name = fresh(api, f"nsdeletetest-{what}")
    path = f"{CORE.format(name)}/{what}"
    if what == "pods":
        api.create(path, pod("test-pod", LABELS))
        pods_run(api, name, 1)
    else:
        body: Obj = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "test-service"}}
        api.create(path, {**body, "spec": {"selector": {"foo": "bar"}, "ports": [{"port": 80, "targetPort": 80}]}})
    api.delete(f"{NAMESPACES}/{name}")
    vanished(api, name)
    fresh(api, name)
    assert api.items(path) == []
    api.delete(f"{NAMESPACES}/{name}")
    vanished(api, name)


def test_should_delete_a_hundred_namespaces(api: Api) -> None:
    names = [f"nslifetest-{n}" for n in range(100)]
    for name in names:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"life": "test"}}}
        api.create(NAMESPACES, body)
    for name in names:
        api.delete(f"{NAMESPACES}/{name}")
    api.until(f"{NAMESPACES}?labelSelector=life%3Dtest", lambda found: not found, timeout=2 * SLOW)


def test_should_patch_and_update_a_namespace(api: Api) -> None:
    name = fresh(api, "nspatchtest")
    patched = api.patch(f"{NAMESPACES}/{name}", {"metadata": {"labels": {"testLabel": "testValue"}}})
    assert patched["metadata"]["labels"]["testLabel"] == "testValue"
    patched["metadata"]["labels"][name] = "updated"
    updated = api.request("PUT", f"{NAMESPACES}/{name}", patched).ok()
    assert updated["metadata"]["labels"] == {
        "kubernetes.io/metadata.name": name,
        "testLabel": "testValue",
        name: "updated",
    }
    api.delete(f"{NAMESPACES}/{name}")


def test_should_apply_changes_to_a_namespace_status(api: Api) -> None:
    name = fresh(api, "nsstatustest")
    path = f"{NAMESPACES}/{name}/status"
    assert api.get(path)["status"] == {"phase": "Active"}
    condition = {"type": "StatusPatch", "status": "True", "reason": "E2E", "message": "Patched by an e2e test"}
    patched = api.patch(path, {"status": {"conditions": [condition]}, "metadata": {"annotations": {"e": "p"}}})
    assert [c["type"] for c in patched["status"]["conditions"]] == ["StatusPatch"]
    live = api.get(f"{NAMESPACES}/{name}")
    live["status"]["conditions"].append({**condition, "type": "StatusUpdate"})
    updated = api.request("PUT", path, live).ok()
    assert [c["type"] for c in updated["status"]["conditions"]] == ["StatusPatch", "StatusUpdate"]
    api.delete(f"{NAMESPACES}/{name}")


def test_should_apply_a_finalizer_to_a_namespace(api: Api) -> None:
    name = fresh(api, "e2e-ns-finalizer")
    live = api.get(f"{NAMESPACES}/{name}")
    live["spec"]["finalizers"].append("e2e.example.com/fakeFinalizer")
    updated = api.request("PUT", f"{NAMESPACES}/{name}/finalize", live).ok()
    assert updated["spec"]["finalizers"] == ["kubernetes", "e2e.example.com/fakeFinalizer"]
    updated["spec"]["finalizers"] = ["kubernetes"]
    api.request("PUT", f"{NAMESPACES}/{name}/finalize", updated).ok()
    assert api.get(f"{NAMESPACES}/{name}")["spec"]["finalizers"] == ["kubernetes"]
    api.delete(f"{NAMESPACES}/{name}")
    vanished(api, name)


def test_should_delete_pods_before_everything_else(api: Api) -> None:
    name = fresh(api, "nsordered")
    api.create(pods(name), pod("test-pod", LABELS, finalizers=["e2e.example.com/finalizer"]))
    pods_run(api, name, 1)
    api.create(f"{CORE.format(name)}/configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}})
    api.delete(f"{NAMESPACES}/{name}")

    def stuck(found: Obj) -> bool:
        told = {c["type"]: c["status"] for c in found.get("status", {}).get("conditions", ())}
        return told.get("NamespaceFinalizersRemaining") == told.get("NamespaceContentRemaining") == "True"

    one(api, NAMESPACES, name, stuck, "the conditions of a namespace that waits")
    assert not is_deleted(api.get(f"{CORE.format(name)}/configmaps/c"))
    api.patch(f"{pods(name)}/test-pod", {"metadata": {"finalizers": None}}, MERGE)
    vanished(api, name)
