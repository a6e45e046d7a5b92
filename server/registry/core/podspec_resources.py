"""Resource requirements of containers and pods. Models pkg/apis/core/validation (validateResourceRequirements),
pkg/apis/core/helper/helpers.go and component-helpers/resource."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from apimachinery.quantity import ZERO, Quantity

ResourceList = Mapping[str, Any]

_STANDARD_CONTAINER: Final = frozenset({"cpu", "memory", "ephemeral-storage"})
_OBJECT_COUNTS: Final = frozenset(
    {
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    }
)
_STANDARD: Final = (
    _STANDARD_CONTAINER
    | _OBJECT_COUNTS
    | {"storage", "requests.storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage"}
    | {"limits.cpu", "limits.memory", "limits.ephemeral-storage"}
)
_COMPUTE: Final = frozenset({"cpu", "memory"})


def is_huge_page(name: str) -> bool:
    """Whether it is `hugepages-<size>`."""
    return name.startswith("hugepages-")


def is_native(name: str) -> bool:
    """Whether Kubernetes itself defines it: no prefix, or one of kubernetes.io."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """Whether it is a fully qualified name outside kubernetes.io, such as `nvidia.com/gpu`."""
    if is_native(name) or name.startswith("requests."):
        return False
    return not validation.qualified_name(f"requests.{name}")


def is_overcommit_allowed(name: str) -> bool:
    """Whether a request may be lower than its limit."""
    return is_native(name) and not is_huge_page(name)


def is_integer(name: str) -> bool:
    """Whether only whole numbers of it exist."""
    return name in _OBJECT_COUNTS or is_extended(name)


def is_supported_at_pod_level(name: str) -> bool:
    """Whether spec.resources may name it."""
    return name in _COMPUTE or is_huge_page(name)


def resource_name(name: str, path: Path) -> list[Error]:
    """Field errors of a resource name anywhere."""
    found = [field.invalid(path, name, p) for p in validation.qualified_name(name)]
    if not found and "/" not in name and name not in _STANDARD and not is_huge_page(name):
        found.append(field.invalid(path, name, "must be a standard resource type or fully qualified"))
    return found


def container_resource_name(name: str, path: Path) -> list[Error]:
    """Field errors of a resource name in a container."""
    found = resource_name(name, path)
    if "/" not in name:
        if name not in _STANDARD_CONTAINER and not is_huge_page(name):
            found.append(field.invalid(path, name, "must be a standard resource for containers"))
    elif not is_native(name) and not is_extended(name):
        found.append(field.invalid(path, name, "doesn't follow extended resource name standard"))
    return found


def pod_resource_name(name: str, path: Path) -> list[Error]:
    """Field errors of a resource name in spec.resources."""
    found = resource_name(name, path)
    if not found and not is_supported_at_pod_level(name):
        found.append(field.not_supported(path, name, ["cpu", "hugepages-", "memory"]))
    return found


def resource_quantity(name: str, quantity: Quantity, path: Path) -> list[Error]:
    """Field errors of an amount: never negative, whole where the resource is counted."""
    found = []
    if quantity.sign() < 0:
        found.append(field.invalid(path, quantity.canonical(), "must be greater than or equal to 0"))
    if is_integer(name) and quantity.milli_value() % 1000:
        found.append(field.invalid(path, quantity.canonical(), "must be an integer"))
    return found


def validate_container_resources(resources: View, claims: frozenset[str], path: Path) -> list[Error]:
    """Field errors of a container's ResourceRequirements; `claims` are the names of spec.resourceClaims."""
    return _requirements(resources, container_resource_name, claims, path)


def _requirements(
    resources: View, name_rule: Callable[[str, Path], list[Error]], claims: frozenset[str], path: Path
) -> list[Error]:
    limits: ResourceList = resources.get("limits") or {}
    requests: ResourceList = resources.get("requests") or {}
    found: list[Error] = []
    for name, text in sorted(limits.items()):
        quantity, at = Quantity.parse(text), (path / "limits").key(name)
        found += name_rule(name, at)
        found += resource_quantity(name, quantity, at)
        found += _huge_page_quantity(name, quantity, at)
    for name, text in sorted(requests.items()):
        quantity, at = Quantity.parse(text), (path / "requests").key(name)
        found += name_rule(name, at)
        found += resource_quantity(name, quantity, at)
        if name in limits:
            found += _request_against_limit(name, quantity, Quantity.parse(limits[name]), path / "requests")
        elif not is_overcommit_allowed(name):
            found.append(field.required(path / "limits", "Limit must be set for non overcommitable resources"))
        found += _huge_page_quantity(name, quantity, at)
    named = limits.keys() | requests.keys()
    if not named & _COMPUTE and any(is_huge_page(n) for n in named):
        found.append(field.forbidden(path, "HugePages require cpu or memory"))
    found += _claim_names(resources.get("claims") or (), claims, path / "claims")
    return found


