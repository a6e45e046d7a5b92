"""DenyServiceExternalIPs and ExtendedResourceToleration, both off by default.

Models plugin/pkg/admission/network/denyserviceexternalips and plugin/pkg/admission/extendedresourcetoleration.
"""

from __future__ import annotations

from apimachinery import resource_list
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.refusal import forbidden


class DenyServiceExternalIPs:
    """Refuses services that add external addresses."""

    name = "DenyServiceExternalIPs"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})

    async def validate(self, attributes: Attributes) -> None:
        """Addresses that were there already may stay."""
        if attributes.object is None or not attributes.is_("services"):
            return
        before = ((attributes.old_object or {}).get("spec") or {}).get("externalIPs") or ()
        after = (attributes.object.get("spec") or {}).get("externalIPs") or ()
        if set(after) - set(before):
            raise forbidden(attributes, "Use of external IPs is denied by admission control.")


class ExtendedResourceToleration:
    """Tolerates the taints of nodes with the extended resources that a pod requests."""

    name = "ExtendedResourceToleration"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})

    async def admit(self, attributes: Attributes) -> None:
        """One toleration for each resource, by name."""
        if attributes.object is None or not attributes.is_("pods"):
            return
        spec = attributes.object.setdefault("spec", {})
        containers = (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
        names = {
            n for c in containers for n in resource_list.of(c, "requests") if "/" in n and "kubernetes.io/" not in n
        }
        tolerations = list(spec.get("tolerations") or ())
        for name in sorted(names):
            wanted = {"key": name, "operator": "Exists", "effect": "NoSchedule"}
            if wanted not in tolerations:
                tolerations.append(wanted)
        if tolerations:
            spec["tolerations"] = tolerations
