"""The definitions of a release as one tree of schemas."""

from __future__ import annotations

import pytest

from apimachinery import schema
from apimachinery.gvk import GroupVersionKind

DAEMONSET = "io.k8s.api.apps.v1.DaemonSet"
CONTAINER = "io.k8s.api.core.v1.Container"


@pytest.fixture
def definitions() -> schema.Definitions:
    return schema.definitions("1.36")


def test_every_supported_version_is_shipped() -> None:
    assert schema.versions()[0] == "1.25"
    assert {"1.29", "1.36", "1.37"} <= set(schema.versions())


@pytest.mark.parametrize("text", ["1.36", "v1.36.1", "1.36.0-alpha.1", "1.36+"])
def test_versions_of_one_minor_share_their_definitions(text: str) -> None:
    assert schema.definitions(text) is schema.definitions("1.36")


@pytest.mark.parametrize("text", ["", "latest", "0.1", "2.0"])
def test_unknown_versions_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        schema.definitions(text)


def test_kinds_are_found_by_group_version_kind(definitions: schema.Definitions) -> None:
    assert definitions.for_gvk(GroupVersionKind("apps", "v1", "DaemonSet")) == DAEMONSET
    assert definitions.for_gvk(GroupVersionKind("", "v1", "Pod")) == "io.k8s.api.core.v1.Pod"
    with pytest.raises(KeyError):
        definitions.for_gvk(GroupVersionKind("apps", "v1", "Pod"))


@pytest.mark.parametrize(
    ("path", "type_", "format_"),
    [
        ("spec", "object", ""),
        ("spec.minReadySeconds", "integer", "int32"),
        ("spec.updateStrategy.rollingUpdate.maxUnavailable", "any", "int-or-string"),
        ("spec.template.spec.containers", "array", ""),
        ("spec.template.spec.hostNetwork", "boolean", ""),
        ("spec.template.spec.nodeSelector", "map", ""),
        ("metadata.labels", "map", ""),
        ("metadata.creationTimestamp", "string", "date-time"),
    ],
)
def test_types_are_normalised(definitions: schema.Definitions, path: str, type_: str, format_: str) -> None:
    node = definitions.get(DAEMONSET)
    for name in path.split("."):
        node = node.fields[name]
    assert (node.type, node.format) == (type_, format_)


def test_a_field_has_its_own_description_and_the_structure_of_what_it_refers_to(
    definitions: schema.Definitions,
) -> None:
    template = definitions.field("io.k8s.api.apps.v1.DaemonSetSpec", "template")
    assert template.ref == "io.k8s.api.core.v1.PodTemplateSpec"
    assert template.description.startswith("An object that describes the pod")
    assert template.fields is definitions.get(template.ref).fields
    assert definitions.get("io.k8s.api.apps.v1.DaemonSetSpec").required == {"selector", "template"}


def test_merge_hints(definitions: schema.Definitions) -> None:
    ports = definitions.field(CONTAINER, "ports")
    assert (ports.patch_merge_key, ports.patch_strategy) == ("containerPort", ("merge",))
    assert (ports.list_type, ports.list_map_keys) == ("map", ("containerPort", "protocol"))
    volumes = definitions.field("io.k8s.api.core.v1.PodSpec", "volumes")
    assert volumes.patch_strategy == ("merge", "retainKeys")
    assert definitions.field("io.k8s.api.core.v1.PodSpec", "nodeSelector").map_type == "atomic"
    assert definitions.field("io.k8s.api.apps.v1.DaemonSetSpec", "selector").map_type == "atomic"


def test_recursive_definitions_resolve_lazily(definitions: schema.Definitions) -> None:
    props = definitions.get(schema.JSON_SCHEMA_PROPS)
    nested = props.fields["properties"].values
    assert nested is not None
    assert nested.fields is props.fields


def test_describe(definitions: schema.Definitions) -> None:
    assert definitions.describe("io.k8s.api.apps.v1.DaemonSetStatus.numberReady").startswith("numberReady is the")
    assert definitions.describe(DAEMONSET) == "DaemonSet represents the configuration of a daemon set."
    assert definitions.describe("io.k8s.api.apps.v1.DaemonSet.nope") == ""
    assert definitions.describe("nope") == ""


@pytest.mark.parametrize("version", schema.versions())
def test_every_definition_of_every_version_can_be_walked(version: str) -> None:
    found = schema.definitions(version)
    for name in found:
        for node in found.get(name).fields.values():
            assert node.type
            assert (node.items is not None) == (node.type == "array")
            assert (node.values is not None) == (node.type == "map"), (name, node)
