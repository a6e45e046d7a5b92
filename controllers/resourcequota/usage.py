"""What objects use of a quota. Models pkg/quota/v1/evaluator/core; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from apimachinery import meta, scheduling
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from controllers.runtime.pods import is_terminal
from controllers.runtime.resources import (
    CONFIG_MAPS,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    REPLICATION_CONTROLLERS,
    RESOURCE_QUOTAS,
    SECRETS,
    SERVICES,
)

Usage = dict[str, Quantity]
_ZERO: Final = Quantity(0)
_ONE: Final = Quantity(1)
_PLAIN: Final = {
    "pods": PODS,
    "services": SERVICES,
    "services.loadbalancers": SERVICES,
    "services.nodeports": SERVICES,
    "replicationcontrollers": REPLICATION_CONTROLLERS,
    "resourcequotas": RESOURCE_QUOTAS,
    "secrets": SECRETS,
    "configmaps": CONFIG_MAPS,
    "persistentvolumeclaims": PERSISTENT_VOLUME_CLAIMS,
    "requests.storage": PERSISTENT_VOLUME_CLAIMS,
}
_COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")
_STORAGE_CLASS: Final = ".storageclass.storage.k8s.io/"
_BINARY: Final = ("memory", "storage", "hugepages-")


def resource_of(name: str, find: Callable[[str, str], GroupVersionResource | None]) -> GroupVersionResource | None:
    """The resource whose objects use a quota's `name`; `find(group, resource)` looks in discovery."""
    if name in _PLAIN:
        return _PLAIN[name]
    if _STORAGE_CLASS in name:
        return PERSISTENT_VOLUME_CLAIMS
    if name.startswith("count/"):
        resource, _, group = name.removeprefix("count/").partition(".")
        return find(group, resource)
    if name in _COMPUTE or name.startswith(("requests.", "limits.", "hugepages-")):
        return PODS
    return None


def used(name: str, objects: Iterable[View], now: datetime) -> Quantity:
    """The sum of what the objects use of one name of a quota."""
    total = _ZERO
    for obj in objects:
        total = total + _use(name, obj, now)
    return total


def _use(name: str, obj: View, now: datetime) -> Quantity:
    if name.startswith("count/"):
        return _ONE
    if name in ("services.loadbalancers", "services.nodeports"):
        return _service(name, obj)
    if name == "requests.storage" or _STORAGE_CLASS in name:
        return _claim(name, obj)
    if name in _PLAIN and name != "pods":
        return _ONE
    if not counts(obj, now):
        return _ZERO
    return _ONE if name == "pods" else _compute(name, obj)


def counts(pod: View, now: datetime) -> bool:
    """Whether a pod still uses its quota: it has not ended, nor overstayed its deletion."""
    if is_terminal(pod):
        return False
    due = meta.deletion_timestamp(pod)
    grace = timedelta(seconds=int(pod["metadata"].get("deletionGracePeriodSeconds") or 0))
    return due is None or now <= due + grace


def _compute(name: str, pod: View) -> Quantity:
    kind, _, resource = name.partition(".")
    if kind not in ("requests", "limits"):
        kind, resource = "requests", name
    amounts = scheduling.pod_limits(pod["spec"]) if kind == "limits" else scheduling.pod_requests(pod["spec"])
    return _quantity(resource, amounts.get(resource, 0))


def _quantity(resource: str, amount: int) -> Quantity:
    if resource == "cpu":
        return Quantity.parse(f"{amount}m")
    return Quantity(amount, "BinarySI" if resource.startswith(_BINARY) else "DecimalSI")


def _service(name: str, service: View) -> Quantity:
    spec = service["spec"]
    kind = spec.get("type") or "ClusterIP"
    ports = len(spec.get("ports") or ())
    if name == "services.loadbalancers":
        return _ONE if kind == "LoadBalancer" else _ZERO
    if kind == "NodePort":
        return Quantity(ports)
    if kind != "LoadBalancer":
        return _ZERO
    if spec.get("allocateLoadBalancerNodePorts") is False:
        return Quantity(sum(1 for p in spec.get("ports") or () if p.get("nodePort")))
    return Quantity(ports)


def _claim(name: str, claim: View) -> Quantity:
    spec = claim["spec"]
    prefix, found, what = name.partition(_STORAGE_CLASS)
    if found and spec.get("storageClassName") != prefix:
        return _ZERO
    if what == "persistentvolumeclaims":
        return _ONE
    asked = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    return Quantity.parse(str(asked)) if asked is not None else _ZERO


def in_scopes(quota: View, obj: View) -> bool:
    """Whether an object falls under every scope of the quota."""
    spec = quota["spec"]
    selectors: list[Mapping[str, Any]] = [{"scopeName": n, "operator": "Exists"} for n in spec.get("scopes") or ()]
    selectors += (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    return all(_in_scope(s, obj) for s in selectors)


def _in_scope(selector: Mapping[str, Any], obj: View) -> bool:
    spec = obj.get("spec") or {}
    match selector["scopeName"]:
        case "Terminating":
            return spec.get("activeDeadlineSeconds") is not None
        case "NotTerminating":
            return spec.get("activeDeadlineSeconds") is None
        case "BestEffort":
            return scheduling.qos_class(obj) == "BestEffort"
        case "NotBestEffort":
            return scheduling.qos_class(obj) != "BestEffort"
        case "PriorityClass":
            return _selects(selector, spec.get("priorityClassName") or "")
        case "CrossNamespacePodAffinity":
            return _crosses_namespaces(spec.get("affinity") or {})
        case "VolumeAttributesClass":
            return _selects(selector, spec.get("volumeAttributesClassName") or "")
        case _:
            return False


def _selects(selector: Mapping[str, Any], value: str) -> bool:
    values = selector.get("values") or ()
    match selector.get("operator"):
        case "Exists":
            return bool(value)
        case "DoesNotExist":
            return not value
        case "In":
            return value in values
        case _:
            return value not in values


def _crosses_namespaces(affinity: Mapping[str, Any]) -> bool:
    for kind in ("podAffinity", "podAntiAffinity"):
        part = affinity.get(kind) or {}
        terms = list(part.get("requiredDuringSchedulingIgnoredDuringExecution") or ())
        preferred = part.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        terms += [p.get("podAffinityTerm") or {} for p in preferred]
        if any(t.get("namespaces") or t.get("namespaceSelector") is not None for t in terms):
            return True
    return False
