"""Rolling updates and revisions; semantics 15 to 22."""

from __future__ import annotations

import pytest

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.runtime import history
from controllers.runtime.pods import is_ready
from controllers.runtime.resources import CONTROLLER_REVISIONS, DAEMON_SETS, PODS
from tests.controllers.cluster import Cluster, daemonset

pytestmark = pytest.mark.slow

BROKEN = "nginx:nonexistent"


def image(name: str) -> Object:
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": name}]}}}}


def strategy(**parameters: int | str) -> Object:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": parameters}}


def images(pods: list[View]) -> set[str]:
    return {p["spec"]["containers"][0]["image"] for p in pods}


async def start(cluster: Cluster, namespace: str, spec: Object | None = None, image: str = "nginx:1.25") -> list[View]:
    await cluster.client.create(DAEMON_SETS, daemonset(spec=spec, image=image), namespace=namespace)
    await cluster.rolled_out(namespace, nodes=3)
    return await cluster.live(PODS, namespace)


async def set_image(cluster: Cluster, namespace: str, name: str) -> None:
    await cluster.strategic(DAEMON_SETS, "ds", image(name), namespace)


@pytest.mark.parametrize(
    ("limit", "most"),
    [pytest.param(1, 1, id="one"), pytest.param("34%", 2, id="a-third"), pytest.param("1%", 1, id="a-hundredth")],
)
async def test_never_more_unavailable_than_allowed(
    cluster: Cluster, namespace: str, limit: int | str, most: int
) -> None:
    await start(cluster, namespace, strategy(maxUnavailable=limit))
    down: list[int] = []
    informer = cluster.informers.informer(PODS)

    def look(*_: View) -> None:
        nodes = {p["spec"].get("nodeName") for p in informer.list(namespace) if is_ready(p) and not meta.is_deleting(p)}
        down.append(3 - len(nodes))

    handler = informer.add_handler(on_add=look, on_update=look, on_delete=look)
    await set_image(cluster, namespace, "nginx:1.26")
    await cluster.rolled_out(namespace, nodes=3)
    await cluster.until(PODS, lambda pods: images(pods) == {"nginx:1.26"}, namespace)
    informer.remove_handler(handler)
    assert max(down) == most


async def test_broken_pods_are_replaced_all_at_once(cluster: Cluster, namespace: str) -> None:
    await cluster.client.create(DAEMON_SETS, daemonset(image=BROKEN), namespace=namespace)
    old = await cluster.until(
        PODS, lambda pods: len(pods) == 3 and all(p["spec"].get("nodeName") for p in pods), namespace
    )

    async def update() -> None:
        await set_image(cluster, namespace, "nginx:1.26")
        await cluster.rolled_out(namespace, nodes=3)
        await cluster.settled()

    seen = await cluster.history(PODS, namespace, update)
    names = {meta.name(p) for p in old}
    assert {n for kind, n in seen[:3] if kind == "DELETED"} <= names
    assert {n for kind, n in seen if kind == "DELETED"} == names


async def test_a_rollback_keeps_healthy_pods_and_reuses_the_revision(cluster: Cluster, namespace: str) -> None:
    before = await start(cluster, namespace)
    await set_image(cluster, namespace, BROKEN)
    await cluster.until(PODS, lambda pods: BROKEN in images(pods), namespace)
    revisions = await cluster.until(CONTROLLER_REVISIONS, lambda found: len(found) == 2, namespace)
    first = min(revisions, key=history.revision_of)
    assert next(iter(first["data"]["spec"]["template"])) == "$patch"
    await cluster.client.patch(DAEMON_SETS, "ds", first["data"], namespace=namespace)
    await cluster.rolled_out(namespace, nodes=3)
    after = {meta.name(p) for p in (await cluster.live(PODS, namespace))}
    assert len(after & {meta.name(p) for p in before}) == 2
    revisions = await cluster.until(
        CONTROLLER_REVISIONS, lambda found: sorted(map(history.revision_of, found)) == [2, 3], namespace
    )
    assert meta.name(max(revisions, key=history.revision_of)) == meta.name(first)


