"""Namespaces that are deleted: in which order their content goes, and what they say meanwhile."""

from __future__ import annotations

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from controllers.namespace.namespace_controller import NamespaceController
from controllers.runtime.resources import CONFIG_MAPS, NAMESPACES, PODS
from tests.controllers.cluster import Cluster, at_work

pytestmark = pytest.mark.slow


async def fill(cluster: Cluster, namespace: str, *, held: bool = False) -> None:
    """A ConfigMap, and a pod that its finalizer keeps."""
    hold = {"finalizers": ["example.com/hold"]}
    metadata = {"name": "c", **(hold if held else {})}
    await cluster.client.create(
        CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, namespace=namespace
    )
    body: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", **hold},
        "spec": {"automountServiceAccountToken": False, "containers": [{"name": "c", "image": "nginx"}]},
    }
    await cluster.client.create(PODS, body, namespace=namespace)


async def told(cluster: Cluster, namespace: str, kind: str, message: str) -> View:
    """The namespace once a condition says this."""

    def reached(found: list[View]) -> bool:
        mine = next((n for n in found if meta.name(n) == namespace), {})
        return (meta.condition(mine, kind) or {}).get("message") == message

    found = await cluster.until(NAMESPACES, reached, what=message)
    return next(n for n in found if meta.name(n) == namespace)


async def release(cluster: Cluster, namespace: str) -> None:
    await cluster.merge(PODS, "p", {"metadata": {"finalizers": None}}, namespace)


async def test_nothing_goes_before_the_last_pod(bare: Cluster, bare_namespace: str) -> None:
    await fill(bare, bare_namespace)
    context = bare.context(ManualClock())
    async with at_work(context, NamespaceController(context)):
        await bare.client.delete(NAMESPACES, bare_namespace)
        found = await told(
            bare,
            bare_namespace,
            "NamespaceContentRemaining",
            "Some resources are remaining: pods. has 1 resource instances",
        )
        assert (meta.condition(found, "NamespaceFinalizersRemaining") or {})["message"] == (
            "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
        )
        assert [meta.name(c) for c in await bare.live(CONFIG_MAPS, bare_namespace)] == ["c"]
        await release(bare, bare_namespace)
        await bare.until(NAMESPACES, lambda all_: bare_namespace not in map(meta.name, all_))
    assert await bare.live(CONFIG_MAPS, bare_namespace) == []


async def test_everything_went_at_once_up_to_1_32(bare: Cluster, bare_namespace: str) -> None:
    await fill(bare, bare_namespace, held=True)
    context = bare.context(ManualClock(), version=(1, 32))
    async with at_work(context, NamespaceController(context)):
        await bare.client.delete(NAMESPACES, bare_namespace)
        await told(
            bare,
            bare_namespace,
            "NamespaceContentRemaining",
            "Some resources are remaining: configmaps. has 1 resource instances, pods. has 1 resource instances",
        )
    live = await bare.live(CONFIG_MAPS, bare_namespace)
    assert [meta.is_deleting(c) for c in live] == [True]


async def test_an_empty_namespace_says_so_before_it_goes(bare: Cluster, bare_namespace: str) -> None:
    await bare.merge(NAMESPACES, bare_namespace, {"metadata": {"finalizers": ["example.com/hold"]}})
    context = bare.context(ManualClock())
    async with at_work(context, NamespaceController(context)):
        await bare.client.delete(NAMESPACES, bare_namespace)
        found = await bare.until(NAMESPACES, lambda all_: any(emptied(n, bare_namespace) for n in all_))
    gone = next(n for n in found if meta.name(n) == bare_namespace)
    assert {c["status"] for c in gone["status"]["conditions"]} == {"False"}
    assert len(gone["status"]["conditions"]) == 5


def emptied(namespace: View, name: str) -> bool:
    return meta.name(namespace) == name and not namespace["spec"].get("finalizers")
