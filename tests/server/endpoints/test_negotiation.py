from __future__ import annotations

import pytest

from apimachinery import errors
from server.endpoints import negotiation
from server.endpoints.negotiation import MediaType, negotiate
from server.endpoints.request import Query, Request

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def _request(accept: str, query: str = "", agent: str = "") -> Request:
    return Request("GET", "/api/v1/pods", Query(query), headers={"accept": accept, "user-agent": agent})


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", MediaType()),
        ("*/*", MediaType()),
        ("application/*", MediaType()),
        ("application/json", MediaType()),
        ("application/yaml", MediaType("application/yaml")),
        ("application/yaml;q=0.5,application/json", MediaType()),
        ("application/vnd.kubernetes.protobuf,application/json", MediaType()),
        ("application/vnd.kubernetes.protobuf", MediaType("application/vnd.kubernetes.protobuf")),
        (TABLE, MediaType(shape="Table")),
        (f"{TABLE},application/json", MediaType(shape="Table")),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", MediaType(shape="Table", shape_version="v1beta1")),
        ("application/json;as=Table;v=v1;g=other,application/json", MediaType()),
        ("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json", MediaType()),
        (
            "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
            MediaType(shape="PartialObjectMetadataList"),
        ),
    ],
)
def test_what_is_agreed_on(accept: str, wanted: MediaType) -> None:
    assert negotiate(_request(accept)) == wanted


@pytest.mark.parametrize("accept", ["text/html", "application/json;as=Table;v=v9;g=meta.k8s.io"])
def test_nothing_in_common(accept: str) -> None:
    with pytest.raises(errors.NotAcceptable, match="only the following media types are accepted: application/json, "):
        negotiate(_request(accept))


@pytest.mark.parametrize(
    ("query", "agent", "pretty"),
    [("pretty=true", "", True), ("pretty=0", "curl/8", False), ("", "curl/8", True), ("", "kubectl/1", False)],
)
def test_pretty(query: str, agent: str, pretty: bool) -> None:
    assert negotiate(_request("application/json", query, agent)).pretty is pretty


def test_body_type_defaults_to_json() -> None:
    assert negotiation.body_type(Request("POST", "/")) == "application/json"
    headers = {"content-type": "Application/YAML; charset=utf-8"}
    assert negotiation.body_type(Request("POST", "/", headers=headers)) == "application/yaml"
