"""Which groups, versions and resources there are, in the legacy and the aggregated form.

Models apiserver/pkg/endpoints/discovery and discovery/aggregated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, TypeAlias

from apimachinery import serializer
from apimachinery.objects import Object
from server.endpoints import negotiation, response
from server.endpoints.catalog import Catalog, Endpoint
from server.endpoints.negotiation import JSON, YAML, MediaType, parse_accept
from server.endpoints.request import Request, Response
from server.registry.rest import Resource, Subresource

AGGREGATED_GROUP: Final = "apidiscovery.k8s.io"
_Builder: TypeAlias = Callable[[], Object]


class Discovery:
    """Discovery documents, built when first asked for and kept until the catalog changes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._generation = -1
        self._cache: dict[tuple[str, str], tuple[bytes, str]] = {}

    def serve(self, request: Request) -> Response | None:
        """The answer for a discovery path, None for any other."""
        parts = request.path.strip("/").split("/")
        match parts:
            case ["api"]:
                return self._root(request, self.core_versions, core=True)
            case ["apis"]:
                return self._root(request, self.group_list, core=False)
            case ["apis", group] if self._catalog.has_group(group):
                return self._plain(request, lambda: self.group(group))
            case ["api", version] if version and self._catalog.has_version("", version):
                return self._plain(request, lambda: self.resource_list("", version))
            case ["apis", group, version] if self._catalog.has_version(group, version):
                return self._plain(request, lambda: self.resource_list(group, version))
        return None

    def core_versions(self) -> Object:
        """APIVersions of the core group."""
        versions = [gv.version for gv in self._catalog.group_versions() if not gv.group]
        addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}]
        return {"kind": "APIVersions", "versions": versions, "serverAddressByClientCIDRs": addresses}

    def group_list(self) -> Object:
        """APIGroupList of every other group."""
        groups = dict.fromkeys(gv.group for gv in self._catalog.group_versions() if gv.group)
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [self._group(g) for g in groups]}

    def group(self, name: str) -> Object:
        """APIGroup."""
        return {"kind": "APIGroup", "apiVersion": "v1", **self._group(name)}

    def _group(self, name: str) -> Object:
        versions = [
            {"groupVersion": str(gv), "version": gv.version}
            for gv in self._catalog.group_versions()
            if gv.group == name
        ]
        return {"name": name, "versions": versions, "preferredVersion": versions[0]}

    def resource_list(self, group: str, version: str) -> Object:
        """APIResourceList of a group and version; the core group's has no apiVersion, as upstream's."""
        listed: list[Object] = []
        for endpoint in self._sorted(group, version):
            resource = endpoint.resource
            listed.append(_api_resource(resource))
            listed += [_api_subresource(resource, s) for s in resource.subresources]
        head: Object = {"kind": "APIResourceList"}
        if group:
            head["apiVersion"] = "v1"
        return {**head, "groupVersion": f"{group}/{version}" if group else version, "resources": listed}

    def _sorted(self, group: str, version: str) -> list[Endpoint]:
        found = [e for e in self._catalog if e.resource.group == group and e.resource.version == version]
        return sorted(found, key=lambda e: e.resource.plural)

    def aggregated(self, version: str, *, core: bool) -> Object:
        """APIGroupDiscoveryList: everything at once."""
        items: list[Object] = []
        by_group: dict[str, list[str]] = {}
        for gv in self._catalog.group_versions():
            if bool(gv.group) != core:
                by_group.setdefault(gv.group, []).append(gv.version)
        for group, versions in by_group.items():
            items.append(
                {
                    "metadata": {"name": group} if group else {},
                    "versions": [
                        {
                            "version": v,
                            "resources": [_resource_discovery(e.resource) for e in self._sorted(group, v)],
                            "freshness": "Current",
                        }
                        for v in versions
                    ],
                }
            )
        return {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"{AGGREGATED_GROUP}/{version}",
            "metadata": {},
            "items": items,
        }

    def _root(self, request: Request, plain: _Builder, *, core: bool) -> Response:
        for clause in parse_accept(request.header("accept")):
            version = clause.parameter("v")
            asked = clause.parameter("g") == AGGREGATED_GROUP and clause.parameter("as") == "APIGroupDiscoveryList"
            if asked and clause.covers(JSON) and version in ("v2", "v2beta1"):
                return self._aggregated(request, version, core=core)
            if not clause.parameter("as") and (clause.covers(JSON) or clause.covers(YAML)):
                break
        return self._plain(request, plain)

    def _aggregated(self, request: Request, version: str, *, core: bool) -> Response:
        body, etag = self._cached(("core" if core else "groups", version), lambda: self.aggregated(version, core=core))
        headers = {
            "Content-Type": f"{JSON};g={AGGREGATED_GROUP};v={version};as=APIGroupDiscoveryList",
            "ETag": f'"{etag}"',
            "Vary": "Accept",
            "Cache-Control": "public",
        }
        if request.header("if-none-match") == headers["ETag"]:
            return Response(304, headers)
        return Response(200, headers, body)

    def _plain(self, request: Request, build: _Builder) -> Response:
        media = negotiation.negotiate(request, tables=False)
        encoding = YAML if media.encoding == YAML else JSON
        key = (request.path.rstrip("/"), f"{encoding}{media.pretty}")
        body, _ = self._cached(key, build, MediaType(encoding, pretty=media.pretty))
        return Response(200, {"Content-Type": encoding}, body)

    def _cached(self, key: tuple[str, str], build: _Builder, media: MediaType | None = None) -> tuple[bytes, str]:
        if self._generation != self._catalog.generation:
            self._generation = self._catalog.generation
            self._cache.clear()
        found = self._cache.get(key)
        if found is None:
            tree = build()
            body = serializer.dumps(tree) if media is None else response.encode(tree, media)
            found = self._cache[key] = body, hashlib.sha512(body).hexdigest().upper()
        return found


