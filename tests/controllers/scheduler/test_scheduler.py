"""The loop over a real server: what wakes a pod that waits, and what a broken connection does not end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from apimachinery import errors, meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from controllers.runtime.errors import TransportError
from controllers.runtime.resources import NODES, PODS
from controllers.scheduler.scheduler import Scheduler
from tests.controllers.cluster import Cluster, at_work

pytestmark = pytest.mark.slow

PORT: Object = {"containerPort": 80, "hostPort": 80}


async def node(cluster: Cluster, name: str) -> None:
    """The only node, which takes pods."""
    for other in await cluster.live(NODES):
        await cluster.client.delete(NODES, meta.name(other))
    status = {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}
    await cluster.client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    await cluster.merge(NODES, name, {"status": status}, subresource="status")
    await cluster.merge(NODES, name, {"spec": {"taints": None}})
    await cluster.settled()


async def create(cluster: Cluster, namespace: str, name: str, *, port: bool = False, **spec: object) -> None:
    container: Object = {"name": "c", "image": "i", **({"ports": [PORT]} if port else {})}
    wanted = {"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": [container], **spec}}
    await cluster.client.create(PODS, {"apiVersion": "v1", "kind": "Pod", **wanted}, namespace=namespace)


def bound(name: str) -> Callable[[list[View]], bool]:
    return lambda pods: any(meta.name(p) == name and bool(p["spec"].get("nodeName")) for p in pods)


def refused(name: str) -> Callable[[list[View]], bool]:
    def satisfied(pods: list[View]) -> bool:
        return any(meta.name(p) == name and (meta.condition(p, "PodScheduled") or {}) != {} for p in pods)

    return satisfied


async def test_a_broken_connection_is_no_end(
    bare: Cluster, bare_namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await node(bare, "n")
    clock = ManualClock()
    context = bare.context(clock)
    scheduler = Scheduler(context)
    send, failed = scheduler._client.create, asyncio.Event()

    async def breaking(*args: Any, **kwargs: Any) -> Object:
        if not failed.is_set():
            failed.set()
            raise TransportError("the connection broke")
        return await send(*args, **kwargs)

    monkeypatch.setattr(scheduler._client, "create", breaking)
    async with at_work(context, scheduler):
        await create(bare, bare_namespace, "a")
        await failed.wait()
        await bare.settled()
        clock.advance(1)
        await bare.until(PODS, bound("a"), bare_namespace)


async def test_a_binding_that_comes_to_nothing_makes_room(
    bare: Cluster, bare_namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await node(bare, "n")
    clock = ManualClock()
    context = bare.context(clock)
    scheduler = Scheduler(context)
    send, vanish = scheduler._client.create, asyncio.Event()

    async def vanishing(resource: Any, body: Object, **kwargs: Any) -> Object:
        if kwargs.get("name") == "a":
            await vanish.wait()
            raise errors.NotFound('pods "a" not found')
        return await send(resource, body, **kwargs)

    monkeypatch.setattr(scheduler._client, "create", vanishing)
    async with at_work(context, scheduler):
        await create(bare, bare_namespace, "a", port=True)
        await create(bare, bare_namespace, "b", port=True)
        await bare.until(PODS, refused("b"), bare_namespace)
        await bare.settled()
        vanish.set()
        await bare.settled()
        clock.advance(1)
        await bare.until(PODS, bound("b"), bare_namespace)


@pytest.mark.parametrize("by_label", [False, True], ids=["a new pod", "a new label"])
async def test_a_pod_that_looks_for_company_is_tried_again_when_it_comes(
    bare: Cluster, bare_namespace: str, by_label: bool
) -> None:
    await node(bare, "n")
    clock = ManualClock()
    context = bare.context(clock)
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "company"}}}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    await bare.merge(NODES, "n", {"metadata": {"labels": {"kubernetes.io/hostname": "n"}}})
    async with at_work(context, Scheduler(context)):
        if by_label:
            await create(bare, bare_namespace, "other")
            await bare.until(PODS, bound("other"), bare_namespace)
        await create(bare, bare_namespace, "lonely", affinity=affinity)
        await bare.until(PODS, refused("lonely"), bare_namespace)
        await bare.settled()
        if by_label:
            await bare.merge(PODS, "other", {"metadata": {"labels": {"app": "company"}}}, bare_namespace)
        else:
            await create(bare, bare_namespace, "company")
            await bare.until(PODS, bound("company"), bare_namespace)
        await bare.settled()
        clock.advance(1)
        await bare.until(PODS, bound("lonely"), bare_namespace)
