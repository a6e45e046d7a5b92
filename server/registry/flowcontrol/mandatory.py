"""The flow control objects that every cluster has. Models pkg/apis/flowcontrol/bootstrap/default.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery.objects import Object

_EVERY: Final = ["*"]
_RESOURCES: Final[Mapping[str, Any]] = {
    "verbs": _EVERY,
    "apiGroups": _EVERY,
    "resources": _EVERY,
    "clusterScope": True,
    "namespaces": _EVERY,
}
_URLS: Final[Mapping[str, Any]] = {"verbs": _EVERY, "nonResourceURLs": _EVERY}
_EVERYBODY: Final = ("system:unauthenticated", "system:authenticated")


def _groups(*names: str) -> list[Object]:
    return [{"kind": "Group", "group": {"name": name}} for name in names]


def _users(*names: str) -> list[Object]:
    return [{"kind": "User", "user": {"name": name}} for name in names]


def _kube_system(*names: str) -> list[Object]:
    return [{"kind": "ServiceAccount", "serviceAccount": {"namespace": "kube-system", "name": n}} for n in names]


def _rule(verbs: list[str], group: str, *resources: str, namespace: str = "*", cluster: bool = False) -> Object:
    rule: Object = {"verbs": verbs, "apiGroups": [group], "resources": list(resources)}
    if cluster:
        rule["clusterScope"] = True
    return {**rule, "namespaces": [namespace]}


def _schema(level: str, precedence: int, method: str, subjects: list[Object], *resources: Object) -> Object:
    """A FlowSchemaSpec of one rule; of everything unless resources are named."""
    rule: Object = {"subjects": subjects, "resourceRules": list(resources) or [dict(_RESOURCES)]}
    if not resources:
        rule["nonResourceRules"] = [dict(_URLS)]
    spec: Object = {"priorityLevelConfiguration": {"name": level}, "matchingPrecedence": precedence}
    if method:
        spec["distinguisherMethod"] = {"type": method}
    return {**spec, "rules": [rule]}


def _queued(shares: int, lendable: int, queues: int, hand: int) -> Object:
    queuing = {"queues": queues, "handSize": hand, "queueLengthLimit": 50}
    response = {"type": "Queue", "queuing": queuing}
    limited = {"nominalConcurrencyShares": shares, "limitResponse": response, "lendablePercent": lendable}
    return {"type": "Limited", "limited": limited}


_LOCKS: Final = ["get", "create", "update"]
_MANAGER: Final = "system:kube-controller-manager"
_SCHEDULER: Final = "system:kube-scheduler"
_LEASES: Final = "coordination.k8s.io"
_PROBES: Final[Object] = {
    "priorityLevelConfiguration": {"name": "exempt"},
    "matchingPrecedence": 2,
    "rules": [
        {
            "subjects": _groups(*_EVERYBODY),
            "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]}],
        }
    ],
}

MANDATORY_LEVELS: Final[Mapping[str, Object]] = {
    "catch-all": {
        "type": "Limited",
        "limited": {"nominalConcurrencyShares": 5, "limitResponse": {"type": "Reject"}, "lendablePercent": 0},
    },
    "exempt": {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}},
}
MANDATORY_SCHEMAS: Final[Mapping[str, Object]] = {
    "exempt": _schema("exempt", 1, "", _groups("system:masters")),
    "catch-all": _schema("catch-all", 10000, "ByUser", _groups(*_EVERYBODY)),
}
SUGGESTED_LEVELS: Final[Mapping[str, Object]] = {
    "system": _queued(30, 33, 64, 6),
    "node-high": _queued(40, 25, 64, 6),
    "leader-election": _queued(10, 0, 16, 4),
    "workload-high": _queued(40, 50, 128, 6),
    "workload-low": _queued(100, 90, 128, 6),
    "global-default": _queued(20, 50, 128, 6),
}
SUGGESTED_SCHEMAS: Final[Mapping[str, Object]] = {
    "system-nodes": _schema("system", 500, "ByUser", _groups("system:nodes")),
    "system-node-high": _schema(
        "node-high",
        400,
        "ByUser",
        _groups("system:nodes"),
        _rule(["*"], "", "nodes", "nodes/status", cluster=True),
        _rule(["*"], _LEASES, "leases"),
    ),
    "probes": _PROBES,
    "system-leader-election": _schema(
        "leader-election",
        100,
        "ByUser",
        [*_users(_MANAGER, _SCHEDULER), *_kube_system("*")],
        _rule(_LOCKS, _LEASES, "leases"),
    ),
    "endpoint-controller": _schema(
        "workload-high",
        150,
        "ByUser",
        [*_users(_MANAGER), *_kube_system("endpoint-controller", "endpointslicemirroring-controller")],
        _rule(_LOCKS, "", "endpoints"),
    ),
    "workload-leader-election": _schema(
        "leader-election",
        200,
        "ByUser",
        _kube_system("*"),
        _rule(_LOCKS, _LEASES, "leases"),
    ),
    "kube-controller-manager": _schema("workload-high", 800, "ByNamespace", _users(_MANAGER)),
    "kube-scheduler": _schema("workload-high", 800, "ByNamespace", _users(_SCHEDULER)),
    "kube-system-service-accounts": _schema("workload-high", 900, "ByNamespace", _kube_system("*")),
    "service-accounts": _schema("workload-low", 9000, "ByUser", _groups("system:serviceaccounts")),
    "global-default": _schema("global-default", 9900, "ByUser", _groups(*_EVERYBODY)),
}


def flow_schema_spec(name: str) -> Object | None:
    """The only spec that a mandatory FlowSchema may have; None for others."""
    return MANDATORY_SCHEMAS.get(name)


def priority_level_spec(name: str) -> Object | None:
    """The only spec that a mandatory PriorityLevelConfiguration may have; None for others."""
    return MANDATORY_LEVELS.get(name)
