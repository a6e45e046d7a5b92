"""Requests for nodes, quotas, limits, secrets, events, namespaces and endpoints which no recording asks."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from tests.conformance.requests.asked import MERGE, TABLE, Asked, check, columns, refused
from tests.server.registry.words import LABEL, QUALIFIED_NAME, SUBDOMAIN
from tests.support.api import InProcess

pytestmark = pytest.mark.asyncio(loop_scope="package")

NS = "/api/v1/namespaces/default"
ASIDE = "/api/v1/namespaces/kube-public"
NODES = "/api/v1/nodes"
QUOTAS = f"{ASIDE}/resourcequotas"
LIMITS = f"{ASIDE}/limitranges"
SECRETS = f"{NS}/secrets"
CONFIG_MAPS = f"{NS}/configmaps"
ACCOUNTS = f"{NS}/serviceaccounts"
EVENTS_PATH = f"{NS}/events"
NAMESPACES = "/api/v1/namespaces"
CONTROLLERS = f"{NS}/replicationcontrollers"
TEMPLATES = f"{NS}/podtemplates"
ENDPOINTS = f"{NS}/endpoints"
SLICES_PATH = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
NEW_EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events"
WHY = "pkg/apis/core/validation/validation.go"
EVENTS = "pkg/apis/core/validation/events.go"
SLICES = "pkg/apis/discovery/validation/validation.go"
PRINTERS = "pkg/printers/internalversion/printers.go"


def n(name: str, **members: Any) -> Object:
    """An object of any kind."""
    return {"metadata": {"name": name}, **members}


def ev(**members: Any) -> Object:
    about = {"kind": "Pod", "name": "p", "namespace": "default"}
    return n("e", **{"involvedObject": about, "reason": "r", "message": "m", "type": "Normal", **members})


def ev1(**members: Any) -> Object:
    own = {
        "regarding": {"kind": "Pod", "name": "p", "namespace": "default"},
        "reason": "r",
        "note": "m",
        "type": "Normal",
        "eventTime": "2024-01-01T00:00:00.000000Z",
        "reportingController": "a.b/c",
        "reportingInstance": "i",
        "action": "a",
    }
    return n("e1", **{key: value for key, value in {**own, **members}.items() if value is not None})


REQUESTS = [
    refused(WHY, NODES, n("A_"), f'Node "A_" is invalid: metadata.name: Invalid value: "A_": {SUBDOMAIN}'),
    refused(
        WHY,
        NODES,
        n("n", spec={"podCIDR": "x"}),
        (
            'Node "n" is invalid: spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value, '
            "(e.g. 10.9.8.0/24 or 2001:db8::/64)"
        ),
    ),
    refused(
        WHY,
        NODES,
        n("n", spec={"podCIDRs": ["10.0.0.0/24", "10.1.0.0/24"]}),
        (
            'Node "n" is invalid: spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may '
            "specify no more than one CIDR for each IP family"
        ),
    ),
    refused(
        WHY,
        NODES,
        n("n", spec={"podCIDRs": ["10.0.0.0/24", "fd00::/64", "10.1.0.0/24"]}),
        (
            'Node "n" is invalid: spec.podCIDRs: Invalid value: '
            '["10.0.0.0/24","fd00::/64","10.1.0.0/24"]: may specify no more than one CIDR for each '
            "IP family"
        ),
    ),
    refused(
        WHY,
        NODES,
        n(
            "n",
            status={
                "addresses": [{"type": "X", "address": ""}, {"type": "X", "address": ""}],
                "capacity": {"a b": "1", "cpu": "-1"},
                "images": [{"names": []}],
            },
        ),
        (
            'Node "n" is invalid: [status.capacity.cpu: Invalid value: "-1": must be greater than or '
            'equal to 0, status.allocatable.cpu: Invalid value: "-1": must be greater than or equal '
            "to 0]"
        ),
    ),
    Asked(
        WHY,
        "PATCH",
        NODES + "/n",
        {"spec": {"podCIDR": "10.2.0.0/24", "podCIDRs": ["10.2.0.0/24"]}},
        status=422,
        says=(
            'Node "n" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'
        ),
        headers=MERGE,
        before=(("POST", NODES, n("n", spec={"podCIDR": "10.0.0.0/24"})),),
    ),
    columns(
        WHY,
        NODES,
        ("Name Status Roles Age Version Internal-IP* External-IP* OS-Image* Kernel-Version* Container-Runtime*"),
    ),
    Asked(
        WHY,
        "GET",
        NODES + "?fieldSelector=spec.foo=false",
        None,
        status=400,
        says="field label not supported: spec.foo",
    ),
    refused(
        WHY,
        QUOTAS,
        n("q", spec={"hard": {"services": "1"}, "scopes": ["BestEffort"]}),
        (
            'ResourceQuota "q" is invalid: spec.scopes: Invalid value: ["BestEffort"]: unsupported '
            "scope applied to resource"
        ),
    ),
    refused(
        WHY,
        QUOTAS,
        n(
            "q",
            spec={
                "hard": {"cpu": "1"},
                "scopeSelector": {
                    "matchExpressions": [
                        {"scopeName": "Foo", "operator": "In"},
                        {"scopeName": "PriorityClass", "operator": "Exists", "values": ["x"]},
                        {"scopeName": "PriorityClass", "operator": "In", "values": []},
                        {"scopeName": "Terminating", "operator": "In", "values": ["a"]},
                        {"scopeName": "PriorityClass", "operator": "X"},
                    ]
                },
            },
        ),
        (
            'ResourceQuota "q" is invalid: [spec.scopeSelector.matchExpressions.scopeName: Invalid '
            'value: "Foo": unsupported scope, spec.scopeSelector.matchExpressions.values: Required '
            "value: must be at least one value when `operator` is 'In' or 'NotIn' for scope "
            'selector, spec.scopeSelector.matchExpressions.values: Invalid value: ["x"]: must be no '
            "value when `operator` is 'Exist' or 'DoesNotExist' for scope selector, "
            "spec.scopeSelector.matchExpressions.operator: Invalid value: \"In\": must be 'Exists' "
            "when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
            "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "
            "ResourceQuotaScopeCrossNamespacePodAffinity, "
            'spec.scopeSelector.matchExpressions.operator: Invalid value: "X": not a valid selector '
            "operator]"
        ),
    ),
    refused(
        WHY,
        QUOTAS,
        n(
            "q",
            spec={
                "hard": {"services": "1"},
                "scopeSelector": {"matchExpressions": [{"scopeName": "BestEffort", "operator": "Exists"}]},
            },
        ),
        (
            'ResourceQuota "q" is invalid: spec.scopeSelector.matchExpressions: Invalid value: '
            '{"MatchExpressions":[{"ScopeName":"BestEffort","Operator":"Exists","Values":null}]}: '
            "unsupported scope applied to resource"
        ),
    ),
    Asked(
        WHY,
        "PATCH",
        QUOTAS + "/q",
        {"spec": {"scopes": ["Terminating"]}},
        status=422,
        says=('ResourceQuota "q" is invalid: spec.scopes: Invalid value: ["Terminating"]: field is immutable'),
        headers=MERGE,
        before=(
            ("POST", QUOTAS, n("q", spec={"hard": {"pods": "5", "requests.cpu": "1"}, "scopes": ["NotTerminating"]})),
        ),
    ),
    Asked(
        WHY,
        "PATCH",
        QUOTAS + "/q/status",
        {"status": {"hard": {"pods": "-1"}, "used": {"a b": "1"}}},
        status=422,
        says=(
            'ResourceQuota "q" is invalid: [status.hard[pods]: Invalid value: "-1": must be greater '
            f'than or equal to 0, status.used[a b]: Invalid value: "a b": {QUALIFIED_NAME}, '
            'status.used[a b]: Invalid value: "a b": must be a standard resource for quota]'
        ),
        headers=MERGE,
        before=(
            ("POST", QUOTAS, n("q", spec={"hard": {"pods": "5", "requests.cpu": "1"}, "scopes": ["NotTerminating"]})),
        ),
    ),
    columns(WHY, QUOTAS, "Name Request Limit Age"),
    refused(
        WHY,
        LIMITS,
        n(
            "l",
            spec={
                "limits": [
                    {
                        "type": "Container",
                        "min": {"cpu": "1"},
                        "max": {"cpu": "4"},
                        "default": {"cpu": "5"},
                        "defaultRequest": {"cpu": "6"},
                        "maxLimitRequestRatio": {"cpu": "0.5", "memory": "9"},
                    }
                ]
            },
        ),
        (
            'LimitRange "l" is invalid: [spec.limits[0].defaultRequest[cpu]: Invalid value: "6": '
            "default request value 6 is greater than max value 4, "
            'spec.limits[0].defaultRequest[cpu]: Invalid value: "6": default request value 6 is '
            'greater than default limit value 5, spec.limits[0].default[cpu]: Invalid value: "4": '
            "default value 5 is greater than max value 4, spec.limits[0].maxLimitRequestRatio[cpu]: "
            'Invalid value: "500m": ratio 500m is less than 1]'
        ),
    ),
    refused(
        WHY,
        LIMITS,
        n("l", spec={"limits": [{"type": "PersistentVolumeClaim"}]}),
        (
            'LimitRange "l" is invalid: spec.limits[0].limits: Required value: either minimum or '
            "maximum storage value is required, but neither was provided"
        ),
    ),
    columns(WHY, LIMITS, "Name Created_At"),
    refused(
        WHY,
        SECRETS,
        n("s", data={"a b": "eA==", "..": "eA=="}, stringData={"": "x"}),
        (
            'Secret "s" is invalid: [data[]: Invalid value: "": a valid config key must consist of '
            "alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
            "'key-name', regex used for validation is '[-._a-zA-Z0-9]+'), data[..]: Invalid value: "
            '"..": must not be \'..\', data[a b]: Invalid value: "a b": a valid config key must '
            "consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
            "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')]"
        ),
    ),
    Asked(
        WHY,
        "POST",
        SECRETS,
        n("s", data={"a": "x"}),
        status=400,
        says=('Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0'),
    ),
    refused(
        WHY,
        SECRETS,
        n("s", type="kubernetes.io/service-account-token"),
        ('Secret "s" is invalid: metadata.annotations[kubernetes.io/service-account.name]: Required value'),
    ),
    refused(
        WHY, SECRETS, n("s", type="kubernetes.io/dockercfg"), 'Secret "s" is invalid: data[.dockercfg]: Required value'
    ),
    refused(
        WHY,
        SECRETS,
        n("s", type="kubernetes.io/dockerconfigjson", stringData={".dockerconfigjson": "x"}),
        (
            'Secret "s" is invalid: data[.dockerconfigjson]: Invalid value: "<secret contents '
            "redacted>\": invalid character 'x' looking for beginning of value"
        ),
    ),
    refused(
        WHY,
        SECRETS,
        n("s", type="kubernetes.io/basic-auth"),
        'Secret "s" is invalid: [data[username]: Required value, data[password]: Required value]',
    ),
    refused(
        WHY,
        SECRETS,
        n("s", type="kubernetes.io/ssh-auth"),
        'Secret "s" is invalid: data[ssh-privatekey]: Required value',
    ),
    refused(
        WHY,
        SECRETS,
        n("s", type="kubernetes.io/tls"),
        'Secret "s" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]',
    ),
    refused(
        WHY,
        SECRETS,
        n("s", type="kubernetes.io/tls", stringData={"tls.crt": ""}),
        'Secret "s" is invalid: data[tls.key]: Required value',
    ),
    refused(
        WHY,
        SECRETS,
        n("s", stringData={"a": "x" * 1048577}),
        'Secret "s" is invalid: data: Too long: may not be more than 1048576 bytes',
    ),
    Asked(
        WHY,
        "PATCH",
        SECRETS + "/s",
        {"type": "x"},
        status=422,
        says='Secret "s" is invalid: type: Invalid value: "x": field is immutable',
        headers=MERGE,
        before=(
            (
                "POST",
                SECRETS,
                {
                    "metadata": {"name": "s", "annotations": {"kubernetes.io/service-account.name": "nope"}},
                    "type": "kubernetes.io/service-account-token",
                },
            ),
        ),
    ),
    columns(WHY, SECRETS, "Name Type Data Age"),
    refused(
        WHY,
        CONFIG_MAPS,
        n("c", data={"a b": "x", "k": "y"}, binaryData={"k": "eA=="}),
        (
            'ConfigMap "c" is invalid: [data[a b]: Invalid value: "a b": a valid config key must '
            "consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
            "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+'), data[k]: Invalid value: "
            '"k": duplicate of key present in binaryData]'
        ),
    ),
    refused(
        WHY,
        CONFIG_MAPS,
        n("c", data={"a": "x" * 1048577}),
        'ConfigMap "c" is invalid: []: Too long: may not be more than 1048576 bytes',
    ),
    Asked(
        WHY,
        "POST",
        CONFIG_MAPS,
        n("c", binaryData={"a": "x"}),
        status=400,
        says=('ConfigMap in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte 0'),
    ),
    columns(WHY, CONFIG_MAPS, "Name Data Age"),
    Asked(
        "staging/src/k8s.io/apimachinery/pkg/apis/meta/v1beta1/validation/validation.go",
        "GET",
        CONFIG_MAPS + "?includeObject=All",
        status=400,
        says=(
            'Unable to convert to Table as requested: includeObject: Invalid value: "All": '
            "must be 'Metadata', 'Object', 'None', or empty"
        ),
        headers=TABLE,
    ),
    Asked(
        "staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go",
        "DELETE",
        CONFIG_MAPS + "/doomed",
        headers=TABLE,
        shows=lambda answer: (answer["kind"], answer["status"]),
        shown=("Status", "Success"),
        before=(("POST", CONFIG_MAPS, n("doomed")),),
    ),
    refused(WHY, ACCOUNTS, n("A_"), f'ServiceAccount "A_" is invalid: metadata.name: Invalid value: "A_": {SUBDOMAIN}'),
    Asked(
        WHY,
        "POST",
        ACCOUNTS + "?dryRun=All",
        {"metadata": {"name": "s2", "annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}},
        status=201,
        warns=(
            (
                "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; "
                "prefer separate namespaces to isolate access to mounted secrets"
            ),
        ),
    ),
    columns(
        WHY,
        ACCOUNTS + "/s",
        "Name Age",
        before=(
            (
                "POST",
                ACCOUNTS,
                n("s", secrets=[{"name": "x"}], imagePullSecrets=[{"name": "y"}], automountServiceAccountToken=False),
            ),
        ),
    ),
    refused(
        EVENTS,
        EVENTS_PATH,
        ev(involvedObject={"kind": "Pod", "name": "p", "namespace": "other"}),
        ('Event "e" is invalid: involvedObject.namespace: Invalid value: "other": does not match event.namespace'),
    ),
    refused(
        EVENTS,
        EVENTS_PATH,
        ev(eventTime="2024-01-01T00:00:00.000000Z"),
        (
            'Event "e" is invalid: [reportingComponent: Required value, reportingComponent: Invalid '
            'value: "": name part must be non-empty, reportingComponent: Invalid value: "": '
            f"{QUALIFIED_NAME}, reportingInstance: Required value, action: Required value]"
        ),
    ),
    refused(
        EVENTS,
        EVENTS_PATH,
        ev(
            eventTime="2024-01-01T00:00:00.000000Z",
            reportingComponent="a b",
            reportingInstance="x" * 129,
            action="",
            reason="",
            message="x" * 1025,
        ),
        (
            f'Event "e" is invalid: [reportingComponent: Invalid value: "a b": {QUALIFIED_NAME}, '
            'reportingInstance: Invalid value: "": can have at most 128 characters, action: Required '
            'value, reason: Required value, message: Invalid value: "": can have at most 1024 '
            "characters]"
        ),
    ),
    columns(EVENTS, EVENTS_PATH, "Last_Seen Type Reason Object Subobject* Source* Message First_Seen* Count* Name*"),
    Asked(EVENTS, "GET", EVENTS_PATH + "?fieldSelector=foo=p", None, status=400, says="field label not supported: foo"),
    refused(
        EVENTS,
        NEW_EVENTS,
        ev1(eventTime=None, type="Foo", action=None, reportingController="a b", deprecatedCount=1, series={"count": 1}),
        (
            'Event.events.k8s.io "e1" is invalid: [series.count: Invalid value: "": should be at '
            "least 2, series.lastObservedTime: Required value, eventTime: Required value, type: "
            'Invalid value: "": has invalid value: Foo, count: Invalid value: "": needs to be unset]'
        ),
    ),
    refused(
        EVENTS,
        NEW_EVENTS,
        ev1(note="x" * 1025, reason="x" * 129, action="x" * 129),
        (
            'Event.events.k8s.io "e1" is invalid: [action: Invalid value: "": can have at most 128 '
            'characters, reason: Invalid value: "": can have at most 128 characters, message: '
            'Invalid value: "": can have at most 1024 characters]'
        ),
    ),
    Asked(
        EVENTS,
        "PATCH",
        NEW_EVENTS + "/e1",
        {
            "regarding": {"name": "q"},
            "reason": "z",
            "note": "zz",
            "action": "q",
            "type": "Warning",
            "reportingController": "x",
            "eventTime": "2025-01-01T00:00:00.000000Z",
        },
        status=422,
        says=(
            'Event.events.k8s.io "e1" is invalid: [involvedObject: Invalid value: '
            '{"Kind":"Pod","Namespace":"default","Name":"q","UID":"","APIVersion":"","Resourc'
            'eVersion":"","FieldPath":""}: field is immutable, reason: Invalid value: "z": field is '
            'immutable, message: Invalid value: "zz": field is immutable, type: Invalid value: '
            '"Warning": field is immutable, eventTime: Invalid value: "2025-01-01T00:00:00.000000Z": '
            'field is immutable, action: Invalid value: "q": field is immutable, '
            'reportingController: Invalid value: "x": field is immutable]'
        ),
        headers=MERGE,
        before=(("POST", NEW_EVENTS, ev1()),),
    ),
    columns(
        EVENTS,
        NEW_EVENTS + "/e1",
        "Last_Seen Type Reason Object Subobject* Source* Message First_Seen* Count* Name*",
        before=(("POST", NEW_EVENTS, ev1()),),
    ),
    refused(WHY, NAMESPACES, n("A.b"), f'Namespace "A.b" is invalid: metadata.name: Invalid value: "A.b": {LABEL}'),
    refused(
        WHY,
        NAMESPACES,
        n("a.b"),
        'Namespace "a.b" is invalid: metadata.name: Invalid value: "a.b": must not contain dots',
    ),
    refused(
        WHY,
        NAMESPACES,
        n("abc", spec={"finalizers": ["a b", "x"]}),
        (
            f'Namespace "abc" is invalid: [spec.finalizers: Invalid value: "a b": {QUALIFIED_NAME}, '
            'spec.finalizers: Invalid value: "a b": name is neither a standard finalizer name nor is '
            'it fully qualified, spec.finalizers: Invalid value: "x": name is neither a standard '
            "finalizer name nor is it fully qualified]"
        ),
    ),
    columns(WHY, NAMESPACES + "/abc", "Name Status Age", before=(("POST", NAMESPACES, n("abc")),)),
    Asked(
        WHY,
        "DELETE",
        NAMESPACES + "/default",
        None,
        status=403,
        says='namespaces "default" is forbidden: this namespace may not be deleted',
    ),
    Asked(
        WHY,
        "DELETE",
        NAMESPACES + "/kube-system",
        None,
        status=403,
        says='namespaces "kube-system" is forbidden: this namespace may not be deleted',
    ),
    Asked(
        WHY,
        "DELETE",
        NAMESPACES,
        None,
        status=405,
        says="the server does not allow this method on the requested resource",
    ),
    refused(
        WHY,
        CONTROLLERS,
        n("r", spec={"replicas": -1, "minReadySeconds": -1}),
        (
            'ReplicationController "r" is invalid: [spec.minReadySeconds: Invalid value: -1: must be '
            "greater than or equal to 0, spec.selector: Required value, spec.replicas: Invalid "
            "value: -1: must be greater than or equal to 0, spec.template: Required value]"
        ),
    ),
    refused(
        WHY,
        CONTROLLERS,
        n(
            "r",
            spec={
                "selector": {"a": "b"},
                "template": {
                    "metadata": {"labels": {"a": "c"}},
                    "spec": {"containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"},
                },
            },
        ),
        (
            'ReplicationController "r" is invalid: [spec.template.metadata.labels: Invalid value: '
            '{"a":"c"}: `selector` does not match template `labels`, '
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: '
            '"Always"]'
        ),
    ),
    refused(
        WHY,
        CONTROLLERS,
        n("r", spec={"template": {"metadata": {"labels": {}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}),
        'ReplicationController "r" is invalid: spec.selector: Required value',
    ),
    refused(
        WHY,
        CONTROLLERS,
        n("r", spec={"selector": {"a b": "c d"}, "template": {"spec": {"containers": []}}}),
        (
            'ReplicationController "r" is invalid: [spec.template.metadata.labels: Invalid value: '
            "null: `selector` does not match template `labels`, spec.template.spec.containers: "
            "Required value]"
        ),
    ),
    columns(WHY, CONTROLLERS, "Name Desired Current Ready Age Containers* Images* Selector*"),
    refused(WHY, TEMPLATES, n("t"), 'PodTemplate "t" is invalid: template.spec.containers: Required value'),
    columns(WHY, TEMPLATES, "Name Containers Images Pod_Labels"),
    refused(SLICES, SLICES_PATH, n("e"), 'EndpointSlice.discovery.k8s.io "e" is invalid: addressType: Required value'),
    refused(
        SLICES,
        SLICES_PATH,
        n("e", addressType="Foo", endpoints=[{"addresses": ["1.2.3.4"]}]),
        (
            'EndpointSlice.discovery.k8s.io "e" is invalid: addressType: Unsupported value: "Foo": '
            'supported values: "FQDN", "IPv4", "IPv6"'
        ),
    ),
    Asked(
        SLICES,
        "POST",
        SLICES_PATH + "?dryRun=All",
        n("e", addressType="FQDN", endpoints=[{"addresses": ["a.b"]}]),
        status=201,
        warns=("spec.addressType: FQDN endpoints are deprecated",),
    ),
    Asked(
        SLICES,
        "PATCH",
        SLICES_PATH + "/e",
        {"addressType": "IPv6"},
        status=422,
        says=(
            'EndpointSlice.discovery.k8s.io "e" is invalid: [endpoints[0].addresses[0]: Invalid '
            'value: "1.2.3.4": must be a valid IPv6 address, addressType: Invalid value: "IPv6": '
            "field is immutable]"
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                SLICES_PATH,
                n("e", addressType="IPv4", endpoints=[{"addresses": ["1.2.3.4"]}], ports=[{"port": 80}]),
            ),
        ),
    ),
    columns(SLICES, SLICES_PATH, "Name AddressType Ports Endpoints Age"),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=Asked.title)
async def test_request(api: InProcess, asked: Asked) -> None:
    await check(api, asked)
