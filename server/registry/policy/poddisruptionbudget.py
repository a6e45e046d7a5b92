"""PodDisruptionBudget. Models pkg/registry/policy/poddisruptionbudget and pkg/apis/policy/validation."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, intstr, validation
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import PathSegmentNames, SpecStrategy, StatusStrategy, go_struct
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource

EVICTION_POLICIES: Final = ("AlwaysAllow", "IfHealthyBudget")
COUNTERS: Final = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
_SPEC: Final = field.Path("spec")


class PodDisruptionBudgetStrategy(PathSegmentNames, SpecStrategy):
    """One of minAvailable and maxUnavailable."""

    allow_unconditional_update = False
    generation_of = ("spec",)
    new_status = {  # noqa: RUF012 - copied for each object
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    }

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return spec_errors(obj.get("spec") or {})


class PodDisruptionBudgetStatusStrategy(StatusStrategy):
    """What the disruption controller counted."""

    allow_unconditional_update = False

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        status, path = obj.get("status") or {}, field.Path("status")
        found = validation.conditions(status.get("conditions"), path / "conditions")
        return found + [e for n in COUNTERS for e in validation.non_negative(status.get(n) or 0, path / n)]


def int_or_percent(value: int | str, path: field.Path) -> list[field.Error]:
    """Errors of a value that is neither a non-negative number nor a percentage up to 100."""
    if isinstance(value, str):
        found = [field.invalid(path, value, problem) for problem in validation.valid_percent(value)]
        percent = intstr.percent_value(value)
        if percent is not None and percent > 100:
            found.append(field.invalid(path, value, "must not be greater than 100%"))
        return found
    return validation.non_negative(value, path)


def spec_errors(spec: View) -> list[field.Error]:
    """Errors of a PodDisruptionBudgetSpec."""
    found: list[field.Error] = []
    low, high = spec.get("minAvailable"), spec.get("maxUnavailable")
    policy = spec.get("unhealthyPodEvictionPolicy")
    if low is not None and high is not None:
        shown = go_struct(
            MinAvailable=low,
            Selector=spec.get("selector"),
            MaxUnavailable=high,
            UnhealthyPodEvictionPolicy=policy,
        )
        found.append(field.invalid(_SPEC, shown, "minAvailable and maxUnavailable cannot be both set"))
    if low is not None:
        found += int_or_percent(low, _SPEC / "minAvailable")
    if high is not None:
        found += int_or_percent(high, _SPEC / "maxUnavailable")
    found += validation.label_selector(spec.get("selector"), _SPEC / "selector")
    if policy is not None and policy not in EVICTION_POLICIES:
        found.append(field.not_supported(_SPEC / "unhealthyPodEvictionPolicy", policy, EVICTION_POLICIES))
    return found


def _amount(name: str) -> Any:
    def cell(obj: View) -> str:
        value = (obj.get("spec") or {}).get(name)
        return "N/A" if value is None else str(value)

    return cell


def resource(config: RegistryConfig) -> Resource:
    """poddisruptionbudgets."""
    low = Column("Min Available", description="The minimum number of pods that must be available.")
    high = Column("Max Unavailable", description="The maximum number of pods that may be unavailable.")
    allowed = Column(
        "Allowed Disruptions",
        type="integer",
        description="Calculated number of pods that may be disrupted at this time.",
    )
    return declare(
        "policy",
        "v1",
        "PodDisruptionBudget",
        namespaced=True,
        short_names=("pdb",),
        strategy=PodDisruptionBudgetStrategy(),
        status=PodDisruptionBudgetStatusStrategy(),
        printer=simple(
            (low, _amount("minAvailable")),
            (high, _amount("maxUnavailable")),
            (allowed, lambda o: (o.get("status") or {}).get("disruptionsAllowed") or 0),
        ),
    )
