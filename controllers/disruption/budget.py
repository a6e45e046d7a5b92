"""The numbers and the condition of a PodDisruptionBudget. Models pkg/controller/disruption/disruption.go; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from apimachinery import intstr, meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time, parse_time
from controllers.runtime.pods import is_ready

CONDITION: Final = "DisruptionAllowed"
DELETION_TIMEOUT: Final = timedelta(minutes=2)


def describe_selector(selector: View | None) -> str:
    """A label selector as Go prints the struct, which is how events tell of it."""
    if selector is None:
        return "nil"
    labels = "".join(f"{k}: {v}," for k, v in sorted((selector.get("matchLabels") or {}).items()))
    expressions = "".join(map(_requirement, selector.get("matchExpressions") or ()))
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )


def _requirement(found: View) -> str:
    values = " ".join(found.get("values") or ())
    return f"LabelSelectorRequirement{{Key:{found['key']},Operator:{found['operator']},Values:[{values}],}},"


def needs_scale(budget: View) -> bool:
    """Whether the budget is a share of the controllers' sizes and not a number of pods."""
    spec = budget["spec"]
    return spec.get("maxUnavailable") is not None or isinstance(spec.get("minAvailable"), str)


def has_limit(budget: View) -> bool:
    """Whether the budget asks for anything; one that does not expects no pods and allows no eviction."""
    spec = budget["spec"]
    return spec.get("maxUnavailable") is not None or spec.get("minAvailable") is not None


def desired_healthy(budget: View, expected: int) -> int:
    """How many pods have to stay healthy."""
    spec = budget["spec"]
    if (most := spec.get("maxUnavailable")) is not None:
        return max(0, expected - intstr.scaled_value(most, expected, round_up=True))
    least = spec.get("minAvailable")
    return intstr.scaled_value(least, expected, round_up=True) if least is not None else 0


def disrupted(budget: View, pods: Iterable[View], now: datetime) -> tuple[dict[str, str], list[View], datetime | None]:
    """Evicted pods still to be deleted; those that should have been long ago; when to look again."""
    listed: Mapping[str, str] = (budget.get("status") or {}).get("disruptedPods") or {}
    waiting: dict[str, str] = {}
    overdue: list[View] = []
    recheck: datetime | None = None
    for pod in pods:
        at = listed.get(meta.name(pod))
        if at is None or meta.is_deleting(pod):
            continue
        due = parse_time(at) + DELETION_TIMEOUT
        if due < now:
            overdue.append(pod)
            continue
        waiting[meta.name(pod)] = at
        recheck = due if recheck is None else min(recheck, due)
    return waiting, overdue, recheck


def count_healthy(pods: Iterable[View], waiting: Mapping[str, str]) -> int:
    """Ready pods that are not on their way out."""
    return sum(1 for p in pods if not meta.is_deleting(p) and meta.name(p) not in waiting and is_ready(p))


def new_status(
    budget: View, *, healthy: int, desired: int, expected: int, waiting: dict[str, str], now: datetime
) -> Object:
    """The status of a budget that could be computed."""
    allowed = max(0, healthy - desired) if expected > 0 else 0
    generation = meta.generation(budget)
    status: Object = {
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "expectedPods": expected,
        "observedGeneration": generation,
    }
    if waiting:
        status["disruptedPods"] = waiting
    condition: Object = {
        "type": CONDITION,
        "status": "True" if allowed > 0 else "False",
        "reason": "SufficientPods" if allowed > 0 else "InsufficientPods",
        "message": "",
        "observedGeneration": generation,
    }
    return with_condition(budget, status, condition, now)


def failed_status(budget: View, error: object, now: datetime) -> Object:
    """The status of a budget that could not be computed: nothing may be evicted."""
    status: Object = {**(budget.get("status") or {}), "disruptionsAllowed": 0}
    for field in ("currentHealthy", "desiredHealthy", "expectedPods"):
        status.setdefault(field, 0)
    condition: Object = {
        "type": CONDITION,
        "status": "False",
        "reason": "SyncFailed",
        "message": str(error),
        "observedGeneration": status.get("observedGeneration", 0),
    }
    return with_condition(budget, status, condition, now)


def with_condition(budget: View, status: Object, condition: Object, now: datetime) -> Object:
    """The status with the condition; its lastTransitionTime moves only with its status."""
    present = (budget.get("status") or {}).get("conditions") or ()
    old = next((c for c in present if c.get("type") == condition["type"]), None)
    same = old is not None and old.get("status") == condition["status"]
    stamp = old["lastTransitionTime"] if old is not None and same else format_time(now)
    if not condition["observedGeneration"]:
        condition = {k: v for k, v in condition.items() if k != "observedGeneration"}
    new = {**condition, "lastTransitionTime": stamp}
    if old is None:
        return {**status, "conditions": [*present, new]}
    return {**status, "conditions": [new if c is old else c for c in present]}
