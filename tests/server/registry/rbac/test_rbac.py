"""What new roles and bindings are refused for."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes
from tests.server.registry.words import QUALIFIED_NAME

ROLES: Final[Object] = {
    "metadata": {"name": "r"},
    "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
}

CLUSTERROLES: Final[Object] = {
    "metadata": {"name": "r"},
    "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
}

ROLEBINDINGS: Final[Object] = {
    "metadata": {"name": "r"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"},
    "subjects": [{"kind": "User", "name": "jane"}],
}

CLUSTERROLEBINDINGS: Final[Object] = {
    "metadata": {"name": "r"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "x"},
    "subjects": [{"kind": "User", "name": "jane"}],
}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"rules.0.verbs": None}, ["rules[0].verbs: Required value: verbs must contain at least one value"]),
        (
            {"rules.0.apiGroups": None},
            ["rules[0].apiGroups: Required value: resource rules must supply at least one api group"],
        ),
        (
            {"rules.0.resources": None},
            ["rules[0].resources: Required value: resource rules must supply at least one resource"],
        ),
        (
            {"rules.0.nonResourceURLs": ["/x"]},
            [
                ('rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'),
                (
                    'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular '
                    "resources and non-resource URLs"
                ),
            ],
        ),
    ],
)
def test_roles(changes: dict[str, Any], refusals: list[str]) -> None:
    assert kind("rbac.authorization.k8s.io/v1", "roles").refusals(with_changes(ROLES, changes)) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"rules.0.nonResourceURLs": ["/x"]},
            [
                (
                    'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular '
                    "resources and non-resource URLs"
                )
            ],
        ),
        (
            {"aggregationRule": {}},
            [
                (
                    "aggregationRule.clusterRoleSelectors: Required value: at least one "
                    "clusterRoleSelector required if aggregationRule is non-nil"
                )
            ],
        ),
        (
            {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a b": ""}}]}},
            [f'aggregationRule.clusterRoleSelectors[0].matchLabels: Invalid value: "a b": {QUALIFIED_NAME}'],
        ),
    ],
)
def test_clusterroles(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("rbac.authorization.k8s.io/v1", "clusterroles").refusals(with_changes(CLUSTERROLES, changes)) == refusals
    )


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"roleRef.kind": "Pod"}, ['roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"']),
        ({"roleRef.name": None}, ["roleRef.name: Required value"]),
        (
            {"roleRef.apiGroup": "x"},
            ['roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"'],
        ),
        (
            {"subjects.0.kind": "Robot"},
            [('subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"')],
        ),
        ({"subjects.0.name": None}, ["subjects[0].name: Required value"]),
        ({"subjects": [{"kind": "ServiceAccount", "name": "s"}]}, []),
    ],
)
def test_rolebindings(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("rbac.authorization.k8s.io/v1", "rolebindings").refusals(with_changes(ROLEBINDINGS, changes)) == refusals
    )


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({"roleRef.kind": "Role"}, ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"']),
        ({"subjects": [{"kind": "ServiceAccount", "name": "s"}]}, ["subjects[0].namespace: Required value"]),
    ],
)
def test_clusterrolebindings(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("rbac.authorization.k8s.io/v1", "clusterrolebindings").refusals(with_changes(CLUSTERROLEBINDINGS, changes))
        == refusals
    )
