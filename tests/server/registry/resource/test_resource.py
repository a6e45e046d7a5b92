"""What new claims and slices of devices are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes
from tests.server.registry.words import LABEL, SUBDOMAIN

RESOURCECLAIMS: Final[Object] = {
    "metadata": {"name": "c"},
    "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "d"}}]}},
}

RESOURCESLICES: Final[Object] = {
    "metadata": {"name": "s"},
    "spec": {"driver": "d", "nodeName": "n", "pool": {"name": "p", "resourceSliceCount": 1, "generation": 0}},
}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.devices.requests.0.exactly": None},
            [("spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required")],
        ),
        ({"spec.devices.requests.0.name": "A"}, [f'spec.devices.requests[0].name: Invalid value: "A": {LABEL}']),
        (
            {"spec.devices.requests.0.exactly.deviceClassName": None},
            ["spec.devices.requests[0].exactly.deviceClassName: Required value"],
        ),
        (
            {"spec.devices.requests.0.exactly.allocationMode": "All", "spec.devices.requests.0.exactly.count": 2},
            [
                (
                    "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when "
                    "allocationMode is 'All'"
                )
            ],
        ),
        (
            {"spec.devices.requests.0.exactly.allocationMode": "X"},
            [
                (
                    'spec.devices.requests[0].exactly.allocationMode: Unsupported value: "X": supported '
                    'values: "All", "ExactCount"'
                )
            ],
        ),
        (
            {"spec.devices.requests.0.exactly.count": -1},
            ["spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero"],
        ),
        (
            {"spec.devices.requests.0.exactly.selectors": [{}]},
            ["spec.devices.requests[0].exactly.selectors[0].cel: Required value"],
        ),
        (
            {"spec.devices.constraints": [{"requests": ["x"]}]},
            [
                (
                    'spec.devices.constraints[0].requests[0]: Invalid value: "x": must be the name of a '
                    "request in the claim or the name of a request and a subrequest separated by '/'"
                ),
                (
                    'spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or '
                    '"distinctAttribute" is required, but multiple fields are set'
                ),
            ],
        ),
        ({"spec.devices.config": [{}]}, ["spec.devices.config[0].opaque: Required value"]),
        (
            {"spec.devices.config": [{"opaque": {"driver": "d", "parameters": []}}]},
            ['spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object'],
        ),
        (
            {"spec.devices.config": [{"opaque": {"driver": "d", "parameters": {"k": "x" * 10240}}}]},
            ["spec.devices.config[0].opaque.parameters: Too long: may not be more than 10240 bytes"],
        ),
        (
            {"spec.devices.constraints": [{"matchAttribute": "a"}, {"matchAttribute": "/b"}, {"matchAttribute": "a/"}]},
            [
                (
                    'spec.devices.constraints[0].matchAttribute: Invalid value: "a": a fully qualified name must be a '
                    "domain and a name separated by a slash"
                ),
                'spec.devices.constraints[1].matchAttribute: Invalid value: "": the domain must not be empty',
                'spec.devices.constraints[2].matchAttribute: Invalid value: "": the name must not be empty',
            ],
        ),
        (
            {
                "spec.devices.requests.0.exactly.tolerations": [
                    {"operator": "X"},
                    {"operator": "Exists", "value": "v"},
                    {"key": "k", "effect": "X"},
                ]
            },
            [
                (
                    'spec.devices.requests[0].exactly.tolerations[0].operator: Unsupported value: "X": supported '
                    'values: "Equal", "Exists"'
                ),
                (
                    'spec.devices.requests[0].exactly.tolerations[1].value: Invalid value: "v": must be empty for '
                    "operator `Exists`"
                ),
                (
                    'spec.devices.requests[0].exactly.tolerations[2].effect: Unsupported value: "X": supported '
                    'values: "NoExecute", "NoSchedule", "None"'
                ),
            ],
        ),
        (
            {"spec.devices.requests": [{"name": "r", "firstAvailable": [{"name": "a", "deviceClassName": "d"}] * 2}]},
            ['spec.devices.requests[0].firstAvailable[1]: Duplicate value: "a"'],
        ),
        (
            {"spec.devices.requests": [{"name": "r", "exactly": {"deviceClassName": "d"}}] * 33},
            ["spec.devices.requests: Too many: 33: must have at most 32 items"],
        ),
    ],
)
def test_resourceclaims(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("resource.k8s.io/v1", "resourceclaims").refusals(with_changes(RESOURCECLAIMS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"spec.driver": None}, ["spec.driver: Required value", f'spec.driver: Invalid value: "": {SUBDOMAIN}']),
        (
            {"spec.nodeName": None},
            [
                (
                    "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, "
                    "`perDeviceNodeSelection` is required"
                )
            ],
        ),
        (
            {"spec.allNodes": True},
            [
                (
                    'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, '
                    "`nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple "
                    "fields are set"
                )
            ],
        ),
        (
            {"spec.pool.resourceSliceCount": 0},
            ["spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero"],
        ),
        ({"spec.allNodes": False}, ["spec.allNodes: Invalid value: false: must be either unset or set to true"]),
        (
            {"spec.sharedCounters": [{"name": "c", "counters": {"m": {"value": "1"}}}], "spec.devices": []},
            ['spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed'],
        ),
        (
            {"spec.sharedCounters": [{}]},
            ["spec.sharedCounters[0].name: Required value", "spec.sharedCounters[0].counters: Required value"],
        ),
        (
            {"spec.devices": [{"name": "a", "nodeName": "n"}]},
            [
                (
                    "spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set "
                    "if `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
                )
            ],
        ),
        (
            {"spec.devices": [{"name": "a", "attributes": {"x": {}, "y": {"version": "1.0"}, "z": {"ints": [1]}}}]},
            [
                'spec.devices[0].attributes[x]: Invalid value: "": exactly one value must be specified',
                (
                    'spec.devices[0].attributes[y].version: Invalid value: "1.0": must be a string compatible with '
                    "semver.org spec 2.0.0"
                ),
                'spec.devices[0].attributes[z]: Invalid value: "": exactly one value must be specified',
            ],
        ),
        (
            {"spec.devices": [{"name": "a", "capacity": {"m": {"value": "1", "requestPolicy": {}}}}]},
            ["spec.devices[0].capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true"],
        ),
        (
            {"spec.devices": [{"name": "a", "taints": [{"key": "k"}, {"key": "k", "effect": "X"}]}]},
            [
                "spec.devices[0].taints[0].effect: Required value",
                (
                    'spec.devices[0].taints[1].effect: Unsupported value: "X": supported values: "NoExecute", '
                    '"NoSchedule", "None"'
                ),
            ],
        ),
        (
            {"spec.devices": [{"name": f"d{i}", "taints": [{"key": "k", "effect": "None"}]} for i in range(65)]},
            ["spec.devices: Too many: 65: must have at most 64 items"],
        ),
        ({"spec.devices": [{"name": "a"}, {"name": "a"}]}, ['spec.devices[1]: Duplicate value: "a"']),
    ],
)
def test_resourceslices(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("resource.k8s.io/v1", "resourceslices").refusals(with_changes(RESOURCESLICES, changes)) == refusals
