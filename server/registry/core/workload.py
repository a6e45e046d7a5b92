"""What the kinds that keep replicas of a pod have in common: counters, strategies, percentages.

Models pkg/apis/apps/validation and the strategies of pkg/registry/apps, which repeat each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from apimachinery import field, intstr, meta, validation
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from server.registry.core.podspec_defaults import default_template
from server.registry.core.podspec_disabled import drop_disabled_template_fields
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_warnings import template_warnings
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Context

SPEC: Final = Path("spec")
STATUS: Final = Path("status")
TEMPLATE: Final = SPEC / "template"


def counters(holder: View, names: Iterable[str], path: Path) -> list[Error]:
    """None of the named numbers, absent ones aside, may be negative."""
    return [e for name in names for e in validation.non_negative(int(holder.get(name) or 0), path / name)]


def at_most(status: View, names: Iterable[str], bound: str, path: Path, *, shown: str) -> list[Error]:
    """None of the named counters may exceed another one, `shown` as the message calls it."""
    limit = int(status.get(bound) or 0)
    return [
        field.invalid(path / name, value, f"cannot be greater than {shown}")
        for name in names
        if (value := int(status.get(name) or 0)) > limit
    ]


def collision_count(status: View, old: View | None, path: Path) -> list[Error]:
    """collisionCount never falls."""
    before, now = (old or {}).get("collisionCount"), status.get("collisionCount")
    if before is None or (now is not None and now >= before):
        return []
    return [field.invalid(path / "collisionCount", now or 0, "cannot be decremented")]


def int_or_percent(value: int | str, path: Path) -> list[Error]:
    """A number that is not negative, or a percentage."""
    if isinstance(value, int):
        return validation.non_negative(value, path)
    return [field.invalid(path, value, p) for p in validation.valid_percent(value)]


def at_most_100_percent(value: int | str, path: Path) -> list[Error]:
    """A percentage of at most 100."""
    percent = intstr.percent_value(value)
    return (
        [field.invalid(path, value, "must not be greater than 100%")] if percent is not None and percent > 100 else []
    )


def amount(value: int | str) -> int:
    """The number, or that of the percentage; 0 for a text that is neither."""
    if isinstance(value, int):
        return value
    percent = intstr.percent_value(value)
    if percent is not None:
        return percent
    return int(value) if value.lstrip("+-").isdigit() else 0


class WorkloadStrategy(SpecStrategy):
    """A kind whose spec.template makes pods."""

    generation_of = ("spec",)

    def __init__(self, options: Options) -> None:
        self.options = options

    def default(self, obj: Object) -> None:
        spec: Object = obj.setdefault("spec", {})
        default_template(spec.setdefault("template", {}))
        self.default_spec(spec)

    def default_spec(self, spec: Object) -> None:
        """The kind's own defaults."""

    def template_of(self, spec: Any) -> Any:
        """The template within a spec; None where there is none."""
        return spec.get("template")

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        drop_disabled_template_fields(self.template_of(obj["spec"]), None, self.options.version)
        super().prepare_for_create(obj, ctx)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        template, before = self.template_of(obj["spec"]), self.template_of(old["spec"])
        drop_disabled_template_fields(template, before, self.options.version)
        super().prepare_for_update(obj, old, ctx)

    def validate_spec(self, spec: View, old: View | None) -> list[Error]:
        """The kind's own rules; `old` is the stored spec on updates."""
        return []

    def validate(self, obj: View, ctx: Context) -> list[Error]:
        return super().validate(obj, ctx) + self.validate_spec(obj["spec"], None)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        return super().validate(obj, ctx) + self.validate_spec(obj["spec"], old["spec"])

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return template_warnings(obj["spec"]["template"], TEMPLATE)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        if meta.generation(obj) == meta.generation(old):
            return []
        return template_warnings(obj["spec"]["template"], TEMPLATE)


class WorkloadStatusStrategy(StatusStrategy):
    """The status endpoint of a kind whose spec.template makes pods."""

    def __init__(self, main: WorkloadStrategy) -> None:
        self.main = main

    def default(self, obj: Object) -> None:
        self.main.default(obj)

    def validate_status(self, status: View, old: View) -> list[Error]:
        """The kind's own rules for a status."""
        return []

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        found = super().validate_update(obj, old, ctx)
        return found + self.validate_status(obj.get("status") or {}, old.get("status") or {})


def replica_fields(obj: View) -> dict[str, str]:
    """The selectable field of kinds with replicas."""
    return {"status.replicas": str(int((obj.get("status") or {}).get("replicas") or 0))}


REPLICA_FIELD_LABELS: Final = ("metadata.name", "metadata.namespace", "status.replicas")


def replica_cells(obj: View) -> list[Any]:
    """Desired, current and ready replicas."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    return [spec.get("replicas") or 0, status.get("replicas") or 0, status.get("readyReplicas") or 0]
