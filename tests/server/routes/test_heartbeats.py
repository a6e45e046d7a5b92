"""Renewals of many Leases at once: each is what a PUT of its owner would have made."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from apimachinery.clock import ManualClock
from apimachinery.objects import Object
from tests.support.api import USER_TOKEN, InProcess, in_process

PATH = "/mockube/v1/heartbeats"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
KUBELET = {"User-Agent": "kubelet/v1.36.0 (linux/amd64) kubernetes/mockube"}
FIRST, LATER = "2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:15.000000Z"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def api(tmp_path: Path, clock: ManualClock) -> AsyncIterator[InProcess]:
    async with in_process(tmp_path, clock=clock, authorization_mode=("RBAC",)) as server:
        yield server


async def lease(api: InProcess, name: str, headers: dict[str, str] = KUBELET) -> Object:
    spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": FIRST}
    answer = await api.request("POST", LEASES, {"metadata": {"name": name}, "spec": spec}, headers=headers)
    assert answer.status == 201
    found: Object = json.loads(answer.body)
    return found


async def renew(api: InProcess, *names: str, **request: Any) -> tuple[int, Any]:
    answer = await api.request("POST", PATH, {"renewTime": LATER, "names": names}, headers=KUBELET, **request)
    return answer.status, json.loads(answer.body)


async def test_renewal_is_what_a_put_would_have_made(api: InProcess, clock: ManualClock) -> None:
    one, other = await lease(api, "one"), await lease(api, "other")
    clock.advance(10)
    other["spec"]["renewTime"] = LATER
    put = await api.request("PUT", f"{LEASES}/other", other, headers=KUBELET)
    assert await renew(api, "one") == (200, {"missing": []})
    expected = json.loads(put.body)
    renewed = json.loads((await api.request("GET", f"{LEASES}/one")).body)
    assert int(renewed["metadata"]["resourceVersion"]) == int(expected["metadata"]["resourceVersion"]) + 1
    for key in ("name", "uid", "resourceVersion"):
        expected["metadata"][key] = renewed["metadata"][key]
    expected["spec"]["holderIdentity"] = "one"
    assert renewed == expected
    assert renewed["metadata"]["uid"] == one["metadata"]["uid"]


async def test_renewals_are_seen_as_events_in_their_order(api: InProcess) -> None:
    names = [f"n{i:02}" for i in range(40)]
    for name in names:
        last = await lease(api, name)
    version = last["metadata"]["resourceVersion"]
    assert await renew(api, *names) == (200, {"missing": []})
    watch = await api.raw("GET", f"{LEASES}?watch=1&resourceVersion={version}&timeoutSeconds=60")
    assert not isinstance(watch.body, bytes)
    seen: list[Any] = []
    async for chunk in watch.body:
        seen += map(json.loads, chunk.splitlines())
        if len(seen) == len(names):
            break
    assert [e["object"]["metadata"]["name"] for e in seen] == names
    assert {e["type"] for e in seen} == {"MODIFIED"}
    assert {e["object"]["spec"]["renewTime"] for e in seen} == {LATER}


async def test_leases_that_are_not_ones_own_are_left_alone(api: InProcess) -> None:
    await lease(api, "mine")
    theirs = await lease(api, "theirs", {"User-Agent": "kubectl/v1.36.0"})
    assert await renew(api, "mine", "theirs", "nobody") == (200, {"missing": ["theirs", "nobody"]})
    assert json.loads((await api.request("GET", f"{LEASES}/theirs")).body) == theirs


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"names": []}, "renewTime: Field required"),
        ({"renewTime": LATER, "names": "one"}, "names: Input should be a valid array"),
        ({"renewTime": LATER, "names": [], "more": 1}, "more: Extra inputs are not permitted"),
    ],
)
async def test_bad_bodies(api: InProcess, body: object, message: str) -> None:
    answer = await api.request("POST", PATH, body)
    assert answer.status == 400
    assert json.loads(answer.body)["message"] == message


async def test_only_for_those_who_may(api: InProcess) -> None:
    assert (await renew(api, "one", token=USER_TOKEN))[0] == 403
    assert (await api.request("GET", PATH)).status == 405
