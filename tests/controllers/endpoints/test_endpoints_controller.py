"""Endpoints over a real server: written, followed, cleaned up, and what is said when it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from controllers.endpoints.endpoints_controller import EndpointsController
from controllers.runtime.context import ControllerContext
from controllers.runtime.resources import ENDPOINTS, PODS, SERVICES
from tests.controllers.cluster import Cluster, at_work
from tests.controllers.services import LABELS, port

pytestmark = pytest.mark.slow
TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


@pytest.fixture
def context(bare: Cluster) -> ControllerContext:
    return bare.context(ManualClock())


@pytest.fixture
async def working(bare: Cluster, context: ControllerContext) -> AsyncIterator[Cluster]:
    """A server with the Endpoints controller alone."""
    async with at_work(context, EndpointsController(context)):
        yield bare


async def add_service(cluster: Cluster, namespace: str, name: str = "web", **spec: object) -> View:
    wanted = {"selector": LABELS, "ports": [port(80)], **spec}
    body: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": wanted}
    return await cluster.client.create(SERVICES, body, namespace=namespace)


async def add_pod(cluster: Cluster, namespace: str, name: str, ip: str, ready_at: str) -> None:
    """A ready pod with an address."""
    spec = {
        "nodeName": "somewhere",
        "automountServiceAccountToken": False,
        "containers": [{"name": "c", "image": "nginx"}],
    }
    body: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": LABELS}, "spec": spec}
    await cluster.client.create(PODS, body, namespace=namespace)
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": ready_at}
    status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "conditions": [condition]}
    await cluster.strategic(PODS, name, {"status": status}, namespace, "status")


def addresses(found: View) -> list[str]:
    return [a["ip"] for s in found.get("subsets") or () for a in s.get("addresses") or ()]


async def endpoints(cluster: Cluster, namespace: str, *ips: str) -> View:
    """The Endpoints `web` once they have these addresses."""
    found = await cluster.until(
        ENDPOINTS, lambda all_: any(addresses(e) == list(ips) for e in all_ if meta.name(e) == "web"), namespace
    )
    return next(e for e in found if meta.name(e) == "web")


async def test_pods_come_and_go(working: Cluster, bare_namespace: str) -> None:
    service = await add_service(working, bare_namespace)
    found = await endpoints(working, bare_namespace)
    assert meta.annotations(found)[TRIGGER] == service["metadata"]["creationTimestamp"]
    assert meta.labels(found) == {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    await add_pod(working, bare_namespace, "a", "10.0.0.1", "2030-01-01T00:00:07Z")
    found = await endpoints(working, bare_namespace, "10.0.0.1")
    assert meta.annotations(found)[TRIGGER] == "2030-01-01T00:00:07Z"
    await add_pod(working, bare_namespace, "b", "10.0.0.2", "2030-01-01T00:00:09Z")
    found = await endpoints(working, bare_namespace, "10.0.0.1", "10.0.0.2")
    assert meta.annotations(found)[TRIGGER] == "2030-01-01T00:00:09Z"
    await working.client.delete(PODS, "a", namespace=bare_namespace, grace_period_seconds=0)
    found = await endpoints(working, bare_namespace, "10.0.0.2")
    assert TRIGGER not in meta.annotations(found)


async def test_they_go_with_the_service_whoever_made_them(working: Cluster, bare_namespace: str) -> None:
    await add_service(working, bare_namespace, selector=None)
    body: Object = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}}
    body["subsets"] = [{"addresses": [{"ip": "192.0.2.1"}], "ports": [{"port": 1}]}]
    await working.client.create(ENDPOINTS, body, namespace=bare_namespace)
    await working.until(ENDPOINTS, bool, bare_namespace)
    await working.client.delete(SERVICES, "web", namespace=bare_namespace)
    await working.until(ENDPOINTS, lambda found: not found, bare_namespace)


async def test_what_was_deleted_comes_back(working: Cluster, bare_namespace: str) -> None:
    await add_service(working, bare_namespace)
    before = await endpoints(working, bare_namespace)
    await working.client.delete(ENDPOINTS, "web", namespace=bare_namespace)
    await working.until(ENDPOINTS, lambda found: any(meta.uid(e) != meta.uid(before) for e in found), bare_namespace)


async def test_the_forgotten_are_found_at_the_start(
    bare: Cluster, context: ControllerContext, bare_namespace: str
) -> None:
    for name, marks in (("left", {}), ("lock", {"control-plane.alpha.kubernetes.io/leader": "{}"})):
        metadata = {"name": name, "annotations": marks}
        body: Object = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata}
        await bare.client.create(ENDPOINTS, body, namespace=bare_namespace)
    async with at_work(context, EndpointsController(context)):
        found = await bare.until(ENDPOINTS, lambda all_: len(all_) == 1, bare_namespace)
    assert [meta.name(e) for e in found] == ["lock"]


async def test_a_refused_write_is_told_of(working: Cluster, bare_namespace: str) -> None:
    await add_service(working, bare_namespace)
    await endpoints(working, bare_namespace)
    await add_pod(working, bare_namespace, "a", "127.0.0.9", "2030-01-01T00:00:07Z")
    event, *_ = await working.events(bare_namespace, "FailedToUpdateEndpoint")
    assert event["message"].startswith(f"Failed to update endpoint {bare_namespace}/web: ")
    assert event["involvedObject"]["kind"] == "Endpoints"
    assert (event["type"], event["source"]) == ("Warning", {"component": "endpoint-controller"})
