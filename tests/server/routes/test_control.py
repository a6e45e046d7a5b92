"""The clock's paths, in process: what moving time does to the server's own timers, and what it leaves alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apimachinery.timestamp import parse_time
from server.options import UsageError, parse
from tests.support.api import InProcess, in_process

CLOCK = "/mockube/v1/clock"
MAPS = "/api/v1/namespaces/default/configmaps"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with in_process(tmp_path, cluster_time=START.timestamp()) as server:
        yield server


async def clock(api: InProcess, action: str = "", **body: Any) -> dict[str, Any]:
    """Ask for the clock, or move it."""
    path, method = (f"{CLOCK}/{action}", "POST") if action else (CLOCK, "GET")
    answer = await api.request(method, path, body)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def test_a_cluster_can_begin_at_a_moment_and_stand_still(api: InProcess) -> None:
    state = await clock(api)
    assert (parse_time(state["now"]), state["paused"]) == (START, True)
    created = await api.create(MAPS, {"metadata": {"name": "a"}})
    assert created["metadata"]["creationTimestamp"] == "2026-01-02T03:04:05Z"
    moved = await clock(api, "advance", seconds=3600)
    assert parse_time(moved["now"]).hour == 4


async def test_moved_time_ends_no_watch(api: InProcess) -> None:
    watch = await api.raw("GET", f"{MAPS}?watch=1&timeoutSeconds=600&labelSelector=app")
    assert not isinstance(watch.body, bytes)
    frames = aiter(watch.body)
    following = asyncio.ensure_future(anext(frames))
    await asyncio.sleep(0)
    await clock(api, "advance", seconds=86400)
    assert not following.done()
    await api.create(MAPS, {"metadata": {"name": "late", "labels": {"app": "x"}}})
    assert json.loads(await following)["object"]["metadata"]["name"] == "late"
    assert len(api.server.services.watches) == 1


async def test_events_are_forgotten_in_the_clusters_time(api: InProcess) -> None:
    about = {"kind": "Pod", "namespace": "default", "name": "p"}
    path = "/api/v1/namespaces/default/events"
    await api.create(path, {"metadata": {"name": "e"}, "involvedObject": about, "reason": "R", "message": "m"})
    await clock(api, "advance", seconds=3500)
    assert (await api.request("GET", f"{path}/e")).status == 200
    await clock(api, "advance", seconds=200)
    assert (await api.request("GET", f"{path}/e")).status == 404


async def test_progress_tells_the_last_change_of_each_resource(api: InProcess) -> None:
    created = await api.create(MAPS, {"metadata": {"name": "a"}})
    found = json.loads((await api.request("GET", f"{CLOCK}/progress?follower=me")).body)
    version = int(created["metadata"]["resourceVersion"])
    assert found["changes"]["configmaps"] == version
    assert found["revision"] >= version
    assert found["changes"]["events"] == found["changes"]["events.events.k8s.io"]
    assert "daemonsets.apps" in found["changes"]


async def test_time_goes_on_from_timer_to_timer_once_followers_have_answered(api: InProcess) -> None:
    first = json.loads((await api.request("GET", f"{CLOCK}/follow?follower=me&version=0")).body)
    moving = asyncio.ensure_future(clock(api, "advance", seconds=30))
    version, moments = first["version"], [first["now"]]
    while not moving.done():
        mine = f"follower=me&version={version}&next={moments[-1] + 10}"
        asking = asyncio.ensure_future(api.request("GET", f"{CLOCK}/follow?{mine}"))
        await asyncio.wait({moving, asking}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            told = json.loads(asking.result().body)
            version = told["version"]
            moments.append(told["now"])
        else:
            asking.cancel()
    assert [m - START.timestamp() for m in dict.fromkeys(moments)] == [0, 10, 20, 30]


def test_a_wrong_time_is_one_clear_line() -> None:
    with pytest.raises(UsageError, match=r"--cluster-time: not an RFC 3339 time: 'yesterday'"):
        parse(["--cluster-time=yesterday"])
