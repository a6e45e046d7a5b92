"""What the server serves: kinds, scopes and verbs. Models client-go/discovery and restmapper."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from apimachinery.gvk import GroupVersion, GroupVersionResource
from controllers.runtime.client import Client

_AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
_AGGREGATED_KIND: Final = "APIGroupDiscoveryList"


class APIResource(NamedTuple):
    """One top-level resource of one group and version."""

    resource: GroupVersionResource
    kind: str
    namespaced: bool
    verbs: frozenset[str]


class ServerResources:
    """A snapshot of discovery; versions of a group in the server's order of preference."""

    def __init__(self, resources: Iterable[APIResource]) -> None:
        self.all = tuple(resources)
        self._by_kind = {(str(r.resource.group_version), r.kind): r for r in self.all}

    def preferred(self, *verbs: str) -> list[APIResource]:
        """Each resource once, in the preferred version that has it, if it supports the verbs."""
        found: dict[tuple[str, str], APIResource] = {}
        for entry in self.all:
            found.setdefault((entry.resource.group, entry.resource.resource), entry)
        return [r for r in found.values() if r.verbs.issuperset(verbs)]

    def mapping(self, api_version: str, kind: str) -> APIResource | None:
        """The resource of an apiVersion and kind, None when it is not served."""
        return self._by_kind.get((api_version, kind))


async def server_version(client: Client) -> tuple[int, int]:
    """Major and minor version of the server, of `1.36+` too."""
    told = await client.get_path("/version")
    return int(told["major"]), int(str(told["minor"]).rstrip("+"))


async def has_subresource(client: Client, resource: GroupVersionResource, subresource: str) -> bool:
    """Whether the server offers `resource/subresource`."""
    prefix = f"/apis/{resource.group}" if resource.group else "/api"
    listed = await client.get_path(f"{prefix}/{resource.version}")
    return any(r["name"] == f"{resource.resource}/{subresource}" for r in listed.get("resources") or ())


async def discover(client: Client) -> ServerResources:
    """Ask the server; falls back to one request a group version where aggregated discovery is not offered."""
    core, groups = await asyncio.gather(
        client.get_path("/api", accept=_AGGREGATED), client.get_path("/apis", accept=_AGGREGATED)
    )
    if groups.get("kind") == _AGGREGATED_KIND and core.get("kind") == _AGGREGATED_KIND:
        return ServerResources([*_aggregated(core), *_aggregated(groups)])
    versions = [(f"/api/{v}", v) for v in core.get("versions") or ()]
    for group in groups.get("groups") or ():
        names = [v["groupVersion"] for v in group["versions"]]
        preferred = (group.get("preferredVersion") or {}).get("groupVersion")
        names.sort(key=lambda n: n != preferred)
        versions += [(f"/apis/{n}", n) for n in names]
    lists = await asyncio.gather(*(client.get_path(path) for path, _ in versions))
    return ServerResources(
        entry for (_, name), found in zip(versions, lists, strict=True) for entry in _legacy(name, found)
    )


def _aggregated(document: Any) -> Iterable[APIResource]:
    for group in document.get("items") or ():
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or ():
            for entry in version.get("resources") or ():
                kind = (entry.get("responseKind") or {}).get("kind")
                if kind:
                    resource = GroupVersionResource(name, version["version"], entry["resource"])
                    namespaced = entry.get("scope") == "Namespaced"
                    yield APIResource(resource, kind, namespaced, frozenset(entry.get("verbs") or ()))


def _legacy(group_version: str, document: Any) -> Iterable[APIResource]:
    group, version = GroupVersion.parse(group_version)
    for entry in document.get("resources") or ():
        if "/" not in entry["name"]:
            resource = GroupVersionResource(group, version, entry["name"])
            yield APIResource(resource, entry["kind"], bool(entry["namespaced"]), frozenset(entry.get("verbs") or ()))
