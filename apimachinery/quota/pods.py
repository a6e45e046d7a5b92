"""What a pod counts for a quota. Models pkg/quota/v1/evaluator/core/pods.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from apimachinery import meta, resource_list
from apimachinery.gvk import GroupResource
from apimachinery.objects import View
from apimachinery.quota.evaluator import ONE, Evaluator, selects
from apimachinery.resource_list import ResourceList

_COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")
_NAMES: Final = frozenset({"pods", *_COMPUTE, *(f"requests.{n}" for n in _COMPUTE), *(f"limits.{n}" for n in _COMPUTE)})
_MUST_BE_SET: Final = frozenset({"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})
_HUGE_PAGES: Final = "hugepages-"


class PodEvaluator(Evaluator):
    """Counts pods that have not ended, and what they request."""

    def __init__(self) -> None:
        super().__init__(GroupResource("", "pods"))

    def handles(self, operation: str, subresource: str) -> bool:
        return (operation, subresource) in (("CREATE", ""), ("UPDATE", "resize"))

    def matching(self, names: Iterable[str]) -> set[str]:
        return {n for n in names if n in _NAMES or n in self.counted or _is_other_compute(n)}

    def constraints(self, required: set[str], obj: View) -> str:
        must = required & _MUST_BE_SET
        spec = obj.get("spec") or {}
        pod_level = set(_compute_usage(resource_list.of(spec, "requests"), resource_list.of(spec, "limits")))
        missing: dict[str, set[str]] = {}
        for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
            given = _compute_usage(resource_list.of(container, "requests"), resource_list.of(container, "limits"))
            for name in must - set(given) - pod_level:
                missing.setdefault(name, set()).add(container.get("name", ""))
        texts = [f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing)]
        return f"must specify {'; '.join(texts)}" if texts else ""

    def usage(self, obj: View, now: datetime) -> ResourceList:
        found: ResourceList = dict.fromkeys(self.counted, ONE)
        if is_charged(obj, now):
            found |= _compute_usage(resource_list.pod_total(obj, "requests"), resource_list.pod_total(obj, "limits"))
        return found

    def in_scope(self, scope: Mapping[str, Any], obj: View) -> bool:
        spec = obj.get("spec") or {}
        match scope.get("scopeName"):
            case "Terminating":
                return _has_deadline(spec)
            case "NotTerminating":
                return not _has_deadline(spec)
            case "BestEffort":
                return _is_best_effort(spec)
            case "NotBestEffort":
                return not _is_best_effort(spec)
            case "PriorityClass":
                return selects(scope, spec.get("priorityClassName") or "")
            case "CrossNamespacePodAffinity":
                return _crosses_namespaces(spec)
        return False


def _is_other_compute(name: str) -> bool:
    plain = name.removeprefix("requests.")
    return plain.startswith(_HUGE_PAGES) or (plain != name and _is_extended(plain))


def _is_extended(name: str) -> bool:
    return "/" in name and "kubernetes.io/" not in name


def _compute_usage(requests: ResourceList, limits: ResourceList) -> ResourceList:
    found: ResourceList = {"pods": ONE}
    for name in _COMPUTE:
        if name in requests:
            found[name] = found[f"requests.{name}"] = requests[name]
        if name in limits:
            found[f"limits.{name}"] = limits[name]
    for name, amount in requests.items():
        if name.startswith(_HUGE_PAGES):
            found[name] = found[f"requests.{name}"] = amount
        elif _is_extended(name):
            found[f"requests.{name}"] = amount
    return found


def is_charged(pod: View, now: datetime) -> bool:
    """Whether a pod still uses what it asked for: it has not ended, nor overstayed its deletion."""
    if (pod.get("status") or {}).get("phase") in ("Failed", "Succeeded"):
        return False
    deleted, grace = meta.deletion_timestamp(pod), meta.metadata(pod).get("deletionGracePeriodSeconds")
    return deleted is None or grace is None or now <= deleted + timedelta(seconds=int(grace))


def _has_deadline(spec: View) -> bool:
    return (spec.get("activeDeadlineSeconds") or 0) > 0 or spec.get("activeDeadlineSeconds") == 0


def _is_best_effort(spec: View) -> bool:
    holders = (spec, *(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
    return not any(
        amount.sign() > 0
        for holder in holders
        for kind in ("requests", "limits")
        for name, amount in resource_list.of(holder, kind).items()
        if name in ("cpu", "memory")
    )


def _crosses_namespaces(spec: View) -> bool:
    affinity = spec.get("affinity") or {}
    for key in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(key) or {}
        terms = [*(rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ())]
        terms += [
            w.get("podAffinityTerm") or {} for w in rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        ]
        if any(t.get("namespaces") or t.get("namespaceSelector") is not None for t in terms):
            return True
    return False
