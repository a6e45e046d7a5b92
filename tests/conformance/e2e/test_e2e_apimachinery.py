"""The specs of test/e2e/apimachinery/{chunking,watch,table_conversion,discovery}.go; no controllers are needed."""

from __future__ import annotations

import threading
from typing import Final

from tests.conformance.e2e.workloads import CORE, SLOW, name_of, pod
from tests.support.live import MERGE, TABLE, Api, Obj

CONTROLLERS = False
NODES = 0
AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
LABEL: Final = "watch-this-configmap"


# chunks -------------------------------------------------------------------------------------------------------------


def templates(api: Api, namespace: str, count: int) -> str:
    """So many PodTemplates."""
    path = f"{CORE.format(namespace)}/podtemplates"
    for number in range(count):
        body = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": f"template-{number:04}"}}
        spec = {"containers": [{"name": "test", "image": "test2"}]}
        api.create(path, {**body, "template": {"metadata": {}, "spec": spec}})
    return path


def test_should_return_chunks_of_a_list(api: Api, namespace: str) -> None:
    total = 97
    path = templates(api, namespace, total)
    limit, seen = 17, 0
    page = api.get(f"{path}?limit={limit}")
    revision = page["metadata"]["resourceVersion"]
    while True:
        assert page["metadata"]["resourceVersion"] == revision
        for item in page["items"]:
            assert name_of(item) == f"template-{seen:04}"
            seen += 1
        token = page["metadata"].get("continue")
        assert page["metadata"].get("remainingItemCount", 0) == total - seen
        if not token:
            break
        assert len(page["items"]) == limit
        page = api.get(f"{path}?limit={limit}&continue={token}")
    assert seen == total
    whole = api.get(f"{path}?limit={total + 1}")
    assert len(whole["items"]) == total
    assert not whole["metadata"].get("continue")


def test_should_return_chunks_of_a_table(api: Api, namespace: str) -> None:
    path = templates(api, namespace, 20)
    first = api.request("GET", f"{path}?limit=10", accept=TABLE).ok()
    assert len(first["columnDefinitions"]) >= 2
    assert len(first["rows"]) == 10
    assert first["rows"][0]["cells"][0] == "template-0000"
    assert first["metadata"]["resourceVersion"] and first["metadata"]["continue"]
    rest = api.request("GET", f"{path}?continue={first['metadata']['continue']}", accept=TABLE).ok()
    assert [r["cells"][0] for r in rest["rows"]] == [f"template-{n:04}" for n in range(10, 20)]
    assert not rest["metadata"].get("continue")


def test_should_return_pod_details_as_a_table(api: Api, namespace: str) -> None:
    api.create(f"{CORE.format(namespace)}/pods", pod("pod-1", {"name": "pod-1"}))
    found = api.request("GET", f"{CORE.format(namespace)}/pods/pod-1", accept=TABLE).ok()
    assert len(found["columnDefinitions"]) > 2
    (row,) = found["rows"]
    assert len(row["cells"]) == len(found["columnDefinitions"])
    assert row["cells"][0] == "pod-1"
    assert row["object"]["kind"] == "PartialObjectMetadata"


def test_should_return_node_details_across_all_namespaces(api: Api) -> None:
    api.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "lonely"}})
    found = api.request("GET", "/api/v1/nodes", accept=TABLE).ok()
    assert len(found["columnDefinitions"]) >= 2
    assert [r["cells"][0] for r in found["rows"]] == ["lonely"]
    assert found["metadata"]["resourceVersion"]


def test_should_return_406_where_there_are_no_tables(api: Api) -> None:
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    body = {**review, "spec": {"resourceAttributes": {"namespace": "default", "resource": "pods", "verb": "get"}}}
    only = "application/json;as=Table;v=v1;g=meta.k8s.io"
    answer = api.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body, accept=only)
    assert answer.code == 406


# watches ------------------------------------------------------------------------------------------------------------


