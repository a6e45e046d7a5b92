"""What new nodes, volumes and quotas are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes
from tests.server.registry.words import QUALIFIED_NAME, SUBDOMAIN

NODES: Final[Object] = {"metadata": {"name": "n"}}

LIMITRANGES: Final[Object] = {
    "metadata": {"name": "l"},
    "spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "1"}}]},
}

RESOURCEQUOTAS: Final[Object] = {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "2"}}}

PERSISTENTVOLUMES: Final[Object] = {
    "metadata": {"name": "v"},
    "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}},
}

PERSISTENTVOLUMECLAIMS: Final[Object] = {
    "metadata": {"name": "c"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.taints": [{"key": "a b", "value": "x", "effect": "NoSchedule"}]},
            [f'metadata.taints[0].key: Invalid value: "a b": {QUALIFIED_NAME}'],
        ),
        (
            {"spec.taints": [{"key": "a", "effect": "Never"}]},
            [
                (
                    'metadata.taints[0].effect: Unsupported value: "Never": supported values: '
                    '"NoSchedule", "PreferNoSchedule", "NoExecute"'
                )
            ],
        ),
        (
            {"spec.taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "value": "b", "effect": "NoSchedule"}]},
            [
                (
                    "metadata.taints[1]: Duplicate value: "
                    '{"Key":"a","Value":"b","Effect":"NoSchedule","TimeAdded":null}: taints must be '
                    "unique by key and effect pair"
                )
            ],
        ),
        (
            {"spec.podCIDRs": ["10.0.0.0/24", "10.1.0.0/24"]},
            [
                (
                    'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more '
                    "than one CIDR for each IP family"
                )
            ],
        ),
        (
            {"spec.podCIDR": "x"},
            [('spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')],
        ),
        ({"metadata.name": "A"}, [f'metadata.name: Invalid value: "A": {SUBDOMAIN}']),
    ],
)
def test_nodes(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("v1", "nodes").refusals(with_changes(NODES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.limits.0.min": {"cpu": "3"}},
            [
                'spec.limits[0].min[cpu]: Invalid value: "3": min value 3 is greater than max value 2',
                (
                    'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": min value 3 is greater than '
                    "default request value 2"
                ),
                'spec.limits[0].default[cpu]: Invalid value: "3": min value 3 is greater than default value 2',
            ],
        ),
        (
            {"spec.limits.0.default": {"cpu": "5"}},
            [
                (
                    'spec.limits[0].defaultRequest[cpu]: Invalid value: "5": default request value 5 is '
                    "greater than max value 2"
                ),
                'spec.limits[0].default[cpu]: Invalid value: "2": default value 5 is greater than max value 2',
            ],
        ),
        (
            {"spec.limits.0.type": "Pod", "spec.limits.0.default": {"cpu": "2"}},
            ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
        ),
        (
            {"spec.limits.0.maxLimitRequestRatio": {"cpu": "500m"}},
            ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'],
        ),
        (
            {"spec.limits": [{"type": "PersistentVolumeClaim"}]},
            [
                (
                    "spec.limits[0].limits: Required value: either minimum or maximum storage value is "
                    "required, but neither was provided"
                )
            ],
        ),
        ({"spec.limits": [{"type": "Pod"}, {"type": "Pod"}]}, ['spec.limits[1].type: Duplicate value: "Pod"']),
    ],
)
def test_limitranges(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("v1", "limitranges").refusals(with_changes(LIMITRANGES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"spec.hard": {"pods": "-1"}}, ['spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0']),
        ({"spec.hard": {"pods": "500m"}}, ['spec.hard[pods]: Invalid value: "500m": must be an integer']),
        (
            {"spec.hard": {"bogus": "1"}},
            [
                'spec.hard[bogus]: Invalid value: "bogus": must be a standard resource type or fully qualified',
                'spec.hard[bogus]: Invalid value: "bogus": must be a standard resource for quota',
            ],
        ),
        ({"spec.scopes": ["Best"]}, ['spec.scopes: Invalid value: ["Best"]: unsupported scope']),
        (
            {"spec.scopes": ["BestEffort", "NotBestEffort"]},
            ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
        ),
        (
            {"spec.scopes": ["BestEffort"], "spec.hard": {"cpu": "1"}},
            ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
        ),
    ],
)
def test_resourcequotas(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("v1", "resourcequotas").refusals(with_changes(RESOURCEQUOTAS, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.capacity": {"cpu": "1"}},
            ['spec.capacity: Unsupported value: {"cpu":"1"}: supported values: "storage"'],
        ),
        ({"spec.accessModes": None}, ["spec.accessModes: Required value"]),
        (
            {"spec.accessModes": ["RWX"]},
            [
                (
                    'spec.accessModes: Unsupported value: "RWX": supported values: "ReadOnlyMany", '
                    '"ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'
                )
            ],
        ),
        ({"spec.hostPath": None}, ["spec: Required value: must specify a volume type"]),
        ({"spec.nfs": {"server": "s", "path": "/p"}}, ["spec.nfs: Forbidden: may not specify more than 1 volume type"]),
        (
            {"spec.persistentVolumeReclaimPolicy": "Keep"},
            [
                (
                    'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: '
                    '"Delete", "Recycle", "Retain"'
                )
            ],
        ),
        ({"spec.hostPath.path": "/a/../b"}, ["spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"]),
        (
            {"spec.volumeMode": "Raw"},
            ['spec.volumeMode: Unsupported value: "Raw": supported values: "Block", "Filesystem"'],
        ),
    ],
)
def test_persistentvolumes(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("v1", "persistentvolumes").refusals(with_changes(PERSISTENTVOLUMES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"spec.accessModes": None}, ["spec.accessModes: Required value: at least 1 access mode is required"]),
        ({"spec.resources": None}, ["spec.resources[storage]: Required value"]),
        (
            {"spec.resources.requests.storage": "0"},
            ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
        ),
        (
            {"spec.accessModes": ["ReadWriteOncePod", "ReadWriteMany"]},
            ["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"],
        ),
        ({"spec.storageClassName": "A"}, [f'spec.storageClassName: Invalid value: "A": {SUBDOMAIN}']),
        (
            {"spec.dataSourceRef": {"kind": "X", "name": "y"}},
            [
                (
                    "spec.dataSource: Invalid value: \"X\": must be 'PersistentVolumeClaim' when "
                    "referencing the default apiGroup"
                ),
                (
                    "spec.dataSourceRef: Invalid value: \"X\": must be 'PersistentVolumeClaim' when "
                    "referencing the default apiGroup"
                ),
            ],
        ),
    ],
)
def test_persistentvolumeclaims(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("v1", "persistentvolumeclaims").refusals(with_changes(PERSISTENTVOLUMECLAIMS, changes)) == refusals
