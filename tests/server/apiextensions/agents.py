"""A definition to test with, and ways to wait for what the server makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from apimachinery.objects import Object
from tests.support.api import Answer, InProcess

CRDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAME: Final = "agents.test.example.com"
AGENTS: Final = "/apis/test.example.com/v1/namespaces/default/agents"
OLD_AGENTS: Final = "/apis/test.example.com/v1beta1/namespaces/default/agents"
MERGE: Final = {"Content-Type": "application/merge-patch+json"}
APPLY: Final = {"Content-Type": "application/apply-patch+yaml"}


def schema(**spec: Any) -> Object:
    """A schema whose spec has these properties."""
    fields = {"image": {"type": "string"}, "replicas": {"type": "integer", "default": 1}, **spec}
    return {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "properties": fields},
            "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
        },
    }


def version(name: str, *, storage: bool = False, **parts: Any) -> Object:
    """A served version."""
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema()}, **parts}


def definition(*versions: Object, names: Mapping[str, Any] | None = None, scope: str = "Namespaced") -> Object:
    """A CustomResourceDefinition of Agents."""
    wanted = {"plural": "agents", "kind": "Agent", **(names or {})}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{wanted['plural']}.test.example.com"},
        "spec": {
            "group": "test.example.com",
            "scope": scope,
            "names": wanted,
            "versions": list(versions) or [version("v1", storage=True)],
        },
    }


def agent(name: str, *, version: str = "v1", **spec: Any) -> Object:
    """An Agent."""
    return {"apiVersion": f"test.example.com/{version}", "kind": "Agent", "metadata": {"name": name}, "spec": spec}


async def until(ask: Callable[[], Awaitable[Answer]], done: Callable[[Answer], bool], *, seconds: float = 60) -> Answer:
    """Ask again until the answer will do, letting everything else run in between."""
    async with asyncio.timeout(seconds):
        while True:
            answer = await ask()
            if done(answer):
                return answer
            await asyncio.sleep(0)


async def condition(api: InProcess, kind: str, status: str, name: str = NAME) -> Object:
    """The condition of a definition once it has a status."""

    def found(answer: Answer) -> Object | None:
        conditions = answer.json()["status"].get("conditions") or ()
        return next((c for c in conditions if (c["type"], c["status"]) == (kind, status)), None)

    answer = await until(lambda: api.request("GET", f"{CRDS}/{name}"), lambda a: found(a) is not None)
    return found(answer) or {}


async def establish(api: InProcess, crd: Object) -> None:
    """Create a definition and wait until its kind is served."""
    created = await api.create(CRDS, crd)
    await condition(api, "Established", "True", created["metadata"]["name"])
