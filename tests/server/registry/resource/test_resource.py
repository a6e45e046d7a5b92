"""What new claims and slices of devices are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes
from tests.server.registry.words import LABEL

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
                "spec.devices.constraints[0].matchAttribute: Required value",
            ],
        ),
        ({"spec.devices.config": [{}]}, ["spec.devices.config[0].opaque: Required value"]),
    ],
)
def test_resourceclaims(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("resource.k8s.io/v1", "resourceclaims").refusals(with_changes(RESOURCECLAIMS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"spec.driver": None}, ["spec.driver: Required value"]),
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
        ({"spec.devices": [{"name": "a"}, {"name": "a"}]}, ['spec.devices[1].name: Duplicate value: "a"']),
    ],
)
def test_resourceslices(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("resource.k8s.io/v1", "resourceslices").refusals(with_changes(RESOURCESLICES, changes)) == refusals
