"""What new CustomResourceDefinitions are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import CONTEXT, with_changes
from tests.server.registry.words import DNS1035

OBJECT: Final[Object] = {"type": "object", "properties": {"a": {"type": "string"}}}
CRDS: Final = kind("apiextensions.k8s.io/v1", "customresourcedefinitions")
CUSTOMRESOURCEDEFINITIONS: Final[Object] = {
    "metadata": {"name": "agents.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "agents", "kind": "Agent"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"}}}},
                    }
                },
            }
        ],
    },
}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"metadata.name": "x"}, ['metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group']),
        (
            {"spec.group": "example"},
            [
                'metadata.name: Invalid value: "agents.example.com": must be spec.names.plural+"."+spec.group',
                'spec.group: Invalid value: "example": should be a domain with at least one dot',
            ],
        ),
        (
            {"spec.scope": "World"},
            ['spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
        ),
        (
            {"spec.names.kind": "A b", "spec.names.listKind": "L"},
            [
                f'spec.names.singular: Invalid value: "a b": {DNS1035}',
                f'spec.names.kind: Invalid value: "A b": may have mixed case, but should otherwise match: {DNS1035}',
            ],
        ),
        ({"spec.names.shortNames": ["A"]}, [f'spec.names.shortNames[0]: Invalid value: "A": {DNS1035}']),
        (
            {"spec.names.listKind": "Agent"},
            ['spec.names.listKind: Invalid value: "Agent": kind and listKind may not be the same'],
        ),
        (
            {"spec.versions.0.name": "V1"},
            [f'spec.versions[0].name: Invalid value: "V1": {DNS1035}', f'spec.version: Invalid value: "V1": {DNS1035}'],
        ),
        (
            {"spec.versions.0.schema": None},
            ["spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"],
        ),
        (
            {"spec.versions.0.deprecationWarning": "x"},
            [('spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions')],
        ),
        (
            {"spec.versions.0.additionalPrinterColumns": [{"name": "", "type": "x", "jsonPath": "y"}]},
            [
                "spec.additionalPrinterColumns[0].name: Required value",
                (
                    'spec.additionalPrinterColumns[0].type: Invalid value: "x": must be one of '
                    "boolean,date,integer,number,string"
                ),
                (
                    'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "y": must be a simple json '
                    "path starting with ."
                ),
            ],
        ),
        (
            {"spec.versions.0.subresources": {"scale": {"specReplicasPath": ".status.x", "statusReplicasPath": ""}}},
            [
                (
                    'spec.subresources.scale.specReplicasPath: Invalid value: ".status.x": should be a '
                    "json path under .spec"
                ),
                "spec.subresources.scale.statusReplicasPath: Required value",
            ],
        ),
        (
            {"spec.versions.0.selectableFields": [{"jsonPath": ".spec"}, {"jsonPath": ".spec.b"}]},
            [
                (
                    'spec.selectableFields[0].jsonPath: Invalid value: ".spec": must point to a field of '
                    "type string, boolean or integer. Enum string fields and strings with formats are "
                    "allowed."
                ),
                (
                    'spec.selectableFields[1].jsonPath: Invalid value: ".spec.b": is an invalid path: '
                    "does not refer to a valid field"
                ),
            ],
        ),
        (
            {"spec.conversion": {"strategy": "Webhook"}},
            [
                "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
                "spec.conversion.conversionReviewVersions: Required value",
            ],
        ),
        (
            {"spec.conversion": {"strategy": "X"}},
            ['spec.conversion.strategy: Unsupported value: "X": supported values: "None", "Webhook"'],
        ),
        (
            {
                "spec.conversion": {
                    "strategy": "Webhook",
                    "webhook": {"clientConfig": {}, "conversionReviewVersions": ["v9"]},
                }
            },
            [
                ("spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required"),
                (
                    'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at '
                    "least one of v1, v1beta1"
                ),
            ],
        ),
        (
            {"spec.preserveUnknownFields": True},
            [
                (
                    "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set "
                    "x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
                )
            ],
        ),
        (
            {"metadata.name": "agents.x.k8s.io", "spec.group": "x.k8s.io"},
            [
                (
                    "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups "
                    'must have approval annotation "api-approved.kubernetes.io", see '
                    "https://github.com/kubernetes/enhancements/pull/1111"
                )
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema.properties.spec": {"properties": {"a": {}}}},
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].properties[a].type: Required value: "
                    "must not be empty for specified object fields"
                ),
                (
                    "spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be "
                    "empty for specified object fields"
                ),
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema.properties.spec": {"type": "array"}},
            ["spec.validation.openAPIV3Schema.properties[spec].items: Required value: must be specified"],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema.properties.spec": {"type": "null"}},
            [
                (
                    'spec.validation.openAPIV3Schema.properties[spec].type: Unsupported value: "null": supported '
                    'values: "array", "boolean", "integer", "number", "object", "string"'
                ),
                (
                    "spec.validation.openAPIV3Schema.properties[spec].type: Forbidden: type cannot be set "
                    "to null, use nullable as an alternative"
                ),
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema.properties.spec": {"type": "text"}},
            [
                (
                    'spec.validation.openAPIV3Schema.properties[spec].type: Unsupported value: "text": '
                    'supported values: "array", "boolean", "integer", "number", "object", "string"'
                )
            ],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema.properties.spec": {
                    "type": "object",
                    "properties": {"a": {"type": "object"}},
                    "additionalProperties": {"type": "object"},
                }
            },
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].additionalProperties: Forbidden: "
                    "additionalProperties and properties are mutual exclusive"
                )
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema.properties.spec": {"type": "object", "uniqueItems": True}},
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].uniqueItems: Forbidden: uniqueItems "
                    "cannot be set to true since the runtime complexity becomes quadratic"
                )
            ],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema.properties.spec": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "items": {"type": "string"},
                }
            },
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-list-map-keys: "
                    "Required value: must not be empty if x-kubernetes-list-type is map"
                ),
                (
                    "spec.validation.openAPIV3Schema.properties[spec].items.type: Invalid value: "
                    '"string": must be object if parent array\'s x-kubernetes-list-type is map'
                ),
            ],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema.properties.spec": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["k"],
                    "items": {"type": "object", "properties": {"k": {"type": "string"}}},
                }
            },
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].items.properties[k].default: "
                    "Required value: this property is in x-kubernetes-list-map-keys, so it must have a "
                    "default or be a required property"
                )
            ],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema.properties.spec": {
                    "type": "string",
                    "x-kubernetes-list-type": "set",
                }
            },
            [
                (
                    'spec.validation.openAPIV3Schema.properties[spec].type: Invalid value: "string": must '
                    "be array if x-kubernetes-list-type is specified"
                )
            ],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema.properties.spec": {
                    "type": "object",
                    "anyOf": [{"type": "string", "properties": {"b": {"minLength": 1}}}],
                }
            },
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].anyOf[0].type: Forbidden: must be "
                    "empty to be structural"
                ),
                (
                    "spec.validation.openAPIV3Schema.properties[spec].properties[b]: Required value: "
                    "because it is defined in "
                    "spec.validation.openAPIV3Schema.properties[spec].anyOf[0].properties[b]"
                ),
            ],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema.properties.spec": {
                    "x-kubernetes-int-or-string": True,
                    "anyOf": [{"type": "integer"}, {"type": "string"}],
                }
            },
            [],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema.properties.spec": {
                    "x-kubernetes-int-or-string": True,
                    "x-kubernetes-preserve-unknown-fields": True,
                }
            },
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-preserve-unknown-fields: "
                    "Invalid value: true: must be false if x-kubernetes-int-or-string is true"
                )
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema.properties.spec": {"x-kubernetes-embedded-resource": True}},
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].properties: Required value: must "
                    "not be empty if x-kubernetes-embedded-resource is true without "
                    "x-kubernetes-preserve-unknown-fields"
                ),
                (
                    "spec.validation.openAPIV3Schema.properties[spec].type: Required value: must be "
                    "object if x-kubernetes-embedded-resource is true"
                ),
            ],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema.properties.spec": {
                    "type": "object",
                    "x-kubernetes-validations": [{"rule": " "}, {"rule": "true", "message": " "}],
                }
            },
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: "
                    "Required value: rule is not specified"
                ),
                (
                    "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[1].message: "
                    'Invalid value: " ": message must be non-empty if specified'
                ),
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema": {"type": "string"}},
            ['spec.validation.openAPIV3Schema.type: Invalid value: "string": must be object at the root'],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema": {
                    "type": "object",
                    "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}},
                }
            },
            [
                (
                    "spec.validation.openAPIV3Schema.properties[metadata]: Forbidden: must not specify "
                    "anything other than name and generateName, but metadata is implicitly specified"
                )
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema": {"type": "object", "properties": {"kind": {"type": "integer"}}}},
            [('spec.validation.openAPIV3Schema.properties[kind].type: Invalid value: "integer": must be string')],
        ),
        (
            {
                "spec.versions.0.schema.openAPIV3Schema.properties.spec": {
                    "type": "array",
                    "items": [{"type": "string"}],
                }
            },
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].items: Forbidden: items must be a schema object "
                    "and not an array"
                )
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema.properties.spec": {"type": "string", "default": 1}},
            [
                (
                    'spec.validation.openAPIV3Schema.properties[spec].default: Invalid value: "integer":  in body must '
                    'be of type string: "integer"'
                )
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema.properties.spec": {"default": {"a": 1, "b": 2}, **OBJECT}},
            [
                (
                    'spec.validation.openAPIV3Schema.properties[spec].default: Invalid value: {"a":1,"b":2}: must not '
                    "have unknown fields"
                ),
                (
                    'spec.validation.openAPIV3Schema.properties[spec].default.a: Invalid value: "integer": a in body '
                    'must be of type string: "integer"'
                ),
            ],
        ),
        (
            {"spec.versions.0.schema.openAPIV3Schema.properties.spec": {"type": "", "default": 1, "id": "x"}},
            [
                (
                    "spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for "
                    "specified object fields"
                ),
                "spec.validation.openAPIV3Schema.properties[spec].id: Forbidden: id is not supported",
            ],
        ),
        (
            {"spec.versions.0.deprecated": True, "spec.versions.0.deprecationWarning": ""},
            ['spec.versions[0].deprecationWarning: Invalid value: "": must not be an empty string'],
        ),
    ],
)
def test_customresourcedefinitions(changes: dict[str, Any], refusals: list[str]) -> None:
    assert CRDS.refusals(with_changes(CUSTOMRESOURCEDEFINITIONS, changes)) == refusals


def test_exactly_one_storage_version() -> None:
    version = CUSTOMRESOURCEDEFINITIONS["spec"]["versions"][0]
    twice = {**CUSTOMRESOURCEDEFINITIONS["spec"], "versions": [version, version]}
    [names, storage] = CRDS.refusals({**CUSTOMRESOURCEDEFINITIONS, "spec": twice})
    shown = '{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,'
    assert names.startswith(f"spec.versions: Invalid value: [{shown}")
    assert names.endswith("must contain unique version names")
    assert storage.endswith("must have exactly one version marked as storage version")


def test_storage_versions_are_remembered() -> None:
    stored = CRDS.created(CUSTOMRESOURCEDEFINITIONS)
    assert stored["status"]["storedVersions"] == ["v1"]
    version = stored["spec"]["versions"][0]
    changed = {"spec.versions": [{**version, "storage": False}, {**version, "name": "v2"}]}
    updated, refusals = CRDS.updated(stored, changed)
    assert refusals == []
    assert updated["status"]["storedVersions"] == ["v1", "v2"]
    assert updated["metadata"]["generation"] == 2


def test_a_version_stays_while_it_may_be_stored() -> None:
    stored = CRDS.created(CUSTOMRESOURCEDEFINITIONS)
    _, refusals = CRDS.updated(stored, {"spec.versions.0.name": "v2"})
    assert refusals == [
        (
            'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage '
            "version, and must remain in spec.versions until a storage migration ensures no data remains persisted in "
            "v1 and removes v1 from status.storedVersions"
        )
    ]


@pytest.mark.parametrize(
    ("established", "refusals"),
    [
        ("False", []),
        ("True", ['spec.names.kind: Invalid value: "Robot": field is immutable']),
    ],
)
def test_names_stay_once_established(established: str, refusals: list[str]) -> None:
    stored = CRDS.created(CUSTOMRESOURCEDEFINITIONS)
    stored["status"]["conditions"] = [{"type": "Established", "status": established}]
    assert CRDS.updated(stored, {"spec.names.kind": "Robot"})[1] == refusals


def test_deletion_waits_for_the_objects() -> None:
    stored = CRDS.created(CUSTOMRESOURCEDEFINITIONS)
    assert CRDS.strategy.hold_deletion(stored, CONTEXT)
    assert stored["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    assert stored["status"]["conditions"][0]["reason"] == "InstanceDeletionPending"
    assert not CRDS.strategy.hold_deletion(stored, CONTEXT)
