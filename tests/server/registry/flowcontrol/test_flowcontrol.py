"""What new flow schemas and priority levels are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from server.registry import bootstrap, flowcontrol
from server.registry.config import RegistryConfig
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import NOW, with_changes

FLOWSCHEMAS: Final[Object] = {
    "metadata": {"name": "f"},
    "spec": {
        "priorityLevelConfiguration": {"name": "x"},
        "rules": [
            {
                "subjects": [{"kind": "User", "user": {"name": "u"}}],
                "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"]}],
            }
        ],
    },
}

PRIORITYLEVELCONFIGURATIONS: Final[Object] = {
    "metadata": {"name": "p"},
    "spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Queue", "queuing": {}}}},
}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.matchingPrecedence": 1},
            [
                (
                    "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have "
                    "matchingPrecedence 1"
                )
            ],
        ),
        (
            {"spec.matchingPrecedence": 10001},
            ["spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000"],
        ),
        ({"spec.matchingPrecedence": -1}, ["spec.matchingPrecedence: Invalid value: -1: must be a positive value"]),
        (
            {"spec.distinguisherMethod": {"type": "X"}},
            [
                (
                    'spec.distinguisherMethod.type: Unsupported value: {"Type":"X"}: supported values: '
                    '"ByNamespace", "ByUser"'
                )
            ],
        ),
        (
            {"spec.priorityLevelConfiguration": {}},
            ["spec.priorityLevelConfiguration.name: Required value: must reference a priority level"],
        ),
        (
            {"spec.rules.0.subjects": None},
            ["spec.rules[0].subjects: Required value: subjects must contain at least one value"],
        ),
        (
            {"spec.rules.0.resourceRules": None},
            [("spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty")],
        ),
        (
            {"spec.rules.0.subjects.0.kind": "X"},
            [
                (
                    'spec.rules[0].subjects[0].kind: Unsupported value: "X": supported values: "Group", '
                    '"ServiceAccount", "User"'
                )
            ],
        ),
        (
            {"spec.rules.0.subjects.0.group": {"name": "g"}},
            [("spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'")],
        ),
        (
            {"spec.rules.0.subjects": [{"kind": "ServiceAccount", "serviceAccount": {"name": "*"}}]},
            [
                (
                    "spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify "
                    "namespace for service account"
                )
            ],
        ),
        (
            {"spec.rules.0.resourceRules.0.verbs": ["eat"]},
            [
                (
                    'spec.rules[0].resourceRules[0].verbs: Unsupported value: ["eat"]: supported values: '
                    '"create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", '
                    '"watch"'
                )
            ],
        ),
        (
            {"spec.rules.0.resourceRules.0.verbs": ["*", "get"]},
            [
                (
                    'spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if \'*\' is present, '
                    "must not specify other verbs"
                )
            ],
        ),
        (
            {"spec.rules.0.resourceRules.0.namespaces": None},
            [
                (
                    "spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are "
                    "not cluster scoped must supply at least one namespace"
                )
            ],
        ),
        (
            {"spec.rules.0.nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["x", "/a b", "/*a"]}]},
            [
                ('spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash'),
                (
                    'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a b": must '
                    "not contain white-space"
                ),
                (
                    'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/*a": wildcard '
                    "can only do suffix matching"
                ),
            ],
        ),
    ],
)
def test_flowschemas(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("flowcontrol.apiserver.k8s.io/v1", "flowschemas").refusals(with_changes(FLOWSCHEMAS, changes)) == refusals
    )


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.type": "Exempt"},
            [
                "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'",
                "spec.limited: Forbidden: must be nil if the type is not Limited",
            ],
        ),
        ({"spec.type": "X"}, ['spec.type: Unsupported value: "X": supported values: "Exempt", "Limited"']),
        ({"spec.limited": None}, ["spec.limited: Required value: must not be empty when type is Limited"]),
        (
            {"spec.limited.lendablePercent": 101},
            ["spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive"],
        ),
        (
            {"spec.limited.limitResponse": {"type": "Reject", "queuing": {}}},
            [
                (
                    "spec.limited.limitResponse.queuing: Forbidden: must be nil if "
                    "limited.limitResponse.type is not Limited"
                )
            ],
        ),
        (
            {"spec.limited.limitResponse.queuing": {"queues": 4}},
            [("spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)")],
        ),
        (
            {"spec.limited.limitResponse.queuing": {"queues": 1024}},
            [
                (
                    "spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits "
                    "of deckSize 1024 and handSize 8 should not be greater than 60"
                )
            ],
        ),
    ],
)
def test_prioritylevelconfigurations(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("flowcontrol.apiserver.k8s.io/v1", "prioritylevelconfigurations").refusals(
            with_changes(PRIORITYLEVELCONFIGURATIONS, changes)
        )
        == refusals
    )


@pytest.mark.parametrize("plural", ["flowschemas", "prioritylevelconfigurations"])
def test_mandatory_objects_are_what_they_are(plural: str) -> None:
    rules = kind("flowcontrol.apiserver.k8s.io/v1", plural)
    mandatory = [o for path, o in bootstrap.flow_control(NOW) if path.endswith(plural)]
    assert [rules.refusals(o) for o in mandatory] == [[]] * len(mandatory)
    changed = next(o for o in mandatory if o["metadata"]["name"] == "catch-all")
    sample = FLOWSCHEMAS if plural == "flowschemas" else PRIORITYLEVELCONFIGURATIONS
    [refusal] = rules.refusals({**changed, "spec": sample["spec"]})
    assert refusal.endswith("spec of 'catch-all' must equal the fixed value")


def test_v1beta3_is_deprecated_from_1_29_on() -> None:
    def warned(minor: int) -> dict[str, str]:
        found = flowcontrol.resources(RegistryConfig(version=(1, minor)))
        return {f"{r.version} {r.kind}": r.deprecated for r in found if r.deprecated}

    group = "flowcontrol.apiserver.k8s.io"
    assert warned(28) == {}
    assert warned(31) == {
        f"v1beta3 {kind}": (
            f"{group}/v1beta3 {kind} is deprecated in v1.29+, unavailable in v1.32+; use {group}/v1 {kind}"
        )
        for kind in ("FlowSchema", "PriorityLevelConfiguration")
    }
    assert warned(36) == {}
