"""Ownership of one object through two versions of its kind."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from apimachinery import schema, serializer
from apimachinery.objects import Object
from server.fieldmanager.field_manager import FieldManager
from server.fieldmanager.versions import other_versions
from server.fieldmanager.zero import zero_object
from server.registry import builtin
from server.registry.config import RegistryConfig
from server.registry.rest import Resource

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@cache
def autoscalers() -> dict[str, Resource]:
    found = builtin.resources(RegistryConfig())
    return {r.version: r for r in found if r.plural == "horizontalpodautoscalers"}


def manager(version: str) -> FieldManager:
    resource = autoscalers()[version]
    definitions = schema.definitions()
    declared = definitions.get(resource.definition)
    others, convert = other_versions(resource, autoscalers().values(), definitions)
    return FieldManager(
        declared,
        resource.gvk,
        reset_fields=resource.strategy.reset_fields,
        empty=zero_object(declared, resource.gvk),
        others=others,
        convert=convert,
    )


def autoscaler(version: str, **spec: object) -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    return {
        "apiVersion": f"autoscaling/{version}",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "a", "uid": "u"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 5, **spec},
    }


def seen_in(version: str, obj: Object) -> Object:
    copy: Object = serializer.loads(serializer.dumps(obj))
    return {**copy, "apiVersion": f"autoscaling/{version}"}


def owners(obj: Object) -> set[tuple[str, str]]:
    return {(e["manager"], e["apiVersion"]) for e in obj["metadata"]["managedFields"]}


def test_owners_keep_what_a_write_in_another_version_leaves_alone() -> None:
    first = autoscaler("v1", minReplicas=1)
    del first["metadata"]["uid"]
    live = manager("v1").update(None, first, "old", NOW)
    live["metadata"]["uid"] = "u"
    changed = autoscaler("v2", minReplicas=2)
    made = manager("v2").update(seen_in("v2", live), changed, "new", NOW)
    assert owners(made) == {("old", "autoscaling/v1"), ("new", "autoscaling/v2")}
    by_manager = {e["manager"]: e["fieldsV1"] for e in made["metadata"]["managedFields"]}
    assert by_manager["new"] == {"f:spec": {"f:minReplicas": {}}}
    assert "f:minReplicas" not in by_manager["old"]["f:spec"]
    assert "f:maxReplicas" in by_manager["old"]["f:spec"]


def test_a_kind_of_one_version_has_no_others() -> None:
    [lease] = [r for r in builtin.resources(RegistryConfig()) if r.plural == "leases"]
    assert other_versions(lease, builtin.resources(RegistryConfig()), schema.definitions()) == ({}, None)