def config_map(name: str, value: str = "", label: str = "") -> Obj:
    metadata: Obj = {"name": name, **({"labels": {LABEL: label}} if label else {})}
    body: Obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    return {**body, "data": {"mutation": value}} if value else body


def mutations(frames: list[Obj]) -> list[tuple[str, str, str]]:
    return [(f["type"], name_of(f["object"]), f["object"].get("data", {}).get("mutation", "")) for f in frames]


def follow(api: Api, path: str, count: int, query: str = "") -> list[Obj]:
    """So many frames of a watch."""
    with api.stream(f"{path}?watch=1&timeoutSeconds=60&{query}", timeout=SLOW) as stream:
        return [stream.next() for _ in range(count)]


def test_should_observe_additions_changes_and_deletions(api: Api, namespace: str) -> None:
    path = f"{CORE.format(namespace)}/configmaps"
    start = api.get(path)["metadata"]["resourceVersion"]
    api.create(path, config_map("a", label="multiple-watchers-A"))
    api.patch(f"{path}/a", {"data": {"mutation": "1"}}, MERGE)
    api.patch(f"{path}/a", {"data": {"mutation": "2"}}, MERGE)
    api.delete(f"{path}/a")
    api.create(path, config_map("b", label="multiple-watchers-B"))
    api.delete(f"{path}/b")
    of_a = [("ADDED", "a", ""), ("MODIFIED", "a", "1"), ("MODIFIED", "a", "2"), ("DELETED", "a", "2")]
    of_b = [("ADDED", "b", ""), ("DELETED", "b", "")]
    for label, expected in (("A", of_a), ("B", of_b)):
        query = f"resourceVersion={start}&labelSelector={LABEL}%3Dmultiple-watchers-{label}"
        assert mutations(follow(api, path, len(expected), query)) == expected
    both = f"resourceVersion={start}&labelSelector={LABEL}%20in%20(multiple-watchers-A,multiple-watchers-B)"
    assert mutations(follow(api, path, 6, both)) == of_a + of_b


def test_should_start_from_a_specific_version(api: Api, namespace: str) -> None:
    path = f"{CORE.format(namespace)}/configmaps"
    api.create(path, config_map("c"))
    first = api.patch(f"{path}/c", {"data": {"mutation": "1"}}, MERGE)
    api.patch(f"{path}/c", {"data": {"mutation": "2"}}, MERGE)
    api.delete(f"{path}/c")
    query = f"resourceVersion={first['metadata']['resourceVersion']}&fieldSelector=metadata.name%3Dc"
    assert mutations(follow(api, path, 2, query)) == [("MODIFIED", "c", "2"), ("DELETED", "c", "2")]


def test_should_restart_from_the_last_version_observed(api: Api, namespace: str) -> None:
    path = f"{CORE.format(namespace)}/configmaps"
    start = api.get(path)["metadata"]["resourceVersion"]
    api.create(path, config_map("c"))
    api.patch(f"{path}/c", {"data": {"mutation": "1"}}, MERGE)
    seen = follow(api, path, 2, f"resourceVersion={start}")
    last = seen[-1]["object"]["metadata"]["resourceVersion"]
    api.patch(f"{path}/c", {"data": {"mutation": "2"}}, MERGE)
    api.delete(f"{path}/c")
    again = follow(api, path, 2, f"resourceVersion={last}")
    assert mutations(seen + again) == [
        ("ADDED", "c", ""),
        ("MODIFIED", "c", "1"),
        ("MODIFIED", "c", "2"),
        ("DELETED", "c", "2"),
    ]


