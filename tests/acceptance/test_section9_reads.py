"""Lists, watches, Tables and selectors: numbers 33 to 37 of the acceptance list, without controllers."""

from __future__ import annotations

import base64
import json

import pytest

from tests.acceptance.objects import ALL_NODES, DAEMONSETS, PODS, daemonset, name_of, pod
from tests.support.kubectl import Kubectl, rows
from tests.support.live import TABLE, Api, Obj

CONTROLLERS = False
NODES = 0

CONFIGMAPS = "/api/v1/namespaces/{}/configmaps"


def configmap(name: str, **labels: str) -> Obj:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}


@pytest.fixture
def five(api: Api, namespace: str) -> str:
    """The path of five ConfigMaps, of which three are odd."""
    path = CONFIGMAPS.format(namespace)
    for number in range(1, 6):
        api.create(path, configmap(f"c{number}", odd="yes" if number % 2 else "no"))
    return path


def outgrow_the_history(api: Api, path: str) -> None:
    """Overwrite one large object until the server forgets: it keeps 64 MiB of overwritten values."""
    big = {**configmap("big"), "data": {"filling": "x" * 1_000_000}}
    api.create(path, big)
    for number in range(75):
        big["data"]["number"] = str(number)
        api.request("PUT", f"{path}/big", big).ok()


def test_33_pages(api: Api, five: str) -> None:
    first = api.get(f"{five}?limit=2")
    assert [name_of(o) for o in first["items"]] == ["c1", "c2"]
    assert first["metadata"]["remainingItemCount"] == 3
    token = first["metadata"]["continue"]
    decoded = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert decoded["rv"] == int(first["metadata"]["resourceVersion"])
    api.create(five, configmap("c2b"))
    second = api.get(f"{five}?limit=2&continue={token}")
    assert [name_of(o) for o in second["items"]] == ["c3", "c4"], "pages are served at the first page's revision"
    last = api.get(f"{five}?limit=2&continue={second['metadata']['continue']}")
    assert [name_of(o) for o in last["items"]] == ["c5"]
    assert "continue" not in last["metadata"]
    selected = api.get(f"{five}?limit=2&labelSelector=odd%3Dyes")
    assert [name_of(o) for o in selected["items"]] == ["c1", "c3"]
    assert "continue" in selected["metadata"]
    assert "remainingItemCount" not in selected["metadata"]
    cached = api.get(f"{five}?limit=2&resourceVersion=0")
    assert len(cached["items"]) == 6
    assert "continue" not in cached["metadata"]


def test_34_revisions_that_are_gone_or_no_numbers(api: Api, five: str) -> None:
    before = api.get(five)["metadata"]["resourceVersion"]
    outgrow_the_history(api, five)
    with api.stream(f"{five}?watch=1&resourceVersion={before}") as stream:
        assert stream.code == 200
        (frame,) = stream.rest()
    assert frame["type"] == "ERROR"
    status = frame["object"]
    assert (status["kind"], status["code"], status["reason"]) == ("Status", 410, "Expired")
    assert status["message"].startswith(f"too old resource version: {before} (")
    parse = 'strconv.ParseUint: parsing "abc": invalid syntax'
    got = api.request("GET", f"{five}/c1?resourceVersion=abc")
    assert got.code == 500
    assert got.message == f'resourceVersion: Invalid value: "abc": {parse}'
    listed = api.request("GET", f"{five}?resourceVersion=abc")
    assert (listed.code, listed.json()["reason"]) == (400, "BadRequest")
    assert listed.message == f'invalid resource version: resourceVersion: Invalid value: "abc": {parse}'
    watched = api.request("GET", f"{five}?watch=1&resourceVersion=abc")
    assert watched.code == 500
    assert watched.message == got.message


def test_35_leaving_a_label_selector_is_a_deletion(api: Api, five: str) -> None:
    revision = api.get(five)["metadata"]["resourceVersion"]
    with api.stream(f"{five}?watch=1&labelSelector=odd%3Dyes&resourceVersion={revision}") as stream:
        after = api.patch(f"{five}/c1", {"metadata": {"labels": {"odd": None}}})
        gone = stream.next()
        assert gone["type"] == "DELETED"
        assert gone["object"]["metadata"]["labels"] == {"odd": "yes"}
        assert gone["object"]["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
        api.patch(f"{five}/c2", {"metadata": {"labels": {"odd": "yes"}}})
        assert stream.next()["type"] == "ADDED"


DAEMONSET_COLUMNS = [
    ("Name", 0),
    ("Desired", 0),
    ("Current", 0),
    ("Ready", 0),
    ("Up-to-date", 0),
    ("Available", 0),
    ("Node Selector", 0),
    ("Age", 0),
    ("Containers", 1),
    ("Images", 1),
    ("Selector", 1),
]
POD_COLUMNS = [
    ("Name", 0),
    ("Ready", 0),
    ("Status", 0),
    ("Restarts", 0),
    ("Age", 0),
    ("IP", 1),
    ("Node", 1),
    ("Nominated Node", 1),
    ("Readiness Gates", 1),
]
NODE_COLUMNS = [
    ("Name", 0),
    ("Status", 0),
    ("Roles", 0),
    ("Age", 0),
    ("Version", 0),
    ("Internal-IP", 1),
    ("External-IP", 1),
    ("OS-Image", 1),
    ("Kernel-Version", 1),
    ("Container-Runtime", 1),
]


def node() -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "table", "labels": {"node-role.kubernetes.io/worker": ""}},
        "spec": {"unschedulable": True},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": "10.1.2.3"}],
            "nodeInfo": {
                "kubeletVersion": "v1.36.1",
                "osImage": "Some Linux",
                "kernelVersion": "6.1",
                "architecture": "amd64",
                "containerRuntimeVersion": "containerd://2",
                "bootID": "",
                "kubeProxyVersion": "",
                "machineID": "",
                "operatingSystem": "linux",
                "systemUUID": "",
            },
        },
    }


