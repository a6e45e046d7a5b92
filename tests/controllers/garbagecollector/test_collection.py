"""The collector against a real server: several owners, circles, namespaces."""

from __future__ import annotations

import pytest

from apimachinery import meta
from apimachinery.objects import Object
from controllers.runtime.resources import CONFIG_MAPS
from tests.controllers.cluster import Cluster

pytestmark = pytest.mark.slow


def config_map(name: str, *owners: Object, **metadata: object) -> Object:
    references = [
        {
            "apiVersion": o["apiVersion"],
            "kind": o["kind"],
            "name": meta.name(o),
            "uid": meta.uid(o),
            "blockOwnerDeletion": True,
        }
        for o in owners
    ]
    body = {"name": name, "ownerReferences": references, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": body}


def names(found: list[object]) -> set[str]:
    return {meta.name(o) for o in found} - {"kube-root-ca.crt"}  # type: ignore[arg-type]


async def test_the_last_owner_takes_its_dependent_along(cluster: Cluster, namespace: str) -> None:
    create = cluster.client.create
    one = await create(CONFIG_MAPS, config_map("one"), namespace=namespace)
    two = await create(CONFIG_MAPS, config_map("two"), namespace=namespace)
    await create(CONFIG_MAPS, config_map("child", one, two), namespace=namespace)
    await cluster.client.delete(CONFIG_MAPS, "one", namespace=namespace)
    await cluster.until(
        CONFIG_MAPS,
        lambda found: any(meta.name(o) == "child" and len(meta.owner_references(o)) == 1 for o in found),
        namespace,
        what="the dangling reference is removed",
    )
    await cluster.client.delete(CONFIG_MAPS, "two", namespace=namespace)
    await cluster.until(CONFIG_MAPS, lambda found: names(found) == set(), namespace)  # type: ignore[arg-type]


async def test_a_circle_in_the_foreground_goes_away(cluster: Cluster, namespace: str) -> None:
    one = await cluster.client.create(CONFIG_MAPS, config_map("one"), namespace=namespace)
    two = await cluster.client.create(CONFIG_MAPS, config_map("two", one), namespace=namespace)
    await cluster.strategic(
        CONFIG_MAPS, "one", {"metadata": config_map("one", two)["metadata"] | {"uid": meta.uid(one)}}, namespace
    )
    await cluster.client.delete(CONFIG_MAPS, "one", namespace=namespace, propagation_policy="Foreground")
    await cluster.until(CONFIG_MAPS, lambda found: names(found) == set(), namespace)  # type: ignore[arg-type]


async def test_an_owner_in_another_namespace_is_no_owner(cluster: Cluster, namespace: str) -> None:
    owner = await cluster.client.create(CONFIG_MAPS, config_map("owner"), namespace="default")
    await cluster.client.create(CONFIG_MAPS, config_map("child", owner), namespace=namespace)
    await cluster.until(CONFIG_MAPS, lambda found: names(found) == set(), namespace)  # type: ignore[arg-type]
    (event,) = await cluster.events(namespace, "OwnerRefInvalidNamespace")
    assert event["message"] == (
        f"ownerRef [v1/ConfigMap, namespace: {namespace}, name: owner, uid: {meta.uid(owner)}]"
        f' does not exist in namespace "{namespace}"'
    )
    await cluster.client.delete(CONFIG_MAPS, "owner", namespace="default")