def _api_resource(resource: Resource) -> Object:
    found: Object = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _verbs(resource),
    }
    if resource.short_names:
        found["shortNames"] = list(resource.short_names)
    if resource.categories:
        found["categories"] = list(resource.categories)
    if resource.storage_version_hash:
        found["storageVersionHash"] = resource.storage_version_hash
    return found


def _verbs(resource: Resource) -> list[str]:
    """What discovery says can be done; writes to a custom resource that is going are still taken, but not announced."""
    return [v for v in resource.verbs if not (resource.terminating and v in ("create", "patch", "update"))]


def _api_subresource(resource: Resource, subresource: Subresource) -> Object:
    found: Object = {
        "name": f"{resource.plural}/{subresource.name}",
        "singularName": "",
        "namespaced": resource.namespaced,
    }
    if subresource.kind.group_version != resource.group_version:
        found["group"] = subresource.kind.group
        found["version"] = subresource.kind.version
    return {**found, "kind": subresource.kind.kind, "verbs": list(subresource.verbs)}


def _resource_discovery(resource: Resource) -> Object:
    found: Object = {
        "resource": resource.plural,
        "responseKind": {"group": "", "version": "", "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": _verbs(resource),
    }
    if resource.short_names:
        found["shortNames"] = list(resource.short_names)
    if resource.categories:
        found["categories"] = list(resource.categories)
    if resource.subresources:
        found["subresources"] = [_subresource_discovery(resource, s) for s in resource.subresources]
    return found


def _subresource_discovery(resource: Resource, subresource: Subresource) -> Object:
    same = subresource.kind.group_version == resource.group_version
    group, version = ("", "") if same else subresource.kind.group_version
    return {
        "subresource": subresource.name,
        "responseKind": {"group": group, "version": version, "kind": subresource.kind.kind},
        "verbs": list(subresource.verbs),
    }
