"""What plugins see of other objects is never older than the last write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from apimachinery import meta
from server.admission.plugins import lister
from server.admission.plugins.lister import RegistryLister
from tests.support.api import InProcess, in_process

CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"
RESOURCE = "priorityclasses.scheduling.k8s.io"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with in_process(tmp_path) as server:
        yield server


async def _names(found: RegistryLister, resource: str = RESOURCE, namespace: str = "") -> list[str]:
    return [meta.name(view) for view in await found.list(resource, namespace)]


async def test_a_list_is_kept_until_something_changes(api: InProcess) -> None:
    found = RegistryLister(api.server.services.registry)
    system = await _names(found)
    assert await found.list(RESOURCE) is await found.list(RESOURCE)
    body = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1, "metadata": {"name": "a"}}
    await api.create(CLASSES, body)
    assert await _names(found) == ["a", *system]
    patch = {"globalDefault": True}
    headers = {"Content-Type": "application/merge-patch+json"}
    assert (await api.request("PATCH", f"{CLASSES}/a", patch, headers=headers)).status == 200
    assert next(c.get("globalDefault") for c in await found.list(RESOURCE)) is True
    assert (await api.request("DELETE", f"{CLASSES}/a")).status == 200
    assert await _names(found) == system


async def test_namespaces_have_lists_of_their_own_and_long_ones_are_not_kept(
    api: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lister, "KEPT_ITEMS", 1)
    found = RegistryLister(api.server.services.registry)
    assert await _names(found, "limitranges", "default") == []
    for namespace, name in (("default", "a"), ("default", "b"), ("kube-public", "c")):
        body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": name}, "spec": {"limits": []}}
        await api.create(f"/api/v1/namespaces/{namespace}/limitranges", body)
    assert await _names(found, "limitranges", "kube-public") == ["c"]
    assert await _names(found, "limitranges", "default") == ["a", "b"]
    assert await found.list("limitranges", "default") is not await found.list("limitranges", "default")
    assert await found.list("limitranges", "kube-public") is await found.list("limitranges", "kube-public")


async def test_lists_are_forgotten_when_there_are_too_many(api: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lister, "KEPT_LISTS", 1)
    found = RegistryLister(api.server.services.registry)
    first = await found.list(RESOURCE)
    assert await found.list("limitranges", "default") == []
    assert await found.list(RESOURCE) is not first


async def test_nothing_of_a_resource_that_is_not_served(api: InProcess) -> None:
    assert await RegistryLister(api.server.services.registry).list("widgets.example.com") == []
