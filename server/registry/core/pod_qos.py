"""A pod's quality of service class. Models pkg/apis/core/helper/qos."""

from __future__ import annotations

from typing import Any, Final, Literal

from apimachinery.objects import View
from apimachinery.quantity import ZERO, Quantity

QOSClass = Literal["Guaranteed", "Burstable", "BestEffort"]

_COMPUTE: Final = ("cpu", "memory")


def qos_class(pod: View) -> QOSClass:
    """Guaranteed when everything is limited to what it requests, BestEffort when nothing is asked, else Burstable."""
    spec: View = pod.get("spec") or {}
    requests: dict[str, Quantity] = {}
    limits: dict[str, Quantity] = {}
    own = spec.get("resources") or {}
    if own.get("requests") or own.get("limits"):
        asked: list[Any] = [own]
    else:
        containers = (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
        asked = [c.get("resources") or {} for c in containers]
    guaranteed = True
    for resources in asked:
        _sum(requests, resources.get("requests") or {})
        guaranteed &= _sum(limits, resources.get("limits") or {}) == len(_COMPUTE)
    if not requests and not limits:
        return "BestEffort"
    return "Guaranteed" if guaranteed and requests == limits else "Burstable"


def _sum(total: dict[str, Quantity], amounts: View) -> int:
    counted = 0
    for name in _COMPUTE:
        if name in amounts and (quantity := Quantity.parse(amounts[name])).sign() > 0:
            total[name] = total.get(name, ZERO) + quantity
            counted += 1
    return counted
