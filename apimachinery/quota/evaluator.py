"""What a kind counts for a quota, in general. Models apiserver/pkg/quota/v1/{interfaces,resources}.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from apimachinery.gvk import GroupResource
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from apimachinery.resource_list import ResourceList, add

ONE: Final = Quantity(1)
ZERO: Final = Quantity(0)


def count_name(resource: GroupResource) -> str:
    """The resource that counts objects of a kind: `count/deployments.apps`."""
    return f"count/{resource}"


class Evaluator:
    """Counts objects, under `count/<resource>` and, for the oldest kinds, a plain alias."""

    def __init__(self, resource: GroupResource, aliases: Iterable[str] = ()) -> None:
        self.counted = (count_name(resource), *aliases)

    def handles(self, operation: str, subresource: str) -> bool:
        """Whether this operation may use more of a quota."""
        return operation == "CREATE" and not subresource

    def matching(self, names: Iterable[str]) -> set[str]:
        """Which of a quota's resources this kind uses."""
        return set(names) & set(self.counted)

    def constraints(self, required: set[str], obj: View) -> str:
        """What the object must say of itself under a quota and does not; empty when all is well."""
        return ""

    def usage(self, obj: View, now: datetime) -> ResourceList:
        """What the object uses."""
        return dict.fromkeys(self.counted, ONE)

    def in_scope(self, scope: Mapping[str, Any], obj: View) -> bool:
        """Whether the object falls under a scope of a quota; kinds without scopes fall under none."""
        return False

    def matches(self, quota: View, obj: View) -> bool:
        """Whether a quota concerns the object: by one of its resources, and by all of its scopes."""
        hard = (quota.get("status") or {}).get("hard") or {}
        return bool(self.matching(hard)) and self.in_scopes(quota, obj)

    def in_scopes(self, quota: View, obj: View) -> bool:
        """Whether an object falls under every scope of a quota."""
        return all(self.in_scope(s, obj) for s in scope_selectors(quota))

    def total(self, quota: View, objects: Iterable[View], now: datetime) -> ResourceList:
        """What the objects use of each of spec.hard's resources that this kind uses. Models CalculateUsageStats."""
        names = self.matching((quota.get("spec") or {}).get("hard") or {})
        result = dict.fromkeys(names, ZERO)
        for obj in objects:
            if self.in_scopes(quota, obj):
                add(result, {n: a for n, a in self.usage(obj, now).items() if n in names})
        return result


def scope_selectors(quota: View) -> list[Mapping[str, Any]]:
    """spec.scopes and spec.scopeSelector as one list of selectors."""
    spec = quota.get("spec") or {}
    plain = [{"scopeName": name, "operator": "Exists"} for name in spec.get("scopes") or ()]
    return [*plain, *((spec.get("scopeSelector") or {}).get("matchExpressions") or ())]


def selects(selector: Mapping[str, Any], value: str) -> bool:
    """Whether a scope selector with values picks a value; the empty value counts as absent."""
    values = selector.get("values") or ()
    match selector.get("operator"):
        case "In":
            return bool(value) and value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return bool(value)
        case "DoesNotExist":
            return not value
    return False
