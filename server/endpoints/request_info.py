"""What a URL asks for. Models apiserver/pkg/endpoints/request/requestinfo.go."""

from __future__ import annotations

from typing import Final, NamedTuple

from server.endpoints.request import Query, Request

SPECIAL_VERBS: Final = frozenset({"proxy", "watch"})
NAMESPACE_SUBRESOURCES: Final = frozenset({"status", "finalize"})

_VERBS: Final = {
    "POST": "create",
    "GET": "get",
    "HEAD": "get",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}


class RequestInfo(NamedTuple):
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


def resolve(request: Request) -> RequestInfo:
    """The RequestInfo of a request; a path that names no resource is a non-resource request."""
    parts = request.path.strip("/").split("/")
    if len(parts) < 3 or parts[0] not in ("api", "apis"):
        return _other(request)
    prefix, rest = parts[0], parts[1:]
    group = ""
    if prefix == "apis":
        if len(rest) < 3:
            return _other(request)
        group, rest = rest[0], rest[1:]
    version, rest = rest[0], rest[1:]
    verb = _VERBS.get(request.method, "")
    legacy = False
    if rest[0] in SPECIAL_VERBS:
        if len(rest) < 2:
            return _other(request)
        verb, rest = rest[0], rest[1:]
        legacy = verb == "watch"
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in NAMESPACE_SUBRESOURCES:
            rest = rest[2:]
    name = rest[1] if len(rest) > 1 else ""
    subresource = rest[2] if len(rest) > 2 and verb != "proxy" else ""
    if not name and verb == "get":
        verb = "watch" if asks_to_watch(request.query) else "list"
    elif not name and verb == "delete":
        verb = "deletecollection"
    if not name and verb in ("list", "watch", "deletecollection"):
        name = _selected_name(request.query.get("fieldSelector"))
    return RequestInfo(
        resource_request=True,
        path=request.path,
        verb=verb,
        api_prefix=prefix,
        api_group=group,
        api_version=version,
        namespace=namespace,
        resource=rest[0],
        subresource=subresource,
        name=name,
        parts=tuple(rest),
        legacy_watch=legacy,
    )


def _other(request: Request) -> RequestInfo:
    return RequestInfo(False, request.path, request.method.lower())


def asks_to_watch(query: Query) -> bool:
    """Whether the watch parameter is there and not false."""
    return "watch" in query and query.get("watch").lower() not in ("0", "false")


def _selected_name(selector: str) -> str:
    """The name that `metadata.name=x` asks for, so that rules on names can hold for lists."""
    for term in selector.split(","):
        key, sep, value = term.partition("=")
        if sep and key.strip() == "metadata.name":
            return value.removeprefix("=").strip()
    return ""
