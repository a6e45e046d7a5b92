"""resourceVersions as text, and in and out of stored JSON; keys; codecs."""

from __future__ import annotations

import pytest

from apimachinery import serializer
from apimachinery.gvk import GroupResource
from storage import keys, versioner
from storage.backend.interfaces import KeyValue
from storage.codec import Codec, metadata_attributes, restamped
from storage.errors import CorruptObject


@pytest.mark.parametrize(("text", "revision"), [("", 0), ("0", 0), ("007", 7), (str(2**64 - 1), 2**64 - 1)])
def test_parse(text: str, revision: int) -> None:
    assert versioner.parse(text) == revision


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("abc", "invalid syntax"),
        ("-1", "invalid syntax"),
        ("1 ", "invalid syntax"),
        ("²", "invalid syntax"),
        (str(2**64), "value out of range"),
    ],
)
def test_parse_refuses_as_go_does(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        versioner.parse(text)
    assert str(refused.value) == f'strconv.ParseUint: parsing "{text}": {why}'


def test_stamping() -> None:
    annotations = {"x": '"metadata":{"resourceVersion":"5"'}
    obj = {"metadata": {"resourceVersion": "9", "annotations": annotations}, "apiVersion": "v1", "kind": "X", "spec": 1}
    value = serializer.dumps(versioner.prepare_for_storage(obj))
    assert value.startswith(b'{"kind":"X","apiVersion":"v1","metadata":{"annotations"')
    raw = versioner.stamp(value, 5)
    again = versioner.restamp(raw, 5, 66)
    assert serializer.loads(again)["metadata"] == {"resourceVersion": "66", "annotations": annotations}
    assert again == versioner.stamp(value, 66)
    assert obj["metadata"]["resourceVersion"] == "9"  # type: ignore[index]


@pytest.mark.parametrize(
    ("resource", "prefix"),
    [
        ("pods", "/registry/pods/"),
        ("daemonsets.apps", "/registry/daemonsets/"),
        ("nodes", "/registry/minions/"),
        ("services", "/registry/services/specs/"),
        ("endpoints", "/registry/services/endpoints/"),
        ("ingresses.networking.k8s.io", "/registry/ingress/"),
        ("customresourcedefinitions.apiextensions.k8s.io", "/registry/apiextensions.k8s.io/customresourcedefinitions/"),
        ("widgets.example.com", "/registry/example.com/widgets/"),
        ("gateways.gateway.networking.k8s.io", "/registry/gateway.networking.k8s.io/gateways/"),
    ],
)
def test_resource_prefixes(resource: str, prefix: str) -> None:
    assert keys.resource_prefix(GroupResource.parse(resource)) == prefix


def test_prefix_end() -> None:
    assert keys.prefix_end("ns/") == "ns0"


@pytest.mark.parametrize("value", [b"k8s\x00protobuf", b"{}", b"[]", b'{"metadata":5}', b'{"metadata":null}'])
def test_a_value_that_is_no_object_is_corrupt(value: bytes) -> None:
    with pytest.raises(CorruptObject, match="Key: /p/a"):
        Codec("/p/", metadata_attributes).decode(KeyValue("/p/a", value, 1, 1))


def test_a_write_is_decoded_once_and_its_labels_are_not_the_writers() -> None:
    asked: list[int] = []

    def attributes(obj: object) -> object:
        asked.append(1)
        return obj["metadata"]["labels"], {}  # type: ignore[index]

    codec = Codec("/p/", attributes)  # type: ignore[arg-type]
    obj = {"kind": "X", "apiVersion": "v1", "metadata": {"labels": {"a": "1"}}}
    value = codec.encode(obj)
    obj["metadata"]["labels"]["a"] = "2"  # type: ignore[index]
    stored = codec.decode(KeyValue("/p/x", value, 5, 5))
    assert codec.decode(KeyValue("/p/x", bytes(bytearray(value)), 5, 5)) is stored
    assert codec.decode(KeyValue("/p/x", value, 5, 6)) is not stored
    assert (stored.labels, len(asked)) == ({"a": "1"}, 1)
    assert restamped(stored, 8).view["metadata"]["resourceVersion"] == "8"
