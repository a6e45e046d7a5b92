"""What new storage objects are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes
from tests.server.registry.words import QUALIFIED_NAME, SUBDOMAIN

STORAGECLASSES: Final[Object] = {"metadata": {"name": "s"}, "provisioner": "example.com/p"}

CSIDRIVERS: Final[Object] = {"metadata": {"name": "d.example.com"}, "spec": {}}

CSINODES: Final[Object] = {"metadata": {"name": "n"}, "spec": {"drivers": [{"name": "d", "nodeID": "n"}]}}

VOLUMEATTACHMENTS: Final[Object] = {
    "metadata": {"name": "v"},
    "spec": {"attacher": "d", "nodeName": "n", "source": {"persistentVolumeName": "p"}},
}

CSISTORAGECAPACITIES: Final[Object] = {"metadata": {"name": "c"}, "storageClassName": "s"}

VOLUMEATTRIBUTESCLASSES: Final[Object] = {"metadata": {"name": "v"}, "driverName": "d", "parameters": {"a": "b"}}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"provisioner": None}, ["provisioner: Required value"]),
        ({"provisioner": "A b"}, [f'provisioner: Invalid value: "a b": {QUALIFIED_NAME}']),
        ({"parameters": {"": "x"}}, ['parameters: Invalid value: "": field can not be empty.']),
        ({"reclaimPolicy": "Keep"}, ['reclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Retain"']),
        (
            {"volumeBindingMode": "Later"},
            [('volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"')],
        ),
        (
            {"allowedTopologies": [{"matchLabelExpressions": [{"key": "a", "values": []}]}]},
            ["allowedTopologies[0].matchLabelExpressions[0].values: Required value"],
        ),
    ],
)
def test_storageclasses(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("storage.k8s.io/v1", "storageclasses").refusals(with_changes(STORAGECLASSES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.fsGroupPolicy": "X"},
            [
                (
                    'spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", '
                    '"ReadWriteOnceWithFSType"'
                )
            ],
        ),
        (
            {"spec.volumeLifecycleModes": ["X"]},
            [('spec.volumeLifecycleModes: Unsupported value: "X": supported values: "Persistent", "Ephemeral"')],
        ),
        (
            {"spec.tokenRequests": [{"audience": "a"}, {"audience": "a"}]},
            ['spec.tokenRequests[1].audience: Duplicate value: "a"'],
        ),
        (
            {"spec.tokenRequests": [{"audience": "a", "expirationSeconds": 60}]},
            [
                (
                    "spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a "
                    "duration less than 10 minutes"
                )
            ],
        ),
    ],
)
def test_csidrivers(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("storage.k8s.io/v1", "csidrivers").refusals(with_changes(CSIDRIVERS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"spec.drivers.0.nodeID": None}, ["spec.drivers[0].nodeID: Required value"]),
        (
            {"spec.drivers.0.name": None},
            ["spec.drivers[0].name: Required value", f'spec.drivers[0].name: Invalid value: "": {SUBDOMAIN}'],
        ),
        ({"spec.drivers.0.topologyKeys": ["a b"]}, [f'spec.drivers[0]: Invalid value: "a b": {QUALIFIED_NAME}']),
        (
            {"spec.drivers.0.allocatable": {"count": -1}},
            ["spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            {"spec.drivers": [{"name": "d", "nodeID": "n"}, {"name": "d", "nodeID": "m"}]},
            ['spec.drivers[1].name: Duplicate value: "d"'],
        ),
    ],
)
def test_csinodes(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("storage.k8s.io/v1", "csinodes").refusals(with_changes(CSINODES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.attacher": None},
            [
                "spec.attacher: Required value",
                "spec.attacher: Required value",
                f'spec.attacher: Invalid value: "": {SUBDOMAIN}',
            ],
        ),
        (
            {"spec.source": None},
            [("spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName")],
        ),
        (
            {"spec.source.persistentVolumeName": ""},
            [
                "spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName",
                f'spec.source.persistentVolumeName: Invalid value: "": {SUBDOMAIN}',
            ],
        ),
        ({"spec.nodeName": None}, [f'spec.nodeName: Invalid value: "": {SUBDOMAIN}']),
    ],
)
def test_volumeattachments(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("storage.k8s.io/v1", "volumeattachments").refusals(with_changes(VOLUMEATTACHMENTS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"storageClassName": None}, [f'storageClassName: Invalid value: "": {SUBDOMAIN}']),
        ({"capacity": "-1"}, ['capacity: Invalid value: "-1": must be greater than or equal to 0']),
    ],
)
def test_csistoragecapacities(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("storage.k8s.io/v1", "csistoragecapacities").refusals(with_changes(CSISTORAGECAPACITIES, changes))
        == refusals
    )


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"driverName": None}, ["driverName: Required value"]),
        ({"parameters": None}, ["parameters: Required value: must contain at least one key/value pair"]),
    ],
)
def test_volumeattributesclasses(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("storage.k8s.io/v1", "volumeattributesclasses").refusals(with_changes(VOLUMEATTRIBUTESCLASSES, changes))
        == refusals
    )
