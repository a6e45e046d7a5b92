"""Namespaces: labelled with their name, and gone only when their finalizers are."""

from __future__ import annotations

from apimachinery.objects import Object
from tests.support.api import InProcess

PATH = "/api/v1/namespaces"


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


async def test_new(api: InProcess) -> None:
    created = await api.create(PATH, namespace("a"))
    assert created["metadata"]["labels"] == {"kubernetes.io/metadata.name": "a"}
    assert (created["spec"], created["status"]) == ({"finalizers": ["kubernetes"]}, {"phase": "Active"})


async def test_deletion_in_two_steps(api: InProcess) -> None:
    await api.create(PATH, namespace("a"))
    deleted = (await api.request("DELETE", f"{PATH}/a")).json()
    assert deleted["status"]["phase"] == "Terminating"
    current = (await api.request("GET", f"{PATH}/a")).json()
    current["spec"]["finalizers"] = []
    assert (await api.request("PUT", f"{PATH}/a/finalize", current)).status == 200
    assert (await api.request("GET", f"{PATH}/a")).status == 404


async def test_finalizers_cannot_be_emptied_by_an_update(api: InProcess) -> None:
    created = await api.create(PATH, namespace("a"))
    created["spec"] = {"finalizers": []}
    updated = (await api.request("PUT", f"{PATH}/a", created)).json()
    assert updated["spec"]["finalizers"] == ["kubernetes"]
