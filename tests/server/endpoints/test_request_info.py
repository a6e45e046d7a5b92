from __future__ import annotations

import pytest

from server.endpoints.request import Query, Request
from server.endpoints.request_info import resolve


@pytest.mark.parametrize(
    ("method", "path", "verb", "group", "version", "namespace", "resource", "subresource", "name"),
    [
        ("GET", "/api/v1/nodes", "list", "", "v1", "", "nodes", "", ""),
        ("GET", "/api/v1/nodes/n", "get", "", "v1", "", "nodes", "", "n"),
        ("GET", "/api/v1/namespaces", "list", "", "v1", "", "namespaces", "", ""),
        ("GET", "/api/v1/namespaces/x", "get", "", "v1", "x", "namespaces", "", "x"),
        ("PUT", "/api/v1/namespaces/x/finalize", "update", "", "v1", "x", "namespaces", "finalize", "x"),
        ("POST", "/api/v1/namespaces/x/pods", "create", "", "v1", "x", "pods", "", ""),
        ("DELETE", "/api/v1/namespaces/x/pods", "deletecollection", "", "v1", "x", "pods", "", ""),
        ("PATCH", "/api/v1/namespaces/x/pods/p/status", "patch", "", "v1", "x", "pods", "status", "p"),
        ("GET", "/api/v1/namespaces/x/pods?watch=true", "watch", "", "v1", "x", "pods", "", ""),
        ("GET", "/api/v1/namespaces/x/pods?watch=false", "list", "", "v1", "x", "pods", "", ""),
        ("GET", "/api/v1/namespaces/x/pods?watch", "watch", "", "v1", "x", "pods", "", ""),
        ("GET", "/api/v1/watch/namespaces/x/pods", "watch", "", "v1", "x", "pods", "", ""),
        ("GET", "/api/v1/pods?fieldSelector=metadata.name%3Dp", "list", "", "v1", "", "pods", "", "p"),
        ("GET", "/apis/apps/v1/daemonsets", "list", "apps", "v1", "", "daemonsets", "", ""),
        ("GET", "/apis/apps/v1/namespaces/x/daemonsets/d", "get", "apps", "v1", "x", "daemonsets", "", "d"),
        ("HEAD", "/apis/apps/v1/namespaces/x/daemonsets/d", "get", "apps", "v1", "x", "daemonsets", "", "d"),
    ],
)
def test_resource_requests(
    method: str,
    path: str,
    verb: str,
    group: str,
    version: str,
    namespace: str,
    resource: str,
    subresource: str,
    name: str,
) -> None:
    route, _, query = path.partition("?")
    info = resolve(Request(method, route, Query(query)))
    assert info.resource_request
    found = (info.verb, info.api_group, info.api_version, info.namespace, info.resource, info.subresource, info.name)
    assert found == (verb, group, version, namespace, resource, subresource, name)


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1", "/apis/apps/v1", "/apis", "/healthz", "/openapi/v3/api/v1"])
def test_other_requests_have_the_method_as_verb(path: str) -> None:
    info = resolve(Request("GET", path))
    assert not info.resource_request
    assert info.verb == "get"
