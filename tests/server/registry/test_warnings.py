"""Warnings of kinds that hold no pods, word for word. Models pkg/api/*/warnings.go and the strategies' own."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from server.registry.core.pod import PodStatusStrategy
from server.registry.core.podspec_options import Options
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import CONTEXT

BETA_OS = 'deprecated since v1.14; use "kubernetes.io/os" instead'
CANONICAL = '"2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")'
EXTERNAL_IPS = "spec.externalIPs is deprecated and may no longer be implemented in some clusters"
BETA_EXPRESSION = {"matchExpressions": [{"key": "beta.kubernetes.io/os", "operator": "Exists"}]}


def service(**spec: Any) -> Object:
    return {"kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}], **spec}}


def volume(**spec: Any) -> Object:
    return {"kind": "PersistentVolume", "metadata": {"name": "v"}, "spec": spec}


WARNED: list[tuple[str, str, Object, list[str]]] = [
    ("v1", "services", service(externalIPs=["1.2.3.4"]), [EXTERNAL_IPS]),
    (
        "v1",
        "services",
        service(externalIPs=["2001:DB8::1"]),
        [f"spec.externalIPs[0]: IPv6 address {CANONICAL}", EXTERNAL_IPS],
    ),
    (
        "v1",
        "services",
        service(clusterIP="None", externalIPs=["1.2.3.4"], sessionAffinity="ClientIP", loadBalancerIP="1.2.3.4"),
        [
            "spec.loadBalancerIP is ignored for headless services",
            "spec.externalIPs is ignored for headless services",
            "spec.SessionAffinity is ignored for headless services",
        ],
    ),
    (
        "v1",
        "services",
        service(type="ExternalName", externalName="a.b", externalIPs=["1.2.3.4"]),
        ['spec.externalIPs is ignored when spec.type is "ExternalName"'],
    ),
    (
        "v1",
        "services",
        service(externalName="a.b", trafficDistribution="PreferClose"),
        [
            'spec.externalName is ignored when spec.type is not "ExternalName"',
            'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
        ],
    ),
    (
        "v1",
        "services",
        service(type="LoadBalancer", loadBalancerSourceRanges=["2001:DB8::/32", "10.1.2.3/8", "010.0.0.0/8"]),
        [
            (
                'spec.loadBalancerSourceRanges[0]: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 '
                "canonical format "
                '("2001:db8::/32")'
            ),
            (
                'spec.loadBalancerSourceRanges[1]: CIDR value "10.1.2.3/8" is ambiguous in this context (should be '
                '"10.0.0.0/8" or "10.1.2.3/32"?)'
            ),
            (
                'spec.loadBalancerSourceRanges[2]: non-standard CIDR value "010.0.0.0/8" will be considered '
                "invalid in a "
                'future Kubernetes release: use "10.0.0.0/8"'
            ),
        ],
    ),
    (
        "v1",
        "services",
        service(type="LoadBalancer", loadBalancerIP="::ffff:1.2.3.4"),
        [
            (
                'spec.loadBalancerIP: non-standard IP address "::ffff:1.2.3.4" will be considered invalid in a future '
                'Kubernetes release: use "1.2.3.4"'
            ),
        ],
    ),
    (
        "v1",
        "persistentvolumes",
        volume(
            persistentVolumeReclaimPolicy="Recycle",
            rbd={"monitors": ["m"], "image": "i"},
            nodeAffinity={"required": {"nodeSelectorTerms": [BETA_EXPRESSION]}},
        ),
        [
            (
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
                "recommended "
                "approach is to use dynamic provisioning."
            ),
            (
                "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: "
                f"beta.kubernetes.io/os is {BETA_OS}"
            ),
            "spec.rbd: deprecated in v1.28, non-functional in v1.31+",
        ],
    ),
    (
        "v1",
        "persistentvolumeclaims",
        {"metadata": {}, "spec": {"resources": {"limits": {"storage": "100m"}, "requests": {"storage": "1500m"}}}},
        [
            'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
            'spec.resources.limits[storage]: fractional byte value "100m" is invalid, must be an integer',
        ],
    ),
    (
        "v1",
        "nodes",
        {"metadata": {"name": "n"}, "spec": {"externalID": "x", "podCIDRs": ["2001:DB8::/32"]}},
        [
            "spec.externalID: this field is deprecated, and is unused by Kubernetes",
            (
                'spec.podCIDRs[0]: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format '
                '("2001:db8::/32")'
            ),
        ],
    ),
    (
        "v1",
        "endpoints",
        {"metadata": {"name": "e"}, "subsets": [{"notReadyAddresses": [{"ip": "2001:DB8::1"}]}]},
        [f"subsets[0].notReadyAddresses[0].ip: IPv6 address {CANONICAL}"],
    ),
    (
        "v1",
        "endpoints",
        {
            "metadata": {"name": "e", "labels": {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}},
            "subsets": [{"addresses": [{"ip": "2001:DB8::1"}]}],
        },
        [],
    ),
    (
        "discovery.k8s.io/v1",
        "endpointslices",
        {"metadata": {"name": "e"}, "addressType": "IPv6", "endpoints": [{"addresses": ["2001:DB8::1"]}]},
        [f"endpoints[0].addresses[0]: IPv6 address {CANONICAL}"],
    ),
    (
        "discovery.k8s.io/v1",
        "endpointslices",
        {"metadata": {"name": "e"}, "addressType": "FQDN", "endpoints": [{"addresses": ["a.b"]}]},
        ["spec.addressType: FQDN endpoints are deprecated"],
    ),
    (
        "networking.k8s.io/v1",
        "networkpolicies",
        {
            "metadata": {"name": "p"},
            "spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "2001:DB8::/32", "except": ["2001:DB8:1::/48"]}}]}]},
        },
        [
            (
                'spec.ingress[0].from[0].ipBlock.cidr: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical '
                'format ("2001:db8::/32")'
            ),
            (
                'spec.ingress[0].from[0].ipBlock.except[0]: IPv6 CIDR value "2001:DB8:1::/48" should be in RFC 5952 '
                'canonical format ("2001:db8:1::/48")'
            ),
        ],
    ),
    (
        "node.k8s.io/v1",
        "runtimeclasses",
        {"metadata": {"name": "r"}, "scheduling": {"nodeSelector": {"beta.kubernetes.io/os": "linux"}}},
        [f"scheduling.nodeSelector: {BETA_OS}"],
    ),
    (
        "storage.k8s.io/v1",
        "storageclasses",
        {
            "metadata": {"name": "s"},
            "allowedTopologies": [{"matchLabelExpressions": [{"key": "beta.kubernetes.io/os", "values": ["linux"]}]}],
        },
        [f"allowedTopologies[0].matchLabelExpressions[0].key: {BETA_OS}"],
    ),
    (
        "storage.k8s.io/v1",
        "csistoragecapacities",
        {
            "metadata": {"name": "c"},
            "nodeTopology": {**BETA_EXPRESSION, "matchLabels": {"beta.kubernetes.io/os": "linux"}},
        },
        [
            f"nodeTopology.matchExpressions[0].key: beta.kubernetes.io/os is {BETA_OS}",
            f"nodeTopology.matchLabels.beta.kubernetes.io/os: {BETA_OS}",
        ],
    ),
    (
        "v1",
        "pods",
        {
            "metadata": {"name": "p"},
            "spec": {
                "containers": [{"name": "c", "image": "i"}],
                "dnsConfig": {"nameservers": ["2001:DB8::1"]},
                "hostAliases": [{"ip": "2001:DB8::1"}],
            },
        },
        [
            f"spec.dnsConfig.nameservers[0]: IPv6 address {CANONICAL}",
            f"spec.hostAliases[0].ip: IPv6 address {CANONICAL}",
        ],
    ),
]


@pytest.mark.parametrize(("version", "plural", "obj", "warnings"), WARNED)
def test_creates(version: str, plural: str, obj: Object, warnings: list[str]) -> None:
    assert kind(version, plural).warnings(obj) == warnings


def test_pod_status() -> None:
    status = {"podIPs": [{"ip": "2001:DB8::1"}], "hostIPs": [{"ip": "10.0.0.1"}, {"ip": "2001:DB8::1"}]}
    assert PodStatusStrategy(Options()).warnings_on_update({"status": status}, {}, CONTEXT) == [
        f"status.podIPs[0].ip: IPv6 address {CANONICAL}",
        f"status.hostIPs[1].ip: IPv6 address {CANONICAL}",
    ]


@pytest.mark.parametrize(
    ("version", "plural", "at"),
    [("v1", "services", "[0]"), ("networking.k8s.io/v1", "ingresses", "[0].ip")],
)
def test_load_balancer_status(version: str, plural: str, at: str) -> None:
    obj: Object = {"metadata": {}, "spec": {}, "status": {"loadBalancer": {"ingress": [{"ip": "2001:DB8::1"}]}}}
    rules = kind(version, plural).rules("status")
    assert rules.warnings_on_update(obj, obj, CONTEXT) == [
        f"status.loadBalancer.ingress{at}: IPv6 address {CANONICAL}",
    ]
