"""The three ways to delete a DaemonSet; semantics 23 and 25."""

from __future__ import annotations

import pytest

from apimachinery import meta
from controllers.runtime.resources import CONTROLLER_REVISIONS, DAEMON_SETS, PODS
from tests.controllers.cluster import Cluster, daemonset

pytestmark = pytest.mark.slow


async def start(cluster: Cluster, namespace: str) -> set[str]:
    await cluster.client.create(DAEMON_SETS, daemonset(), namespace=namespace)
    await cluster.rolled_out(namespace, nodes=3)
    return {meta.uid(p) for p in (await cluster.live(PODS, namespace))}


async def test_background_deletion_takes_pods_and_revisions_along(cluster: Cluster, namespace: str) -> None:
    await start(cluster, namespace)
    answer = await cluster.client.delete(DAEMON_SETS, "ds", namespace=namespace, propagation_policy="Background")
    assert answer["kind"] == "Status" and answer["status"] == "Success"
    await cluster.until(PODS, lambda pods: not pods, namespace)
    await cluster.until(CONTROLLER_REVISIONS, lambda found: not found, namespace)


async def test_foreground_deletion_waits_for_its_dependents(cluster: Cluster, namespace: str) -> None:
    await start(cluster, namespace)
    going = await cluster.client.delete(DAEMON_SETS, "ds", namespace=namespace, propagation_policy="Foreground")
    assert going["kind"] == "DaemonSet"
    assert meta.finalizers(going) == ["foregroundDeletion"]
    assert going["metadata"]["deletionGracePeriodSeconds"] == 0
    assert meta.generation(going) == 2
    left: list[int] = []
    sets, pods = cluster.informers.informer(DAEMON_SETS), cluster.informers.informer(PODS)
    handler = sets.add_handler(
        on_delete=lambda d: left.append(len(pods.list(namespace))) if meta.namespace(d) == namespace else None
    )
    await cluster.until(DAEMON_SETS, lambda found: not found, namespace)
    sets.remove_handler(handler)
    await cluster.until(PODS, lambda found: not found, namespace)
    await cluster.until(CONTROLLER_REVISIONS, lambda found: not found, namespace)


async def test_orphans_are_adopted_by_an_equal_set(cluster: Cluster, namespace: str) -> None:
    before = await start(cluster, namespace)
    await cluster.client.delete(DAEMON_SETS, "ds", namespace=namespace, propagation_policy="Orphan")
    await cluster.until(DAEMON_SETS, lambda found: not found, namespace)
    pods = await cluster.until(PODS, lambda found: not any(map(meta.owner_references, found)), namespace)
    assert {meta.uid(p) for p in pods} == before
    await cluster.client.create(DAEMON_SETS, daemonset(), namespace=namespace)
    await cluster.rolled_out(namespace, nodes=3)
    assert {meta.uid(p) for p in (await cluster.live(PODS, namespace))} == before
    await cluster.until(CONTROLLER_REVISIONS, lambda found: len(found) == 1, namespace)


async def test_orphans_of_another_selector_are_left_alone(cluster: Cluster, namespace: str) -> None:
    before = await start(cluster, namespace)
    await cluster.client.delete(DAEMON_SETS, "ds", namespace=namespace, propagation_policy="Orphan")
    await cluster.until(DAEMON_SETS, lambda found: not found, namespace)
    await cluster.client.create(DAEMON_SETS, daemonset("other"), namespace=namespace)
    await cluster.rolled_out(namespace, "other", nodes=3)
    pods = await cluster.live(PODS, namespace)
    assert {meta.uid(p) for p in pods if not meta.owner_references(p)} == before
