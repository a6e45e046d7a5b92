"""ResourceQuota status over a real server: filled, charged by admission, freed again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from apimachinery import errors, meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from controllers.resourcequota.resource_quota_controller import ResourceQuotaController
from controllers.runtime.resources import CONFIG_MAPS, DEPLOYMENTS, PODS, RESOURCE_QUOTAS, SERVICES
from tests.controllers.cluster import Cluster, at_work

pytestmark = pytest.mark.slow


@pytest.fixture
async def working(bare: Cluster) -> AsyncIterator[Cluster]:
    """A server with the quota controller alone."""
    context = bare.context(ManualClock(), resource_quota_sync_period=300.0)
    async with at_work(context, ResourceQuotaController(context)):
        yield bare


async def add_quota(cluster: Cluster, namespace: str, hard: dict[str, str], **spec: Any) -> None:
    body: Object = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q"},
        "spec": {"hard": hard, **spec},
    }
    await cluster.client.create(RESOURCE_QUOTAS, body, namespace=namespace)


async def used(cluster: Cluster, namespace: str, **amounts: str) -> View:
    """The quota once its status says this; names are written with an underscore for a dot or a slash."""
    wanted = {k.replace("__", "/").replace("_", "."): v for k, v in amounts.items()}
    (found,) = await cluster.until(
        RESOURCE_QUOTAS, lambda all_: any((q.get("status") or {}).get("used") == wanted for q in all_), namespace
    )
    return found


async def add_pod(cluster: Cluster, namespace: str, name: str, cpu: str = "500m") -> None:
    container = {"name": "c", "image": "nginx", "resources": {"requests": {"cpu": cpu}}}
    spec = {"automountServiceAccountToken": False, "nodeName": "somewhere", "containers": [container]}
    body: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    await cluster.client.create(PODS, body, namespace=namespace)


async def test_pods_are_charged_and_freed(working: Cluster, bare_namespace: str) -> None:
    await add_quota(working, bare_namespace, {"pods": "2", "requests.cpu": "1"})
    await used(working, bare_namespace, pods="0", requests_cpu="0")
    await add_pod(working, bare_namespace, "a")
    await add_pod(working, bare_namespace, "b")
    await used(working, bare_namespace, pods="2", requests_cpu="1")
    with pytest.raises(errors.Forbidden, match="exceeded quota: q, requested: pods=1"):
        await add_pod(working, bare_namespace, "c")
    await working.merge(PODS, "a", {"status": {"phase": "Succeeded"}}, bare_namespace, "status")
    await used(working, bare_namespace, pods="1", requests_cpu="500m")
    await working.client.delete(PODS, "b", namespace=bare_namespace, grace_period_seconds=0)
    await used(working, bare_namespace, pods="0", requests_cpu="0")


async def test_what_there_is_already_is_counted(working: Cluster, bare_namespace: str) -> None:
    for name in ("one", "two"):
        body: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        await working.client.create(CONFIG_MAPS, body, namespace=bare_namespace)
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    await working.client.create(DEPLOYMENTS, body, namespace=bare_namespace)
    hard = {"configmaps": "5", "count/deployments.apps": "3"}
    await add_quota(working, bare_namespace, hard)
    found = await used(working, bare_namespace, configmaps="2", count__deployments_apps="1")
    assert found["status"]["hard"] == hard
    await working.client.delete(CONFIG_MAPS, "one", namespace=bare_namespace)
    await used(working, bare_namespace, configmaps="1", count__deployments_apps="1")
    await working.client.delete(DEPLOYMENTS, "d", namespace=bare_namespace)
    await used(working, bare_namespace, configmaps="1", count__deployments_apps="0")


async def test_a_changed_limit_is_taken_over(working: Cluster, bare_namespace: str) -> None:
    await add_quota(working, bare_namespace, {"pods": "1"})
    await used(working, bare_namespace, pods="0")
    await working.merge(RESOURCE_QUOTAS, "q", {"spec": {"hard": {"pods": "2", "secrets": "1"}}}, bare_namespace)
    found = await used(working, bare_namespace, pods="0", secrets="0")
    assert found["status"]["hard"] == {"pods": "2", "secrets": "1"}


async def test_a_service_that_gives_up_its_node_ports_frees_them(working: Cluster, bare_namespace: str) -> None:
    await add_quota(working, bare_namespace, {"services.nodeports": "1"})
    await used(working, bare_namespace, services_nodeports="0")
    spec = {"type": "NodePort", "selector": {"a": "b"}, "ports": [{"port": 80}]}
    body: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}
    await working.client.create(SERVICES, body, namespace=bare_namespace)
    await used(working, bare_namespace, services_nodeports="1")
    await working.strategic(SERVICES, "s", {"spec": {"type": "ClusterIP"}}, bare_namespace)
    await used(working, bare_namespace, services_nodeports="0")


async def test_a_scoped_quota_counts_its_own_pods_only(working: Cluster, bare_namespace: str) -> None:
    await add_quota(working, bare_namespace, {"pods": "9"}, scopes=["BestEffort"])
    await used(working, bare_namespace, pods="0")
    await add_pod(working, bare_namespace, "a")
    spec = {"automountServiceAccountToken": False, "containers": [{"name": "c", "image": "nginx"}]}
    body: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "idle"}, "spec": spec}
    await working.client.create(PODS, body, namespace=bare_namespace)
    found = await used(working, bare_namespace, pods="1")
    assert meta.name(found) == "q"