def test_should_observe_a_deletion_when_the_selector_no_longer_matches(api: Api, namespace: str) -> None:
    path = f"{CORE.format(namespace)}/configmaps"
    start = api.get(path)["metadata"]["resourceVersion"]
    api.create(path, config_map("c", label="label-changed-and-restored"))
    api.patch(f"{path}/c", {"data": {"mutation": "1"}}, MERGE)
    api.patch(f"{path}/c", {"metadata": {"labels": {LABEL: "wrong-value"}}}, MERGE)
    api.patch(f"{path}/c", {"data": {"mutation": "2"}}, MERGE)
    api.patch(f"{path}/c", {"metadata": {"labels": {LABEL: "label-changed-and-restored"}}}, MERGE)
    api.patch(f"{path}/c", {"data": {"mutation": "3"}}, MERGE)
    api.delete(f"{path}/c")
    query = f"resourceVersion={start}&labelSelector={LABEL}%3Dlabel-changed-and-restored"
    assert mutations(follow(api, path, 6, query)) == [
        ("ADDED", "c", ""),
        ("MODIFIED", "c", "1"),
        ("DELETED", "c", "1"),
        ("ADDED", "c", "2"),
        ("MODIFIED", "c", "3"),
        ("DELETED", "c", "3"),
    ]


def test_should_tell_concurrent_watches_the_same_in_the_same_order(api: Api, namespace: str) -> None:
    path = f"{CORE.format(namespace)}/configmaps"
    versions = [api.get(path)["metadata"]["resourceVersion"]]
    streams = []
    writer = threading.Thread(target=write_some, args=(api, path))
    for number in range(20):
        streams.append(api.stream(f"{path}?watch=1&resourceVersion={versions[0]}&timeoutSeconds=60", timeout=SLOW))
        if number == 10:
            writer.start()
    writer.join(SLOW)
    total = 3 * 20
    histories = []
    for stream in streams:
        with stream:
            histories.append([stream.next()["object"]["metadata"]["resourceVersion"] for _ in range(total)])
    assert histories[0] == sorted(histories[0], key=int)
    assert all(history == histories[0] for history in histories)


def write_some(api: Api, path: str) -> None:
    for number in range(20):
        api.create(path, config_map(f"c{number}", "1"))
        api.patch(f"{path}/c{number}", {"data": {"mutation": "2"}}, MERGE)
        api.delete(f"{path}/c{number}")


# discovery ----------------------------------------------------------------------------------------------------------


def test_should_name_a_preferred_version_of_each_group(api: Api) -> None:
    groups = api.get("/apis")["groups"]
    assert groups
    for listed in groups:
        group = api.get(f"/apis/{listed['name']}")
        assert group["preferredVersion"] in group["versions"]
        assert group["preferredVersion"]["groupVersion"].startswith(f"{listed['name']}/")
        assert {k: group[k] for k in ("name", "versions", "preferredVersion")} == listed


def test_should_locate_the_resources_of_each_group(api: Api) -> None:
    for group, resource in (
        ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("apiregistration.k8s.io", "apiservices"),
        ("apps", "deployments"),
        ("authentication.k8s.io", "tokenreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("autoscaling", "horizontalpodautoscalers"),
        ("batch", "jobs"),
        ("certificates.k8s.io", "certificatesigningrequests"),
        ("coordination.k8s.io", "leases"),
        ("discovery.k8s.io", "endpointslices"),
        ("events.k8s.io", "events"),
        ("networking.k8s.io", "ingresses"),
        ("node.k8s.io", "runtimeclasses"),
        ("policy", "poddisruptionbudgets"),
        ("scheduling.k8s.io", "priorityclasses"),
    ):
        versions = [v["groupVersion"] for v in api.get(f"/apis/{group}")["versions"]]
        found = {r["name"] for v in versions for r in api.get(f"/apis/{v}")["resources"]}
        assert resource in found, f"{resource} of {group}"


def test_should_have_the_same_in_aggregated_discovery(api: Api) -> None:
    aggregated = api.request("GET", "/apis", accept=AGGREGATED).ok()
    assert aggregated["kind"] == "APIGroupDiscoveryList"
    for group in aggregated["items"]:
        for version in group["versions"]:
            listed = api.get(f"/apis/{group['metadata']['name']}/{version['version']}")["resources"]
            top = {r["name"]: set(r["verbs"]) for r in listed if "/" not in r["name"]}
            assert {r["resource"]: set(r["verbs"]) for r in version["resources"] if r.get("verbs")} == top
