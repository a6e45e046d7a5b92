"""What new objects of the groups with one or two kinds are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes
from tests.server.registry.words import LABEL

ENDPOINTSLICES: Final[Object] = {
    "metadata": {"name": "e"},
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.0.0.1"]}],
    "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
}

LEASES: Final[Object] = {"metadata": {"name": "s"}}

PODDISRUPTIONBUDGETS: Final[Object] = {"metadata": {"name": "p"}, "spec": {"minAvailable": 1}}

PRIORITYCLASSES: Final[Object] = {"metadata": {"name": "p"}, "value": 1}

RUNTIMECLASSES: Final[Object] = {"metadata": {"name": "r"}, "handler": "runc"}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"addressType": "X"}, ['addressType: Unsupported value: "X": supported values: "FQDN", "IPv4", "IPv6"']),
        ({"endpoints.0.addresses": None}, ["endpoints[0].addresses: Required value: must contain at least 1 address"]),
        (
            {"ports.0.protocol": "X"},
            ['ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'],
        ),
        ({"endpoints.0.hostname": "A.b"}, [f'endpoints[0].hostname: Invalid value: "A.b": {LABEL}']),
        (
            {"ports": [{"name": "a", "port": 1, "protocol": "TCP"}, {"name": "a", "port": 2, "protocol": "TCP"}]},
            ['ports[1].name: Duplicate value: "a"'],
        ),
    ],
)
def test_endpointslices(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("discovery.k8s.io/v1", "endpointslices").refusals(with_changes(ENDPOINTSLICES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec": {"leaseDurationSeconds": 0}},
            ["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"],
        ),
        (
            {"spec": {"leaseTransitions": -1}},
            ["spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"],
        ),
    ],
)
def test_leases(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("coordination.k8s.io/v1", "leases").refusals(with_changes(LEASES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.maxUnavailable": 1},
            [
                (
                    "spec: Invalid value: "
                    '{"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: '
                    "minAvailable and maxUnavailable cannot be both set"
                )
            ],
        ),
        ({"spec.minAvailable": -1}, ["spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"]),
        ({"spec.minAvailable": "101%"}, ['spec.minAvailable: Invalid value: "101%": must not be greater than 100%']),
        (
            {"spec.unhealthyPodEvictionPolicy": "X"},
            [
                (
                    'spec.unhealthyPodEvictionPolicy: Unsupported value: "X": supported values: '
                    '"AlwaysAllow", "IfHealthyBudget"'
                )
            ],
        ),
    ],
)
def test_poddisruptionbudgets(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("policy/v1", "poddisruptionbudgets").refusals(with_changes(PODDISRUPTIONBUDGETS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"metadata.name": "system-x"},
            [
                (
                    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved "
                    "for system use only. error: system-x is not a known system priority class"
                )
            ],
        ),
        ({"value": 1000000001}, ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"]),
        (
            {"preemptionPolicy": "X"},
            ['preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"'],
        ),
    ],
)
def test_priorityclasses(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("scheduling.k8s.io/v1", "priorityclasses").refusals(with_changes(PRIORITYCLASSES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"handler": None}, [f'handler: Invalid value: "": {LABEL}']),
        ({"handler": "A"}, [f'handler: Invalid value: "A": {LABEL}']),
        (
            {"overhead": {"podFixed": {"cpu": "-1"}}},
            ['overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
        ),
    ],
)
def test_runtimeclasses(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("node.k8s.io/v1", "runtimeclasses").refusals(with_changes(RUNTIMECLASSES, changes)) == refusals
