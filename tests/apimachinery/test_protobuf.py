"""Protobuf bodies of every built-in kind."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apimachinery import protobuf, schema
from apimachinery.decode import codec
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object
from apimachinery.schema import FieldSchema
from tests.apimachinery.samples import sample

POD = "io.k8s.api.core.v1.Pod"
CORE = "io.k8s.api.core.v1."
DEFINITIONS = schema.definitions("1.36")
KINDS = sorted({name for name in DEFINITIONS.kinds.values() if protobuf.supports(name)})


def _field(number: int, payload: bytes) -> bytes:
    return bytes([number << 3 | 2, len(payload)]) + payload


def _comparable(value: Any, node: FieldSchema | None) -> Any:
    """What protobuf can tell apart: not empty lists from none, nor the type of an object inside another."""
    if node is None or node.type == "any" or node.preserve_unknown_fields:
        return value
    if isinstance(value, dict):
        lost = {"apiVersion", "kind"} if node.ref in KINDS else set()
        fields = {k: _comparable(v, node.values or node.fields[k]) for k, v in value.items() if k not in lost}
        return {k: v for k, v in fields.items() if v is not None and v != []}
    return [_comparable(v, node.items) for v in value] if isinstance(value, list) else value


def _check_round_trip(definition: str, source: random.Random, *, density: float, depth: int = 12) -> None:
    node, go = DEFINITIONS.get(definition), codec("1.36")
    obj = go.roundtrip(sample(node, source, density=density, depth=depth), definition)
    before = copy.deepcopy(obj)
    decoded = protobuf.decode_message(protobuf.encode_message(obj, definition), definition)
    assert obj == before
    assert _comparable(go.roundtrip(decoded, definition), node) == _comparable(obj, node)


def test_every_kind_of_the_default_version_has_a_message() -> None:
    missing = {name for name in DEFINITIONS.kinds.values() if not protobuf.supports(name)}
    assert missing == set()


@pytest.mark.parametrize("definition", KINDS)
def test_full_objects_round_trip(definition: str) -> None:
    source = random.Random(definition)
    for density in (1.0, 0.6):
        _check_round_trip(definition, source, density=density)


@settings(max_examples=60)
@given(st.sampled_from(KINDS), st.randoms(use_true_random=False), st.floats(0.1, 0.9))
def test_any_object_round_trips(definition: str, source: random.Random, density: float) -> None:
    _check_round_trip(definition, source, density=density, depth=8)


def test_the_wire() -> None:
    metadata = _field(1, b"p") + _field(11, _field(1, b"a") + _field(2, b"b"))
    raw = _field(1, metadata) + _field(2, _field(2, _field(1, b"c") + _field(2, b"i")) + bytes([11 << 3, 1]))
    envelope = _field(1, _field(1, b"v1") + _field(2, b"Pod")) + _field(2, raw)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i"}], "hostNetwork": True},
    }
    assert protobuf.decode(b"k8s\x00" + envelope, DEFINITIONS) == pod
    assert protobuf.encode_message(pod, POD) == raw
    assert protobuf.unwrap(protobuf.encode(pod, DEFINITIONS)) == ("v1", "Pod", raw)


def test_a_body_without_a_type_is_of_the_kind_wanted() -> None:
    body = protobuf.wrap(protobuf.Envelope("", "", _field(1, _field(1, b"p"))))
    wanted = GroupVersionKind("", "v1", "Pod")
    assert protobuf.decode(body, DEFINITIONS, wanted) == {"metadata": {"name": "p"}}


def test_a_body_of_an_unknown_kind_only_has_its_type() -> None:
    body = protobuf.wrap(protobuf.Envelope("example.com/v1", "Thing", b""))
    assert protobuf.decode(body, DEFINITIONS) == {"apiVersion": "example.com/v1", "kind": "Thing"}


def test_fields_of_embedded_structs_stand_beside_the_others() -> None:
    raw = _field(1, b"v") + _field(2, _field(6, _field(1, b"s")))
    assert protobuf.decode_message(raw, CORE + "Volume") == {"name": "v", "secret": {"secretName": "s"}}
    assert protobuf.encode_message({"name": "v", "secret": {"secretName": "s"}}, CORE + "Volume") == raw


@pytest.mark.parametrize(
    ("definition", "obj"),
    [
        (CORE + "SecretKeySelector", {"name": "s", "key": "k", "optional": False}),
        (CORE + "Probe", {"tcpSocket": {"port": "http"}, "periodSeconds": 0}),
        (CORE + "ServicePort", {"port": 80, "targetPort": 0}),
        (CORE + "Secret", {"data": {"a": "aGk=", "b": ""}}),
        (CORE + "Event", {"eventTime": "2026-01-02T03:04:05.000006Z", "firstTimestamp": None}),
        (CORE + "ResourceRequirements", {"limits": {"cpu": "100m"}}),
        ("io.k8s.api.apps.v1.ControllerRevision", {"data": {"spec": {"template": None}}, "revision": -1}),
        ("io.k8s.api.authentication.v1.UserInfo", {"extra": {"k": ["a", "b"]}}),
        ("io.k8s.api.apps.v1.DeploymentSpec", {"replicas": 0}),
    ],
)
def test_types_of_their_own(definition: str, obj: Object) -> None:
    decoded = protobuf.decode_message(protobuf.encode_message(obj, definition), definition)
    assert {key: decoded[key] for key in obj if obj[key] is not None} == {k: v for k, v in obj.items() if v is not None}


def test_an_embedded_object_may_be_protobuf_itself() -> None:
    pod = protobuf.encode({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}, DEFINITIONS)
    decoded = protobuf.decode_message(_field(2, _field(1, pod)), "io.k8s.api.apps.v1.ControllerRevision")
    assert decoded["data"] == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "empty data"),
        (b"{}", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (b"k8s\x00\xff", "proto: "),
        (protobuf.wrap(protobuf.Envelope("a/b/c", "Pod", b"")), "unexpected GroupVersion string: a/b/c"),
    ],
)
def test_bad_bodies(body: bytes, error: str) -> None:
    with pytest.raises(protobuf.ProtobufError) as raised:
        protobuf.decode(body, DEFINITIONS)
    assert str(raised.value).startswith(error)


def test_kinds_without_a_message() -> None:
    assert not protobuf.supports("io.k8s.apimachinery.pkg.apis.meta.v1.Table")
    with pytest.raises(protobuf.ProtobufError, match=r"no protobuf form of Table"):
        protobuf.encode_message({}, "io.k8s.apimachinery.pkg.apis.meta.v1.Table")


def test_watch_frames() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    body = protobuf.encode(pod, DEFINITIONS)
    event = _field(1, b"ADDED") + _field(2, _field(1, body))
    assert protobuf.encode_watch_event("ADDED", pod, DEFINITIONS) == len(event).to_bytes(4, "big") + event
