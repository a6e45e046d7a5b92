"""Requests for admission policies and webhooks which no recording asks."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from tests.conformance.requests.asked import Asked, check, columns, refused
from tests.server.registry.words import DNS1035, QUALIFIED_NAME, SUBDOMAIN
from tests.support.api import InProcess

pytestmark = pytest.mark.asyncio(loop_scope="package")

GROUP = "/apis/admissionregistration.k8s.io/v1"
POLICIES = f"{GROUP}/validatingadmissionpolicies"
BINDINGS = f"{GROUP}/validatingadmissionpolicybindings"
VALIDATING = f"{GROUP}/validatingwebhookconfigurations"
MUTATING = f"{GROUP}/mutatingwebhookconfigurations"
WHY = "pkg/apis/admissionregistration/validation/validation.go"
URL = "staging/src/k8s.io/apiserver/pkg/util/webhook/validation.go"
PRINTERS = "pkg/printers/internalversion/printers.go"
RULE = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}
MC = {"resourceRules": [RULE]}


def n(name: str, **members: Any) -> Object:
    """An object of any kind."""
    return {"metadata": {"name": name}, **members}


def vap(name: str = "p", **spec: Any) -> Object:
    own = {"matchConstraints": MC, "validations": [{"expression": "true"}]}
    return n(name, spec={key: value for key, value in {**own, **spec}.items() if value is not None})


def vapv(**validation: Any) -> Object:
    return vap(validations=[validation])


def hook(**members: Any) -> Object:
    own = {
        "name": "a.b.c",
        "clientConfig": {"url": "https://x/y"},
        "rules": [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    return {key: value for key, value in {**own, **members}.items() if value is not None}


def r(**rule: Any) -> Object:
    own = {"apiGroups": ["a"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["x"]}
    return hook(rules=[{**own, **rule}])


def vw(*hooks: Object, name: str = "w") -> Object:
    return n(name, webhooks=list(hooks))


REQUESTS = [
    refused(
        "plugin/cel/compile.go: an expression speaks of the variables of its place alone",
        VALIDATING,
        vw(hook(matchConditions=[{"name": "x", "expression": "params.a || foo"}])),
        'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
        'webhooks[0].matchConditions[0].expression: Invalid value: "params.a || foo": compilation failed: ERROR: '
        "<input>:1:1: undeclared reference to 'params' (in container '')\n | params.a || foo\n | ^\n"
        "ERROR: <input>:1:13: undeclared reference to 'foo' (in container '')\n | params.a || foo\n | ............^",
    ),
    refused(
        "plugin/cel/compile.go: an expression that ends too early",
        POLICIES,
        vapv(expression="object.x ||"),
        'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: spec.validations[0].expression: '
        'Invalid value: "object.x ||": compilation failed: ERROR: <input>:1:12: Syntax error: mismatched input '
        "'<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, "
        "STRING, BYTES, IDENTIFIER}\n | object.x ||\n | ...........^",
    ),
    Asked(
        "plugin/cel/compile.go: the variables of a policy's expressions",
        "POST",
        f"{POLICIES}?dryRun=All",
        vap(
            paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
            variables=[{"name": "x", "expression": "params.data.all(k, v, k != v && has(object.spec))"}],
            validations=[{"expression": "variables.x && request.name != oldObject.metadata.name ? true : false"}],
        ),
        status=201,
    ),
    refused(
        WHY,
        POLICIES,
        n("p"),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "[spec.matchConstraints: Required value, spec.validations: Required value: validations "
            "or auditAnnotations must be non-empty, spec.auditAnnotations: Required value: "
            "validations or auditAnnotations must be non-empty]"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        n("p", spec={}),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "[spec.matchConstraints: Required value, spec.validations: Required value: validations "
            "or auditAnnotations must be non-empty, spec.auditAnnotations: Required value: "
            "validations or auditAnnotations must be non-empty]"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(matchConstraints=None),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "spec.matchConstraints: Required value"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(matchConstraints={}),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "spec.matchConstraints.resourceRules: Required value"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(validations=[]),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "[spec.validations: Required value: validations or auditAnnotations must be non-empty, "
            "spec.auditAnnotations: Required value: validations or auditAnnotations must be "
            "non-empty]"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vapv(expression=""),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "spec.validations[0].expression: Required value: expression is not specified"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vapv(expression="   "),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "spec.validations[0].expression: Required value: expression is not specified"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vapv(expression="true", reason="Foo"),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            'spec.validations[0].reason: Unsupported value: "Foo": supported values: "Forbidden", '
            '"Invalid", "RequestEntityTooLarge", "Unauthorized"'
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vapv(expression="true", message="a\nb"),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks'
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vapv(expression="true &&\ntrue"),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "spec.validations[0].message: Required value: message must be specified if expression "
            "contains line breaks"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(failurePolicy="Foo", paramKind={"apiVersion": "", "kind": ""}),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            '[spec.failurePolicy: Unsupported value: "Foo": supported values: "Fail", "Ignore", '
            "spec.paramKind.apiVersion: Required value, spec.paramKind.kind: Required value]"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(paramKind={"apiVersion": "a/b/c", "kind": "a b"}),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            '[spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: '
            'a/b/c, spec.paramKind.kind: Invalid value: "a b": may have mixed case, but should '
            f"otherwise match: {DNS1035}]"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(paramKind={"apiVersion": "v1", "kind": "Foo_"}),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            'spec.paramKind.kind: Invalid value: "Foo_": may have mixed case, but should otherwise '
            f"match: {DNS1035}"
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(
            matchConditions=[
                {"name": "", "expression": ""},
                {"name": "a b", "expression": "1"},
                {"name": "x", "expression": "true"},
                {"name": "x", "expression": "true"},
            ]
        ),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "[spec.matchConditions[0].expression: Required value, spec.matchConditions[0].name: "
            f'Required value, spec.matchConditions[1].name: Invalid value: "a b": {QUALIFIED_NAME}, '
            'spec.matchConditions[3].name: Duplicate value: "x"]'
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(
            auditAnnotations=[
                {"key": "a b", "valueExpression": ""},
                {"key": "x", "valueExpression": "1"},
                {"key": "x", "valueExpression": "'a'"},
            ]
        ),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            f'[spec.auditAnnotations[0].key: Invalid value: "p/a b": {QUALIFIED_NAME}, '
            "spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not "
            'specified, spec.auditAnnotations[2].key: Duplicate value: "x"]'
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(
            variables=[
                {"name": "", "expression": ""},
                {"name": "a-b", "expression": "1"},
                {"name": "x", "expression": "1"},
                {"name": "x", "expression": "true"},
            ]
        ),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "[spec.variables[0].name: Required value: name is not specified, "
            "spec.variables[0].expression: Required value: expression is not specified, "
            'spec.variables[1].name: Invalid value: "a-b": name is not a valid CEL identifier]'
        ),
    ),
    refused(
        WHY,
        POLICIES,
        vap(matchConditions=[{"name": f"a{i}", "expression": "true"} for i in range(65)]),
        (
            'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: '
            "spec.matchConditions: Too many: 65: must have at most 64 items"
        ),
    ),
    columns(WHY, POLICIES, "Name Validations ParamKind Age"),
    refused(
        WHY,
        BINDINGS,
        n("b", spec={}),
        (
            'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: '
            "[spec.policyName: Required value, spec.validationActions: Required value]"
        ),
    ),
    refused(
        WHY,
        BINDINGS,
        n("b", spec={"policyName": "A_", "validationActions": ["Foo", "Deny", "Warn", "Deny"]}),
        (
            'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: '
            f'[spec.policyName: Invalid value: "A_": {SUBDOMAIN}, spec.validationActions[0]: '
            'Unsupported value: "Foo": supported values: "Audit", "Deny", "Warn", '
            'spec.validationActions[3]: Duplicate value: "Deny", spec.validationActions: Invalid '
            'value: ["Foo","Deny","Warn","Deny"]: must not contain both Deny and Warn (repeating the '
            "same validation failure information in the API response and headers serves no purpose)]"
        ),
    ),
    refused(
        WHY,
        BINDINGS,
        n("b", spec={"policyName": "a", "validationActions": ["Deny", "Warn"]}),
        (
            'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: '
            'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and '
            "Warn (repeating the same validation failure information in the API response and headers "
            "serves no purpose)"
        ),
    ),
    refused(
        WHY,
        BINDINGS,
        n("b", spec={"policyName": "a", "validationActions": ["Deny"], "paramRef": {"name": "x", "selector": {}}}),
        (
            'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: '
            "[spec.paramRef.name: Forbidden: name and selector are mutually exclusive, "
            "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive, "
            "spec.paramRef.parameterNotFoundAction: Required value]"
        ),
    ),
    refused(
        WHY,
        BINDINGS,
        n("b", spec={"policyName": "a", "validationActions": ["Deny"], "paramRef": {}}),
        (
            'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: '
            "[spec.paramRef: Required value: one of name or selector must be specified, "
            "spec.paramRef.parameterNotFoundAction: Required value]"
        ),
    ),
    refused(
        WHY,
        BINDINGS,
        n(
            "b",
            spec={
                "policyName": "a",
                "validationActions": ["Deny"],
                "paramRef": {"name": "x", "parameterNotFoundAction": "Foo"},
            },
        ),
        (
            'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: '
            'spec.paramRef.parameterNotFoundAction: Unsupported value: "Foo": supported values: '
            '"Allow", "Deny"'
        ),
    ),
    refused(
        WHY,
        BINDINGS,
        n(
            "b",
            spec={
                "policyName": "a",
                "validationActions": ["Deny"],
                "matchResources": {"matchPolicy": "x", "namespaceSelector": {"matchLabels": {"a b": "c"}}},
            },
        ),
        (
            'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: '
            '[spec.matchResouces.matchPolicy: Unsupported value: "x": supported values: '
            '"Equivalent", "Exact", spec.matchResouces.namespaceSelector.matchLabels: Invalid value: '
            f'"a b": {QUALIFIED_NAME}]'
        ),
    ),
    columns(WHY, BINDINGS, "Name PolicyName ParamRef Age"),
    refused(
        WHY,
        VALIDATING,
        vw(hook(name="a"), hook(name=""), hook(name="A.b.c"), hook(name="a.b.c"), hook(name="a.b.c")),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            '[webhooks[0].name: Invalid value: "a": should be a domain with at least three segments '
            "separated by dots, webhooks[1].name: Required value, webhooks[2].name: Invalid value: "
            f'"A.b.c": {SUBDOMAIN}, webhooks[4].name: Duplicate value: "a.b.c"]'
        ),
    ),
    refused(
        URL,
        VALIDATING,
        vw(hook(clientConfig={})),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "webhooks[0].clientConfig: Required value: exactly one of url or service is required"
        ),
    ),
    refused(
        URL,
        VALIDATING,
        vw(hook(clientConfig={"url": "http://x", "service": {"name": "a", "namespace": "b"}})),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "webhooks[0].clientConfig: Required value: exactly one of url or service is required"
        ),
    ),
    refused(
        URL,
        VALIDATING,
        vw(hook(clientConfig={"url": "http://x"})),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL "
            "scheme; desired format: https://host[/path]"
        ),
    ),
    refused(
        URL,
        VALIDATING,
        vw(hook(clientConfig={"url": "https://"})),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].clientConfig.url: Invalid value: "": host must be specified; desired '
            "format: https://host[/path]"
        ),
    ),
    refused(
        URL,
        VALIDATING,
        vw(hook(clientConfig={"url": "https://u:p@x/y?q=1#f"})),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            '[webhooks[0].clientConfig.url: Invalid value: "u:p": user information is not permitted '
            'in the URL, webhooks[0].clientConfig.url: Invalid value: "f": fragments are not '
            'permitted in the URL, webhooks[0].clientConfig.url: Invalid value: "q=1": query '
            "parameters are not permitted in the URL]"
        ),
    ),
    refused(
        URL,
        VALIDATING,
        vw(hook(clientConfig={"url": "%zz"})),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].clientConfig.url: Required value: url must be a valid URL: parse "%zz": '
            'invalid URL escape "%zz"; desired format: https://host[/path]'
        ),
    ),
    refused(
        URL,
        VALIDATING,
        vw(hook(clientConfig={"url": ""})),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "[webhooks[0].clientConfig.url: Invalid value: \"\": 'https' is the only allowed URL "
            "scheme; desired format: https://host[/path], webhooks[0].clientConfig.url: Invalid "
            'value: "": host must be specified; desired format: https://host[/path]]'
        ),
    ),
    refused(
        URL,
        VALIDATING,
        vw(hook(clientConfig={"service": {"name": "", "namespace": "", "path": "x", "port": 0}})),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "[webhooks[0].clientConfig.service.name: Required value: service name is required, "
            "webhooks[0].clientConfig.service.namespace: Required value: service namespace is "
            "required, webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: "
            "must be between 1 and 65535, inclusive, webhooks[0].clientConfig.service.path: Invalid "
            "value: \"x\": must start with a '/', webhooks[0].clientConfig.service.path: Invalid "
            'value: "x": segment[0] may not be empty]'
        ),
    ),
    refused(
        URL,
        VALIDATING,
        vw(hook(clientConfig={"service": {"name": "a", "namespace": "b", "path": "/a//b"}})),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be '
            "empty"
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(hook(sideEffects=None)),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(hook(sideEffects="Some")),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", '
            '"NoneOnDryRun"'
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(hook(admissionReviewVersions=None)),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1"
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(hook(admissionReviewVersions=["v2"])),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one '
            "of v1, v1beta1"
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(hook(admissionReviewVersions=["v1", "v1", ""])),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            '[webhooks[0].admissionReviewVersions[1]: Invalid value: "v1": duplicate version, '
            f'webhooks[0].admissionReviewVersions[2]: Invalid value: "": {DNS1035}]'
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(hook(timeoutSeconds=0, failurePolicy="x", matchPolicy="y")),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            '[webhooks[0].failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore", '
            'webhooks[0].matchPolicy: Unsupported value: "y": supported values: "Equivalent", '
            '"Exact", webhooks[0].timeoutSeconds: Invalid value: 0: the timeout value must be '
            "between 1 and 30 seconds]"
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(hook(timeoutSeconds=31)),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and "
            "30 seconds"
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(r(operations=["FOO"])),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].rules[0].operations[0]: Unsupported value: "FOO": supported values: "*", '
            '"CONNECT", "CREATE", "DELETE", "UPDATE"'
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(r(operations=[])),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "webhooks[0].rules[0].operations: Required value"
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(r(resources=["*", "a"])),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].rules[0].resources: Invalid value: ["*","a"]: if \'*\' is present, must not '
            "specify other resources without subresources"
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(r(resources=["a/*", "a/b", "*/b", "c/b", "*/*"])),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            "[webhooks[0].rules[0].resources[1]: Invalid value: \"a/b\": if 'a/*' is present, must not "
            "specify a/b, webhooks[0].rules[0].resources[3]: Invalid value: \"c/b\": if '*/b' is "
            "present, must not specify c/b, webhooks[0].rules[0].resources: Invalid value: "
            '["a/*","a/b","*/b","c/b","*/*"]: if \'*/*\' is present, must not specify other resources]'
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(r(scope="X")),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].rules[0].scope: Unsupported value: "X": supported values: "*", "Cluster", '
            '"Namespaced"'
        ),
    ),
    refused(
        WHY,
        VALIDATING,
        vw(hook(matchConditions=[{"name": "x", "expression": "true"}, {"name": "x", "expression": "true"}])),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].matchConditions[1].name: Duplicate value: "x"'
        ),
    ),
    refused(
        WHY,
        MUTATING,
        vw(hook(reinvocationPolicy="Foo")),
        (
            'MutatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: '
            'webhooks[0].reinvocationPolicy: Unsupported value: "Foo": supported values: "IfNeeded", '
            '"Never"'
        ),
    ),
    columns(WHY, MUTATING, "Name Webhooks Age"),
    columns(WHY, VALIDATING, "Name Webhooks Age"),
    refused(
        WHY,
        VALIDATING + "?dryRun=All",
        vw(hook(namespaceSelector={"matchExpressions": [{"key": "a", "operator": "Foo"}]}), name="q"),
        (
            'ValidatingWebhookConfiguration.admissionregistration.k8s.io "q" is invalid: '
            'webhooks[0].namespaceSelector.matchExpressions[0].operator: Invalid value: "Foo": not a '
            "valid selector operator"
        ),
    ),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=Asked.title)
async def test_request(api: InProcess, asked: Asked) -> None:
    await check(api, asked)
