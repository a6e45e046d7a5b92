"""The paths that are no resources but stand in the documents: discovery, version, OpenID."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from apimachinery.gvk import GroupVersion
from server.openapi.operations import META, TYPES, Operation, PathItem, camel, group_version_tag, path_item

_VERSION_INFO: Final = "io.k8s.apimachinery.pkg.version.Info"


def _read(
    path: str,
    tag: str,
    operation: str,
    text: str,
    schema: str,
    *,
    consumes: tuple[str, ...] = TYPES,
    produces: tuple[str, ...] = TYPES,
) -> PathItem:
    return path_item(
        path,
        [
            Operation(
                "get",
                f"get{operation}",
                text,
                tag,
                {200: ("OK", schema)},
                consumes=consumes,
                produces=produces,
            )
        ],
    )


def fixed_paths() -> Iterator[tuple[str, PathItem]]:
    """Paths of every server, each with the document of v3 it stands in."""
    yield (
        ".well-known/openid-configuration",
        _read(
            "/.well-known/openid-configuration/",
            "WellKnown",
            "ServiceAccountIssuerOpenIDConfiguration",
            "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
            "",
            consumes=(),
            produces=("application/json",),
        ),
    )
    yield "api", _read("/api/", "core", "CoreAPIVersions", "get available API versions", f"{META}APIVersions")
    yield "apis", _read("/apis/", "apis", "APIVersions", "get available API versions", f"{META}APIGroupList")
    yield (
        "openid/v1/jwks",
        _read(
            "/openid/v1/jwks/",
            "openid",
            "ServiceAccountIssuerOpenIDKeyset",
            "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
            "",
            consumes=(),
            produces=("application/jwk-set+json",),
        ),
    )
    json = ("application/json",)
    text = "get the version information for this server"
    yield "version", _read("/version/", "version", "CodeVersion", text, _VERSION_INFO, consumes=json, produces=json)


def group_paths(served: Iterable[GroupVersion]) -> Iterator[tuple[str, PathItem]]:
    """The discovery paths of groups and their versions."""
    seen = set()
    for group, version in served:
        tag = group_version_tag(group, "")
        if group and group not in seen:
            seen.add(group)
            path = f"/apis/{group}/"
            yield (
                path.strip("/"),
                _read(path, tag, f"{camel(tag)}APIGroup", "get information of a group", f"{META}APIGroup"),
            )
        tag = group_version_tag(group, version)
        path = f"/apis/{group}/{version}/" if group else f"/api/{version}/"
        name = f"{camel(tag)}APIResources"
        yield path.strip("/"), _read(path, tag, name, "get available resources", f"{META}APIResourceList")
