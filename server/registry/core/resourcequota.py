"""ResourceQuota. Models pkg/registry/core/resourcequota, ValidateResourceQuota and printResourceQuota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from apimachinery import field
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value
from server.registry.core.podspec_resources import is_huge_page, resource_name, resource_quantity
from server.registry.core.resourcelist import amounts, round_up
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource

POD_SCOPES: Final = (
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
)
VOLUME_SCOPE: Final = "VolumeAttributesClass"
_COMPUTE: Final = frozenset(
    f"{prefix}{name}" for prefix in ("", "requests.", "limits.") for name in ("cpu", "memory", "ephemeral-storage")
)
_COUNTED: Final = frozenset(
    {
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "persistentvolumeclaims",
        "configmaps",
        "services.nodeports",
        "services.loadbalancers",
    }
)
_STANDARD: Final = _COMPUTE | _COUNTED | {"requests.storage"}
_EXISTS_ONLY: Final = frozenset(POD_SCOPES) - {"PriorityClass"}
_CONFLICTING: Final = (frozenset({"BestEffort", "NotBestEffort"}), frozenset({"Terminating", "NotTerminating"}))
_MUST_EXIST: Final = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
    "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)
_SPEC: Final = field.Path("spec")
_STATUS: Final = field.Path("status")


class ResourceQuotaStrategy(SpecStrategy):
    """Hard limits on known resources, within scopes that can have them."""

    returns_deleted_object = True

    def default(self, obj: Object) -> None:
        round_up(obj.get("spec"), "hard")
        round_up(obj.get("status"), "hard", "used")

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + _spec_errors(obj, ctx) + _status_errors(obj)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx) + _spec_errors(obj, ctx)
        scopes = (obj.get("spec") or {}).get("scopes") or []
        if set(scopes) != set((old.get("spec") or {}).get("scopes") or []):
            found.append(field.invalid(_SPEC / "scopes", scopes, "field is immutable"))
        return found


class ResourceQuotaStatusStrategy(StatusStrategy):
    """What the quota controller counted."""

    def default(self, obj: Object) -> None:
        round_up(obj.get("status"), "hard", "used")

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return super().validate_update(obj, old, ctx) + _status_errors(obj)


def quota_resource_name(name: str, path: field.Path) -> list[field.Error]:
    """Errors of a resource that a quota may limit."""
    found = resource_name(name, path)
    if "/" not in name and name not in _STANDARD and not is_huge_page(name.removeprefix("requests.")):
        found.append(field.invalid(path, name, "must be a standard resource for quota"))
    return found


def _hard_errors(hard: Mapping[str, str] | None, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    for name, quantity in amounts(hard).items():
        at = path.key(name)
        found += quota_resource_name(name, at) + resource_quantity(name, quantity, at)
    return found


def _status_errors(obj: View) -> list[field.Error]:
    status = obj.get("status") or {}
    return _hard_errors(status.get("hard"), _STATUS / "hard") + _hard_errors(status.get("used"), _STATUS / "used")


def _spec_errors(obj: View, ctx: Context) -> list[field.Error]:
    spec = obj.get("spec") or {}
    hard = sorted(spec.get("hard") or {})
    found = _hard_errors(spec.get("hard"), _SPEC / "hard")
    found += _scope_errors(spec.get("scopes") or (), hard, ctx)
    selector = spec.get("scopeSelector")
    return found + (_selector_errors(selector, hard, spec, ctx) if selector is not None else [])


def _known(scope: str, ctx: Context) -> bool:
    return scope in POD_SCOPES or (scope == VOLUME_SCOPE and ctx.version >= (1, 34))


def _applies(scope: str, resource: str) -> bool:
    """Whether a scope narrows what is counted of a resource. Models IsResourceQuotaScopeValidForResource."""
    if resource not in _STANDARD:
        return True
    if scope == "BestEffort":
        return resource == "pods"
    if scope == VOLUME_SCOPE:
        return resource in ("persistentvolumeclaims", "requests.storage")
    return resource == "pods" or resource in _COMPUTE


def _scope_errors(scopes: Sequence[str], hard: Sequence[str], ctx: Context) -> list[field.Error]:
    path, shown = _SPEC / "scopes", list(scopes)
    found: list[field.Error] = []
    for scope in scopes:
        if not _known(scope, ctx):
            found.append(field.invalid(path, shown, "unsupported scope"))
        found += [
            field.invalid(path, shown, "unsupported scope applied to resource") for r in hard if not _applies(scope, r)
        ]
    return found + [field.invalid(path, shown, "conflicting scopes") for pair in _CONFLICTING if pair <= set(scopes)]


def _selector_errors(selector: View, hard: Sequence[str], spec: View, ctx: Context) -> list[field.Error]:
    path = _SPEC / "scopeSelector" / "matchExpressions"
    found: list[field.Error] = []
    seen = set()
    for requirement in selector.get("matchExpressions") or ():
        scope, operator = requirement.get("scopeName") or "", requirement.get("operator") or ""
        values = requirement.get("values") or []
        if not _known(scope, ctx):
            found.append(field.invalid(path / "scopeName", scope, "unsupported scope"))
        found += [
            field.invalid(path, internal_value("ScopeSelector", selector), "unsupported scope applied to resource")
            for r in hard
            if not _applies(scope, r)
        ]
        if scope in _EXISTS_ONLY and operator != "Exists":
            found.append(field.invalid(path / "operator", operator, _MUST_EXIST))
        match operator:
            case "In" | "NotIn" if not values:
                detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                found.append(field.required(path / "values", detail))
            case "Exists" | "DoesNotExist" if values:
                detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
                found.append(field.invalid(path / "values", values, detail))
            case "In" | "NotIn" | "Exists" | "DoesNotExist":
                pass
            case _:
                found.append(field.invalid(path / "operator", operator, "not a valid selector operator"))
        seen.add(scope)
    shown = spec.get("scopes")
    return found + [field.invalid(path, shown, "conflicting scopes") for pair in _CONFLICTING if pair <= seen]


def _usage(limits: bool) -> Any:
    def cell(obj: View) -> str:
        status = obj.get("status") or {}
        hard, used = amounts(status.get("hard")), amounts(status.get("used"))
        return ", ".join(
            f"{name}: {used.get(name, '0')}/{quantity}"
            for name, quantity in hard.items()
            if name.startswith("limits.") is limits
        )

    return cell


def resource(config: RegistryConfig) -> Resource:
    """resourcequotas."""
    request = "Request represents a minimum amount of cpu/memory that a container may consume."
    limit = (
        "Limits control the maximum amount of cpu/memory that a container may use "
        "independent of contention on the node."
    )
    return declare(
        "",
        "v1",
        "ResourceQuota",
        namespaced=True,
        short_names=("quota",),
        strategy=ResourceQuotaStrategy(),
        status=ResourceQuotaStatusStrategy(),
        printer=simple(
            (Column("Request", description=request), _usage(limits=False)),
            (Column("Limit", description=limit), _usage(limits=True)),
        ),
    )
