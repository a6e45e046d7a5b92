"""The collector against a real server: the three policies, several owners, circles, namespaces, custom resources."""

from __future__ import annotations

import pytest

from apimachinery import meta
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from controllers.garbagecollector.garbage_collector import CUSTOM_RESOURCES
from controllers.runtime.client import PropagationPolicy
from controllers.runtime.resources import CONFIG_MAPS, NAMESPACES
from tests.controllers.cluster import Cluster

pytestmark = pytest.mark.slow
WIDGETS = GroupVersionResource("example.com", "v1", "widgets")
GADGETS = GroupVersionResource("example.com", "v1", "gadgets")


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


def names(found: list[View]) -> set[str]:
    return {meta.name(o) for o in found} - {"kube-root-ca.crt"}


async def left(cluster: Cluster, namespace: str, *wanted: str) -> list[View]:
    """The namespace's ConfigMaps once these and no others are left."""
    found = await cluster.until(CONFIG_MAPS, lambda all_: names(all_) == set(wanted), namespace)
    return [o for o in found if meta.name(o) in wanted]


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
    await left(cluster, namespace)


async def test_a_circle_in_the_foreground_goes_away(cluster: Cluster, namespace: str) -> None:
    one = await cluster.client.create(CONFIG_MAPS, config_map("one"), namespace=namespace)
    two = await cluster.client.create(CONFIG_MAPS, config_map("two", one), namespace=namespace)
    await cluster.strategic(
        CONFIG_MAPS, "one", {"metadata": config_map("one", two)["metadata"] | {"uid": meta.uid(one)}}, namespace
    )
    await cluster.client.delete(CONFIG_MAPS, "one", namespace=namespace, propagation_policy="Foreground")
    await left(cluster, namespace)


async def test_an_owner_in_another_namespace_is_no_owner(cluster: Cluster, namespace: str) -> None:
    owner = await cluster.client.create(CONFIG_MAPS, config_map("owner"), namespace="default")
    await cluster.client.create(CONFIG_MAPS, config_map("child", owner), namespace=namespace)
    await left(cluster, namespace)
    (event,) = await cluster.events(namespace, "OwnerRefInvalidNamespace")
    assert event["message"] == (
        f"ownerRef [v1/ConfigMap, namespace: {namespace}, name: owner, uid: {meta.uid(owner)}]"
        f' does not exist in namespace "{namespace}"'
    )
    await cluster.client.delete(CONFIG_MAPS, "owner", namespace="default")


async def family(cluster: Cluster, namespace: str, *, blocking: bool = True, **child: object) -> Object:
    """An owner `one`, its dependent `two` and that one's dependent `three`; the owner."""
    create = cluster.client.create
    one = await create(CONFIG_MAPS, config_map("one"), namespace=namespace)
    body = config_map("two", one, **child)
    body["metadata"]["ownerReferences"][0]["blockOwnerDeletion"] = blocking
    two = await create(CONFIG_MAPS, body, namespace=namespace)
    await create(CONFIG_MAPS, config_map("three", two), namespace=namespace)
    await left(cluster, namespace, "one", "two", "three")
    return one


async def delete(cluster: Cluster, namespace: str, policy: PropagationPolicy, name: str = "one") -> None:
    await cluster.client.delete(CONFIG_MAPS, name, namespace=namespace, propagation_policy=policy)


async def test_in_the_background_the_owner_goes_first(cluster: Cluster, namespace: str) -> None:
    await family(cluster, namespace)
    seen = await cluster.history(CONFIG_MAPS, namespace, lambda: gone(cluster, namespace, "Background"))
    assert [name for kind, name in seen if kind == "DELETED"] == ["one", "two", "three"]


async def test_in_the_foreground_the_owner_goes_last(cluster: Cluster, namespace: str) -> None:
    await family(cluster, namespace)
    seen = await cluster.history(CONFIG_MAPS, namespace, lambda: gone(cluster, namespace, "Foreground"))
    assert [name for kind, name in seen if kind == "DELETED"] == ["three", "two", "one"]


async def gone(cluster: Cluster, namespace: str, policy: PropagationPolicy) -> None:
    await delete(cluster, namespace, policy)
    await left(cluster, namespace)


async def test_orphans_stay_without_their_owner(cluster: Cluster, namespace: str) -> None:
    await family(cluster, namespace)
    await delete(cluster, namespace, "Orphan")
    found = {meta.name(o): meta.owner_references(o) for o in await left(cluster, namespace, "two", "three")}
    assert found["two"] == []
    assert [r["name"] for r in found["three"]] == ["two"]


async def test_a_held_dependent_blocks_its_owner(cluster: Cluster, namespace: str) -> None:
    await family(cluster, namespace, finalizers=["example.com/hold"])
    await delete(cluster, namespace, "Foreground")
    found = {meta.name(o): o for o in await left(cluster, namespace, "one", "two")}
    assert meta.finalizers(found["one"]) == ["foregroundDeletion"]
    await cluster.until(CONFIG_MAPS, lambda all_: all(map(meta.is_deleting, own(all_))), namespace)
    await cluster.merge(CONFIG_MAPS, "two", {"metadata": {"finalizers": None}}, namespace)
    await left(cluster, namespace)


def own(found: list[View]) -> list[View]:
    return [o for o in found if meta.name(o) != "kube-root-ca.crt"]