def test_36_tables_with_wide_columns(api: Api, namespace: str) -> None:
    api.create(DAEMONSETS.format(namespace), daemonset(nodeSelector={"b": "2", "a": "1"}))
    api.create(PODS.format(namespace), pod("p"))
    if api.request("GET", f"{ALL_NODES}/table").code == 404:
        api.create(ALL_NODES, node())

    def table(path: str) -> tuple[list[tuple[str, int]], list[object]]:
        found = api.request("GET", path, accept=TABLE).ok()
        assert (found["kind"], found["apiVersion"]) == ("Table", "meta.k8s.io/v1")
        row = next(r for r in found["rows"] if r["object"]["metadata"]["name"] in ("ds", "p", "table"))
        assert row["object"]["kind"] == "PartialObjectMetadata"
        return [(c["name"], c["priority"]) for c in found["columnDefinitions"]], row["cells"]

    columns, cells = table(DAEMONSETS.format(namespace))
    assert columns == DAEMONSET_COLUMNS
    assert cells[:7] == ["ds", 0, 0, 0, 0, 0, "a=1,b=2"]
    assert cells[8:] == ["c", "nginx:1.25", "app=ds"]
    columns, cells = table(PODS.format(namespace))
    assert columns == POD_COLUMNS
    assert cells[:4] == ["p", "0/1", "Pending", "0"]
    assert cells[5:] == ["<none>"] * 4
    columns, cells = table(ALL_NODES)
    assert columns == NODE_COLUMNS
    assert cells[:3] == ["table", "Ready,SchedulingDisabled", "worker"]
    assert cells[4:] == ["v1.36.1", "10.1.2.3", "<none>", "Some Linux", "6.1 (amd64)", "containerd://2"]


def test_36_a_watch_of_tables_has_its_headers_once(api: Api, namespace: str) -> None:
    path = DAEMONSETS.format(namespace)
    for name in ("a", "b"):
        api.create(path, daemonset(name))
    with api.stream(f"{path}?watch=1", accept=TABLE) as stream:
        frames = [stream.next(), stream.next()]
        api.create(path, daemonset("c"))
        frames.append(stream.next())
    assert [f["type"] for f in frames] == ["ADDED"] * 3
    tables = [f["object"] for f in frames]
    assert {t["kind"] for t in tables} == {"Table"}
    assert [len(t["rows"]) for t in tables] == [1, 1, 1]
    assert tables[0]["columnDefinitions"]
    assert not any(t.get("columnDefinitions") for t in tables[1:])


def test_36_kubectl_shows_the_tables(api: Api, namespace: str, kubectl: Kubectl) -> None:
    api.create(DAEMONSETS.format(namespace), daemonset())
    narrow = kubectl("get", "ds", "-n", namespace)
    header = narrow.splitlines()[0].split("  ")
    assert [h.strip() for h in header if h.strip()] == [name.upper() for name, wide in DAEMONSET_COLUMNS if not wide]
    (row,) = rows(kubectl("get", "ds", "-n", namespace, "-o", "wide"))
    assert row[:7] == ["ds", "0", "0", "0", "0", "0", "<none>"]
    assert row[-3:] == ["c", "nginx:1.25", "app=ds"]


def test_37_field_selectors(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    for name in ("idle", "busy"):
        api.create(path, pod(name))
    api.patch(f"{path}/busy/status", {"status": {"phase": "Running"}})
    assert [name_of(p) for p in api.items(f"{path}?fieldSelector=status.phase%3DRunning")] == ["busy"]
    refused = api.request("GET", f"{path}?fieldSelector=spec.foo%3Dx")
    assert (refused.code, refused.json()["reason"]) == (400, "BadRequest")
    assert refused.message.endswith("field label not supported: spec.foo")
    other = api.request("GET", f"{DAEMONSETS.format(namespace)}?fieldSelector=spec.foo%3Dx")
    assert other.code == 400
    assert other.message.endswith(
        '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )
