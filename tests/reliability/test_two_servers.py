"""Two servers over one etcd are one API: histories of many clients have an order, and watches move between them."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.controllers.cluster import ManagerProcess
from tests.reliability.clients import Load
from tests.reliability.crash import explain
from tests.support.api import ADMIN_TOKEN, ServerProcess

pytestmark = [pytest.mark.etcd, pytest.mark.slow]
MAPS = "/api/v1/namespaces/default/configmaps"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager"


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def test_what_many_clients_saw_has_an_order(servers: list[ServerProcess]) -> None:
    async with Load([s.url for s in servers], seed=7).opened() as load, asyncio.TaskGroup() as tasks:
        watchers = [tasks.create_task(load.watcher(n, 1)) for n in range(2)]
        writers = [tasks.create_task(load.writer(n)) for n in range(12)]
        async with asyncio.timeout(300):
            while load.written < 600:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        load.stop.set()
        await asyncio.gather(*writers)
        await load.finish()
        await asyncio.gather(*watchers)
    assert explain(load.history) == []
    assert len(load.history.listings) > 30
    assert sum(o.outcome == "conflict" for o in load.history.operations) > 20
    assert not any(o.outcome == "unknown" for o in load.history.operations)


def test_a_read_through_the_other_server_sees_every_write(servers: list[ServerProcess]) -> None:
    one, two = servers
    for i in range(15):
        writer, reader = (one, two) if i % 2 else (two, one)
        made = writer.request("POST", MAPS, config_map(f"seen-{i}")).json()
        assert reader.request("GET", f"{MAPS}/seen-{i}").json() == made
        listed = reader.request("GET", f"{MAPS}?labelSelector=").json()
        assert made["metadata"]["name"] in [o["metadata"]["name"] for o in listed["items"]]
        assert int(listed["metadata"]["resourceVersion"]) >= int(made["metadata"]["resourceVersion"])
        assert reader.request("DELETE", f"{MAPS}/seen-{i}").status == 200
        assert writer.request("GET", f"{MAPS}/seen-{i}").status == 404


def test_a_watch_goes_on_at_the_other_server(servers: list[ServerProcess]) -> None:
    one, two = servers
    first = one.request("POST", MAPS, config_map("resumed", step="0")).json()
    version = first["metadata"]["resourceVersion"]
    for i in range(1, 7):
        changed = (one, two)[i % 2].request("PUT", f"{MAPS}/resumed", config_map("resumed", step=str(i))).json()
        server = (two, one)[i % 2]
        query = f"watch=1&resourceVersion={version}&fieldSelector=metadata.name%3Dresumed&timeoutSeconds=300"
        event = first_event(server, f"{MAPS}?{query}")
        version = changed["metadata"]["resourceVersion"]
        assert (event["type"], event["object"]["data"]["step"]) == ("MODIFIED", str(i))
        assert event["object"]["metadata"]["resourceVersion"] == version


def first_event(server: ServerProcess, path: str) -> Any:
    """The first event of a watch, which is then left."""
    request = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
    context = ssl.create_default_context(cafile=str(server.authority))
    with urllib.request.urlopen(request, context=context, timeout=60) as answer:
        return json.loads(answer.readline())


def test_a_continue_token_is_good_at_the_other_server(servers: list[ServerProcess]) -> None:
    one, two = servers
    for i in range(5):
        one.request("POST", MAPS, config_map(f"page-{i}"))
    query, names, turn = "limit=2", list[str](), 0
    while True:
        page = (one, two)[turn % 2].request("GET", f"{MAPS}?{query}").json()
        names += [o["metadata"]["name"] for o in page["items"]]
        token = page["metadata"].get("continue")
        if not token:
            break
        if not turn:
            two.request("POST", MAPS, config_map("page-99"))
        query, turn = f"limit=2&continue={token}", turn + 1
    assert [n for n in names if n.startswith("page-")] == [f"page-{i}" for i in range(5)]


def wait_for(check: Callable[[], Any], timeout: float = 120) -> Any:
    deadline = time.monotonic() + timeout
    while not (found := check()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_of_two_managers_one_works_and_the_other_takes_over(servers: list[ServerProcess]) -> None:
    one, two = servers
    timing = (
        "--leader-elect=true",
        "--leader-elect-lease-duration=10s",
        "--leader-elect-renew-deadline=8s",
        "--leader-elect-retry-period=500ms",
    )

    def holder() -> str:
        answer = one.request("GET", LEASE)
        return (answer.json()["spec"].get("holderIdentity") or "") if answer.status == 200 else ""

    def pods(name: str) -> int:
        listed = two.request("GET", f"/api/v1/namespaces/default/pods?labelSelector=app%3D{name}").json()
        return len(listed["items"])

    def replicas(name: str) -> dict[str, Any]:
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        return {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": name},
            "spec": {"replicas": 3, "selector": {"matchLabels": labels}, "template": template},
        }

    sets = "/apis/apps/v1/namespaces/default/replicasets"
    with ManagerProcess(one, timing) as first:
        leader = wait_for(holder)
        one.request("POST", sets, replicas("before"))
        wait_for(lambda: pods("before") == 3)
        with ManagerProcess(two, timing):
            time.sleep(1)
            assert holder() == leader
            first.kill()
            one.request("POST", sets, replicas("after"))
            wait_for(lambda: pods("after") == 3)
            assert holder() not in ("", leader)
            assert pods("before") == 3


def test_only_masters_may_save_and_restore(servers: list[ServerProcess]) -> None:
    one, two = servers
    path = "/mockube/v1/snapshot"
    refused = one.request("GET", path, token="user-token")
    assert refused.status == 403
    assert refused.json()["message"] == f'forbidden: User "jane" cannot get path "{path}"'
    saved = one.request("GET", path)
    assert saved.status == 200
    one.request("POST", MAPS, config_map("too-late"))
    assert two.request("PUT", path, saved.body[:-1], headers={"Content-Type": "application/x"}).status == 400
    assert two.request("PUT", path, saved.body, headers={"Content-Type": "application/x"}).status == 204
    assert one.request("GET", f"{MAPS}/too-late").status == 404
    assert one.request("DELETE", path).status == 405
