"""Requests for roles, bindings, ingresses, network policies and addresses which no recording asks."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from tests.conformance.requests.asked import MERGE, Asked, check, columns, refused
from tests.server.registry.words import QUALIFIED_NAME, SUBDOMAIN
from tests.support.api import InProcess

pytestmark = pytest.mark.asyncio(loop_scope="package")

R = "/apis/rbac.authorization.k8s.io/v1"
ROLES = f"{R}/namespaces/default/roles"
ROLE_BINDINGS = f"{R}/namespaces/default/rolebindings"
CLUSTER_ROLES = f"{R}/clusterroles"
CLUSTER_ROLE_BINDINGS = f"{R}/clusterrolebindings"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
INGRESS_CLASSES = "/apis/networking.k8s.io/v1/ingressclasses"
NETWORK_POLICIES = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"
IP_ADDRESSES = "/apis/networking.k8s.io/v1/ipaddresses"
SERVICE_CIDRS = "/apis/networking.k8s.io/v1/servicecidrs"
RBAC = "pkg/apis/rbac/validation/validation.go"
NETWORK = "pkg/apis/networking/validation/validation.go"
PRINTERS = "pkg/printers/internalversion/printers.go"
BACKEND = {"service": {"name": "s", "port": {"number": 80}}}


def n(name: str, **members: Any) -> Object:
    """An object of any kind."""
    return {"metadata": {"name": name}, **members}


def rb(name: str = "b", ref: Object | None = None, subs: Any = ()) -> Object:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    return n(name, roleRef=ref if ref is not None else role, subjects=list(subs))


def ing(name: str = "i", **spec: Any) -> Object:
    return n(name, spec=spec)


def rule(*paths: Object, host: str | None = None) -> Object:
    return {"http": {"paths": list(paths)}, **({} if host is None else {"host": host})}


def p(path: str | None = "/", pt: str | None = "Prefix", b: Object = BACKEND) -> Object:
    found = {"path": path, "pathType": pt, "backend": b}
    return {name: value for name, value in found.items() if value is not None}


def np(**spec: Any) -> Object:
    return n("n", spec=spec)


REQUESTS = [
    refused(
        RBAC,
        CLUSTER_ROLES,
        n(
            "r",
            rules=[
                {"verbs": ["get"], "nonResourceURLs": ["/a"], "resources": ["a"]},
                {"verbs": ["get"], "nonResourceURLs": ["a*b"], "apiGroups": ["x"]},
                {"verbs": [], "nonResourceURLs": ["/a"]},
            ],
        ),
        (
            'ClusterRole.rbac.authorization.k8s.io "r" is invalid: [rules[0].nonResourceURLs: '
            'Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource '
            'URLs, rules[1].nonResourceURLs: Invalid value: ["a*b"]: rules cannot apply to both '
            "regular resources and non-resource URLs, rules[2].verbs: Required value: verbs must "
            "contain at least one value]"
        ),
    ),
    refused(
        RBAC,
        CLUSTER_ROLES,
        n("r", aggregationRule={"clusterRoleSelectors": []}),
        (
            'ClusterRole.rbac.authorization.k8s.io "r" is invalid: '
            "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector "
            "required if aggregationRule is non-nil"
        ),
    ),
    refused(
        RBAC,
        CLUSTER_ROLES,
        n("r", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a b": "c"}}]}),
        (
            'ClusterRole.rbac.authorization.k8s.io "r" is invalid: '
            'aggregationRule.clusterRoleSelectors[0].matchLabels: Invalid value: "a b": '
            f"{QUALIFIED_NAME}"
        ),
    ),
    refused(
        RBAC,
        ROLES,
        n("a/b"),
        ('Role.rbac.authorization.k8s.io "a/b" is invalid: metadata.name: Invalid value: "a/b": may not contain \'/\''),
    ),
    refused(
        RBAC,
        ROLES,
        n("a%b"),
        ('Role.rbac.authorization.k8s.io "a%b" is invalid: metadata.name: Invalid value: "a%b": may not contain \'%\''),
    ),
    refused(
        RBAC,
        ROLES,
        n(".."),
        ('Role.rbac.authorization.k8s.io ".." is invalid: metadata.name: Invalid value: "..": may not be \'..\''),
    ),
    refused(
        RBAC,
        ROLE_BINDINGS,
        n("b"),
        (
            'RoleBinding.rbac.authorization.k8s.io "b" is invalid: [roleRef.kind: Unsupported value: '
            '"": supported values: "Role", "ClusterRole", roleRef.name: Required value]'
        ),
    ),
    refused(
        RBAC,
        ROLE_BINDINGS,
        rb(ref={"apiGroup": "x", "kind": "Foo", "name": ""}),
        (
            'RoleBinding.rbac.authorization.k8s.io "b" is invalid: [roleRef.apiGroup: Unsupported '
            'value: "x": supported values: "rbac.authorization.k8s.io", roleRef.kind: Unsupported '
            'value: "Foo": supported values: "Role", "ClusterRole", roleRef.name: Required value]'
        ),
    ),
    refused(
        RBAC,
        ROLE_BINDINGS,
        rb(ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "", "name": "a/b"}),
        (
            'RoleBinding.rbac.authorization.k8s.io "b" is invalid: [roleRef.kind: Unsupported value: '
            '"": supported values: "Role", "ClusterRole", roleRef.name: Invalid value: "a/b": may '
            "not contain '/']"
        ),
    ),
    refused(
        RBAC,
        CLUSTER_ROLE_BINDINGS,
        rb(ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}),
        (
            'ClusterRoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef.kind: Unsupported '
            'value: "Role": supported values: "ClusterRole"'
        ),
    ),
    refused(
        RBAC,
        ROLE_BINDINGS,
        rb(
            subs=[
                {},
                {"kind": "Foo", "name": "x"},
                {"kind": "User", "name": ""},
                {"kind": "User", "name": "x", "apiGroup": "foo"},
                {"kind": "ServiceAccount", "name": "X"},
                {"kind": "ServiceAccount", "name": "x", "apiGroup": "foo"},
                {"kind": "Group", "name": "g", "namespace": "n"},
                {"kind": "ServiceAccount", "name": "x", "namespace": "n"},
            ]
        ),
        (
            'RoleBinding.rbac.authorization.k8s.io "b" is invalid: [subjects[0].name: Required '
            'value, subjects[0].kind: Unsupported value: "": supported values: "ServiceAccount", '
            '"User", "Group", subjects[1].kind: Unsupported value: "Foo": supported values: '
            '"ServiceAccount", "User", "Group", subjects[2].name: Required value, '
            'subjects[3].apiGroup: Unsupported value: "foo": supported values: '
            f'"rbac.authorization.k8s.io", subjects[4].name: Invalid value: "X": {SUBDOMAIN}, '
            'subjects[5].apiGroup: Unsupported value: "foo": supported values: ""]'
        ),
    ),
    refused(
        RBAC,
        CLUSTER_ROLE_BINDINGS,
        rb(
            ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"},
            subs=[{"kind": "ServiceAccount", "name": "x"}],
        ),
        ('ClusterRoleBinding.rbac.authorization.k8s.io "b" is invalid: subjects[0].namespace: Required value'),
    ),
    Asked(
        RBAC,
        "PATCH",
        ROLE_BINDINGS + "/b",
        {"roleRef": {"name": "other"}},
        status=422,
        says=(
            'RoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef: Invalid value: '
            '{"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change '
            "roleRef"
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                ROLE_BINDINGS,
                rb(
                    subs=[
                        {"kind": "User", "name": "x"},
                        {"kind": "ServiceAccount", "name": "y"},
                        {"kind": "Group", "name": "g"},
                    ]
                ),
            ),
        ),
    ),
    columns(PRINTERS, ROLES, "Name Created_At"),
    columns(PRINTERS, ROLE_BINDINGS, "Name Role Age Users* Groups* ServiceAccounts*"),
    columns(
        PRINTERS,
        CLUSTER_ROLE_BINDINGS + "/zz",
        "Name Role Age Users* Groups* ServiceAccounts*",
        before=(
            (
                "POST",
                CLUSTER_ROLE_BINDINGS,
                rb(
                    "zz",
                    ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"},
                    subs=[
                        {"kind": "User", "name": "x"},
                        {"kind": "ServiceAccount", "name": "y", "namespace": "n"},
                        {"kind": "Group", "name": "g"},
                    ],
                ),
            ),
        ),
    ),
    columns(PRINTERS, CLUSTER_ROLES + "/view", "Name Created_At"),
    refused(
        NETWORK,
        INGRESSES,
        n("i"),
        (
            'Ingress.networking.k8s.io "i" is invalid: spec: Invalid value: null: either '
            "`defaultBackend` or `rules` must be specified"
        ),
    ),
    refused(
        NETWORK,
        INGRESSES,
        ing(),
        (
            'Ingress.networking.k8s.io "i" is invalid: spec: Invalid value: null: either '
            "`defaultBackend` or `rules` must be specified"
        ),
    ),
    refused(
        NETWORK,
        INGRESSES,
        ing(rules=[{"http": {"paths": []}}]),
        'Ingress.networking.k8s.io "i" is invalid: spec.rules[0].http.paths: Required value',
    ),
    refused(
        NETWORK,
        INGRESSES,
        ing(defaultBackend={}),
        (
            'Ingress.networking.k8s.io "i" is invalid: spec.defaultBackend: Invalid value: "": '
            "resource or service backend is required"
        ),
    ),
    refused(
        NETWORK,
        INGRESSES,
        ing(defaultBackend=BACKEND, ingressClassName="A_"),
        (f'Ingress.networking.k8s.io "i" is invalid: spec.ingressClassName: Invalid value: "A_": {SUBDOMAIN}'),
    ),
    refused(
        NETWORK,
        INGRESSES,
        {
            "metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "x"}},
            "spec": {"ingressClassName": "y", "defaultBackend": BACKEND},
        },
        (
            'Ingress.networking.k8s.io "i" is invalid: annotations.kubernetes.io/ingress.class: '
            'Invalid value: "x": must match `ingressClassName` when both are specified'
        ),
    ),
    Asked(
        NETWORK,
        "POST",
        INGRESSES + "?dryRun=All",
        {
            "metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "x"}},
            "spec": {"defaultBackend": BACKEND},
        },
        status=201,
        warns=(
            ("annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"),
        ),
    ),
    Asked(
        NETWORK,
        "PATCH",
        INGRESSES + "/i/status",
        {
            "spec": {"ingressClassName": "q"},
            "status": {
                "loadBalancer": {
                    "ingress": [
                        {"ip": "foo"},
                        {"hostname": "1.2.3.4"},
                        {"hostname": "a_b"},
                        {"ip": "1.2.3.4", "ports": [{"port": 0, "protocol": "x", "error": "a b"}]},
                    ]
                }
            },
        },
        status=422,
        says=(
            'Ingress.networking.k8s.io "i" is invalid: [status.loadBalancer.ingress[0].ip: Invalid '
            'value: "foo": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), '
            'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, '
            'not an IP address, status.loadBalancer.ingress[2].hostname: Invalid value: "a_b": '
            f"{SUBDOMAIN}]"
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                INGRESSES,
                ing(
                    ingressClassName="x",
                    rules=[rule(p(), host="a.b"), rule(p(), host="c.d"), rule(p())],
                    tls=[{"hosts": ["a.b"]}],
                    defaultBackend=BACKEND,
                ),
            ),
        ),
    ),
    columns(PRINTERS, INGRESSES, "Name Class Hosts Address Ports Age"),
    refused(
        NETWORK,
        INGRESS_CLASSES,
        n("c", spec={}),
        'IngressClass.networking.k8s.io "c" is invalid: spec.controller: Required value',
    ),
    refused(
        NETWORK,
        INGRESS_CLASSES,
        n("c", spec={"controller": "a b"}),
        (
            'IngressClass.networking.k8s.io "c" is invalid: spec.controller: Invalid value: "a b": '
            'must be a domain-prefixed path (such as "acme.io/foo")'
        ),
    ),
    refused(
        NETWORK,
        INGRESS_CLASSES,
        n("c", spec={"controller": "a" * 251}),
        (
            'IngressClass.networking.k8s.io "c" is invalid: [spec.controller: Too long: may not be '
            "more than 250 bytes, spec.controller: Invalid value: "
            '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            'aaaaaaaaaaaa": must be a domain-prefixed path (such as "acme.io/foo")]'
        ),
    ),
    refused(
        NETWORK,
        INGRESS_CLASSES,
        n(
            "c",
            spec={"controller": "foo.io/x", "parameters": {"kind": "", "name": "", "scope": "Foo", "namespace": "x"}},
        ),
        (
            'IngressClass.networking.k8s.io "c" is invalid: [spec.parameters.kind: Required value, '
            'spec.parameters.name: Required value, spec.parameters.scope: Unsupported value: "Foo": '
            'supported values: "Cluster", "Namespace"]'
        ),
    ),
    refused(
        NETWORK,
        INGRESS_CLASSES,
        n(
            "c",
            spec={
                "controller": "foo.io/x",
                "parameters": {"kind": "a/b", "name": "a/b", "scope": "Namespace", "apiGroup": "A_"},
            },
        ),
        (
            'IngressClass.networking.k8s.io "c" is invalid: [spec.parameters.apiGroup: Invalid '
            f'value: "A_": {SUBDOMAIN}, spec.parameters.kind: Invalid value: "a/b": may not contain '
            "'/', spec.parameters.name: Invalid value: \"a/b\": may not contain '/', "
            "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace']"
        ),
    ),
    refused(
        NETWORK,
        INGRESS_CLASSES,
        n(
            "c",
            spec={
                "controller": "foo.io/x",
                "parameters": {"kind": "k", "name": "a", "scope": "Cluster", "namespace": "n"},
            },
        ),
        (
            'IngressClass.networking.k8s.io "c" is invalid: spec.parameters.namespace: Forbidden: '
            "`parameters.scope` is set to 'Cluster'"
        ),
    ),
    Asked(
        NETWORK,
        "PATCH",
        INGRESS_CLASSES + "/c",
        {"spec": {"controller": "foo.io/y"}},
        status=422,
        says=(
            'IngressClass.networking.k8s.io "c" is invalid: spec.controller: Invalid value: '
            '"foo.io/y": field is immutable'
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                INGRESS_CLASSES,
                n("c", spec={"controller": "foo.io/x", "parameters": {"kind": "k", "name": "a", "apiGroup": "x.y"}}),
            ),
        ),
    ),
    columns(PRINTERS, INGRESS_CLASSES, "Name Controller Parameters Age"),
    refused(
        NETWORK,
        NETWORK_POLICIES,
        np(policyTypes=["Ingress", "Egress", "Ingress"]),
        (
            'NetworkPolicy.networking.k8s.io "n" is invalid: spec.policyTypes: Invalid value: '
            '["Ingress","Egress","Ingress"]: may not specify more than two policyTypes'
        ),
    ),
    refused(
        NETWORK,
        NETWORK_POLICIES,
        np(policyTypes=["Foo"]),
        (
            'NetworkPolicy.networking.k8s.io "n" is invalid: spec.policyTypes[0]: Unsupported value: '
            '"Foo": supported values: "Ingress", "Egress"'
        ),
    ),
    columns(PRINTERS, NETWORK_POLICIES, "Name Pod-Selector Age"),
    refused(
        NETWORK,
        IP_ADDRESSES,
        n("foo", spec={}),
        (
            'IPAddress.networking.k8s.io "foo" is invalid: [metadata.name: Invalid value: "foo": '
            "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), spec.parentRef: Required "
            "value]"
        ),
    ),
    refused(
        NETWORK,
        IP_ADDRESSES,
        n("192.168.001.1", spec={"parentRef": {"resource": "services", "name": "s", "namespace": "n"}}),
        (
            'IPAddress.networking.k8s.io "192.168.001.1" is invalid: metadata.name: Invalid value: '
            '"192.168.001.1": must not have leading 0s'
        ),
    ),
    refused(
        NETWORK,
        IP_ADDRESSES,
        n("192.168.1.1", spec={"parentRef": {"resource": "", "name": "a/b", "namespace": "a/b", "group": "A_"}}),
        (
            'IPAddress.networking.k8s.io "192.168.1.1" is invalid: [spec.parentRef.group: Invalid '
            f'value: "A_": {SUBDOMAIN}, spec.parentRef.resource: Required value, spec.parentRef.name: '
            "Invalid value: \"a/b\": may not contain '/', spec.parentRef.namespace: Invalid value: "
            "\"a/b\": may not contain '/']"
        ),
    ),
    refused(
        NETWORK,
        IP_ADDRESSES,
        n("2001:0db8::1", spec={"parentRef": {"resource": "services", "name": "s", "namespace": "n"}}),
        (
            'IPAddress.networking.k8s.io "2001:0db8::1" is invalid: metadata.name: Invalid value: '
            '"2001:0db8::1": must be in canonical form ("2001:db8::1")'
        ),
    ),
    Asked(
        NETWORK,
        "PATCH",
        IP_ADDRESSES + "/192.168.1.1",
        {"spec": {"parentRef": {"name": "z"}}},
        status=422,
        says=(
            'IPAddress.networking.k8s.io "192.168.1.1" is invalid: spec.parentRef: Invalid value: '
            '{"Group":"","Resource":"services","Namespace":"n","Name":"z"}: field is immutable'
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                IP_ADDRESSES,
                n("192.168.1.1", spec={"parentRef": {"resource": "services", "name": "s", "namespace": "n"}}),
            ),
        ),
    ),
    columns(
        PRINTERS,
        IP_ADDRESSES + "/192.168.1.1",
        "Name ParentRef",
        before=(
            (
                "POST",
                IP_ADDRESSES,
                n("192.168.1.1", spec={"parentRef": {"resource": "services", "name": "s", "namespace": "n"}}),
            ),
        ),
    ),
    refused(
        NETWORK,
        SERVICE_CIDRS,
        n("foo", spec={}),
        ('ServiceCIDR.networking.k8s.io "foo" is invalid: spec.cidrs: Required value: at least one CIDR required'),
    ),
    refused(
        NETWORK,
        SERVICE_CIDRS,
        n("foo", spec={"cidrs": ["10.0.0.0/8", "10.0.0.0/8"]}),
        (
            'ServiceCIDR.networking.k8s.io "foo" is invalid: spec.cidrs: Invalid value: '
            '{"CIDRs":["10.0.0.0/8","10.0.0.0/8"]}: may specify no more than one IP for each IP '
            "family, i.e 192.168.0.0/24 and 2001:db8::/64"
        ),
    ),
    refused(
        NETWORK,
        SERVICE_CIDRS,
        n("foo", spec={"cidrs": ["10.0.0.0/8", "fd00::/64", "1.2.3.0/24"]}),
        (
            'ServiceCIDR.networking.k8s.io "foo" is invalid: spec.cidrs: Invalid value: '
            '{"CIDRs":["10.0.0.0/8","fd00::/64","1.2.3.0/24"]}: may only hold up to 2 values'
        ),
    ),
    Asked(
        NETWORK,
        "PATCH",
        SERVICE_CIDRS + "/foo",
        {"spec": {"cidrs": ["10.98.0.0/24"]}},
        status=422,
        says=(
            'ServiceCIDR.networking.k8s.io "foo" is invalid: spec.cidrs: Invalid value: '
            '["10.98.0.0/24"]: field is immutable'
        ),
        headers=MERGE,
        before=(("POST", SERVICE_CIDRS, n("foo", spec={"cidrs": ["10.99.0.0/24"]})),),
    ),
    columns(
        PRINTERS,
        SERVICE_CIDRS + "/foo",
        "Name CIDRs Age",
        before=(("POST", SERVICE_CIDRS, n("foo", spec={"cidrs": ["10.99.0.0/24"]})),),
    ),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=Asked.title)
async def test_request(api: InProcess, asked: Asked) -> None:
    await check(api, asked)
