"""What a URL asks for. Models apiserver/pkg/endpoints/request/requestinfo.go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server.endpoints.request import Request

SPECIAL_VERBS: Final = frozenset({"proxy", "watch"})
NAMESPACE_SUBRESOURCES: Final = frozenset({"status", "finalize"})
NO_SUBRESOURCE_VERBS: Final = frozenset({"proxy"})

_VERBS: Final = {
    "POST": "create",
    "GET": "get",
    "HEAD": "get",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """The parts of a request's path, and the verb that they and the method make."""

    resource_request: bool
    path: str
    verb: str
    api_prefix: str = ""
    api_group: str = ""
    api_version: str = ""
    namespace: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    parts: tuple[str, ...] = ()
    legacy_watch: bool = False
    """The path has the deprecated /watch/ element."""


def _true(text: str) -> bool:
    return text.lower() not in ("", "0", "false")


def resolve(request: Request) -> RequestInfo:
    """The RequestInfo of a request; a path that names no resource is a non-resource request."""
    parts = [p for p in request.path.strip("/").split("/")] if request.path.strip("/") else []
    other = RequestInfo(False, request.path, request.method.lower())
    if len(parts) < 3 or parts[0] not in ("api", "apis"):
        return other
    prefix, rest = parts[0], parts[1:]
    group = ""
    if prefix == "apis":
        if len(rest) < 3:
            return other
        group, rest = rest[0], rest[1:]
    version, rest = rest[0], rest[1:]
    if not rest:
        return other
    verb = _VERBS.get(request.method, "")
    legacy = False
    if rest[0] in SPECIAL_VERBS:
        if len(rest) < 2:
            return other
        verb, rest = rest[0], rest[1:]
        legacy = verb == "watch"
    namespace = ""
    if rest[0] == "namespaces":
        if len(rest) > 1:
            namespace = rest[1]
            if len(rest) > 2 and rest[2] not in NAMESPACE_SUBRESOURCES:
                rest = rest[2:]
    resource = rest[0]
    name = rest[1] if len(rest) > 1 else ""
    subresource = rest[2] if len(rest) > 2 and verb not in NO_SUBRESOURCE_VERBS else ""
    if not name and verb == "get":
        verb = "watch" if _true(request.query.get("watch")) and "watch" in request.query else "list"
    elif name and verb == "get" and "watch" in request.query and _true(request.query.get("watch")) and not subresource:
        verb = "get"
    if not name and verb in ("list", "watch"):
        name = _selected_name(request.query.get("fieldSelector"))
        return RequestInfo(
            True, request.path, verb, prefix, group, version, namespace, resource, subresource, name, tuple(rest), legacy
        )
    if not name and verb == "delete":
        verb = "deletecollection"
    return RequestInfo(
        True, request.path, verb, prefix, group, version, namespace, resource, subresource, name, tuple(rest), legacy
    )


def _selected_name(selector: str) -> str:
    """The name that `metadata.name=x` asks for, so that rules on names can hold for lists."""
    for term in selector.split(","):
        key, sep, value = term.partition("=")
        if sep and key.strip() == "metadata.name":
            return value.removeprefix("=").strip()
    return ""
