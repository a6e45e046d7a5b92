"""Disruption budgets judging evictions."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import errors
from server.registry.core import pod_eviction
from tests.server.registry.core.pods import stored
from tests.server.registry.strategies import NOW, with_changes

BUDGET: dict[str, Any] = {
    "metadata": {"name": "b", "generation": 2},
    "spec": {"selector": {"matchLabels": {"app": "p"}}},
    "status": {
        "observedGeneration": 2,
        "disruptionsAllowed": 1,
        "currentHealthy": 2,
        "desiredHealthy": 1,
        "expectedPods": 2,
        "conditions": [
            {
                "type": "DisruptionAllowed",
                "status": "True",
                "observedGeneration": 2,
                "lastTransitionTime": "2026-01-01T00:00:00Z",
                "reason": "SufficientPods",
                "message": "",
            }
        ],
    },
}


@pytest.mark.parametrize(
    ("changes", "ignores", "pinned"),
    [
        ({"status.phase": "Pending"}, True, True),
        ({"status.phase": "Running"}, False, False),
        ({"status.phase": "Succeeded"}, True, False),
        ({"status.phase": "Failed"}, True, False),
        ({"status.phase": "Running", "metadata.deletionTimestamp": "2026-01-01T12:00:00Z"}, True, False),
    ],
)
def test_pods_that_disrupt_nobody(changes: dict[str, Any], ignores: bool, pinned: bool) -> None:
    pod = with_changes(stored(), changes)
    assert (pod_eviction.ignores_budgets(pod), pod_eviction.must_not_change(pod)) == (ignores, pinned)


def test_budgets_are_those_that_select_the_pod() -> None:
    everything = with_changes(BUDGET, {"spec.selector": {}})
    nothing = with_changes(BUDGET, {"spec.selector": None})
    other = with_changes(BUDGET, {"spec.selector.matchLabels.app": "q"})
    broken = with_changes(BUDGET, {"spec.selector": {"matchExpressions": [{"key": "app", "operator": "?"}]}})
    given = [BUDGET, everything, nothing, other, broken]
    assert pod_eviction.budgets_of(stored(), given) == [BUDGET, everything]
    assert pod_eviction.budgets_of(with_changes(stored(), {"metadata.labels": None}), given) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"status.currentHealthy": 0}, False),
        ({"status.desiredHealthy": 0}, False),
        ({"status.currentHealthy": 0, "spec.unhealthyPodEvictionPolicy": "AlwaysAllow"}, True),
    ],
)
def test_pods_that_are_not_ready(changes: dict[str, Any], expected: bool) -> None:
    assert pod_eviction.lets_unhealthy_go(with_changes(BUDGET, changes)) is expected


def test_the_last_disruption_exhausts_a_budget() -> None:
    budget = with_changes(BUDGET, {})
    pod_eviction.take_disruption(budget, "p", NOW)
    assert budget["status"] == {
        **BUDGET["status"],
        "disruptionsAllowed": 0,
        "disruptedPods": {"p": "2026-01-01T12:00:00Z"},
        "conditions": [
            {
                "type": "DisruptionAllowed",
                "status": "False",
                "observedGeneration": 2,
                "lastTransitionTime": "2026-01-01T12:00:00Z",
                "reason": "InsufficientPods",
                "message": "",
            }
        ],
    }


FAILED = [{"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed", "message": "no controller"}]


@pytest.mark.parametrize(
    ("changes", "cause", "retry"),
    [
        (
            {"metadata.generation": 3},
            "The disruption budget b is still being processed by the server.",
            10,
        ),
        (
            {"status.disruptionsAllowed": 0},
            "The disruption budget b needs 1 healthy pods and has 2 currently",
            0,
        ),
        (
            {"status.disruptionsAllowed": 0, "status.conditions": FAILED},
            "The disruption budget b does not allow evicting pods currently because it failed sync: no controller",
            0,
        ),
    ],
)
def test_refusals(changes: dict[str, Any], cause: str, retry: int) -> None:
    with pytest.raises(errors.TooManyRequests) as caught:
        pod_eviction.take_disruption(with_changes(BUDGET, changes), "p", NOW)
    status = caught.value.to_status()
    assert status["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
    assert status["details"]["causes"] == [{"reason": "DisruptionBudget", "message": cause}]
    assert status["details"].get("retryAfterSeconds", 0) == retry


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status.disruptionsAllowed": -1}, "pdb disruptions allowed is negative"),
        (
            {"status.disruptedPods": {str(i): "2026-01-01T00:00:00Z" for i in range(2001)}},
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
        ),
    ],
    ids=["negative", "many"],
)
def test_broken_budgets(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(errors.Forbidden, match=why):
        pod_eviction.take_disruption(with_changes(BUDGET, changes), "p", NOW)
