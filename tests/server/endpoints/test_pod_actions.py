"""Bindings, evictions and scales over the whole request path, in process."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from tests.support.api import InProcess

NAMESPACE = "/api/v1/namespaces/default"
PODS = f"{NAMESPACE}/pods"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
MERGE = {"Content-Type": "application/merge-patch+json"}
CONTAINER = {"name": "c", "image": "i:1"}
SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


@pytest.fixture
async def pods(api: InProcess) -> InProcess:
    """The server, with the account that pods need."""
    await api.request("POST", f"{NAMESPACE}/serviceaccounts", {"metadata": {"name": "default"}})
    return api


def pod(name: str) -> Object:
    metadata = {"name": name, "labels": {"app": "p"}}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": {"containers": [CONTAINER]}}


def binding(name: str, node: str, **metadata: Any) -> Object:
    return {"kind": "Binding", "apiVersion": "v1", "metadata": {"name": name, **metadata}, "target": {"name": node}}


def eviction(name: str, **options: Any) -> Object:
    metadata = {"name": name}
    return {"kind": "Eviction", "apiVersion": "policy/v1", "metadata": metadata, "deleteOptions": options}


async def run(api: InProcess, name: str, *, ready: str = "True") -> None:
    """A pod that runs on a node."""
    await api.create(PODS, pod(name))
    await api.create(f"{PODS}/{name}/binding", binding(name, "n"))
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}
    answer = await api.request("PATCH", f"{PODS}/{name}/status", {"status": status}, headers=MERGE)
    assert answer.status == 200, answer.body


async def budget(api: InProcess, name: str, **status: Any) -> None:
    """A budget over every pod, as its controller left it."""
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "p"}}}
    metadata = {"name": name}
    await api.create(
        BUDGETS, {"kind": "PodDisruptionBudget", "apiVersion": "policy/v1", "metadata": metadata, "spec": spec}
    )
    counted = {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "disruptionsAllowed": 0, **status}
    answer = await api.request("PATCH", f"{BUDGETS}/{name}/status", {"status": counted}, headers=MERGE)
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("path", [f"{PODS}/p/binding", f"{NAMESPACE}/bindings"])
async def test_binding(pods: InProcess, path: str) -> None:
    await pods.create(PODS, pod("p"))
    answer = await pods.request("POST", path, binding("p", "n"))
    assert (answer.status, answer.json()) == (201, SUCCESS)
    bound = (await pods.request("GET", f"{PODS}/p")).json()
    assert bound["spec"]["nodeName"] == "n"
    assert [m["manager"] for m in bound["metadata"]["managedFields"]] == ["test"]
    again = await pods.request("POST", path, binding("p", "m"))
    assert again.status == 409


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (binding("q", "n"), 400, "name in URL does not match name in Binding object"),
        (binding("p", ""), 500, "target.name: Required value"),
        (
            {**binding("p", ""), "target": {"kind": "Pod"}},
            500,
            '[target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]',
        ),
    ],
    ids=["name", "target", "kind"],
)
async def test_binding_refusals(pods: InProcess, body: Object, status: int, message: str) -> None:
    await pods.create(PODS, pod("p"))
    answer = await pods.request("POST", f"{PODS}/p/binding", body)
    assert (answer.status, answer.json()["message"]) == (status, message)


async def test_a_binding_may_insist_on_the_pod(pods: InProcess) -> None:
    await pods.create(PODS, pod("p"))
    answer = await pods.request("POST", f"{PODS}/p/binding", binding("p", "n", uid="other"))
    assert answer.status == 409
    assert "Precondition failed: UID in precondition: other" in answer.json()["message"]


async def test_a_dry_binding_binds_nothing(pods: InProcess) -> None:
    await pods.create(PODS, pod("p"))
    answer = await pods.request("POST", f"{PODS}/p/binding?dryRun=All", binding("p", "n"))
    assert answer.status == 201
    assert "nodeName" not in (await pods.request("GET", f"{PODS}/p")).json()["spec"]


async def test_an_evicted_pod_says_why_it_goes(pods: InProcess) -> None:
    await run(pods, "p")
    answer = await pods.request("POST", f"{PODS}/p/eviction", eviction("p", gracePeriodSeconds=7))
    assert (answer.status, answer.json()) == (201, SUCCESS)
    leaving = (await pods.request("GET", f"{PODS}/p")).json()
    assert leaving["metadata"]["deletionGracePeriodSeconds"] == 7
    condition = next(c for c in leaving["status"]["conditions"] if c["type"] == "DisruptionTarget")
    assert (condition["status"], condition["reason"], condition["message"]) == (
        "True",
        "EvictionByEvictionAPI",
        "Eviction API: evicting",
    )


async def test_a_pending_pod_ignores_budgets(pods: InProcess) -> None:
    await pods.create(PODS, pod("p"))
    await budget(pods, "b")
    assert (await pods.request("POST", f"{PODS}/p/eviction", eviction("p"))).status == 201
    assert (await pods.request("GET", f"{PODS}/p")).status == 404


async def test_a_budget_refuses(pods: InProcess) -> None:
    await run(pods, "p")
    await budget(pods, "b", observedGeneration=1)
    answer = await pods.request("POST", f"{PODS}/p/eviction", eviction("p"))
    assert answer.status == 429
    assert "retry-after" not in answer.headers
    assert answer.json()["details"]["causes"][0]["message"] == (
        "The disruption budget b needs 1 healthy pods and has 1 currently"
    )
    assert "deletionTimestamp" not in (await pods.request("GET", f"{PODS}/p")).json()["metadata"]


async def test_a_budget_that_nobody_counted_yet(pods: InProcess) -> None:
    await run(pods, "p")
    await budget(pods, "b")
    answer = await pods.request("POST", f"{PODS}/p/eviction", eviction("p"))
    assert (answer.status, answer.headers["retry-after"]) == (429, "10")


async def test_a_budget_counts_what_it_allows(pods: InProcess) -> None:
    await run(pods, "p")
    await budget(pods, "b", observedGeneration=1, disruptionsAllowed=1)
    dry = await pods.request("POST", f"{PODS}/p/eviction", eviction("p", dryRun=["All"]))
    assert dry.status == 201
    assert (await pods.request("GET", f"{BUDGETS}/b")).json()["status"]["disruptionsAllowed"] == 1
    assert (await pods.request("POST", f"{PODS}/p/eviction", eviction("p"))).status == 201
    left = (await pods.request("GET", f"{BUDGETS}/b")).json()["status"]
    assert left["disruptionsAllowed"] == 0
    assert list(left["disruptedPods"]) == ["p"]
    assert left["conditions"][0]["reason"] == "InsufficientPods"


async def test_a_pod_that_is_not_ready_is_not_counted(pods: InProcess) -> None:
    await run(pods, "p", ready="False")
    await budget(pods, "b", observedGeneration=1)
    assert (await pods.request("POST", f"{PODS}/p/eviction", eviction("p"))).status == 201
    assert "disruptedPods" not in (await pods.request("GET", f"{BUDGETS}/b")).json()["status"]


async def test_two_budgets_are_one_too_many(pods: InProcess) -> None:
    await run(pods, "p")
    await budget(pods, "a")
    await budget(pods, "b")
    answer = await pods.request("POST", f"{PODS}/p/eviction", eviction("p"))
    assert (answer.status, answer.json()["code"], answer.json()["status"]) == (201, 500, "Failure")


@pytest.mark.parametrize(
    ("name", "body", "status", "message"),
    [
        ("p", eviction("q"), 400, "name in URL does not match name in Eviction object"),
        ("p", eviction("p"), 404, 'pods "p" not found'),
    ],
)
async def test_eviction_refusals(pods: InProcess, name: str, body: Object, status: int, message: str) -> None:
    answer = await pods.request("POST", f"{PODS}/{name}/eviction", body)
    assert (answer.status, answer.json()["message"]) == (status, message)


@pytest.fixture
async def deployment(api: InProcess) -> Object:
    """A Deployment of two."""
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [CONTAINER]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "d"}}, "template": template}
    return await api.create(
        DEPLOYMENTS, {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "d"}, "spec": spec}
    )


async def test_scale_is_read_and_replaced(api: InProcess, deployment: Object) -> None:
    shown = (await api.request("GET", f"{DEPLOYMENTS}/d/scale")).json()
    assert (shown["kind"], shown["spec"], shown["status"]) == (
        "Scale",
        {"replicas": 2},
        {"replicas": 0, "selector": "app=d"},
    )
    shown["spec"] = {}
    answer = await api.request("PUT", f"{DEPLOYMENTS}/d/scale", shown)
    assert (answer.status, answer.json()["spec"]) == (200, {})
    changed = (await api.request("GET", f"{DEPLOYMENTS}/d")).json()
    assert (changed["spec"]["replicas"], changed["metadata"]["generation"]) == (0, 2)
    stale = await api.request("PUT", f"{DEPLOYMENTS}/d/scale", shown)
    assert stale.status == 409


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/merge-patch+json", {"spec": {"replicas": 5}}),
        ("application/strategic-merge-patch+json", {"spec": {"replicas": 5}}),
        ("application/json-patch+json", [{"op": "replace", "path": "/spec/replicas", "value": 5}]),
        (
            "application/apply-patch+yaml",
            {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {"name": "d"}, "spec": {"replicas": 5}},
        ),
    ],
    ids=["merge", "strategic", "json", "apply"],
)
async def test_scale_is_patched(api: InProcess, deployment: Object, media: str, body: Object) -> None:
    query = "?fieldManager=hpa&force=true" if "apply" in media else "?fieldManager=hpa"
    answer = await api.request("PATCH", f"{DEPLOYMENTS}/d/scale{query}", body, headers={"Content-Type": media})
    assert (answer.status, answer.json()["spec"]) == (200, {"replicas": 5}), answer.body
    managers = (await api.request("GET", f"{DEPLOYMENTS}/d")).json()["metadata"]["managedFields"]
    mine = next(m for m in managers if m["manager"] == "hpa")
    assert (mine["apiVersion"], mine["subresource"]) == ("apps/v1", "scale")
    assert mine["fieldsV1"] == {"f:spec": {"f:replicas": {}}}
    assert all("f:replicas" not in m["fieldsV1"]["f:spec"] for m in managers if m["manager"] != "hpa")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            {"spec": {"replicas": -1}},
            422,
            'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        ),
        (
            {"metadata": {"uid": "other"}},
            409,
            (
                'Operation cannot be fulfilled on deployments/scale.apps "d": '
                "Precondition failed: UID in precondition: other, UID in object meta: "
            ),
        ),
    ],
    ids=["negative", "uid"],
)
async def test_scale_refusals(api: InProcess, deployment: Object, body: Object, status: int, message: str) -> None:
    answer = await api.request("PATCH", f"{DEPLOYMENTS}/d/scale", body, headers=MERGE)
    assert (answer.status, answer.json()["message"].removesuffix(deployment["metadata"]["uid"])) == (status, message)


async def test_the_scale_of_nothing(api: InProcess) -> None:
    answer = await api.request("GET", f"{DEPLOYMENTS}/d/scale")
    assert (answer.status, answer.json()["message"]) == (404, 'deployments.apps "d" not found')


async def test_scale_as_a_table(api: InProcess, deployment: Object) -> None:
    headers = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    table = (await api.request("GET", f"{DEPLOYMENTS}/d/scale", headers=headers)).json()
    assert [c["name"] for c in table["columnDefinitions"]] == ["Name", "Desired", "Available", "Age"]
    assert table["rows"][0]["cells"][:3] == ["d", 2, 0]
