"""Gets, lists and watches, in process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import pytest

from apimachinery import serializer
from server.endpoints.request import Response
from tests.server.endpoints.test_writes import MAPS, MERGE, config_map
from tests.support.api import InProcess

TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}


async def read(answer: Response, count: int) -> list[Any]:
    """The first events of a watch."""
    assert answer.status == 200
    found: list[Any] = []
    async with asyncio.timeout(60), aclosing(cast("Any", answer.body)) as chunks:
        async for chunk in cast("AsyncIterator[bytes]", chunks):
            found += [serializer.loads(line) for line in chunk.splitlines()]
            if len(found) >= count:
                break
    return found


def summary(events: list[Any]) -> list[tuple[str, str]]:
    return [(e["type"], e["object"]["metadata"].get("name", "")) for e in events]


async def test_pages(api: InProcess) -> None:
    for name in "abc":
        await api.create(MAPS, config_map(name))
    first = (await api.request("GET", f"{MAPS}?limit=2")).json()
    assert first["metadata"]["remainingItemCount"] == 1
    await api.create(MAPS, config_map("d"))
    second = (await api.request("GET", f"{MAPS}?limit=2&continue={first['metadata']['continue']}")).json()
    assert [i["metadata"]["name"] for i in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert "kind" not in first["items"][0]


async def test_long_lists_go_out_in_pieces(api: InProcess) -> None:
    for i in range(4):
        await api.create(MAPS, {**config_map(f"big-{i}"), "data": {"x": "y" * 200_000}})
    answer = await api.raw("GET", MAPS)
    assert not isinstance(answer.body, bytes)
    chunks = [chunk async for chunk in answer.body]
    assert len(chunks) > 1
    assert len(serializer.loads(b"".join(chunks))["items"]) == 4


async def test_shapes(api: InProcess) -> None:
    await api.create(MAPS, config_map("a"))
    table = (await api.request("GET", MAPS, headers=TABLE)).json()
    assert [c["name"] for c in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert table["rows"][0]["cells"][:2] == ["a", 1]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    bare = (await api.request("GET", f"{MAPS}?includeObject=None", headers=TABLE)).json()
    assert bare["rows"][0]["object"] is None
    whole = (await api.request("GET", f"{MAPS}?includeObject=Object", headers=TABLE)).json()
    assert whole["rows"][0]["object"]["data"] == {"a": "1"}
    accept = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}
    partial = (await api.request("GET", MAPS, headers=accept)).json()
    assert partial["kind"] == "PartialObjectMetadataList"
    assert "data" not in partial["items"][0]
    assert (await api.request("GET", f"{MAPS}/a", headers=accept)).status == 406


async def test_yaml_both_ways(api: InProcess) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yam}\ndata: {when: '2001-01-01'}\n"
    headers = {"Content-Type": "application/yaml", "Accept": "application/yaml"}
    answer = await api.request("POST", MAPS, body, headers=headers)
    assert answer.headers["content-type"] == "application/yaml"
    assert b'when: "2001-01-01"' in answer.body


async def test_watch_from_nothing_shows_the_state_and_then_changes(api: InProcess) -> None:
    await api.create(MAPS, config_map("a"))
    watch = await api.raw("GET", f"{MAPS}?watch=1&timeoutSeconds=5")
    task = asyncio.create_task(read(watch, 4))
    await asyncio.sleep(0)
    await api.create(MAPS, config_map("b"))
    await api.request("PATCH", f"{MAPS}/b", {"data": {"x": "y"}}, headers=MERGE)
    await api.request("DELETE", f"{MAPS}/a")
    events = await task
    assert summary(events) == [("ADDED", "a"), ("ADDED", "b"), ("MODIFIED", "b"), ("DELETED", "a")]
    versions = [int(e["object"]["metadata"]["resourceVersion"]) for e in events]
    assert versions == sorted(versions)
    assert events[0]["object"]["kind"] == "ConfigMap"


async def test_watch_list_ends_its_state_with_a_bookmark(api: InProcess) -> None:
    await api.create(MAPS, config_map("a"))
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    events = await read(await api.raw("GET", f"{MAPS}?{query}"), 2)
    assert [e["type"] for e in events] == ["ADDED", "BOOKMARK"]
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_watch_with_a_selector_sees_objects_come_and_go(api: InProcess) -> None:
    stored = await api.create(MAPS, config_map("a", labels={"x": "1"}))
    watch = await api.raw(
        "GET", f"{MAPS}?watch=1&resourceVersion={stored['metadata']['resourceVersion']}&labelSelector=x"
    )
    await api.request("PATCH", f"{MAPS}/a", {"metadata": {"labels": {"x": None}}}, headers=MERGE)
    await api.request("PATCH", f"{MAPS}/a", {"metadata": {"labels": {"x": "2"}}}, headers=MERGE)
    events = await read(watch, 2)
    assert summary(events) == [("DELETED", "a"), ("ADDED", "a")]
    assert events[0]["object"]["metadata"]["labels"] == {"x": "1"}


async def test_watch_as_table_declares_columns_once(api: InProcess) -> None:
    for name in "ab":
        await api.create(MAPS, config_map(name))
    events = await read(await api.raw("GET", f"{MAPS}?watch=1", headers=TABLE), 2)
    assert [e["object"]["columnDefinitions"] is None for e in events] == [False, True]


async def test_watch_ends_after_its_timeout_and_leaves_nothing_behind(api: InProcess) -> None:
    answer = await api.request("GET", f"{MAPS}?watch=1&timeoutSeconds=1&labelSelector=no%3Dthing")
    assert (answer.status, answer.body) == (200, b"")
    assert not api.server.services.watches


async def test_draining_ends_watches(api: InProcess) -> None:
    watch = await api.raw("GET", f"{MAPS}?watch=1&labelSelector=no%3Dthing")
    task = asyncio.create_task(read(watch, 1))
    await asyncio.sleep(0)
    assert api.server.services.watches
    api.server.drain()
    assert await task == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/namespaces/default/nodes", 404),
        ("/api/v1/configmaps/a", 404),
        ("/api/v1/widgets", 404),
        ("/apis/apps/v9/daemonsets", 404),
        ("/apis/nope.example.com/v1/things", 404),
        ("/api/v1/namespaces/default/configmaps/a/status", 404),
        ("/api/v1/namespaces/default/pods/a/log/b", 404),
    ],
)
async def test_paths_that_name_nothing(api: InProcess, path: str, status: int) -> None:
    assert (await api.request("GET", path)).status == status


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/configmaps"), ("POST", f"{MAPS}/a"), ("HEAD", MAPS), ("DELETE", "/api/v1/namespaces")],
)
async def test_methods_that_a_path_does_not_know(api: InProcess, method: str, path: str) -> None:
    answer = await api.request(method, path, config_map("a") if method == "POST" else None)
    assert answer.status == 405
    assert answer.json()["reason"] == "MethodNotAllowed"


async def test_aggregated_discovery_is_cached_by_etag(api: InProcess) -> None:
    accept = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"}
    answer = await api.request("GET", "/apis", headers=accept)
    assert answer.headers["content-type"] == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    again = await api.request("GET", "/apis", headers={**accept, "If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    old = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"}
    assert (await api.request("GET", "/api", headers=old)).json()["apiVersion"] == "apidiscovery.k8s.io/v2beta1"
    assert (await api.request("GET", "/apis")).json()["kind"] == "APIGroupList"


async def test_health(api: InProcess) -> None:
    for path in ("/healthz", "/livez", "/readyz"):
        answer = await api.request("GET", path, token="")
        assert (answer.status, answer.body) == (200, b"ok")
    verbose = await api.request("GET", "/readyz?verbose&exclude=etcd&exclude=nothing")
    assert b"[+]etcd excluded: ok\n" in verbose.body
    assert b"warn: some health checks cannot be excluded" in verbose.body
    assert verbose.body.endswith(b"readyz check passed\n")
    assert (await api.request("GET", "/livez/ping")).body == b"ok"
    api.server.drain()
    assert (await api.request("GET", "/readyz")).status == 500
    assert (await api.request("GET", "/livez")).status == 200
