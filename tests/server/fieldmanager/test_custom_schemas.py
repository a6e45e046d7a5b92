"""Ownership by the structural schema of a custom resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from apimachinery import errors
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object
from apimachinery.schema import FieldSchema, SchemaType
from server.fieldmanager.field_manager import FieldManager

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AGENT = GroupVersionKind("example.com", "v1", "Agent")


@dataclass(frozen=True)
class Structural:
    """A schema as a CustomResourceDefinition would give it."""

    type: SchemaType = "object"
    fields: Mapping[str, FieldSchema] = field(default_factory=dict)
    items: FieldSchema | None = None
    values: FieldSchema | None = None
    list_type: str = ""
    list_map_keys: tuple[str, ...] = ()
    map_type: str = ""
    default: Any = None
    preserve_unknown_fields: bool = False
    int_or_string: bool = False
    embedded_resource: bool = False
    format: str = ""
    ref: str = ""
    required: frozenset[str] = frozenset()
    description: str = ""
    enum: tuple[Any, ...] = ()
    nullable: bool = False
    patch_merge_key: str = ""
    patch_strategy: tuple[str, ...] = ()


STRING = Structural("string")
PORT = Structural(fields={"port": Structural("integer"), "protocol": Structural("string", default="TCP")})
SPEC = Structural(
    fields={
        "name": STRING,
        "ports": Structural("array", items=PORT, list_type="map", list_map_keys=("port", "protocol")),
        "tags": Structural("array", items=STRING, list_type="set"),
        "args": Structural("array", items=STRING),
        "selector": Structural("map", values=STRING, map_type="atomic"),
        "labels": Structural("map", values=STRING),
        "free": Structural(preserve_unknown_fields=True),
        "amount": Structural("any", int_or_string=True),
        "template": Structural(embedded_resource=True, preserve_unknown_fields=True),
    }
)
AGENTS = FieldManager(Structural(fields={"spec": SPEC}), AGENT)


def agent(**spec: Any) -> Object:
    return {"apiVersion": "example.com/v1", "kind": "Agent", "metadata": {"name": "a"}, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "owned"),
    [
        ({"name": "x"}, {"f:name": {}}),
        ({"tags": ["b", "a"]}, {"f:tags": {".": {}, 'v:"a"': {}, 'v:"b"': {}}}),
        ({"args": ["b", "a"]}, {"f:args": {}}),
        ({"selector": {"a": "b"}}, {"f:selector": {}}),
        ({"labels": {"a": "b"}}, {"f:labels": {".": {}, "f:a": {}}}),
        ({"free": {"x": {"y": [1]}}}, {"f:free": {".": {}, "f:x": {".": {}, "f:y": {}}}}),
        ({"amount": 1}, {"f:amount": {}}),
        (
            {"ports": [{"port": 80}]},
            {"f:ports": {".": {}, 'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}}}},
        ),
        (
            {"template": {"metadata": {"finalizers": ["x"]}}},
            {"f:template": {".": {}, "f:metadata": {".": {}, "f:finalizers": {".": {}, 'v:"x"': {}}}}},
        ),
    ],
)
def test_create(spec: Object, owned: Object) -> None:
    made = AGENTS.update(None, agent(**spec), "me", NOW)
    [entry] = made["metadata"]["managedFields"]
    assert entry["fieldsV1"] == {"f:spec": {".": {}, **owned}}


def test_metadata_needs_no_declaration() -> None:
    patch = agent(name="x")
    patch["metadata"]["finalizers"] = ["example.com/a"]
    made = AGENTS.apply(None, patch, "me", force=False, now=NOW)
    [entry] = made["metadata"]["managedFields"]
    assert entry["fieldsV1"] == {"f:metadata": {"f:finalizers": {'v:"example.com/a"': {}}}, "f:spec": {"f:name": {}}}


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(errors.StatusError) as refused:
        AGENTS.apply(None, agent(bogus=1), "me", force=False, now=NOW)
    assert refused.value.message == (
        "failed to create typed patch object (/a; example.com/v1, Kind=Agent): "
        ".spec.bogus: field not declared in schema"
    )


def test_a_set_refuses_duplicates_from_appliers() -> None:
    with pytest.raises(errors.StatusError) as refused:
        AGENTS.apply(None, agent(tags=["a", "a"]), "me", force=False, now=NOW)
    assert refused.value.message.endswith('.spec.tags: duplicate entries for key [="a"]')


def test_duplicates_that_are_stored_are_owned_as_one() -> None:
    made = AGENTS.update(None, agent(ports=[{"port": 1, "x": 1}, {"port": 1, "x": 2}]), "me", NOW)
    [entry] = made["metadata"]["managedFields"]
    assert entry["fieldsV1"]["f:spec"]["f:ports"] == {".": {}, 'k:{"port":1,"protocol":"TCP"}': {}}


def test_items_without_a_key_leave_ownership_as_it_was() -> None:
    stored = agent(ports=[{"port": 1}])
    stored["metadata"]["uid"] = "u"
    live = AGENTS.update(None, stored, "me", NOW)
    broken = agent(ports=[{"protocol": "UDP"}])
    made = AGENTS.update(live, broken, "other", NOW)
    assert made["metadata"]["managedFields"] == live["metadata"]["managedFields"]
