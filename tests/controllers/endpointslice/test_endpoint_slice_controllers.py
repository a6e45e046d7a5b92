"""EndpointSlices over a real server: of pods, and mirrored."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from controllers.endpointslice.endpoint_slice_controller import EndpointSliceController
from controllers.endpointslice.mirroring import EndpointSliceMirroringController
from controllers.runtime.resources import ENDPOINT_SLICES, ENDPOINTS, NODES, PODS, SERVICES
from tests.controllers.cluster import Cluster, at_work
from tests.controllers.factories import node
from tests.controllers.services import LABELS, port

pytestmark = pytest.mark.slow


@pytest.fixture
async def working(bare: Cluster) -> AsyncIterator[Cluster]:
    """A server with both controllers, slices of two endpoints, mirrored subsets of three addresses."""
    context = bare.context(ManualClock(), max_endpoints_per_slice=2, mirroring_max_endpoints_per_subset=3)
    controllers = (EndpointSliceController(context), EndpointSliceMirroringController(context))
    async with at_work(context, *controllers):
        yield bare


async def add_service(cluster: Cluster, namespace: str, **spec: object) -> View:
    wanted = {"selector": LABELS, "ports": [port(80)], **spec}
    body: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": wanted}
    return await cluster.client.create(SERVICES, body, namespace=namespace)


async def add_pod(cluster: Cluster, namespace: str, number: int, where: str) -> None:
    """A ready pod with an address."""
    spec = {
        "nodeName": where,
        "automountServiceAccountToken": False,
        "containers": [{"name": "c", "image": "nginx"}],
    }
    name, ip = f"p{number}", f"10.0.0.{number}"
    body: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": LABELS}, "spec": spec}
    await cluster.client.create(PODS, body, namespace=namespace)
    status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]}
    status["conditions"] = [{"type": "Ready", "status": "True"}]
    await cluster.strategic(PODS, name, {"status": status}, namespace, "status")


def addresses(slices: list[View]) -> list[str]:
    return sorted(a for s in slices for e in s.get("endpoints") or () for a in e["addresses"])


async def slices(cluster: Cluster, namespace: str, *ips: str, count: int = 1) -> list[View]:
    """The slices of the namespace once there are so many and they have these addresses."""
    return await cluster.until(
        ENDPOINT_SLICES,
        lambda found: len(found) == count and addresses(found) == sorted(ips),
        namespace,
        what=f"{count} slices of {ips}",
    )


async def test_slices_follow_the_pods(working: Cluster, bare_namespace: str) -> None:
    await working.client.create(NODES, node(bare_namespace))
    await add_service(working, bare_namespace)
    (empty,) = await slices(working, bare_namespace)
    for number in (1, 2, 3):
        await add_pod(working, bare_namespace, number, bare_namespace)
    found = await slices(working, bare_namespace, "10.0.0.1", "10.0.0.2", "10.0.0.3", count=2)
    assert meta.uid(empty) in {meta.uid(s) for s in found}
    await working.client.delete(PODS, "p3", namespace=bare_namespace, grace_period_seconds=0)
    await slices(working, bare_namespace, "10.0.0.1", "10.0.0.2")


async def test_a_slice_that_somebody_changed_is_mended(working: Cluster, bare_namespace: str) -> None:
    await working.client.create(NODES, node(bare_namespace))
    await add_service(working, bare_namespace)
    await add_pod(working, bare_namespace, 1, bare_namespace)
    (found,) = await slices(working, bare_namespace, "10.0.0.1")
    await working.merge(ENDPOINT_SLICES, meta.name(found), {"endpoints": []}, bare_namespace)
    await working.until(
        ENDPOINT_SLICES, lambda all_: meta.generation(all_[0]) == meta.generation(found) + 2, bare_namespace
    )
    await slices(working, bare_namespace, "10.0.0.1")
    await working.client.delete(ENDPOINT_SLICES, meta.name(found), namespace=bare_namespace)
    await working.until(ENDPOINT_SLICES, lambda all_: any(meta.uid(s) != meta.uid(found) for s in all_), bare_namespace)
    await slices(working, bare_namespace, "10.0.0.1")


async def test_a_pod_of_a_missing_node_is_left_out_and_told_of(working: Cluster, bare_namespace: str) -> None:
    await add_service(working, bare_namespace)
    await add_pod(working, bare_namespace, 1, "nowhere")
    event, *_ = await working.events(bare_namespace, "FailedToUpdateEndpointSlices")
    assert event["message"] == (
        f"Error updating Endpoint Slices for Service {bare_namespace}/web: skipping Pod p1 for Service"
        f" {bare_namespace}/web: Node nowhere Not Found"
    )
    await slices(working, bare_namespace)


async def test_endpoints_by_hand_are_mirrored(working: Cluster, bare_namespace: str) -> None:
    await add_service(working, bare_namespace, selector=None)
    body: Object = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}}
    body["subsets"] = [{"addresses": [{"ip": "192.0.2.1"}], "ports": [{"port": 1}]}]
    await working.client.create(ENDPOINTS, body, namespace=bare_namespace)
    (first,) = await slices(working, bare_namespace, "192.0.2.1")
    many = [{"ip": f"192.0.2.{n}"} for n in range(1, 6)]
    await working.merge(ENDPOINTS, "web", {"subsets": [{"addresses": many, "ports": [{"port": 1}]}]}, bare_namespace)
    (second,) = await slices(working, bare_namespace, "192.0.2.1", "192.0.2.2", "192.0.2.3")
    assert meta.uid(first) == meta.uid(second)
    (event,) = await working.events(bare_namespace, "TooManyAddressesToMirror")
    assert event["message"] == (
        "A max of 3 addresses can be mirrored to EndpointSlices per Endpoints subset. 2 addresses were skipped"
    )
    await working.client.delete(ENDPOINTS, "web", namespace=bare_namespace)
    await slices(working, bare_namespace, count=0)
