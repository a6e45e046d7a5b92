"""The health endpoints as a started server answers them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from apimachinery import serializer
from tests.support.api import InProcess, in_process


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with in_process(tmp_path) as server:
        yield server


async def lines(server: InProcess, path: str) -> list[str]:
    answer = await server.request("GET", path)
    assert answer.status == 200
    return answer.body.decode().splitlines()


async def test_what_is_live_and_what_is_ready(server: InProcess) -> None:
    live = await lines(server, "/livez?verbose")
    assert live[:5] == [
        "[+]ping ok",
        "[+]log ok",
        "[+]loopback-serving-certificate ok",
        "[+]etcd ok",
        "[+]poststarthook/start-apiserver-admission-initializer ok",
    ]
    assert live[-1] == "livez check passed"
    ready = await lines(server, "/readyz?verbose")
    assert ready[:5] == ["[+]ping ok", "[+]log ok", "[+]etcd ok", "[+]etcd-readiness ok", "[+]informer-sync ok"]
    assert ready[-2:] == ["[+]shutdown ok", "readyz check passed"]
    hooks = [line for line in live if "poststarthook" in line]
    assert hooks == [line for line in ready if "poststarthook" in line]
    assert len(hooks) == 30


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/livez/ping", 200, "ok"),
        ("/healthz/poststarthook/rbac/bootstrap-roles", 200, "ok"),
        ("/readyz/informer-sync", 200, "ok"),
        ("/livez/informer-sync", 404, None),
        ("/readyz/loopback-serving-certificate", 404, None),
    ],
)
async def test_one_check_alone(server: InProcess, path: str, status: int, text: str | None) -> None:
    answer = await server.request("GET", path)
    assert answer.status == status
    assert text is None or answer.body.decode() == text


async def test_checks_left_out(server: InProcess) -> None:
    found = await lines(server, "/readyz?verbose&exclude=etcd&exclude=nothing")
    assert "[+]etcd excluded: ok" in found
    assert found[-2:] == [
        'warn: some health checks cannot be excluded: no matches for "nothing"',
        "readyz check passed",
    ]


async def test_the_index_names_every_check(server: InProcess) -> None:
    answer = await server.request("GET", "/")
    paths = serializer.loads(answer.body)["paths"]
    assert {"/livez/autoregister-completion", "/readyz/shutdown", "/healthz/poststarthook/crd-informer-synced"} < set(
        paths
    )
    assert paths == sorted(paths)
