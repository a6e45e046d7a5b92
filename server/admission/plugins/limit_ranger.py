"""LimitRanger: defaults and bounds for containers, pods and claims. Models plugin/pkg/admission/limitranger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from apimachinery import meta, resource_list
from apimachinery.objects import Object, View
from apimachinery.quantity import Quantity
from apimachinery.resource_list import ResourceList
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister
from server.admission.plugins.refusal import aggregate, forbidden

ANNOTATION: Final = "kubernetes.io/limit-ranger"
_MAX_MILLI: Final = (2**63 - 1) // 1000


class LimitRanger:
    """Applies every LimitRange of the namespace."""

    name = "LimitRanger"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[str] = frozenset({"pods", "persistentvolumeclaims"})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def admit(self, attributes: Attributes) -> None:
        """Fill requests and limits that containers leave open."""
        if (
            attributes.object is None
            or not _supported(attributes)
            or not attributes.is_("pods", attributes.subresource)
        ):
            return
        for limit_range in await self._limit_ranges(attributes):
            fill_defaults(attributes.object, limit_range)

    async def validate(self, attributes: Attributes) -> None:
        """Refuse what is out of bounds; the first LimitRange that objects speaks, with all it has to say."""
        obj = attributes.object
        if obj is None or not _supported(attributes):
            return
        check = violations_of_pod if attributes.is_("pods", attributes.subresource) else violations_of_claim
        for limit_range in await self._limit_ranges(attributes):
            found = check(obj, limit_range)
            if found:
                raise forbidden(attributes, aggregate(found))

    async def _limit_ranges(self, attributes: Attributes) -> list[View]:
        if attributes.old_object is not None and meta.is_deleting(attributes.old_object):
            return []
        return await self._lister.list("limitranges", attributes.namespace)


def _supported(attributes: Attributes) -> bool:
    if attributes.is_("pods", "resize"):
        return attributes.operation == "UPDATE"
    if attributes.is_("pods"):
        return attributes.operation == "CREATE"
    return attributes.is_("persistentvolumeclaims")


def _limits(limit_range: View, kind: str) -> Iterable[Mapping[str, Any]]:
    return (i for i in (limit_range.get("spec") or {}).get("limits") or () if i.get("type") == kind)


def fill_defaults(pod: Object, limit_range: View) -> None:
    """Set the defaults for containers, and note in an annotation what was set."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for item in _limits(limit_range, "Container"):
        requests.update(item.get("defaultRequest") or {})
        limits.update(item.get("default") or {})
    notes: list[str] = []
    spec = pod.get("spec") or {}
    for key, word in (("containers", "container"), ("initContainers", "init container")):
        for container in spec.get(key) or ():
            notes += _fill(container, requests, limits, f"{word} {container.get('name', '')}")
    if notes:
        annotations = pod.setdefault("metadata", {}).get("annotations") or {}
        pod["metadata"]["annotations"] = {**annotations, ANNOTATION: f"LimitRanger plugin set: {'; '.join(notes)}"}


def _fill(container: Object, requests: Mapping[str, str], limits: Mapping[str, str], who: str) -> list[str]:
    notes: list[str] = []
    for key, word, defaults in (("requests", "request", requests), ("limits", "limit", limits)):
        present = (container.get("resources") or {}).get(key) or {}
        missing = sorted(defaults.keys() - present.keys())
        if missing:
            resources = container["resources"] = dict(container.get("resources") or {})
            resources[key] = {**present, **{name: defaults[name] for name in missing}}
            notes.append(f"{', '.join(missing)} {word} for {who}")
    return notes


def violations_of_pod(pod: View, limit_range: View) -> list[str]:
    """Every bound that a container or the pod as a whole breaks."""
    spec = pod.get("spec") or {}
    found: list[str] = []
    for item in (limit_range.get("spec") or {}).get("limits") or ():
        if item.get("type") == "Container":
            for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
                requests, limits = resource_list.of(container, "requests"), resource_list.of(container, "limits")
                found += _violations(item, requests, limits)
        elif item.get("type") == "Pod":
            found += _violations(item, _pod_sum(spec, "requests"), _pod_sum(spec, "limits"))
    return found


def violations_of_claim(claim: View, limit_range: View) -> list[str]:
    """Every bound that a PersistentVolumeClaim breaks."""
    kind = "PersistentVolumeClaim"
    requests = resource_list.of(claim.get("spec") or {}, "requests")
    found: list[str] = []
    for item in _limits(limit_range, kind):
        found += [_below(kind, k, v, requests, {}) for k, v in _bounds(item, "min")]
        for name, bound in _bounds(item, "max"):
            asked = requests.get(name)
            if asked is None:
                found.append(f"maximum {name} usage per {kind} is {bound}.  No request is specified")
            elif asked > bound:
                found.append(f"maximum {name} usage per {kind} is {bound}, but request is {asked}")
    return [text for text in found if text]


def _pod_sum(spec: View, kind: str) -> ResourceList:
    total: ResourceList = {}
    for container in spec.get("containers") or ():
        resource_list.add(total, resource_list.of(container, kind))
    for container in spec.get("initContainers") or ():
        resource_list.raise_to(total, resource_list.of(container, kind))
    total.update({k: v for k, v in resource_list.of(spec, kind).items() if k in resource_list.POD_LEVEL})
    return total


def _bounds(item: Mapping[str, Any], key: str) -> list[tuple[str, Quantity]]:
    return sorted(resource_list.read(item.get(key)).items())


def _violations(item: Mapping[str, Any], requests: ResourceList, limits: ResourceList) -> list[str]:
    kind = item["type"]
    found = [_below(kind, name, bound, requests, limits) for name, bound in _bounds(item, "min")]
    found += [_above(kind, name, bound, requests, limits) for name, bound in _bounds(item, "max")]
    found += [_ratio(kind, name, bound, requests, limits) for name, bound in _bounds(item, "maxLimitRequestRatio")]
    return [text for text in found if text]


def _below(kind: str, name: str, bound: Quantity, requests: ResourceList, limits: ResourceList) -> str:
    request, limit = requests.get(name), limits.get(name)
    usage = f"minimum {name} usage per {kind} is {bound}"
    if request is None:
        return f"{usage}.  No request is specified"
    if request < bound:
        return f"{usage}, but request is {request}"
    if limit is not None and limit < bound:
        return f"{usage}, but limit is {limit}"
    return ""


def _above(kind: str, name: str, bound: Quantity, requests: ResourceList, limits: ResourceList) -> str:
    request, limit = requests.get(name), limits.get(name)
    usage = f"maximum {name} usage per {kind} is {bound}"
    if limit is None:
        return f"{usage}.  No limit is specified"
    if limit > bound:
        return f"{usage}, but limit is {limit}"
    if request is not None and request > bound:
        return f"{usage}, but request is {request}"
    return ""


def _ratio(kind: str, name: str, bound: Quantity, requests: ResourceList, limits: ResourceList) -> str:
    request, limit = requests.get(name), limits.get(name)
    usage = f"{name} max limit to request ratio per {kind} is {bound}"
    if request is None or request.is_zero():
        return f"{usage}, but no request is specified or request is 0"
    if limit is None or limit.is_zero():
        return f"{usage}, but no limit is specified or limit is 0"
    small = max(abs(request.value()), abs(limit.value()), abs(bound.value())) <= _MAX_MILLI
    observed = limit.milli_value() / request.milli_value() if small else limit.value() / request.value()
    return f"{usage}, but provided ratio is {observed:f}" if observed > float(bound.amount) else ""
