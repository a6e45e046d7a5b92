"""The arithmetic and the words of PodDisruptionBudgets: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apimachinery import meta
from apimachinery.objects import Object
from apimachinery.timestamp import format_time
from controllers.disruption import budget as budgets
from tests.controllers.factories import pod

EMPTY = "&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},}"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def budget(status: Object | None = None, **spec: Any) -> Object:
    return {"metadata": {"name": "b", "namespace": "ns", "generation": 3}, "spec": spec, "status": status or {}}


@pytest.mark.parametrize(
    ("spec", "expected", "desired", "scaled"),
    [
        ({"minAvailable": 3}, 7, 3, False),
        ({"minAvailable": "50%"}, 7, 4, True),
        ({"minAvailable": "0%"}, 7, 0, True),
        ({"maxUnavailable": 2}, 7, 5, True),
        ({"maxUnavailable": 9}, 7, 0, True),
        ({"maxUnavailable": "30%"}, 7, 4, True),
        ({"maxUnavailable": 0}, 7, 7, True),
    ],
)
def test_desired_healthy(spec: Object, expected: int, desired: int, scaled: bool) -> None:
    assert budgets.desired_healthy(budget(**spec), expected) == desired
    assert budgets.needs_scale(budget(**spec)) is scaled
    assert budgets.has_limit(budget(**spec))


def test_a_budget_without_limits() -> None:
    assert not budgets.has_limit(budget(selector={}))
    assert budgets.desired_healthy(budget(selector={}), 0) == 0


@pytest.mark.parametrize(
    ("healthy", "desired", "expected", "allowed"), [(3, 2, 3, 1), (2, 2, 3, 0), (1, 2, 3, 0), (3, 2, 0, 0)]
)
def test_new_status(healthy: int, desired: int, expected: int, allowed: int) -> None:
    status = budgets.new_status(budget(), healthy=healthy, desired=desired, expected=expected, waiting={}, now=NOW)
    assert status["disruptionsAllowed"] == allowed
    (condition,) = status["conditions"]
    assert (condition["status"], condition["reason"]) == (
        ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    )
    assert (condition["message"], condition["observedGeneration"]) == ("", 3)
    assert "disruptedPods" not in status


def test_a_condition_moves_with_its_status_only() -> None:
    before = format_time(NOW - timedelta(hours=1))
    own = {"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed", "lastTransitionTime": before}
    foreign = {"type": "Other", "status": "True"}
    status = budgets.new_status(
        budget({"conditions": [own, foreign]}), healthy=1, desired=1, expected=1, waiting={}, now=NOW
    )
    assert [c["type"] for c in status["conditions"]] == ["DisruptionAllowed", "Other"]
    assert status["conditions"][0]["lastTransitionTime"] == before
    assert status["conditions"][0]["reason"] == "InsufficientPods"
    allowed = budgets.new_status(budget({"conditions": [own]}), healthy=2, desired=1, expected=2, waiting={}, now=NOW)
    assert allowed["conditions"][0]["lastTransitionTime"] == format_time(NOW)


def test_a_failure_keeps_the_numbers_and_allows_nothing() -> None:
    known = {"currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 3, "disruptionsAllowed": 1}
    status = budgets.failed_status(budget({**known, "observedGeneration": 2}), "it broke", NOW)
    assert status["disruptionsAllowed"] == 0 and status["currentHealthy"] == 3
    (condition,) = status["conditions"]
    assert (condition["status"], condition["reason"], condition["message"]) == ("False", "SyncFailed", "it broke")
    assert condition["observedGeneration"] == 2


def test_evicted_pods_are_awaited_for_two_minutes() -> None:
    listed = {
        "late": format_time(NOW - timedelta(seconds=121)),
        "soon": format_time(NOW - timedelta(seconds=30)),
        "going": format_time(NOW),
        "gone": format_time(NOW),
    }
    pods = [pod("late"), pod("soon"), pod("going", deleting=True), pod("other")]
    waiting, overdue, recheck = budgets.disrupted(budget({"disruptedPods": listed}), pods, NOW)
    assert waiting == {"soon": listed["soon"]}
    assert [meta.name(p) for p in overdue] == ["late"]
    assert recheck == NOW + timedelta(seconds=90)
    assert budgets.count_healthy(pods, waiting) == 2
    assert budgets.count_healthy([pod("unready", ready=False)], {}) == 0


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (None, "nil"),
        ({}, EMPTY),
        ({"matchLabels": {"b": "2", "a": "1"}}, EMPTY.replace("string{}", "string{a: 1,b: 2,}")),
        (
            {"matchExpressions": [{"key": "a", "operator": "In", "values": ["x", "y"]}]},
            EMPTY.removesuffix("},}") + "LabelSelectorRequirement{Key:a,Operator:In,Values:[x y],},},}",
        ),
    ],
)
def test_a_selector_in_go(selector: Object | None, text: str) -> None:
    assert budgets.describe_selector(selector) == text
