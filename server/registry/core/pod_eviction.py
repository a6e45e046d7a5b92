"""Whether a pod may be evicted. Models pkg/registry/core/pod/storage/eviction.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from apimachinery import errors, labels, meta
from apimachinery.gvk import GroupResource
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time

MAX_DISRUPTED_PODS: Final = 2000
STILL_PROCESSED_RETRY: Final = 10
REASON: Final = "EvictionByEvictionAPI"
MESSAGE: Final = "Eviction API: evicting"
"""Why a pod that is evicted is a DisruptionTarget."""
TOO_MANY_BUDGETS: Final = (
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
)
_REFUSAL: Final = "Cannot evict pod as it would violate the pod's disruption budget."
_CAUSE: Final = "DisruptionBudget"
_ALLOWED: Final = "DisruptionAllowed"
_BUDGETS: Final = GroupResource("policy", "poddisruptionbudget")


def ignores_budgets(pod: View) -> bool:
    """Whether losing the pod disrupts nobody: it does not run yet, not anymore, or is leaving."""
    phase = (pod.get("status") or {}).get("phase")
    return phase in ("Succeeded", "Failed", "Pending") or meta.is_deleting(pod)


def must_not_change(pod: View) -> bool:
    """Whether a pod that ignores budgets may do so only as it was seen: a pending one can start meanwhile."""
    return (pod.get("status") or {}).get("phase") == "Pending" and not meta.is_deleting(pod)


def budgets_of(pod: View, budgets: Iterable[View]) -> list[View]:
    """The budgets that select the pod; none for a pod without labels, and none with a selector that cannot be read."""
    own = meta.labels(pod)
    return [b for b in budgets if _selects(b, own)] if own else []


def _selects(budget: View, own: Mapping[str, str]) -> bool:
    try:
        return labels.LabelSelector.from_object((budget.get("spec") or {}).get("selector")).matches(own)
    except ValueError:
        return False


def lets_unhealthy_go(budget: View) -> bool:
    """Whether the budget lets a pod that is not ready go without counting it."""
    status = budget.get("status") or {}
    desired = status.get("desiredHealthy") or 0
    if (budget.get("spec") or {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    return desired > 0 and (status.get("currentHealthy") or 0) >= desired


def still_processed(budget: str) -> errors.TooManyRequests:
    """The refusal while the budget's controller has not seen its spec, or something changed meanwhile."""
    message = f"The disruption budget {budget} is still being processed by the server."
    return errors.TooManyRequests(
        _REFUSAL, causes=[{"reason": _CAUSE, "message": message}], retry_after=STILL_PROCESSED_RETRY
    )


def take_disruption(budget: Object, pod: str, now: datetime) -> None:
    """Take one allowed disruption from the budget, in place, and note the pod. TooManyRequests, Forbidden."""
    name = meta.name(budget)
    status: Object = budget.setdefault("status", {})
    if (status.get("observedGeneration") or 0) < (meta.generation(budget) or 0):
        raise still_processed(name)
    allowed = int(status.get("disruptionsAllowed") or 0)
    if allowed < 0:
        raise errors.Forbidden.of(_BUDGETS, name, "pdb disruptions allowed is negative")
    disrupted = dict(status.get("disruptedPods") or {})
    if len(disrupted) > MAX_DISRUPTED_PODS:
        why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise errors.Forbidden.of(_BUDGETS, name, why)
    if allowed == 0:
        raise errors.TooManyRequests(_REFUSAL, causes=[{"reason": _CAUSE, "message": _why_none(budget)}])
    status["disruptionsAllowed"] = allowed - 1
    if allowed == 1:
        _show_exhausted(status, now)
    status["disruptedPods"] = {**disrupted, pod: format_time(now)}


def _why_none(budget: View) -> str:
    name, status = meta.name(budget), budget["status"]
    for condition in status.get("conditions") or ():
        failed = condition.get("status") == "False" and condition.get("reason") == "SyncFailed"
        if condition.get("type") == _ALLOWED and failed and condition.get("message"):
            return (
                f"The disruption budget {name} does not allow evicting pods currently because it failed sync: "
                f"{condition['message']}"
            )
    desired, current = status.get("desiredHealthy") or 0, status.get("currentHealthy") or 0
    return f"The disruption budget {name} needs {desired} healthy pods and has {current} currently"


def _show_exhausted(status: Object, now: datetime) -> None:
    conditions = [dict(c) for c in status.get("conditions") or ()]
    condition = next((c for c in conditions if c.get("type") == _ALLOWED), None)
    if condition is None:
        condition = {"type": _ALLOWED}
        conditions.append(condition)
    if condition.get("status") != "False":
        condition |= {"status": "False", "lastTransitionTime": format_time(now)}
    condition |= {"reason": "InsufficientPods", "message": ""}
    if status.get("observedGeneration"):
        condition["observedGeneration"] = status["observedGeneration"]
    status["conditions"] = conditions
