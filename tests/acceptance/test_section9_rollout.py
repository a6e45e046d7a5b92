"""Rolling updates, revisions and rollbacks: numbers 15 to 22 of the acceptance list."""

from __future__ import annotations

import copy

import pytest

from tests.acceptance.objects import (
    DAEMONSETS,
    HASH,
    ON_DELETE,
    PODS,
    REVISIONS,
    container_status,
    daemonset,
    image_patch,
    images,
    is_deleting,
    is_ready,
    name_of,
    names,
    node_of,
    rolled_out,
    set_image,
    start,
    strategy,
    waiting,
)
from tests.support.live import MERGE, Api, Obj

BROKEN = "nginx:nonexistent"


def revision_of(revision: Obj) -> int:
    return int(revision["revision"])


def serving(pods: list[Obj]) -> set[str]:
    """The nodes with a ready pod that is not on its way out."""
    return {node_of(p) for p in pods if is_ready(p) and not is_deleting(p)}


def newest(api: Api, namespace: str, count: int, highest: int) -> list[Obj]:
    """The revisions, once there are so many and the highest has that number."""
    return api.until(
        REVISIONS.format(namespace),
        lambda found: len(found) == count and max(map(revision_of, found)) == highest,
        what=f"{count} revisions up to {highest}",
    )


def test_15_one_node_at_a_time_and_observed_generation_late(api: Api, namespace: str) -> None:
    start(api, namespace)
    down: list[int] = []
    with api.watch(PODS.format(namespace)) as pods, api.watch(DAEMONSETS.format(namespace)) as sets:
        pods.observe(lambda found: down.append(3 - len(serving(found))))
        set_image(api, namespace, "nginx:1.26")
        rolled_out(api, namespace)
        pods.catch_up()
        sets.catch_up()
    assert max(down) == 1
    assert images(pods.objects) == {"nginx:1.26"}
    written = [ds for _, ds in sets.events]
    assert written[0]["metadata"]["generation"] == 2
    assert written[0]["status"]["observedGeneration"] == 1
    observed = [ds["status"]["observedGeneration"] for ds in written]
    assert observed == sorted(observed)


@pytest.mark.parametrize(
    ("limit", "most"),
    [pytest.param(1, 1, id="one"), pytest.param("34%", 2, id="34percent"), pytest.param("1%", 1, id="1percent")],
)
def test_17_percentages_round_up(api: Api, namespace: str, limit: int | str, most: int) -> None:
    start(api, namespace, daemonset(spec=strategy(maxUnavailable=limit)))
    down: list[int] = []
    with api.watch(PODS.format(namespace)) as pods:
        pods.observe(lambda found: down.append(3 - len(serving(found))))
        set_image(api, namespace, "nginx:1.26")
        rolled_out(api, namespace)
        pods.catch_up()
    assert max(down) == most


