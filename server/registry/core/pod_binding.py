"""Giving a pod to a node. Models pkg/registry/core/pod/storage (BindingREST) and ValidatePodBinding."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from apimachinery import errors, field, meta
from apimachinery.field import Error, Path
from apimachinery.gvk import GroupResource
from apimachinery.objects import Object, View
from apimachinery.serializer import go_quote
from server.registry.core import pod_conditions

_RESOURCE: Final = GroupResource("", "pods/binding")
_TARGET: Final = Path("target")


def validate_binding(binding: View) -> list[Error]:
    """The target is a node with a name."""
    target = binding.get("target") or {}
    found = []
    if target.get("kind") and target["kind"] != "Node":
        found.append(field.not_supported(_TARGET / "kind", target["kind"], ("Node", "<empty>")))
    if not target.get("name"):
        found.append(field.required(_TARGET / "name"))
    return found


def bind(pod: Object, binding: View, now: datetime) -> None:
    """Assign the pod to the binding's target, in place, with the binding's labels and annotations; Conflict."""
    name, spec = meta.name(pod), pod["spec"]
    refusal = ""
    if meta.is_deleting(pod):
        refusal = f"pod {name} is being deleted, cannot be assigned to a host"
    elif spec.get("nodeName"):
        refusal = f"pod {name} is already assigned to node {go_quote(spec['nodeName'])}"
    elif spec.get("schedulingGates"):
        refusal = f"pod {name} has non-empty .spec.schedulingGates"
    if refusal:
        raise errors.Conflict.of(_RESOURCE, name, refusal)
    spec["nodeName"] = binding["target"]["name"]
    for part in ("annotations", "labels"):
        if given := binding["metadata"].get(part):
            pod["metadata"][part] = {**(pod["metadata"].get(part) or {}), **given}
    pod_conditions.set_true(pod, "PodScheduled", now)
    pod["status"].pop("nominatedNodeName", None)
