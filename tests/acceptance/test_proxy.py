"""Web servers of simulated pods answer through the API server's proxy, by pod and by Service."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest

from tests.acceptance.objects import ALL_NODES, PODS, pod
from tests.support.live import Api, Obj

NODES = 2
SERVICES = "/api/v1/namespaces/{}/services"


def serving(name: str, image: str, port: int = 80, **spec: Any) -> Obj:
    found = pod(name, **spec)
    found["metadata"]["labels"] = {"app": name}
    container = found["spec"]["containers"][0]
    container |= {"image": image, "ports": [{"containerPort": port}]}
    container.pop("command", None)
    return found


def running(api: Api, namespace: str, wanted: Obj) -> str:
    """Create the pod and wait until it is ready; its path."""
    path = PODS.format(namespace)
    api.create(path, wanted)
    name = wanted["metadata"]["name"]
    api.until(
        f"{path}?fieldSelector=metadata.name%3D{name}",
        lambda pods: any(
            c["type"] == "Ready" and c["status"] == "True" for p in pods for c in p["status"].get("conditions") or ()
        ),
        what=f"{name} ready",
    )
    return f"{path}/{name}"


def test_a_page_comes_from_the_files_of_the_container(api: Api, namespace: str) -> None:
    page = {"metadata": {"name": "page"}, "data": {"hello.txt": "hello"}}
    api.create(f"/api/v1/namespaces/{namespace}/configmaps", page)
    wanted = serving("web", "nginx:1.25", volumes=[{"name": "page", "configMap": {"name": "page"}}])
    mount = {"name": "page", "mountPath": "/usr/share/nginx/html/more"}
    wanted["spec"]["containers"][0]["volumeMounts"] = [mount]
    path = running(api, namespace, wanted)
    welcome = api.request("GET", f"{path}/proxy/")
    assert (welcome.code, welcome.headers["content-type"].partition(";")[0]) == (HTTPStatus.OK, "text/html")
    assert b"Welcome to nginx!" in welcome.body
    assert api.request("GET", f"{path}:80/proxy/more/hello.txt").body == b"hello"
    assert api.request("GET", f"{path}/proxy/nothing").code == HTTPStatus.NOT_FOUND


def test_a_service_leads_to_its_pods(api: Api, namespace: str) -> None:
    names = ("one", "two")
    for name in names:
        wanted = serving(name, "example.com/hostname:1", 9376)
        wanted["metadata"]["labels"] = {"app": "both"}
        running(api, namespace, wanted)
    path = SERVICES.format(namespace)
    ports = [{"name": "web", "port": 80, "targetPort": 9376}]
    api.create(path, {"metadata": {"name": "both"}, "spec": {"selector": {"app": "both"}, "ports": ports}})
    endpoints = f"/api/v1/namespaces/{namespace}/endpoints?fieldSelector=metadata.name%3Dboth"
    api.until(endpoints, lambda found: bool(found and found[0].get("subsets")), what="the Service's endpoints")
    for port in ("80", "web"):
        assert api.request("GET", f"{path}/both:{port}/proxy/").body.decode() in names
    missing = api.request("GET", f"{path}/both:81/proxy/")
    assert (missing.code, missing.json()["message"]) == (503, 'no service port 81 found for service "both"')
    unnamed = api.request("GET", f"{path}/both/proxy/")
    assert (unnamed.code, unnamed.json()["message"]) == (503, 'no endpoints available for service "both"')


def test_nobody_listens(api: Api, namespace: str) -> None:
    path = running(api, namespace, serving("web", "nginx:1.25"))
    address = api.get(path)["status"]["podIP"]
    refused = api.request("GET", f"{path}:8080/proxy/")
    assert (refused.code, refused.json()["reason"]) == (503, "ServiceUnavailable")
    expected = f"error trying to reach service: dial tcp {address}:8080: connect: connection refused"
    assert refused.json()["message"] == expected


def test_the_way_to_the_root_is_shown(api: Api, namespace: str) -> None:
    path = running(api, namespace, serving("web", "nginx:1.25"))
    moved = api.request("GET", f"{path}/proxy?a=b")
    assert (moved.code, moved.headers["location"]) == (HTTPStatus.MOVED_PERMANENTLY, f"{path}/proxy/?a=b")


@pytest.mark.parametrize("kind", ["pods", "services"])
def test_names_that_are_none(api: Api, namespace: str, kind: str) -> None:
    answer = api.request("GET", f"/api/v1/namespaces/{namespace}/{kind}/ftp:web:80/proxy/")
    expected = f'invalid {kind.removesuffix("s")} request "ftp:web:80"'
    assert (answer.code, answer.json()["message"]) == (HTTPStatus.BAD_REQUEST, expected)


def test_a_kubelet_lists_its_pods(api: Api, namespace: str) -> None:
    running(api, namespace, serving("here", "nginx:1.25", nodeName="node-1"))
    found = api.get(f"{ALL_NODES}/node-1/proxy/pods")
    assert (found["kind"], found["apiVersion"]) == ("PodList", "v1")
    assert "here" in [p["metadata"]["name"] for p in found["items"] if p["metadata"]["namespace"] == namespace]
