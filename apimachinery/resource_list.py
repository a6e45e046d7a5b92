"""Arithmetic on lists of quantities, and what a pod asks for in all. Models component-helpers/resource/helpers.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from apimachinery.objects import View
from apimachinery.quantity import Quantity

ResourceList: TypeAlias = dict[str, Quantity]

POD_LEVEL: Final = ("cpu", "memory")
_HUGE_PAGES: Final = "hugepages-"


def read(amounts: Mapping[str, Any] | None) -> ResourceList:
    """Parsed quantities by resource name; what cannot be parsed is left out, validation says why."""
    found: ResourceList = {}
    for name, text in (amounts or {}).items():
        try:
            found[name] = Quantity.parse(str(text))
        except ValueError:
            continue
    return found


def of(holder: Mapping[str, Any], kind: str) -> ResourceList:
    """The `requests` or `limits` of a container, or of a pod's spec."""
    return read((holder.get("resources") or {}).get(kind))


def add(total: ResourceList, more: Mapping[str, Quantity]) -> None:
    """Add each amount in place."""
    for name, amount in more.items():
        total[name] = total[name] + amount if name in total else amount


def raise_to(total: ResourceList, floor: Mapping[str, Quantity]) -> None:
    """Keep the larger of both amounts in place."""
    for name, amount in floor.items():
        if name not in total or total[name] < amount:
            total[name] = amount


def pod_total(pod: View, kind: str) -> ResourceList:
    """What a pod's `requests` or `limits` come to: containers, sidecars, the largest init step, its own, overhead."""
    spec = pod.get("spec") or {}
    total = _sum(of(c, kind) for c in spec.get("containers") or ())
    sidecars: ResourceList = {}
    init: ResourceList = {}
    for container in spec.get("initContainers") or ():
        step = of(container, kind)
        if container.get("restartPolicy") == "Always":
            add(total, step)
            add(sidecars, step)
            step = dict(sidecars)
        else:
            add(step, sidecars)
        raise_to(init, step)
    raise_to(total, init)
    for name, amount in of(spec, kind).items():
        if name in POD_LEVEL or name.startswith(_HUGE_PAGES):
            total[name] = amount
    for name, amount in read(spec.get("overhead")).items():
        if kind == "requests" or name in total:
            add(total, {name: amount})
    return total


def _sum(lists: Iterable[ResourceList]) -> ResourceList:
    total: ResourceList = {}
    for found in lists:
        add(total, found)
    return total
