"""Taints, target nodes and resource requests: what scheduler, kubelet and DaemonSet controller judge alike.

Models component-helpers/scheduling/corev1 and component-helpers/resource.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from apimachinery.objects import Object, View
from apimachinery.quantity import Quantity

Amounts = dict[str, int]
"""Resources as whole numbers: cpu in thousandths, everything else in units."""

ANY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - compared, never bound
_EMPTY: Final[Mapping[str, Any]] = {}


def taints(node: View) -> Sequence[Object]:
    """spec.taints, empty when absent; do not change them."""
    return (node.get("spec") or _EMPTY).get("taints") or ()


def tolerated(tolerations: Iterable[View], taint: View) -> bool:
    """Whether any toleration covers a taint."""
    return any(tolerates(t, taint) for t in tolerations)


def tolerates(toleration: View, taint: View) -> bool:
    """Whether a toleration covers a taint."""
    effect, key = toleration.get("effect"), toleration.get("key")
    if effect and effect != taint.get("effect"):
        return False
    if key and key != taint.get("key"):
        return False
    match toleration.get("operator") or "Equal":
        case "Exists":
            return True
        case "Equal":
            return (toleration.get("value") or "") == (taint.get("value") or "")
    return False


def untolerated_taint(
    taints: Iterable[View] | None, tolerations: Sequence[View], effects: Sequence[str] = ("NoSchedule", "NoExecute")
) -> View | None:
    """The first taint of these effects that no toleration covers."""
    for taint in taints or ():
        if taint.get("effect") in effects and not tolerated(tolerations, taint):
            return taint
    return None


def required_terms(spec: View) -> Sequence[View] | None:
    """The terms of required node affinity; None when there is none."""
    affinity = (spec.get("affinity") or _EMPTY).get("nodeAffinity") or _EMPTY
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return None if required is None else required.get("nodeSelectorTerms") or ()


def target_nodes(spec: View) -> frozenset[str] | None:
    """The node names that required affinity narrows a pod to by metadata.name; None when it does not."""
    terms = required_terms(spec)
    if not terms:
        return None
    names: set[str] = set()
    for term in terms:
        allowed: set[str] | None = None
        for field in term.get("matchFields") or ():
            if field.get("key") == "metadata.name" and field.get("operator") == "In":
                values = set(field.get("values") or ())
                allowed = values if allowed is None else allowed & values
        if allowed is None:
            return None
        names |= allowed
    return frozenset(names)


@functools.lru_cache(maxsize=8192)
def _amount(name: str, text: str) -> int:
    quantity = Quantity.parse(text)
    return quantity.milli_value() if name == "cpu" else quantity.value()


def amounts(resources: View | None) -> Amounts:
    """A resource list as whole numbers."""
    return {name: _amount(name, str(text)) for name, text in (resources or _EMPTY).items()}


def _add(total: Amounts, more: Amounts) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0) + value


def _raise_to(total: Amounts, least: Amounts) -> None:
    for name, value in least.items():
        total[name] = max(total.get(name, 0), value)


def _containers(spec: View, part: str) -> Amounts:
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, amounts((container.get("resources") or _EMPTY).get(part)))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers") or ():
        own = amounts((container.get("resources") or _EMPTY).get(part))
        if container.get("restartPolicy") == "Always":
            _add(total, own)
            _add(sidecars, own)
            own = dict(sidecars)
        else:
            own = dict(own)
            _add(own, sidecars)
        _raise_to(peak, own)
    _raise_to(total, peak)
    return total


def pod_requests(spec: View) -> Amounts:
    """What a pod asks for: the sum of containers and sidecars or the peak of init containers, plus overhead.

    Resources of the pod itself take precedence over those of its containers.
    """
    total = _containers(spec, "requests")
    own = (spec.get("resources") or _EMPTY).get("requests")
    if own:
        total.update(amounts(own))
    _add(total, amounts(spec.get("overhead")))
    return total


def pod_limits(spec: View) -> Amounts:
    """The same sum over limits."""
    total = _containers(spec, "limits")
    own = (spec.get("resources") or _EMPTY).get("limits")
    if own:
        total.update(amounts(own))
    _add(total, amounts(spec.get("overhead")))
    return total


def qos_class(pod: View) -> str:
    """status.qosClass, BestEffort when not set."""
    return str((pod.get("status") or _EMPTY).get("qosClass") or "BestEffort")


def host_ports(spec: View) -> list[tuple[str, str, int]]:
    """The (hostIP, protocol, hostPort) that a pod takes on its node."""
    containers = [*(spec.get("containers") or ())]
    containers += [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    return [
        (port.get("hostIP") or ANY_ADDRESS, port.get("protocol") or "TCP", port["hostPort"])
        for container in containers
        for port in container.get("ports") or ()
        if port.get("hostPort")
    ]


def ports_conflict(wanted: tuple[str, str, int], taken: tuple[str, str, int]) -> bool:
    """Whether two host ports collide: same protocol and port, and the same address or either any address."""
    if wanted[1:] != taken[1:]:
        return False
    return wanted[0] == taken[0] or ANY_ADDRESS in (wanted[0], taken[0])


def is_terminal(pod: View) -> bool:
    """Whether a pod has Succeeded or Failed."""
    return (pod.get("status") or _EMPTY).get("phase") in ("Succeeded", "Failed")
