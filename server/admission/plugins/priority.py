"""Priority: the number behind a pod's priority class. Models plugin/pkg/admission/priority/admission.go."""

from __future__ import annotations

from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister
from server.admission.plugins.refusal import forbidden

RESOURCE: Final = "priorityclasses.scheduling.k8s.io"
SYSTEM_CLASSES: Final = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
PREEMPT: Final = "PreemptLowerPriority"


class Priority:
    """Computes a pod's priority; there is at most one default class."""

    name = "Priority"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[str] = frozenset({"pods", RESOURCE})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def admit(self, attributes: Attributes) -> None:
        """Fill priority, priorityClassName and preemptionPolicy of new pods; keep them on updates."""
        pod = attributes.object
        if pod is None or not attributes.is_("pods"):
            return
        spec = pod.setdefault("spec", {})
        if attributes.operation == "UPDATE":
            _keep(spec, (attributes.old_object or {}).get("spec") or {})
            return
        name = spec.get("priorityClassName") or ""
        chosen = await self._class(name) if name else await self._default_class()
        if chosen is None and name:
            raise forbidden(attributes, f"no PriorityClass with name {name} was found")
        if chosen is not None:
            spec["priorityClassName"] = meta.name(chosen)
        value = int((chosen or {}).get("value") or 0)
        given = spec.get("priority")
        if given is not None and given != value:
            raise forbidden(
                attributes,
                f"the integer value of priority ({given}) must not be provided in pod spec; priority admission"
                f" controller computed {value} from the given PriorityClass name",
            )
        spec["priority"] = value
        policy = chosen.get("preemptionPolicy") if chosen is not None else PREEMPT
        if policy is None:
            return
        given = spec.get("preemptionPolicy")
        if given is not None and given != policy:
            raise forbidden(
                attributes,
                f"the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission"
                f" controller computed {policy} from the given PriorityClass name",
            )
        spec["preemptionPolicy"] = policy

    async def validate(self, attributes: Attributes) -> None:
        """A second default class is refused."""
        if attributes.object is None or not attributes.is_(RESOURCE) or not attributes.object.get("globalDefault"):
            return
        default = await self._default_class()
        if default is None:
            return
        if attributes.operation == "CREATE" or meta.name(default) != meta.name(attributes.object):
            raise forbidden(
                attributes,
                f"PriorityClass {meta.name(default)} is already marked as default. Only one default can exist",
            )

    async def _class(self, name: str) -> View | None:
        found = await self._lister.get(RESOURCE, "", name)
        if found is None and name in SYSTEM_CLASSES:
            return {"metadata": {"name": name}, "value": SYSTEM_CLASSES[name], "preemptionPolicy": PREEMPT}
        return found

    async def _default_class(self) -> View | None:
        defaults = [c for c in await self._lister.list(RESOURCE) if c.get("globalDefault")]
        return min(defaults, key=lambda c: int(c.get("value") or 0), default=None)


def _keep(spec: Object, old: View) -> None:
    for key in ("priority", "preemptionPolicy"):
        if spec.get(key) is None and old.get(key) is not None:
            spec[key] = old[key]
