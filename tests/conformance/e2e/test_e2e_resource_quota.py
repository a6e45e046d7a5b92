"""The specs of test/e2e/apimachinery/resource_quota.go that are in the conformance suite."""

from __future__ import annotations

from typing import Final

import pytest

from tests.conformance.e2e.workloads import APPS, CORE, SLOW, one, pod, replica_set, replication_controller
from tests.support.live import MERGE, Api, Obj

NAME: Final = "test-quota"
HARD: Final = {
    "pods": "5",
    "services": "10",
    "services.nodeports": "1",
    "services.loadbalancers": "1",
    "replicationcontrollers": "10",
    "resourcequotas": "1",
    "cpu": "1",
    "memory": "500Mi",
    "configmaps": "10",
    "secrets": "10",
    "persistentvolumeclaims": "10",
    "requests.storage": "10Gi",
    "ephemeral-storage": "50Gi",
    "count/replicasets.apps": "5",
}


def quotas(namespace: str) -> str:
    return f"{CORE.format(namespace)}/resourcequotas"


def create_quota(api: Api, namespace: str, name: str = NAME, **spec: object) -> Obj:
    body = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": {"hard": HARD, **spec}}
    return api.create(quotas(namespace), body)


def used(api: Api, namespace: str, name: str = NAME, **amounts: str) -> Obj:
    """The quota once its status says that so much is used; names are written with _ for a dot."""
    wanted = {"ephemeral-storage" if k == "ephemeral_storage" else k.replace("_", "."): v for k, v in amounts.items()}

    def reached(quota: Obj) -> bool:
        status = quota.get("status", {})
        told = status.get("hard") == quota["spec"]["hard"]
        return bool(told) and wanted.items() <= status.get("used", {}).items()

    return one(api, quotas(namespace), name, reached, f"{name} with {wanted}")


def asking(name: str, labels: dict[str, str] | None = None, **requests: str) -> Obj:
    """A pod that asks for so much and may use no more."""
    made = pod(name, labels or {})
    amounts = {k.replace("_", "-"): v for k, v in requests.items()}
    made["spec"]["containers"][0]["resources"] = {"requests": amounts, "limits": amounts}
    return made


def refused(api: Api, path: str, body: Obj) -> str:
    answer = api.request("POST", path, body)
    assert answer.code == 403, answer.body
    return answer.message


def test_should_capture_its_status_promptly(api: Api, namespace: str) -> None:
    create_quota(api, namespace)
    used(api, namespace, resourcequotas="1", pods="0", services="0")


def test_should_capture_the_life_of_a_service(api: Api, namespace: str) -> None:
    create_quota(api, namespace)
    used(api, namespace, resourcequotas="1", services="0")
    path = f"{CORE.format(namespace)}/services"
    ports = [{"port": 80, "targetPort": 80}]

    def service(name: str, kind: str) -> Obj:
        body: Obj = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}}
        return {**body, "spec": {"type": kind, "selector": {"a": "b"}, "ports": ports}}

    api.create(path, service("test-service", "ClusterIP"))
    api.create(path, service("test-service-np", "NodePort"))
    used(api, namespace, services="2", services_nodeports="1", services_loadbalancers="0")
    assert "exceeded quota: test-quota" in refused(api, path, service("test-service-lb", "LoadBalancer"))
    for name in ("test-service", "test-service-np"):
        api.delete(f"{path}/{name}")
    used(api, namespace, services="0", services_nodeports="0", services_loadbalancers="0")


@pytest.mark.parametrize(
    ("collection", "body", "counted"),
    [
        (f"{CORE}/configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}, "configmaps"),
        (f"{CORE}/secrets", {"apiVersion": "v1", "kind": "Secret", "data": {"a": "MQ=="}}, "secrets"),
        (f"{CORE}/replicationcontrollers", replication_controller("x", {"name": "x"}, 0), "replicationcontrollers"),
        (f"{APPS}/replicasets", replica_set("x", {"name": "x"}, 0), "count/replicasets.apps"),
        (
            f"{CORE}/persistentvolumeclaims",
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            },
            "persistentvolumeclaims",
        ),
    ],
    ids=["configmap", "secret", "rc", "rs", "pvc"],
)
def test_should_capture_the_life_of(api: Api, namespace: str, collection: str, body: Obj, counted: str) -> None:
    path = collection.format(namespace)
    before = len(api.items(path))
    if counted == "configmaps":
        api.until(path, lambda found: len(found) == 1, timeout=SLOW, what="the CA bundle")
        before = 1
    create_quota(api, namespace)
    used(api, namespace, **{counted.replace(".", "_"): str(before)})
    api.create(path, {**body, "metadata": {"name": "test"}})
    used(api, namespace, **{counted.replace(".", "_"): str(before + 1)})
    if counted == "persistentvolumeclaims":
        used(api, namespace, requests_storage="1Gi")
    api.delete(f"{path}/test", {"propagationPolicy": "Background"})
    used(api, namespace, **{counted.replace(".", "_"): str(before)})


