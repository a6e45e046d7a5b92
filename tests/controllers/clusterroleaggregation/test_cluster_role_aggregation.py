"""ClusterRoles made of others."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from controllers.clusterroleaggregation.cluster_role_aggregation import (
    ClusterRoleAggregationController,
    aggregated_rules,
)
from controllers.runtime.resources import CLUSTER_ROLES
from tests.controllers.cluster import Cluster, at_work


def rule(*resources: str) -> Object:
    return {"apiGroups": [""], "resources": list(resources), "verbs": ["get"]}


def role(name: str, *rules: Object, labels: dict[str, str] | None = None, select: list[Object] | None = None) -> Object:
    """A ClusterRole; `select` makes it an aggregate of those with these labels."""
    body: Object = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": labels or {}},
        "rules": list(rules),
    }
    if select is not None:
        body["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": s} for s in select]}
    return body


A, B = {"to": "a"}, {"to": "b"}


@pytest.mark.parametrize(
    ("roles", "select", "expected"),
    [
        ([], [A], []),
        ([role("x", rule("pods"), labels=A)], [A], [rule("pods")]),
        ([role("x", rule("pods"), labels=B)], [A], []),
        ([role("y", rule("nodes"), labels=A), role("x", rule("pods"), labels=A)], [A], [rule("pods"), rule("nodes")]),
        ([role("x", rule("pods"), labels=A), role("y", rule("pods"), labels=A)], [A], [rule("pods")]),
        (
            [role("x", rule("pods"), labels=A), role("y", rule("nodes"), labels=B)],
            [B, A],
            [rule("nodes"), rule("pods")],
        ),
        ([role("all", rule("secrets"), labels=A)], [A], []),
    ],
)
def test_rules_of_the_selected(roles: list[Object], select: list[Any], expected: list[Object]) -> None:
    assert aggregated_rules(role("all", select=select), roles) == expected


@pytest.mark.slow
async def test_an_aggregate_follows_its_parts(bare: Cluster) -> None:
    labels = {"team": "storage"}
    context = bare.context(ManualClock())
    async with at_work(context, ClusterRoleAggregationController(context)):
        await bare.client.create(CLUSTER_ROLES, role("whole", rule("secrets"), select=[labels]))
        await bare.client.create(CLUSTER_ROLES, role("part-1", rule("pods"), labels=labels))
        await bare.until(CLUSTER_ROLES, lambda found: rules(found) == [rule("pods")])
        await bare.client.create(CLUSTER_ROLES, role("part-2", rule("nodes"), labels=labels))
        await bare.until(CLUSTER_ROLES, lambda found: rules(found) == [rule("pods"), rule("nodes")])
        whole = await bare.client.get(CLUSTER_ROLES, "whole")
        managers = {m["manager"]: m["operation"] for m in whole["metadata"]["managedFields"]}
        assert managers["clusterrole-aggregation-controller"] == "Apply"
        await bare.client.delete(CLUSTER_ROLES, "part-1")
        await bare.until(CLUSTER_ROLES, lambda found: rules(found) == [rule("nodes")])


def rules(found: list[View]) -> list[Object]:
    return next((list(r.get("rules") or ()) for r in found if meta.name(r) == "whole"), [])
