"""Scales of objects, and who owns replicas after one changed."""

from __future__ import annotations

from typing import Any

import pytest

from server.registry import scale
from server.registry.scale import WORKLOAD, Scaler
from tests.server.registry.strategies import Kind, texts

METADATA = {
    "name": "d",
    "namespace": "n",
    "uid": "u",
    "resourceVersion": "7",
    "creationTimestamp": "2026-01-01T00:00:00Z",
}
DEPLOYMENT: dict[str, Any] = {
    "kind": "Deployment",
    "apiVersion": "apps/v1",
    "metadata": {**METADATA, "generation": 3, "labels": {"x": "y"}},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"b": "2", "a": "1"}}},
    "status": {"replicas": 1},
}
CUSTOM = Scaler(
    spec_replicas=("spec", "size"),
    status_replicas=("status", "size"),
    selector=lambda obj: str((obj.get("status") or {}).get("selector") or ""),
    other_versions={"example.com/v1alpha1": None},
)
PATHS = WORKLOAD.paths("apps/v1")


def test_a_workload_shown_as_scale() -> None:
    assert WORKLOAD.show(DEPLOYMENT) == {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": METADATA,
        "spec": {"replicas": 2},
        "status": {"replicas": 1, "selector": "a=1,b=2"},
    }


def test_no_replicas_are_not_shown() -> None:
    shown = WORKLOAD.show({**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "replicas": 0}, "status": {}})
    assert (shown["spec"], shown["status"]["replicas"]) == ({}, 0)


def test_a_replication_controller_has_a_plain_selector() -> None:
    scaler = Scaler(selector=scale.plain_selector)
    obj = {"metadata": METADATA, "spec": {"replicas": 1, "selector": {"b": "2", "a": "1"}}}
    assert scaler.show(obj)["status"]["selector"] == "a=1,b=2"


def test_a_custom_resource_says_where_its_replicas_are() -> None:
    obj = {"metadata": METADATA, "spec": {}, "status": {"size": 4, "selector": "app=a"}}
    assert CUSTOM.replicas(obj) is None
    assert CUSTOM.show(obj)["status"] == {"replicas": 4, "selector": "app=a"}
    CUSTOM.set_replicas(obj, 9)
    assert obj["spec"] == {"size": 9}


def test_negative_replicas() -> None:
    found = texts(scale.validate_scale({"spec": {"replicas": -4}}))
    assert found == ["spec.replicas: Invalid value: -4: must be greater than or equal to 0"]


def entry(manager: str, fields: dict[str, Any], **more: str) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **more,
    }


REPLICAS: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
BOTH: dict[str, Any] = {"f:spec": {"f:paused": {}, "f:replicas": {}}}
SCALED = {
    "manager": "hpa",
    "operation": "Update",
    "apiVersion": "autoscaling/v1",
    "time": "2026-01-02T00:00:00Z",
    "fieldsType": "FieldsV1",
    "fieldsV1": REPLICAS,
    "subresource": "scale",
}


def owned(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"managedFields": list(entries)}}


def test_a_scale_shows_who_owns_the_replicas() -> None:
    given = owned(
        entry("a", BOTH), entry("b", {"f:spec": {"f:paused": {}}}), entry("c", REPLICAS, apiVersion="apps/v0")
    )
    (found,) = scale.managed_fields_of_scale(given, PATHS)
    assert found == entry("a", REPLICAS, apiVersion="autoscaling/v1")


def test_a_changed_scale_takes_the_replicas_from_others() -> None:
    before = owned(entry("a", BOTH), entry("b", REPLICAS))
    found = scale.managed_fields_of_parent(before, owned(SCALED), PATHS, "apps/v1")
    taken = entry("hpa", REPLICAS, subresource="scale")
    del taken["time"]
    assert found == [taken, entry("a", {"f:spec": {"f:paused": {}}})]


def test_an_applier_keeps_what_it_owns() -> None:
    applied = entry("a", BOTH, operation="Apply")
    shown = owned(entry("a", REPLICAS, operation="Apply", apiVersion="autoscaling/v1"))
    assert scale.managed_fields_of_parent(owned(applied), shown, PATHS, "apps/v1") == [applied]


def test_entries_of_versions_without_replicas_stay_and_of_unknown_ones_go() -> None:
    paths = CUSTOM.paths("example.com/v1")
    old = entry("a", REPLICAS, apiVersion="example.com/v1alpha1")
    unknown = entry("b", REPLICAS, apiVersion="example.com/v0")
    assert scale.managed_fields_of_parent(owned(old, unknown), owned(), paths, "example.com/v1") == [old]


@pytest.mark.parametrize(("column", "cell"), [("Name", "d"), ("Desired", 2), ("Available", 1)])
def test_row(column: str, cell: object) -> None:
    assert Kind(scale.RESOURCE).row(WORKLOAD.show(DEPLOYMENT))[column] == cell