def test_should_capture_the_life_of_a_pod(api: Api, namespace: str) -> None:
    create_quota(api, namespace)
    used(api, namespace, pods="0")
    path = f"{CORE.format(namespace)}/pods"
    api.create(path, asking("test-pod", cpu="500m", memory="252Mi", ephemeral_storage="30Gi"))
    used(api, namespace, pods="1", cpu="500m", memory="252Mi", ephemeral_storage="30Gi")
    too_much = asking("fail-pod", cpu="600m", memory="100Mi")
    told = refused(api, path, too_much)
    assert "exceeded quota: test-quota, requested: cpu=600m, used: cpu=500m, limited: cpu=1" in told
    api.patch(f"{path}/test-pod", {"metadata": {"labels": {"a": "b"}}})
    used(api, namespace, pods="1", cpu="500m")
    api.delete(f"{path}/test-pod", {"gracePeriodSeconds": 0})
    used(api, namespace, pods="0", cpu="0", memory="0", ephemeral_storage="0")


SCOPES: Final = ("Terminating", "NotTerminating")


@pytest.mark.parametrize(("deadline", "scope", "other"), [(3600, *SCOPES), (None, *reversed(SCOPES))])
def test_should_verify_terminating_scopes(
    api: Api, namespace: str, deadline: int | None, scope: str, other: str
) -> None:
    hard = {"pods": "5"}
    for name in (scope, other):
        create_quota(api, namespace, f"quota-{name.lower()}", hard=hard, scopes=[name])
        used(api, namespace, f"quota-{name.lower()}", pods="0")
    made = asking("test-pod", cpu="100m")
    if deadline:
        made["spec"]["activeDeadlineSeconds"] = deadline
    path = f"{CORE.format(namespace)}/pods"
    api.create(path, made)
    used(api, namespace, f"quota-{scope.lower()}", pods="1")
    used(api, namespace, f"quota-{other.lower()}", pods="0")
    api.delete(f"{path}/test-pod", {"gracePeriodSeconds": 0})
    used(api, namespace, f"quota-{scope.lower()}", pods="0")


@pytest.mark.parametrize("best_effort", [True, False], ids=["best effort", "not best effort"])
def test_should_verify_best_effort_scopes(api: Api, namespace: str, best_effort: bool) -> None:
    names = {True: "quota-besteffort", False: "quota-not-besteffort"}
    for own, scope in ((True, "BestEffort"), (False, "NotBestEffort")):
        create_quota(api, namespace, names[own], hard={"pods": "5"}, scopes=[scope])
        used(api, namespace, names[own], pods="0")
    path = f"{CORE.format(namespace)}/pods"
    api.create(path, pod("test-pod", {}) if best_effort else asking("test-pod", cpu="100m"))
    used(api, namespace, names[best_effort], pods="1")
    used(api, namespace, names[not best_effort], pods="0")
    api.delete(f"{path}/test-pod", {"gracePeriodSeconds": 0})
    used(api, namespace, names[best_effort], pods="0")


def test_should_be_updated_and_deleted(api: Api, namespace: str) -> None:
    hard = {"cpu": "1", "memory": "500Mi"}
    path = f"{quotas(namespace)}/{NAME}"
    create_quota(api, namespace, hard=hard)
    assert api.get(path)["spec"]["hard"] == hard
    while True:
        live = api.get(path)
        live["spec"]["hard"] = {"cpu": "2", "memory": "1Gi"}
        answer = api.request("PUT", path, live)
        if answer.code != 409:
            break
    assert answer.ok()["spec"]["hard"] == {"cpu": "2", "memory": "1Gi"}
    used(api, namespace, cpu="0", memory="0")
    api.delete(path)
    assert api.request("GET", path).code == 404


def test_should_manage_its_life_by_collections(api: Api, namespace: str) -> None:
    body = {"apiVersion": "v1", "kind": "ResourceQuota"}
    metadata = {"name": "e2e-quota", "labels": {"e2e": namespace}}
    api.create(quotas(namespace), {**body, "metadata": metadata, "spec": {"hard": {"pods": "1"}}})
    everywhere = f"/api/v1/resourcequotas?labelSelector=e2e%3D{namespace}"
    assert len(api.items(everywhere)) == 1
    patched = api.patch(f"{quotas(namespace)}/e2e-quota", {"metadata": {"labels": {"e2e-patched": "yes"}}})
    assert patched["metadata"]["labels"]["e2e-patched"] == "yes"
    api.delete(f"{quotas(namespace)}?labelSelector=e2e-patched%3Dyes")
    assert api.items(everywhere) == []


def test_should_apply_changes_to_its_status(api: Api, namespace: str) -> None:
    create_quota(api, namespace, hard={"cpu": "500m", "memory": "500Mi"})
    used(api, namespace, cpu="0", memory="0")
    path = f"{quotas(namespace)}/{NAME}/status"
    with api.watch(quotas(namespace)) as watch:
        while True:
            live = api.get(path)
            live["status"]["hard"] = {"memory": "1Gi"}
            answer = api.request("PUT", path, live)
            if answer.code != 409:
                break
        assert answer.ok()["status"]["hard"] == {"memory": "1Gi"}
        watch.until(lambda found: found[0]["status"]["hard"] == found[0]["spec"]["hard"], timeout=SLOW)
        api.patch(path, {"status": {"hard": {"memory": "250Mi"}}}, MERGE)
        watch.until(
            lambda found: (
                len([1 for _, q in watch.events if q["status"]["hard"].get("memory") == "250Mi"]) > 0
                and found[0]["status"]["hard"] == found[0]["spec"]["hard"]
            ),
            timeout=SLOW,
            what="the patched status, and the controller's own again",
        )
