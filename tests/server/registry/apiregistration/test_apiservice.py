"""What new APIServices are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes

APISERVICES: Final[Object] = {
    "metadata": {"name": "v1.g.example.com"},
    "spec": {
        "group": "g.example.com",
        "version": "v1",
        "groupPriorityMinimum": 1,
        "versionPriority": 1,
        "service": {"name": "s", "namespace": "n"},
    },
}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"metadata.name": "x"},
            ['metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.g.example.com"'],
        ),
        (
            {"spec.groupPriorityMinimum": 20001},
            ["spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000"],
        ),
        ({"spec.versionPriority": 0}, ["spec.versionPriority: Invalid value: 0: must be positive and less than 1000"]),
        ({"spec.service.name": None}, ["spec.service.name: Required value"]),
        (
            {"spec.service.port": 70000},
            [("spec.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive")],
        ),
        (
            {"spec.service": None, "spec.insecureSkipTLSVerify": True},
            [("spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify")],
        ),
        (
            {"spec.insecureSkipTLSVerify": True, "spec.caBundle": "eA=="},
            ["spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present"],
        ),
    ],
)
def test_apiservices(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("apiregistration.k8s.io/v1", "apiservices").refusals(with_changes(APISERVICES, changes)) == refusals
