"""The list of built-in kinds: against recorded discovery, and across Kubernetes versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apimachinery import schema
from server.registry import builtin
from server.registry.config import RegistryConfig
from server.registry.rest import Resource
from tests.server.registry.reference import REFERENCE, needs_reference


def served(minor: int) -> list[Resource]:
    return builtin.resources(RegistryConfig(version=(1, minor)))


def answers() -> dict[str, Any]:
    steps = json.loads((REFERENCE / "answers" / "discovery.json").read_text())
    return {step["name"]: step["body"] for step in steps}


def described(resource: Resource) -> list[dict[str, Any]]:
    """What the group version's APIResourceList says of a resource and its subresources."""
    entry: dict[str, Any] = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
        "shortNames": list(resource.short_names),
        "categories": list(resource.categories),
        "storageVersionHash": resource.storage_version_hash,
    }
    found = [{k: v for k, v in entry.items() if v not in ([], "") or k == "verbs"}]
    for sub in resource.subresources:
        entry = {
            "name": f"{resource.plural}/{sub.name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": sub.kind.kind,
            "verbs": list(sub.verbs),
        }
        if sub.kind.group_version != resource.group_version:
            entry |= {"group": sub.kind.group, "version": sub.kind.version}
        found.append(entry)
    return found


@needs_reference
@pytest.mark.reference
def test_recorded_resource_lists() -> None:
    by_version: dict[str, list[dict[str, Any]]] = {}
    for resource in served(36):
        by_version.setdefault(str(resource.group_version), []).extend(described(resource))
    lists = {b["groupVersion"]: b["resources"] for b in answers().values() if "resources" in b}
    assert len(lists) > 15
    assert {gv: by_version[gv] for gv in lists} == lists


@needs_reference
@pytest.mark.reference
def test_recorded_groups_and_versions() -> None:
    recorded = [v["groupVersion"] for group in answers()["apis"]["groups"] for v in group["versions"]]
    assert list(dict.fromkeys(str(r.group_version) for r in served(36) if r.group)) == recorded


@needs_reference
@pytest.mark.reference
def test_recorded_aggregated_discovery() -> None:
    bodies = answers()
    recorded = {
        (group["metadata"].get("name", ""), version["version"], r["resource"]): (
            r["scope"] == "Namespaced",
            [s["subresource"] for s in r.get("subresources", [])],
        )
        for name in ("aggregated-core", "aggregated-groups")
        for group in bodies[name]["items"]
        for version in group["versions"]
        for r in version["resources"]
    }
    assert {
        (r.group, r.version, r.plural): (r.namespaced, [s.name for s in r.subresources]) for r in served(36)
    } == recorded


@pytest.mark.parametrize(
    ("minor", "group_version", "plural", "there"),
    [
        (29, "flowcontrol.apiserver.k8s.io/v1", "flowschemas", True),
        (29, "flowcontrol.apiserver.k8s.io/v1beta3", "flowschemas", True),
        (32, "flowcontrol.apiserver.k8s.io/v1beta3", "flowschemas", False),
        (29, "admissionregistration.k8s.io/v1", "validatingadmissionpolicies", False),
        (30, "admissionregistration.k8s.io/v1", "validatingadmissionpolicies", True),
        (35, "admissionregistration.k8s.io/v1", "mutatingadmissionpolicies", False),
        (36, "admissionregistration.k8s.io/v1", "mutatingadmissionpolicies", True),
        (32, "networking.k8s.io/v1", "servicecidrs", False),
        (33, "networking.k8s.io/v1", "servicecidrs", True),
        (33, "resource.k8s.io/v1", "resourceclaims", False),
        (34, "resource.k8s.io/v1", "resourceclaims", True),
        (34, "storage.k8s.io/v1", "volumeattributesclasses", True),
        (37, "certificates.k8s.io/v1", "clustertrustbundles", True),
    ],
)
def test_served_by_version(minor: int, group_version: str, plural: str, there: bool) -> None:
    assert any(str(r.group_version) == group_version and r.plural == plural for r in served(minor)) is there


@pytest.mark.parametrize("minor", range(29, 38))
def test_every_definition_exists(minor: int) -> None:
    definitions = schema.definitions(f"1.{minor}")
    assert [r.definition for r in served(minor) if definitions.for_gvk(r.gvk) != r.definition] == []
