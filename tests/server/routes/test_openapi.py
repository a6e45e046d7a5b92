"""How the documents are served: media types, hashes, conditional requests, changes of what is served."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apimachinery import serializer
from apimachinery.clock import ManualClock
from server.endpoints.request import Query, Request, Response
from server.openapi.service import OpenAPIService
from server.registry import builtin
from server.registry.config import RegistryConfig
from server.registry.rest import Resource
from server.routes.openapi import V2_PROTOBUF, OpenAPI


class Served:
    """A changing list of resources and the routes over it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.resources: list[Resource] = [r for r in builtin.resources(RegistryConfig()) if r.group == "apps"]
        self.generation = 1
        service = OpenAPIService(lambda: self.resources, lambda: self.generation, version=(1, 36), clock=self.clock)
        self.routes = OpenAPI(service, self.clock)

    async def get(self, url: str, **headers: str) -> Response:
        path, _, query = url.partition("?")
        names = {k.replace("_", "-"): v for k, v in headers.items()}
        request = Request("GET", path, Query(query), names)
        return await (self.routes.v2(request) if path == "/openapi/v2" else self.routes.v3(request))

    async def url(self, name: str) -> str:
        index = serializer.loads(_bytes(await self.get("/openapi/v3")))
        found: str = index["paths"][name]["serverRelativeURL"]
        return found


def _bytes(response: Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body


@pytest.fixture
def served() -> Served:
    return Served()


@pytest.mark.parametrize(
    ("accept", "status", "content_type"),
    [
        ("", 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("application/json", 200, "application/json"),
        ("application/com.github.proto-openapi.spec.v2@v1.0+protobuf", 200, V2_PROTOBUF),
        ("application/com.github.proto-openapi.spec.v2.v1.0+protobuf", 200, V2_PROTOBUF),
        ("text/html", 406, "text/plain; charset=utf-8"),
    ],
)
async def test_v2_media_types(served: Served, accept: str, status: int, content_type: str) -> None:
    found = await served.get("/openapi/v2", accept=accept)
    assert (found.status, found.headers["Content-Type"]) == (status, content_type)


async def test_an_unchanged_document_is_not_sent_again(served: Served) -> None:
    first = await served.get("/openapi/v2")
    again = await served.get("/openapi/v2", if_none_match=f'"other", {first.headers["Etag"]}')
    assert (again.status, again.body) == (304, b"")


async def test_a_document_by_its_hash_may_be_kept_for_ever(served: Served) -> None:
    url = await served.url("apis/apps/v1")
    found = await served.get(url)
    assert found.status == 200
    assert found.headers["Cache-Control"] == "public, immutable"
    assert found.headers["Expires"] == "Sat, 02 Jan 2027 03:04:05 GMT"
    assert found.headers["Etag"].strip('"') == url.partition("hash=")[2]
    plain = await served.get("/openapi/v3/apis/apps/v1")
    assert "Expires" not in plain.headers


async def test_an_old_hash_leads_to_the_present_document(served: Served) -> None:
    found = await served.get("/openapi/v3/apis/apps/v1?hash=OLD")
    assert (found.status, found.headers["Location"]) == (301, await served.url("apis/apps/v1"))


@pytest.mark.parametrize(
    ("url", "accept", "status"),
    [
        ("/openapi/v3/apis/none/v1", "", 404),
        ("/openapi/v3/apis/apps/v1", "application/com.github.proto-openapi.spec.v3@v1.0+protobuf", 406),
        ("/openapi/v3/", "", 200),
    ],
)
async def test_v3_answers(served: Served, url: str, accept: str, status: int) -> None:
    assert (await served.get(url, accept=accept)).status == status


async def test_custom_resources_come_and_go(served: Served) -> None:
    before = await served.url("apis/apps/v1")
    custom = Resource("example.com", "v1", "Agent", "agents", "agent", namespaced=True)
    served.resources.append(custom)
    served.generation += 1
    document = serializer.loads(_bytes(await served.get("/openapi/v3/apis/example.com/v1")))
    item = document["paths"]["/apis/example.com/v1/namespaces/{namespace}/agents/{name}"]
    assert item["get"]["operationId"] == "readExampleComV1NamespacedAgent"
    assert set(item["patch"]["requestBody"]["content"]) == {
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/apply-patch+yaml",
    }
    assert document["components"]["schemas"]["com.example.v1.Agent"]["x-kubernetes-group-version-kind"] == [
        {"group": "example.com", "kind": "Agent", "version": "v1"}
    ]
    assert await served.url("apis/apps/v1") == before
    served.resources.remove(custom)
    served.generation += 1
    assert (await served.get("/openapi/v3/apis/example.com/v1")).status == 404


async def test_only_what_is_served_is_described(served: Served) -> None:
    served.resources = [replace(r, verbs=("get",), subresources=()) for r in served.resources if r.kind == "DaemonSet"]
    document = serializer.loads(_bytes(await served.get("/openapi/v2")))
    paths = [p for p in document["paths"] if p.startswith("/apis/apps/v1/") and p != "/apis/apps/v1/"]
    assert paths == ["/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}"]
    assert "io.k8s.api.apps.v1.Deployment" not in document["definitions"]
