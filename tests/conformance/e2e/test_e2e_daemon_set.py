"""The specs of test/e2e/apps/daemon_set.go and controller_revision.go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conformance.e2e.daemons import (
    COLOR_LABEL,
    HASH,
    IMAGE,
    NAME,
    NEW_IMAGE,
    PODS,
    REVISIONS,
    SELECTOR,
    SETS,
    SLOW,
    check_hashes,
    create,
    current_revision,
    daemon_set,
    get,
    image_patch,
    is_available,
    is_controlled,
    is_deleted,
    nodes_of,
    patch,
    runs_on,
    wait_history,
    wait_running,
    wait_running_everywhere,
    wait_status,
)
from tests.support.live import MERGE, STRATEGIC, Api, Obj
from tests.support.machine import ClusterTime

ROLLING: Obj = {"type": "RollingUpdate"}


@pytest.fixture(autouse=True)
def cleaned(api: Api, namespace: str) -> Iterator[None]:
    """The nodes bear no colour, and the DaemonSet goes, before the next spec."""
    yield
    api.request("DELETE", f"{SETS.format(namespace)}/{NAME}")
    for node in nodes_of(api):
        colour(api, node, None)


def colour(api: Api, node: str, value: str | None) -> None:
    api.patch(f"/api/v1/nodes/{node}", {"metadata": {"labels": {COLOR_LABEL: value}}}, STRATEGIC)


def launched(api: Api, namespace: str, wanted: Obj) -> Obj:
    """Create the DaemonSet and wait until it runs everywhere."""
    ds = create(api, namespace, wanted)
    wait_running_everywhere(api, ds)
    return ds


def test_should_run_and_stop_simple_daemon(api: Api, namespace: str) -> None:
    ds = launched(api, namespace, daemon_set())
    wait_status(api, namespace)
    victim = api.items(f"{PODS.format(namespace)}?{SELECTOR}")[0]
    api.delete(f"{PODS.format(namespace)}/{victim['metadata']['name']}")
    pods = wait_running_everywhere(api, ds)
    assert victim["metadata"]["uid"] not in {p["metadata"]["uid"] for p in pods if not is_deleted(p)}


def test_should_run_and_stop_complex_daemon(api: Api, namespace: str) -> None:
    ds = create(api, namespace, daemon_set(template_spec={"nodeSelector": {COLOR_LABEL: "blue"}}))
    wait_running(api, ds, [])
    node = nodes_of(api)[0]
    colour(api, node, "blue")
    wait_running(api, ds, [node])
    wait_status(api, namespace)
    colour(api, node, "green")
    wait_running(api, ds, [])
    change: Obj = {"template": {"spec": {"nodeSelector": {COLOR_LABEL: "green"}}}, "updateStrategy": ROLLING}
    ds = patch(api, namespace, {"spec": change})
    wait_running(api, ds, [node])
    wait_status(api, namespace)


def test_should_run_and_stop_complex_daemon_with_node_affinity(api: Api, namespace: str) -> None:
    term = {"matchExpressions": [{"key": COLOR_LABEL, "operator": "In", "values": ["blue"]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    ds = create(api, namespace, daemon_set(template_spec={"affinity": {"nodeAffinity": required}}))
    wait_running(api, ds, [])
    node = nodes_of(api)[0]
    colour(api, node, "blue")
    wait_running(api, ds, [node])
    wait_status(api, namespace)
    colour(api, node, None)
    wait_running(api, ds, [])


def test_should_retry_creating_failed_daemon_pods(api: Api, namespace: str) -> None:
    ds = launched(api, namespace, daemon_set())
    wait_status(api, namespace)
    path = PODS.format(namespace)
    victim = api.items(f"{path}?{SELECTOR}")[0]
    failed = {**victim, "status": {**victim["status"], "phase": "Failed"}}
    failed["metadata"] = {k: v for k, v in victim["metadata"].items() if k != "resourceVersion"}
    api.request("PUT", f"{path}/{victim['metadata']['name']}/status", failed).ok()
    uid = victim["metadata"]["uid"]
    api.until(
        path,
        lambda pods: (
            uid not in {p["metadata"]["uid"] for p in pods}
            and runs_on([p for p in pods if p["status"]["phase"] == "Running"], ds, nodes_of(api))
        ),
        timeout=SLOW,
        what="the failed pod gone and another in its place",
    )


def test_should_not_update_pods_with_on_delete(api: Api, namespace: str) -> None:
    ds = launched(api, namespace, daemon_set(updateStrategy={"type": "OnDelete"}))
    wait_history(api, namespace, 1)
    first = current_revision(api, namespace)
    assert first["revision"] == 1
    digest = first["metadata"]["labels"][HASH]
    check_hashes(api, namespace, digest)
    patch(api, namespace, image_patch(NEW_IMAGE))
    wait_history(api, namespace, 2)
    pods = wait_running_everywhere(api, ds)
    assert {p["spec"]["containers"][0]["image"] for p in pods} == {IMAGE}
    assert all(map(is_available, pods))
    second = current_revision(api, namespace)
    assert second["revision"] == 2
    assert second["metadata"]["labels"][HASH] != digest
    check_hashes(api, namespace, digest)


def images_updated(pods: list[Obj], ds: Obj, image: str, nodes: list[str], unavailable: int) -> bool:
    """Whether each node has a pod with the image; never may more pods than `unavailable` be down."""
    own = [p for p in pods if is_controlled(p, ds) and not is_deleted(p)]
    down = [p["metadata"]["name"] for p in own if not is_available(p)]
    assert len(down) <= unavailable, f"{down} are not available"
    updated = {p["spec"].get("nodeName") for p in own if p["spec"]["containers"][0]["image"] == image}
    return updated >= set(nodes)


def test_should_update_pods_with_rolling_update(api: Api, namespace: str) -> None:
    ds = launched(api, namespace, daemon_set(updateStrategy=ROLLING))
    wait_history(api, namespace, 1)
    first = current_revision(api, namespace)
    assert first["revision"] == 1
    check_hashes(api, namespace, first["metadata"]["labels"][HASH])
    nodes = nodes_of(api)
    with api.watch(PODS.format(namespace)) as pods:
        patch(api, namespace, image_patch(NEW_IMAGE))
        pods.until(lambda found: images_updated(found, ds, NEW_IMAGE, nodes, 1), timeout=SLOW, what="new images")
    wait_running_everywhere(api, ds)
    wait_history(api, namespace, 2)
    second = current_revision(api, namespace)
    assert second["revision"] == 2
    check_hashes(api, namespace, second["metadata"]["labels"][HASH])


def test_should_rollback_without_unnecessary_restarts(api: Api, namespace: str) -> None:
    nodes = nodes_of(api)
    assert len(nodes) > 1
    ds = launched(api, namespace, daemon_set(updateStrategy=ROLLING))
    path = PODS.format(namespace)
    missing = "foo:non-existent"
    patch(api, namespace, image_patch(missing))

    def image(pod: Obj) -> str:
        return str(pod["spec"]["containers"][0]["image"])

    found = api.until(path, lambda pods: any(image(p) == missing for p in pods), timeout=SLOW)
    assert {image(p) for p in found} == {IMAGE, missing}
    survivors = {p["metadata"]["name"] for p in found if image(p) == IMAGE and not is_deleted(p)}
    assert survivors
    with api.watch(path) as watched:
        patch(api, namespace, image_patch(IMAGE))
        watched.until(lambda pods: images_updated(pods, ds, IMAGE, nodes, 1), timeout=SLOW, what="the old image")
    assert survivors <= {p["metadata"]["name"] for p in api.items(f"{path}?{SELECTOR}")}


def test_should_surge_pods_onto_nodes(api: Api, namespace: str) -> None:
    container = {
        "env": [{"name": "VERSION", "value": "1"}],
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 15"]}}},
        "readinessProbe": {
            "exec": {"command": ["/bin/sh", "-ec", 'touch /var/tmp/ready; [[ "$( cat /var/tmp/ready )" == "" ]]']},
            "initialDelaySeconds": 7,
            "periodSeconds": 3,
            "successThreshold": 1,
            "failureThreshold": 1,
        },
    }
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "20%"}}
    with ClusterTime(api).speed(10):
        ds = launched(api, namespace, daemon_set(container=container, updateStrategy=strategy, minReadySeconds=10))
        wait_history(api, namespace, 1)
        first = current_revision(api, namespace)
        check_hashes(api, namespace, first["metadata"]["labels"][HASH])
        status = f"{SETS.format(namespace)}?fieldSelector=metadata.name%3D{NAME}"
        api.until(status, lambda found: found[0]["status"].get("numberAvailable") == 3, timeout=SLOW)
        with api.watch(PODS.format(namespace)) as pods:
            pods.observe(lambda found: surge_invariants([p for p in found if is_controlled(p, ds)]))
            env = {"containers": [{"name": "app", "env": [{"name": "VERSION", "value": "2"}]}]}
            patch(api, namespace, {"spec": {"template": {"spec": env}}})
            nodes = nodes_of(api)
            pods.until(lambda found: surged(found, nodes), timeout=3 * SLOW, what="every node at version 2")
        wait_running_everywhere(api, ds)
    wait_history(api, namespace, 2)
    second = current_revision(api, namespace)
    assert second["revision"] == 2
    check_hashes(api, namespace, second["metadata"]["labels"][HASH])


def version(pod: Obj) -> str:
    return str(pod["spec"]["containers"][0]["env"][0]["value"])


def surge_invariants(pods: list[Obj]) -> None:
    """One pod of a version on a node, one more going; no more new pods down than may surge or replace what is down."""
    alive = Counter(
        (p["spec"]["nodeName"], version(p)) for p in pods if p["spec"].get("nodeName") and not is_deleted(p)
    )
    going = Counter((p["spec"]["nodeName"], version(p)) for p in pods if p["spec"].get("nodeName") and is_deleted(p))
    assert all(count <= 1 for count in alive.values()), alive
    assert all(count <= 2 for count in going.values()), going
    assert all(count <= 2 for count in (alive + going).values()), alive + going
    assert len({version(p) for p in pods}) <= 2
    down = Counter(version(p) for p in pods if not is_available(p) or is_deleted(p))
    without_old = len({n for n, _ in alive} - {n for n, v in alive if v == "1"})
    assert down["2"] <= 1 + down["1"] + without_old, down


def surged(pods: list[Obj], nodes: list[str]) -> bool:
    new = {p["spec"].get("nodeName") for p in pods if version(p) == "2" and is_available(p)}
    return new >= set(nodes) and not any(is_deleted(p) or version(p) == "1" for p in pods)


def test_should_list_and_delete_a_collection(api: Api, namespace: str) -> None:
    launched(api, namespace, daemon_set(labels=True))
    wait_status(api, namespace)
    everywhere = f"/apis/apps/v1/daemonsets?{SELECTOR}"
    assert len(api.items(everywhere)) == 1
    api.delete(f"{SETS.format(namespace)}?{SELECTOR}", {"gracePeriodSeconds": 1})
    assert api.items(everywhere) == []


def test_should_verify_changes_to_a_status(api: Api, namespace: str) -> None:
    path = SETS.format(namespace)
    with api.watch(f"{path}?{SELECTOR}") as sets:
        launched(api, namespace, daemon_set(labels=True))
        wait_status(api, namespace)
        assert not api.get(f"{path}/{NAME}/status")["status"].get("conditions")
        told = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from e2e test"}
        while True:
            live = get(api, namespace)
            live["status"]["conditions"] = [*live["status"].get("conditions", ()), told]
            answer = api.request("PUT", f"{path}/{NAME}/status", live)
            if answer.code != 409:
                break
        shown = answer.ok()["status"]["conditions"]
        assert [{k: c[k] for k in told} for c in shown] == [told]
        sets.until(lambda found: has_condition(found, "StatusUpdate"), timeout=SLOW)
        patched = {"status": {"conditions": [{"type": "StatusPatched", "status": "True"}]}}
        api.patch(f"{path}/{NAME}/status", patched, MERGE)
        sets.until(lambda found: has_condition(found, "StatusPatched"), timeout=SLOW)


def has_condition(found: list[Obj], kind: str) -> bool:
    return any(c["type"] == kind for ds in found for c in ds["status"].get("conditions", ()))


def test_should_manage_the_lifecycle_of_a_controller_revision(api: Api, namespace: str) -> None:
    launched(api, namespace, daemon_set(labels=True))
    wait_status(api, namespace)
    assert len(api.items(f"/apis/apps/v1/daemonsets?{SELECTOR}")) == 1
    ds = get(api, namespace)
    path = REVISIONS.format(namespace)
    (listed,) = api.items(f"/apis/apps/v1/controllerrevisions?{SELECTOR}")
    (owner,) = listed["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("DaemonSet", ds["metadata"]["uid"])
    name = listed["metadata"]["name"]
    initial = api.get(f"{path}/{name}")
    patched = api.patch(f"{path}/{name}", {"metadata": {"labels": {name: "patched"}}}, STRATEGIC)
    assert patched["metadata"]["labels"][name] == "patched"

    other = f"{NAME}-5c4d6b8f9d"
    labels = {**ds["spec"]["template"]["metadata"]["labels"], HASH: "5c4d6b8f9d"}
    metadata = {"name": other, "labels": labels, "annotations": ds["metadata"]["annotations"]}
    metadata["ownerReferences"] = [owner]
    body = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata}
    with api.watch(f"{path}?{SELECTOR}") as revisions:
        api.create(path, {**body, "data": initial["data"], "revision": initial["revision"] + 1})
        revisions.until(lambda found: len(found) == 2, timeout=SLOW)
    api.request("DELETE", f"{path}/{name}")
    (left,) = wait_history(api, namespace, 1)

    name = left["metadata"]["name"]
    while True:
        live = api.get(f"{path}/{name}")
        live["metadata"]["labels"][name] = "updated"
        answer = api.request("PUT", f"{path}/{name}", live)
        if answer.code != 409:
            break
    assert answer.ok()["metadata"]["labels"][name] == "updated"

    change = {"template": {"spec": {"terminationGracePeriodSeconds": 1}}, "updateStrategy": ROLLING}
    patch(api, namespace, {"spec": change})
    wait_history(api, namespace, 2)
    api.delete(f"{path}?labelSelector={name}%3Dupdated")
    (last,) = wait_history(api, namespace, 1)
    assert last["revision"] == 3
