"""LimitRange. Models pkg/registry/core/limitrange, SetDefaults_LimitRangeItem and ValidateLimitRange."""

from __future__ import annotations

from typing import Final

from apimachinery import field, validation
from apimachinery.objects import Object, View
from apimachinery.quantity import Quantity
from server.registry.config import RegistryConfig
from server.registry.core.podspec_resources import container_resource_name, is_overcommit_allowed, resource_name
from server.registry.core.resourcelist import amounts, round_up
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.rest import Context, Resource

TYPES: Final = ("Pod", "Container", "PersistentVolumeClaim")
PARTS: Final = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_NOT_FOR_PODS: Final = "may not be specified when `type` is 'Pod'"


class LimitRangeStrategy(BuiltinStrategy):
    """Limits of containers fill one another's gaps, and must not contradict one another."""

    allow_create_on_update = True

    def default(self, obj: Object) -> None:
        for limit in obj.setdefault("spec", {}).get("limits") or ():
            round_up(limit, *PARTS)
            if limit.get("type") == "Container":
                _default_container(limit)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        if not obj["metadata"].get("name"):
            obj["metadata"]["name"] = ctx.names.uid()

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        seen: set[str] = set()
        for i, limit in enumerate((obj.get("spec") or {}).get("limits") or ()):
            path = (field.Path("spec") / "limits")[i]
            kind = limit.get("type") or ""
            found += _type_errors(kind, path / "type")
            if kind in seen:
                found.append(field.duplicate(path / "type", kind))
            seen.add(kind)
            found += _limit_errors(limit, kind, path)
        return found


def _default_container(limit: Object) -> None:
    default = dict(limit.get("default") or {})
    request = dict(limit.get("defaultRequest") or {})
    for key, value in (limit.get("max") or {}).items():
        default.setdefault(key, value)
    for source in (default, limit.get("min") or {}):
        for key, value in source.items():
            request.setdefault(key, value)
    for name, filled in (("default", default), ("defaultRequest", request)):
        if filled:
            limit[name] = filled


def _type_errors(kind: str, path: field.Path) -> list[field.Error]:
    found = [field.invalid(path, kind, problem) for problem in validation.qualified_name(kind)]
    if not found and "/" not in kind and kind not in TYPES:
        found.append(field.invalid(path, kind, "must be a standard limit type or fully qualified"))
    return found


def _limit_errors(limit: View, kind: str, path: field.Path) -> list[field.Error]:
    check = container_resource_name if kind in ("Pod", "Container") else resource_name
    found: list[field.Error] = []
    parts: dict[str, dict[str, Quantity]] = {name: {} for name in PARTS}

    def read(name: str) -> None:
        nonlocal found
        parts[name] = amounts(limit.get(name))
        for key in parts[name]:
            found += check(key, (path / name).key(key))

    read("max")
    read("min")
    if kind == "Pod":
        found += [field.forbidden(path / n, _NOT_FOR_PODS) for n in ("default", "defaultRequest") if limit.get(n)]
    else:
        read("default")
        read("defaultRequest")
    if kind == "PersistentVolumeClaim" and "storage" not in parts["min"] and "storage" not in parts["max"]:
        detail = "either minimum or maximum storage value is required, but neither was provided"
        found.append(field.required(path / "limits", detail))
    read("maxLimitRequestRatio")
    for key in sorted({k for amounts_of in parts.values() for k in amounts_of}):
        found += _contradictions(key, {name: parts[name].get(key) for name in PARTS}, path)
    return found


def _contradictions(key: str, of: dict[str, Quantity | None], path: field.Path) -> list[field.Error]:
    low, high, default, request, ratio = (
        of["min"],
        of["max"],
        of["default"],
        of["defaultRequest"],
        of["maxLimitRequestRatio"],
    )
    found: list[field.Error] = []

    def refuse(name: str, shown: Quantity, detail: str) -> None:
        found.append(field.invalid((path / name).key(key), shown.canonical(), detail))

    if low is not None and high is not None and low > high:
        refuse("min", low, f"min value {low} is greater than max value {high}")
    if request is not None:
        if low is not None and low > request:
            refuse("defaultRequest", request, f"min value {low} is greater than default request value {request}")
        if high is not None and request > high:
            refuse("defaultRequest", request, f"default request value {request} is greater than max value {high}")
        if default is not None and request > default:
            detail = f"default request value {request} is greater than default limit value {default}"
            refuse("defaultRequest", request, detail)
    if default is not None:
        if low is not None and low > default:
            refuse("default", low, f"min value {low} is greater than default value {default}")
        if high is not None and default > high:
            refuse("default", high, f"default value {default} is greater than max value {high}")
    if ratio is not None:
        if ratio < Quantity(1):
            refuse("maxLimitRequestRatio", ratio, f"ratio {ratio} is less than 1")
        if low is not None and high is not None and low.sign() > 0:
            limit = high.amount / low.amount
            if ratio.amount > limit:
                detail = f"ratio {ratio} is greater than max/min = {limit:.6f}"
                refuse("maxLimitRequestRatio", ratio, detail)
    if not is_overcommit_allowed(key) and default is not None and request is not None and default != request:
        detail = f"default value {default} must equal to defaultRequest value {request} in {key}"
        refuse("defaultRequest", request, detail)
    return found


def resource(config: RegistryConfig) -> Resource:
    """limitranges."""
    return declare("", "v1", "LimitRange", namespaced=True, short_names=("limits",), strategy=LimitRangeStrategy())