async def test_surge_brings_the_new_pod_before_the_old_one_goes(cluster: Cluster, namespace: str) -> None:
    await start(cluster, namespace, strategy(maxSurge=1, maxUnavailable=0))
    informer = cluster.informers.informer(PODS)
    serving: list[int] = []

    def look(*_: View) -> None:
        serving.append(len({p["spec"].get("nodeName") for p in informer.list(namespace) if is_ready(p)}))

    handler = informer.add_handler(on_add=look, on_update=look, on_delete=look)
    await set_image(cluster, namespace, "nginx:1.26")
    await cluster.rolled_out(namespace, nodes=3)
    await cluster.until(PODS, lambda pods: len(pods) == 3, namespace)
    informer.remove_handler(handler)
    assert min(serving) == 3


async def test_on_delete_leaves_pods_alone(cluster: Cluster, namespace: str) -> None:
    pods = await start(cluster, namespace, {"updateStrategy": {"type": "OnDelete"}})
    await set_image(cluster, namespace, "nginx:1.26")
    await cluster.until(CONTROLLER_REVISIONS, lambda found: len(found) == 2, namespace)
    await cluster.until(
        DAEMON_SETS,
        lambda sets: any((d.get("status") or {}).get("observedGeneration") == 2 for d in sets),
        namespace,
    )
    assert images(await cluster.live(PODS, namespace)) == {"nginx:1.25"}
    await cluster.client.delete(PODS, meta.name(pods[0]), namespace=namespace)
    await cluster.until(
        PODS, lambda found: len(found) == 3 and images(found) == {"nginx:1.25", "nginx:1.26"}, namespace
    )


async def test_old_revisions_are_pruned_but_not_those_in_use(cluster: Cluster, namespace: str) -> None:
    spec = {"updateStrategy": {"type": "OnDelete"}, "revisionHistoryLimit": 1}
    await start(cluster, namespace, spec)
    for version in (26, 27, 28):
        await set_image(cluster, namespace, f"nginx:1.{version}")
        await cluster.until(
            CONTROLLER_REVISIONS,
            lambda found, v=version: max(map(history.revision_of, found), default=0) == v - 24,  # type: ignore[misc]
            namespace,
        )
    await cluster.until(
        CONTROLLER_REVISIONS, lambda found: sorted(map(history.revision_of, found)) == [1, 4], namespace
    )


async def test_duplicate_revisions_become_one(cluster: Cluster, namespace: str) -> None:
    await start(cluster, namespace)
    (revision,) = await cluster.live(CONTROLLER_REVISIONS, namespace) or await cluster.until(
        CONTROLLER_REVISIONS, bool, namespace
    )
    copy: Object = {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": "copy",
            "labels": {**meta.labels(revision), "controller-revision-hash": "copy"},
            "ownerReferences": meta.owner_references(revision),
        },
        "data": revision["data"],
        "revision": 7,
    }
    await cluster.client.create(CONTROLLER_REVISIONS, copy, namespace=namespace)
    await cluster.merge(DAEMON_SETS, "ds", {"metadata": {"labels": {"touched": "yes"}}}, namespace)
    await cluster.until(CONTROLLER_REVISIONS, lambda found: [meta.name(r) for r in found] == ["copy"], namespace)
    pods = await cluster.live(PODS, namespace)
    assert {meta.labels(p)["controller-revision-hash"] for p in pods} == {"copy"}


async def test_a_colliding_name_counts_up_and_gives_another_hash(cluster: Cluster, namespace: str) -> None:
    await start(cluster, namespace)
    (first,) = await cluster.until(CONTROLLER_REVISIONS, lambda found: len(found) == 1, namespace)
    await set_image(cluster, namespace, "nginx:1.26")
    await cluster.rolled_out(namespace, nodes=3)
    await cluster.client.delete(CONTROLLER_REVISIONS, meta.name(first), namespace=namespace)
    await cluster.until(CONTROLLER_REVISIONS, lambda found: len(found) == 1, namespace)
    taken: Object = {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {"name": meta.name(first)},
        "data": {"spec": {"template": {"$patch": "replace", "metadata": {}}}},
        "revision": 1,
    }
    await cluster.client.create(CONTROLLER_REVISIONS, taken, namespace=namespace)
    await set_image(cluster, namespace, "nginx:1.25")
    await cluster.until(
        DAEMON_SETS, lambda sets: any((d.get("status") or {}).get("collisionCount") == 1 for d in sets), namespace
    )
    await cluster.rolled_out(namespace, nodes=3)
    revisions = await cluster.live(CONTROLLER_REVISIONS, namespace)
    newest = max(revisions, key=history.revision_of)
    assert meta.name(newest) != meta.name(first)
    assert newest["data"] == first["data"]
