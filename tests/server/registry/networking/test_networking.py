"""What new networking objects are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes
from tests.server.registry.words import QUALIFIED_NAME, SUBDOMAIN

INGRESSES: Final[Object] = {
    "metadata": {"name": "i"},
    "spec": {
        "rules": [
            {
                "host": "a.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "s", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ]
    },
}

INGRESSCLASSES: Final[Object] = {"metadata": {"name": "i"}, "spec": {"controller": "example.com/c"}}

NETWORKPOLICIES: Final[Object] = {
    "metadata": {"name": "n"},
    "spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}]},
}

SERVICECIDRS: Final[Object] = {"metadata": {"name": "c"}, "spec": {"cidrs": ["10.0.0.0/16"]}}

IPADDRESSES: Final[Object] = {
    "metadata": {"name": "10.0.0.9"},
    "spec": {"parentRef": {"resource": "services", "name": "s", "namespace": "default"}},
}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"spec.rules": None}, ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"]),
        (
            {"spec.rules.0.host": "1.2.3.4"},
            ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
        ),
        (
            {"spec.rules.0.host": "*"},
            [
                (
                    'spec.rules[0].host: Invalid value: "*": a wildcard DNS-1123 subdomain must start '
                    "with '*.', followed by a valid DNS subdomain, which must consist of lower case "
                    "alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. "
                    "'*.example.com', regex used for validation is "
                    "'\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                )
            ],
        ),
        (
            {"spec.rules.0.http.paths.0.path": "x"},
            ['spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path'],
        ),
        (
            {"spec.rules.0.http.paths.0.path": "/a//b"},
            ["spec.rules[0].http.paths[0].path: Invalid value: \"/a//b\": must not contain '//'"],
        ),
        (
            {"spec.rules.0.http.paths.0.pathType": None},
            ["spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"],
        ),
        (
            {"spec.rules.0.http.paths.0.pathType": "Glob"},
            [
                (
                    'spec.rules[0].http.paths[0].pathType: Unsupported value: "Glob": supported values: '
                    '"Exact", "ImplementationSpecific", "Prefix"'
                )
            ],
        ),
        (
            {"spec.rules.0.http.paths.0.backend.service": None},
            [('spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required')],
        ),
        (
            {"spec.rules.0.http.paths.0.backend.service.port": {"name": "a", "number": 1}},
            [('spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both port name & port number')],
        ),
        (
            {"spec.rules.0.http.paths.0.backend.resource": {"kind": "K", "name": "n"}},
            [('spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both resource and service backends')],
        ),
        ({"spec.tls": [{"hosts": ["A"]}]}, [f'spec.tls[0].hosts[0]: Invalid value: "A": {SUBDOMAIN}']),
        ({"spec.ingressClassName": "A"}, [f'spec.ingressClassName: Invalid value: "A": {SUBDOMAIN}']),
    ],
)
def test_ingresses(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("networking.k8s.io/v1", "ingresses").refusals(with_changes(INGRESSES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.controller": "x"},
            ['spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")'],
        ),
        ({"spec.controller": None}, ["spec.controller: Required value"]),
        (
            {"spec.parameters": {"kind": "", "name": "", "scope": "Cluster"}},
            ["spec.parameters.kind: Required value", "spec.parameters.name: Required value"],
        ),
        (
            {"spec.parameters": {"kind": "K", "name": "n", "scope": "Galaxy"}},
            ['spec.parameters.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespace"'],
        ),
        (
            {"spec.parameters": {"kind": "K", "name": "n", "scope": "Namespace"}},
            ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
        ),
    ],
)
def test_ingressclasses(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("networking.k8s.io/v1", "ingressclasses").refusals(with_changes(INGRESSCLASSES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"spec.ingress.0.from": [{}]}, ["spec.ingress[0].from[0]: Required value: must specify a peer"]),
        (
            {"spec.ingress.0.from": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]},
            ["spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"],
        ),
        (
            {"spec.ingress.0.from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/8"]}}]},
            [
                (
                    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/8": must be a '
                    "strict subset of `cidr`"
                )
            ],
        ),
        (
            {"spec.ingress.0.ports": [{"port": 0}]},
            ["spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
        ),
        (
            {"spec.ingress.0.ports": [{"endPort": 9}]},
            [("spec.ingress[0].ports[0].endPort: Invalid value: 9: may not be specified when `port` is not specified")],
        ),
        (
            {"spec.ingress.0.ports": [{"port": 9, "endPort": 8}]},
            ["spec.ingress[0].ports[0].endPort: Invalid value: 8: must be greater than or equal to `port`"],
        ),
        (
            {"spec.policyTypes": ["X"]},
            ['spec.policyTypes[0]: Unsupported value: "X": supported values: "Ingress", "Egress"'],
        ),
        (
            {"spec.podSelector": {"matchLabels": {"a b": "c"}}},
            [f'spec.podSelector.matchLabels: Invalid value: "a b": {QUALIFIED_NAME}'],
        ),
    ],
)
def test_networkpolicies(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("networking.k8s.io/v1", "networkpolicies").refusals(with_changes(NETWORKPOLICIES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"spec.cidrs": None}, ["spec.cidrs: Required value: at least one CIDR required"]),
        (
            {"spec.cidrs": ["10.0.0.1/16"]},
            ['spec.cidrs[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length'],
        ),
        (
            {"spec.cidrs": ["10.0.0.0/16", "10.1.0.0/16"]},
            [
                (
                    'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/16","10.1.0.0/16"]}: may specify no '
                    "more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
                )
            ],
        ),
    ],
)
def test_servicecidrs(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("networking.k8s.io/v1", "servicecidrs").refusals(with_changes(SERVICECIDRS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"metadata.name": "10.0.0.09"}, ['metadata.name: Invalid value: "10.0.0.09": must not have leading 0s']),
        ({"spec.parentRef": None}, ["spec.parentRef: Required value"]),
        ({"spec.parentRef.resource": None}, ["spec.parentRef.resource: Required value"]),
    ],
)
def test_ipaddresses(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("networking.k8s.io/v1", "ipaddresses").refusals(with_changes(IPADDRESSES, changes)) == refusals