def _request_against_limit(name: str, request: Quantity, limit: Quantity, path: Path) -> list[Error]:
    if request != limit and not is_overcommit_allowed(name):
        return [field.invalid(path, request.canonical(), f"must be equal to {name} limit of {limit}")]
    if request > limit:
        return [field.invalid(path, request.canonical(), f"must be less than or equal to {name} limit of {limit}")]
    return []


def _huge_page_quantity(name: str, quantity: Quantity, path: Path) -> list[Error]:
    if not is_huge_page(name):
        return []
    try:
        size = Quantity.parse(name.removeprefix("hugepages-")).value()
    except ValueError:
        size = 0
    if size > 0 and quantity.value() % size == 0:
        return []
    return [field.invalid(path, quantity.canonical(), f"{quantity} is not positive integer multiple of {name}")]


def _claim_names(claims: Iterable[View], known: frozenset[str], path: Path) -> list[Error]:
    found: list[Error] = []
    seen: set[str] = set()
    for i, claim in enumerate(claims):
        name, request = claim.get("name") or "", claim.get("request") or ""
        if not name:
            found.append(field.required(path[i]))
            continue
        if name in seen:
            found.append(field.duplicate(path[i], name))
        else:
            key = f"{name}/{request}" if request else name
            if request:
                found += [field.invalid(path[i] / "request", request, p) for p in validation.dns1123_label(request)]
            if key in seen:
                found.append(field.duplicate(path[i], key))
            elif not request:
                found += [field.duplicate(path[i], name) for s in seen if s.startswith(f"{name}/")]
            seen.add(key)
        if name not in known:
            listed = f": {', '.join(sorted(known))}" if known else " which is empty"
            detail = f"must be one of the names in pod.spec.resourceClaims{listed}"
            found.append(Error("FieldValueNotFound", str(path[i]), name, detail))
    return found


def validate_pod_resources(spec: View, claims: frozenset[str], path: Path) -> list[Error]:
    """Field errors of spec.resources and of its relation to the containers' requirements."""
    resources = spec.get("resources")
    if resources is None:
        return []
    found: list[Error] = []
    if resources.get("claims"):
        found.append(field.forbidden(path / "claims", "claims cannot be set for Resources at pod-level"))
    found += _requirements(resources, pod_resource_name, claims, path)
    requests: ResourceList = resources.get("requests") or {}
    for name, total in sorted(aggregate_container_requests(spec).items()):
        if not is_supported_at_pod_level(name):
            continue
        given = Quantity.parse(requests[name]) if name in requests else ZERO
        if total > given:
            detail = f"must be greater than or equal to aggregate container requests of {total}"
            found.append(field.invalid((path / "requests").key(name), given.canonical(), detail))
    limits: ResourceList = resources.get("limits") or {}
    for i, container in enumerate(spec.get("containers") or ()):
        for name, text in sorted(((container.get("resources") or {}).get("limits") or {}).items()):
            if name in limits and Quantity.parse(text) > (most := Quantity.parse(limits[name])):
                at = (path / "containers")[i].key(name) / "limits"
                detail = f"must be less than or equal to pod limits of {most}"
                found.append(field.invalid(at, Quantity.parse(text).canonical(), detail))
    return found


def aggregate_container_requests(spec: View) -> dict[str, Quantity]:
    """What all containers request together: app containers and sidecars, or an init container when that is more."""
    return _aggregate(spec, "requests")


def aggregate_container_limits(spec: View) -> dict[str, Quantity]:
    """What the containers are limited to together, reckoned as aggregate_container_requests."""
    return _aggregate(spec, "limits")


def _aggregate(spec: View, kind: str) -> dict[str, Quantity]:
    total: dict[str, Quantity] = {}
    for container in spec.get("containers") or ():
        _add(total, _parsed(container, kind))
    peak: dict[str, Quantity] = {}
    sidecars: dict[str, Quantity] = {}
    for container in spec.get("initContainers") or ():
        own = _parsed(container, kind)
        if container.get("restartPolicy") == "Always":
            _add(total, own)
            _add(sidecars, own)
            own = sidecars
        else:
            own = {name: own.get(name, ZERO) + sidecars.get(name, ZERO) for name in own.keys() | sidecars.keys()}
        for name, quantity in own.items():
            if name not in peak or quantity > peak[name]:
                peak[name] = quantity
    for name, quantity in peak.items():
        if name not in total or quantity > total[name]:
            total[name] = quantity
    return total


def _parsed(container: View, kind: str) -> dict[str, Quantity]:
    return {name: Quantity.parse(text) for name, text in ((container.get("resources") or {}).get(kind) or {}).items()}


def _add(total: dict[str, Quantity], more: Mapping[str, Quantity]) -> None:
    for name, quantity in more.items():
        total[name] = total[name] + quantity if name in total else quantity