async def test_a_dependent_that_does_not_block_is_not_awaited(cluster: Cluster, namespace: str) -> None:
    await family(cluster, namespace, blocking=False, finalizers=["example.com/hold"])
    await delete(cluster, namespace, "Foreground")
    (two,) = await left(cluster, namespace, "two")
    assert meta.is_deleting(two)
    await cluster.merge(CONFIG_MAPS, "two", {"metadata": {"finalizers": None}}, namespace)
    await left(cluster, namespace)


async def test_one_of_two_owners_waits_in_vain(cluster: Cluster, namespace: str) -> None:
    create = cluster.client.create
    one = await create(CONFIG_MAPS, config_map("one"), namespace=namespace)
    two = await create(CONFIG_MAPS, config_map("two"), namespace=namespace)
    await create(CONFIG_MAPS, config_map("child", one, two), namespace=namespace)
    await left(cluster, namespace, "one", "two", "child")
    await delete(cluster, namespace, "Foreground")
    found = {meta.name(o): o for o in await left(cluster, namespace, "two", "child")}
    assert [r["name"] for r in meta.owner_references(found["child"])] == ["two"]
    assert not meta.is_deleting(found["child"])


async def test_an_owner_of_the_same_name_is_another(cluster: Cluster, namespace: str) -> None:
    one = await cluster.client.create(CONFIG_MAPS, config_map("one"), namespace=namespace)
    await cluster.client.create(
        CONFIG_MAPS, config_map("child", {**one, "metadata": {"name": "one", "uid": "x-x"}}), namespace=namespace
    )
    await left(cluster, namespace, "one")


async def test_a_cluster_wide_owner_owns_in_a_namespace(cluster: Cluster, namespace: str) -> None:
    holder: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "owner-of-others"}}
    owner = await cluster.client.create(NAMESPACES, holder)
    await cluster.client.create(CONFIG_MAPS, config_map("child", owner), namespace=namespace)
    await left(cluster, namespace, "child")
    await cluster.client.delete(NAMESPACES, "owner-of-others")
    await left(cluster, namespace)


async def define(cluster: Cluster, resource: GroupVersionResource, kind: str, scope: str = "Namespaced") -> None:
    """Establish a custom resource."""
    name = str(resource.group_resource)
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names_ = {"plural": resource.resource, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    definition: Object = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": resource.group,
            "scope": scope,
            "names": names_,
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    await cluster.client.create(CUSTOM_RESOURCES, definition)

    def established(found: list[View]) -> bool:
        mine = next((d for d in found if meta.name(d) == name), {})
        return (meta.condition(mine, "Established") or {}).get("status") == "True"

    await cluster.until(CUSTOM_RESOURCES, established, what=f"{name} established")


def custom(kind: str, name: str, *owners: Object) -> Object:
    return {**config_map(name, *owners), "apiVersion": "example.com/v1", "kind": kind}


async def test_custom_resources_own_and_are_owned(cluster: Cluster, namespace: str) -> None:
    await define(cluster, WIDGETS, "Widget")
    create = cluster.client.create
    widget = await create(WIDGETS, custom("Widget", "w"), namespace=namespace)
    part = await create(WIDGETS, custom("Widget", "part", widget), namespace=namespace)
    await create(CONFIG_MAPS, config_map("child", part), namespace=namespace)
    await cluster.client.delete(WIDGETS, "w", namespace=namespace)
    await left(cluster, namespace)
    await cluster.until(WIDGETS, lambda found: not found, namespace)


async def test_custom_resources_in_the_foreground(cluster: Cluster, namespace: str) -> None:
    await define(cluster, GADGETS, "Gadget", "Cluster")
    gadget = await cluster.client.create(GADGETS, custom("Gadget", "g"))
    held = config_map("child", gadget, finalizers=["example.com/hold"])
    await cluster.client.create(CONFIG_MAPS, held, namespace=namespace)
    await cluster.until(GADGETS, bool)
    await cluster.client.delete(GADGETS, "g", propagation_policy="Foreground")
    await cluster.until(CONFIG_MAPS, lambda found: any(map(meta.is_deleting, found)), namespace)
    (waiting,) = await cluster.live(GADGETS)
    assert meta.is_deleting(waiting) and meta.finalizers(waiting) == ["foregroundDeletion"]
    await cluster.merge(CONFIG_MAPS, "child", {"metadata": {"finalizers": None}}, namespace)
    await cluster.until(GADGETS, lambda found: not found)


async def test_a_definition_takes_its_resources_along(cluster: Cluster, namespace: str) -> None:
    things = GroupVersionResource("example.com", "v1", "things")
    await define(cluster, things, "Thing")
    await cluster.client.create(things, custom("Thing", "probe"), namespace=namespace)
    await cluster.client.delete(things, "probe", namespace=namespace, propagation_policy="Foreground")
    await cluster.until(things, lambda found: not found, namespace, what="the collector follows the new resource")
    thing = await cluster.client.create(things, custom("Thing", "t"), namespace=namespace)
    await cluster.client.create(CONFIG_MAPS, config_map("child", thing), namespace=namespace)
    await left(cluster, namespace, "child")
    await cluster.client.delete(CUSTOM_RESOURCES, str(things.group_resource))
    await left(cluster, namespace)