def test_16_pods_that_are_not_ready_go_all_at_once(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    api.create(DAEMONSETS.format(namespace), daemonset(image=BROKEN))
    old = api.until(path, lambda pods: len(pods) == 3 and all("reason" in waiting(p) for p in pods))
    with api.watch(path) as watch:
        set_image(api, namespace, "nginx:1.26")
        rolled_out(api, namespace)
        watch.catch_up()
    went = [(kind, name_of(p)) for kind, p in watch.events if kind == "DELETED" or is_deleting(p)]
    ready_at = next(i for i, (_, p) in enumerate(watch.events) if is_ready(p))
    deleting_at = {name_of(p): i for i, (_, p) in reversed(list(enumerate(watch.events))) if is_deleting(p)}
    assert {n for _, n in went} == names(old)
    assert max(deleting_at.values()) < ready_at, "every old pod was on its way out before a new one was ready"


def test_18_on_delete(api: Api, namespace: str) -> None:
    before = start(api, namespace, daemonset(spec=ON_DELETE))
    with api.watch(PODS.format(namespace)) as pods:
        set_image(api, namespace, "nginx:1.26")
        newest(api, namespace, 2, 2)
        api.until(DAEMONSETS.format(namespace), lambda found: found[0]["status"]["observedGeneration"] == 2)
        pods.stays(lambda found: names(found) == names(before), during=120)
        api.delete(f"{PODS.format(namespace)}/{name_of(before[0])}")
        after = pods.until(lambda found: len(found) == 3 and names(found) != names(before))
    (new,) = [p for p in after if name_of(p) not in names(before)]
    assert images([new]) == {"nginx:1.26"}
    assert images([p for p in after if p is not new]) == {"nginx:1.25"}


def test_19_a_rollback_renumbers_the_old_revision(api: Api, namespace: str) -> None:
    start(api, namespace)
    (first,) = api.items(REVISIONS.format(namespace))
    set_image(api, namespace, "nginx:1.26")
    rolled_out(api, namespace)
    newest(api, namespace, 2, 2)
    api.patch(f"{DAEMONSETS.format(namespace)}/ds", first["data"])
    rolled_out(api, namespace)
    after = newest(api, namespace, 2, 3)
    back = max(after, key=revision_of)
    assert (name_of(back), back["metadata"]["uid"]) == (name_of(first), first["metadata"]["uid"])
    assert images(api.items(PODS.format(namespace))) == {"nginx:1.25"}


def test_19_a_rollback_from_a_broken_image_restarts_no_healthy_pod(api: Api, namespace: str) -> None:
    before = start(api, namespace)
    (first,) = api.items(REVISIONS.format(namespace))
    set_image(api, namespace, BROKEN)
    api.until(PODS.format(namespace), lambda pods: any(images([p]) == {BROKEN} and waiting(p) for p in pods))
    api.patch(f"{DAEMONSETS.format(namespace)}/ds", first["data"])
    rolled_out(api, namespace)
    after = api.items(PODS.format(namespace))
    assert len(names(after) & names(before)) == 2
    assert {container_status(p)["restartCount"] for p in after} == {0}


def test_20_old_revisions_are_pruned_unless_in_use(api: Api, namespace: str) -> None:
    start(api, namespace, daemonset(spec={**ON_DELETE, "revisionHistoryLimit": 1}))
    for number in (2, 3, 4):
        set_image(api, namespace, f"nginx:1.2{number}")
        api.until(REVISIONS.format(namespace), lambda found, n=number: max(map(revision_of, found)) == n)  # type: ignore[misc]
    api.until(REVISIONS.format(namespace), lambda found: sorted(map(revision_of, found)) == [1, 4])
    for pod in api.items(PODS.format(namespace)):
        api.delete(f"{PODS.format(namespace)}/{name_of(pod)}")
    api.until(PODS.format(namespace), lambda pods: len(pods) == 3 and images(pods) == {"nginx:1.24"})
    set_image(api, namespace, "nginx:1.29")
    api.until(REVISIONS.format(namespace), lambda found: sorted(map(revision_of, found)) == [4, 5])


def test_21_equal_revisions_become_one(api: Api, namespace: str) -> None:
    before = start(api, namespace)
    (revision,) = api.items(REVISIONS.format(namespace))
    meta = revision["metadata"]
    twin = {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": "twin",
            "labels": {**meta["labels"], HASH: "twin"},
            "ownerReferences": meta["ownerReferences"],
        },
        "data": revision["data"],
        "revision": 7,
    }
    api.create(REVISIONS.format(namespace), twin)
    api.patch(f"{DAEMONSETS.format(namespace)}/ds", {"metadata": {"labels": {"touched": "yes"}}})
    api.until(REVISIONS.format(namespace), lambda found: names(found) == {"twin"})
    pods = api.until(PODS.format(namespace), lambda found: {p["metadata"]["labels"][HASH] for p in found} == {"twin"})
    assert names(pods) == names(before)


def test_22_a_taken_name_counts_up_the_collisions(api: Api, namespace: str) -> None:
    sets, revisions = DAEMONSETS.format(namespace), REVISIONS.format(namespace)
    start(api, namespace)
    (first,) = api.items(revisions)
    set_image(api, namespace, "nginx:1.26")
    rolled_out(api, namespace)
    api.delete(f"{revisions}/{name_of(first)}")
    taken = copy.deepcopy(first)
    taken["metadata"] = {"name": name_of(first)}
    taken["data"] = {"spec": {"template": {"$patch": "replace", "metadata": {"labels": {"other": "data"}}}}}
    api.create(revisions, taken)
    api.patch(f"{sets}/ds", image_patch("nginx:1.25"))
    api.until(sets, lambda found: found[0]["status"].get("collisionCount") == 1)
    rolled_out(api, namespace)
    own = [r for r in api.items(revisions) if r["metadata"].get("ownerReferences")]
    current = max(own, key=revision_of)
    assert name_of(current) != name_of(first)
    assert current["data"] == first["data"]
    hashes = {p["metadata"]["labels"][HASH] for p in api.items(PODS.format(namespace))}
    assert hashes == {current["metadata"]["labels"][HASH]}


def test_22_collision_counts_only_go_up(api: Api, namespace: str) -> None:
    url = f"{DAEMONSETS.format(namespace)}/ds"
    api.create(DAEMONSETS.format(namespace), daemonset(nodeSelector={"no": "node"}))
    api.patch(f"{url}/status", {"status": {"collisionCount": 3}}, MERGE)
    refused = api.request(
        "PATCH", f"{url}/status", {"status": {"collisionCount": 2}}, content_type="application/merge-patch+json"
    )
    assert refused.code == 422
    assert (
        refused.message
        == 'DaemonSet.apps "ds" is invalid: status.collisionCount: Invalid value: 2: cannot be decremented'
    )
