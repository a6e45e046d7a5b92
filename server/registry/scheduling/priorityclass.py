"""PriorityClass. Models pkg/registry/scheduling/priorityclass and pkg/apis/scheduling."""

from __future__ import annotations

from typing import Final

from apimachinery import errors, field, meta, validation
from apimachinery.gvk import GroupResource
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource

SYSTEM_PREFIX: Final = "system-"
HIGHEST_USER_PRIORITY: Final = 1_000_000_000
SYSTEM_CLASSES: Final = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
PREEMPTION_POLICIES: Final = ("PreemptLowerPriority", "Never")


class PriorityClassStrategy(BuiltinStrategy):
    """Users stay below the system's own classes, and a value is for ever."""

    def default(self, obj: Object) -> None:
        obj["preemptionPolicy"] = obj.get("preemptionPolicy") or "PreemptLowerPriority"

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        obj["metadata"]["generation"] = 1

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        name, value = meta.name(obj), obj.get("value") or 0
        if name.startswith(SYSTEM_PREFIX):
            if problem := _system_problem(name, value, bool(obj.get("globalDefault"))):
                detail = f"priority class names with '{SYSTEM_PREFIX}' prefix are reserved for system use only. error: "
                found.append(field.forbidden(field.Path("metadata") / "name", detail + problem))
        elif value > HIGHEST_USER_PRIORITY:
            detail = f"maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}"
            found.append(field.forbidden(field.Path("value"), detail))
        policy = obj.get("preemptionPolicy")
        if policy is not None and policy not in PREEMPTION_POLICIES:
            found.append(field.not_supported(field.Path("preemptionPolicy"), policy, PREEMPTION_POLICIES))
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        if (obj.get("value") or 0) != (old.get("value") or 0):
            found.append(field.forbidden(field.Path("value"), "may not be changed in an update."))
        path = field.Path("preemptionPolicy")
        return found + validation.immutable(obj.get("preemptionPolicy"), old.get("preemptionPolicy"), path)

    def check_delete(self, name: str) -> None:
        if name in SYSTEM_CLASSES:
            resource = GroupResource("scheduling.k8s.io", "priorityclasses")
            raise errors.Forbidden.of(resource, name, "this is a system priority class and cannot be deleted")


def _system_problem(name: str, value: int, global_default: bool) -> str:
    expected = SYSTEM_CLASSES.get(name)
    if expected is None:
        return f"{name} is not a known system priority class"
    if value != expected:
        return f"value of {name} PriorityClass must be {expected}"
    return f"globalDefault of {name} PriorityClass must be false" if global_default else ""


def resource(config: RegistryConfig) -> Resource:
    """priorityclasses."""
    kind = "io.k8s.api.scheduling.v1.PriorityClass"
    value = Column("Value", type="integer", doc=f"{kind}.value")
    default = Column("Global-Default", type="boolean", doc=f"{kind}.globalDefault")
    policy = Column("PreemptionPolicy", doc=f"{kind}.preemptionPolicy")
    return declare(
        "scheduling.k8s.io",
        "v1",
        "PriorityClass",
        namespaced=False,
        plural="priorityclasses",
        short_names=("pc",),
        strategy=PriorityClassStrategy(),
        printer=simple(
            (value, lambda o: o.get("value") or 0),
            (default, lambda o: bool(o.get("globalDefault"))),
            after=[(policy, lambda o: o.get("preemptionPolicy") or "")],
        ),
    )
