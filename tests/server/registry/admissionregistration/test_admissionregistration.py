"""What new webhook configurations and admission policies are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes

VALIDATINGWEBHOOKCONFIGURATIONS: Final[Object] = {
    "metadata": {"name": "w"},
    "webhooks": [
        {
            "name": "a.example.com",
            "clientConfig": {"url": "https://x/y"},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
        }
    ],
}

MUTATINGWEBHOOKCONFIGURATIONS: Final[Object] = {
    "metadata": {"name": "w"},
    "webhooks": [
        {
            "name": "a.example.com",
            "clientConfig": {"url": "https://x/y"},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
        }
    ],
}

VALIDATINGADMISSIONPOLICIES: Final[Object] = {
    "metadata": {"name": "p"},
    "spec": {
        "matchConstraints": {
            "resourceRules": [
                {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
            ]
        },
        "validations": [{"expression": "true"}],
    },
}

VALIDATINGADMISSIONPOLICYBINDINGS: Final[Object] = {
    "metadata": {"name": "b"},
    "spec": {"policyName": "p", "validationActions": ["Deny"]},
}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"webhooks.0.name": "a"},
            [
                (
                    'webhooks[0].name: Invalid value: "a": should be a domain with at least three '
                    "segments separated by dots"
                )
            ],
        ),
        ({"webhooks.0.name": None}, ["webhooks[0].name: Required value"]),
        (
            {"webhooks.0.sideEffects": "Some"},
            ['webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
        ),
        (
            {"webhooks.0.sideEffects": None},
            ["webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"],
        ),
        (
            {"webhooks.0.timeoutSeconds": 31},
            [("webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds")],
        ),
        (
            {"webhooks.0.clientConfig": {}},
            ["webhooks[0].clientConfig: Required value: exactly one of url or service is required"],
        ),
        (
            {"webhooks.0.clientConfig.url": "http://u@x/y?z#f"},
            [
                (
                    "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL "
                    "scheme; desired format: https://host[/path]"
                ),
                ('webhooks[0].clientConfig.url: Invalid value: "u": user information is not permitted in the URL'),
                'webhooks[0].clientConfig.url: Invalid value: "f": fragments are not permitted in the URL',
                ('webhooks[0].clientConfig.url: Invalid value: "z": query parameters are not permitted in the URL'),
            ],
        ),
        (
            {"webhooks.0.clientConfig": {"service": {"name": "s", "namespace": "n", "path": "/a//b", "port": 0}}},
            [
                (
                    "webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be "
                    "between 1 and 65535, inclusive"
                ),
                'webhooks[0].clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty',
            ],
        ),
        (
            {"webhooks.0.admissionReviewVersions": None},
            ["webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1"],
        ),
        (
            {"webhooks.0.admissionReviewVersions": ["v9", "v9"]},
            [
                'webhooks[0].admissionReviewVersions[1]: Invalid value: "v9": duplicate version',
                (
                    'webhooks[0].admissionReviewVersions: Invalid value: ["v9","v9"]: must include at '
                    "least one of v1, v1beta1"
                ),
            ],
        ),
        (
            {"webhooks.0.rules.0.operations": ["*", "CREATE"]},
            [
                (
                    'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, '
                    "must not specify other operations"
                )
            ],
        ),
        (
            {"webhooks.0.rules.0.operations": ["EAT"]},
            [
                (
                    'webhooks[0].rules[0].operations[0]: Unsupported value: "EAT": supported values: "*", '
                    '"CONNECT", "CREATE", "DELETE", "UPDATE"'
                )
            ],
        ),
        (
            {"webhooks.0.rules.0.resources": ["pods/*", "pods/status"]},
            [
                (
                    "webhooks[0].rules[0].resources[1]: Invalid value: \"pods/status\": if 'pods/*' is "
                    "present, must not specify pods/status"
                )
            ],
        ),
        (
            {"webhooks.0.rules.0.resources": ["*", "pods"]},
            [
                (
                    'webhooks[0].rules[0].resources: Invalid value: ["*","pods"]: if \'*\' is present, must '
                    "not specify other resources without subresources"
                )
            ],
        ),
        (
            {"webhooks.0.rules.0.resources": ["*/*", "pods"]},
            [
                (
                    'webhooks[0].rules[0].resources: Invalid value: ["*/*","pods"]: if \'*/*\' is present, '
                    "must not specify other resources"
                )
            ],
        ),
        (
            {"webhooks.0.rules.0.scope": "X"},
            [('webhooks[0].rules[0].scope: Unsupported value: "X": supported values: "*", "Cluster", "Namespaced"')],
        ),
        (
            {"webhooks.0.matchConditions": [{"name": "", "expression": ""}]},
            [
                "webhooks[0].matchConditions[0].expression: Required value",
                "webhooks[0].matchConditions[0].name: Required value",
            ],
        ),
        (
            {"webhooks.0.failurePolicy": "X"},
            ['webhooks[0].failurePolicy: Unsupported value: "X": supported values: "Fail", "Ignore"'],
        ),
        (
            {
                "webhooks": [
                    {
                        "name": "a.example.com",
                        "clientConfig": {"url": "https://x/y"},
                        "sideEffects": "None",
                        "admissionReviewVersions": ["v1"],
                        "rules": [
                            {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
                        ],
                    },
                    {
                        "name": "a.example.com",
                        "clientConfig": {"url": "https://x/y"},
                        "sideEffects": "None",
                        "admissionReviewVersions": ["v1"],
                        "rules": [
                            {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
                        ],
                    },
                ]
            },
            ['webhooks[1].name: Duplicate value: "a.example.com"'],
        ),
    ],
)
def test_validatingwebhookconfigurations(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations").refusals(
            with_changes(VALIDATINGWEBHOOKCONFIGURATIONS, changes)
        )
        == refusals
    )


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"webhooks.0.reinvocationPolicy": "X"},
            ['webhooks[0].reinvocationPolicy: Unsupported value: "X": supported values: "IfNeeded", "Never"'],
        ),
    ],
)
def test_mutatingwebhookconfigurations(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations").refusals(
            with_changes(MUTATINGWEBHOOKCONFIGURATIONS, changes)
        )
        == refusals
    )


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.validations": None},
            [
                "spec.validations: Required value: validations or auditAnnotations must be non-empty",
                "spec.auditAnnotations: Required value: validations or auditAnnotations must be non-empty",
            ],
        ),
        ({"spec.matchConstraints": None}, ["spec.matchConstraints: Required value"]),
        ({"spec.matchConstraints.resourceRules": None}, ["spec.matchConstraints.resourceRules: Required value"]),
        (
            {"spec.validations.0.expression": " "},
            ["spec.validations[0].expression: Required value: expression is not specified"],
        ),
        (
            {"spec.validations.0.message": "a\nb"},
            ['spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks'],
        ),
        (
            {"spec.validations.0.reason": "X"},
            [
                (
                    'spec.validations[0].reason: Unsupported value: "X": supported values: "Forbidden", '
                    '"Invalid", "RequestEntityTooLarge", "Unauthorized"'
                )
            ],
        ),
        (
            {"spec.paramKind": {"apiVersion": "a/b/c", "kind": ""}},
            [
                'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
                "spec.paramKind.kind: Required value",
            ],
        ),
        (
            {"spec.variables": [{"name": "if", "expression": "1"}]},
            ['spec.variables[0].name: Invalid value: "if": name is not a valid CEL identifier'],
        ),
        (
            {"spec.auditAnnotations": [{"key": "a", "valueExpression": ""}]},
            ["spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified"],
        ),
        (
            {"spec.failurePolicy": "X"},
            ['spec.failurePolicy: Unsupported value: "X": supported values: "Fail", "Ignore"'],
        ),
    ],
)
def test_validatingadmissionpolicies(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("admissionregistration.k8s.io/v1", "validatingadmissionpolicies").refusals(
            with_changes(VALIDATINGADMISSIONPOLICIES, changes)
        )
        == refusals
    )


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"spec.policyName": None}, ["spec.policyName: Required value"]),
        ({"spec.validationActions": None}, ["spec.validationActions: Required value"]),
        (
            {"spec.validationActions": ["Deny", "Warn"]},
            [
                (
                    'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny '
                    "and Warn (repeating the same validation failure information in the API response and "
                    "headers serves no purpose)"
                )
            ],
        ),
        (
            {"spec.validationActions": ["X"]},
            ['spec.validationActions[0]: Unsupported value: "X": supported values: "Audit", "Deny", "Warn"'],
        ),
        (
            {"spec.paramRef": {"name": "a", "selector": {}}},
            [
                "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
                "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
                "spec.paramRef.parameterNotFoundAction: Required value",
            ],
        ),
        (
            {"spec.paramRef": {"name": "a", "parameterNotFoundAction": "X"}},
            [('spec.paramRef.parameterNotFoundAction: Unsupported value: "X": supported values: "Allow", "Deny"')],
        ),
    ],
)
def test_validatingadmissionpolicybindings(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings").refusals(
            with_changes(VALIDATINGADMISSIONPOLICYBINDINGS, changes)
        )
        == refusals
    )
