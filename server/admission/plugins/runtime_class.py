"""RuntimeClass: its overhead and scheduling become the pod's. Models plugin/pkg/admission/runtimeclass/admission.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery import resource_list
from apimachinery.objects import Object, View
from apimachinery.serializer import go_quote
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister
from server.admission.plugins.refusal import forbidden

RESOURCE: Final = "runtimeclasses.node.k8s.io"


class RuntimeClass:
    """Looks the class up and merges what it says."""

    name = "RuntimeClass"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[str] = frozenset({"pods"})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def admit(self, attributes: Attributes) -> None:
        """Set overhead, node selector and tolerations of the class."""
        if attributes.object is None or not attributes.is_("pods"):
            return
        spec = attributes.object.setdefault("spec", {})
        found = await self._class(attributes, spec)
        if found is None:
            return
        overhead = (found.get("overhead") or {}).get("podFixed")
        if found.get("overhead") is not None:
            if spec.get("overhead") and not _equal(spec["overhead"], overhead):
                raise forbidden(
                    attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
                )
            if overhead:
                spec["overhead"] = dict(overhead)
        if found.get("scheduling") is not None:
            _merge_scheduling(attributes, spec, found["scheduling"])

    async def validate(self, attributes: Attributes) -> None:
        """A pod's overhead is its class's, or there is none."""
        if attributes.object is None or not attributes.is_("pods"):
            return
        spec = attributes.object.get("spec") or {}
        found = await self._class(attributes, spec)
        if found is not None and found.get("overhead") is not None:
            if not _equal(spec.get("overhead"), found["overhead"].get("podFixed")):
                raise forbidden(
                    attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
                )
        elif spec.get("overhead") is not None:
            why = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
            raise forbidden(attributes, why)

    async def _class(self, attributes: Attributes, spec: View) -> View | None:
        name = spec.get("runtimeClassName")
        if not name:
            return None
        found = await self._lister.get(RESOURCE, "", name)
        if found is None:
            raise forbidden(attributes, f"pod rejected: RuntimeClass {go_quote(name)} not found")
        return found


def _equal(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> bool:
    return resource_list.read(left) == resource_list.read(right)


def _merge_scheduling(attributes: Attributes, spec: Object, scheduling: View) -> None:
    selector = dict(spec.get("nodeSelector") or {})
    for key, value in (scheduling.get("nodeSelector") or {}).items():
        if selector.setdefault(key, value) != value:
            why = (
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value};"
                f" pod.spec.nodeSelector[{key}] = {selector[key]}"
            )
            raise forbidden(attributes, why)
    if selector:
        spec["nodeSelector"] = selector
    tolerations = list(spec.get("tolerations") or ())
    tolerations += [t for t in scheduling.get("tolerations") or () if t not in tolerations]
    if tolerations:
        spec["tolerations"] = tolerations
