"""What is missing of what somebody wants to grant, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from server.authentication.interfaces import User
from server.authorization.rbac_escalation import missing_rules, refusal
from server.authorization.rbac_rules import read_rules

HELD = [
    {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "*/status"]},
    {"verbs": ["*"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"]},
    {"verbs": ["get"], "nonResourceURLs": ["/healthz/*"]},
]


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, 0),
        ({"verbs": ["get", "watch"], "apiGroups": [""], "resources": ["pods"]}, 1),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["nodes/status"]}, 0),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["nodes"]}, 1),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]}, 0),
        ({"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"]}, 0),
        ({"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"]}, 1),
        ({"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web", "db"]}, 1),
        ({"verbs": ["get"], "nonResourceURLs": ["/healthz/x"]}, 0),
        ({"verbs": ["get"], "nonResourceURLs": ["/healthz"]}, 1),
        ({"verbs": ["*"], "apiGroups": [""], "resources": ["pods"]}, 1),
        ({"verbs": ["get"], "apiGroups": ["*"], "resources": ["pods"]}, 1),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["*"]}, 1),
    ],
)
def test_what_is_not_held_is_missing(wanted: dict[str, Any], missing: int) -> None:
    assert len(missing_rules(read_rules(HELD), read_rules([wanted]))) == missing


def test_the_refusal_groups_verbs_by_resource() -> None:
    wanted = [
        {"verbs": ["get", "delete"], "apiGroups": [""], "resources": ["secrets"]},
        {"verbs": ["get"], "nonResourceURLs": ["/metrics"]},
    ]
    user = User("jane", groups=("a", "b"))
    assert refusal(user, missing_rules((), read_rules(wanted))) == (
        'user "jane" (groups=["a" "b"]) is attempting to grant RBAC permissions not currently held:\n'
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}\n'
        '{NonResourceURLs:["/metrics"], Verbs:["get"]}'
    )
