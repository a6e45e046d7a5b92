"""TaintNodesByCondition: a new node takes no pods until it is ready. Models plugin/pkg/admission/nodetaint."""

from __future__ import annotations

from typing import Final

from server.admission.attributes import Attributes
from server.admission.interfaces import Operation

NOT_READY: Final = "node.kubernetes.io/not-ready"


class TaintNodesByCondition:
    """Adds the not-ready taint to new nodes."""

    name = "TaintNodesByCondition"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[str] = frozenset({"nodes"})

    async def admit(self, attributes: Attributes) -> None:
        """Only nodes that do not bring the taint themselves."""
        if attributes.object is None or not attributes.is_("nodes"):
            return
        spec = attributes.object.setdefault("spec", {})
        taints = spec.get("taints") or []
        if not any(t.get("key") == NOT_READY and t.get("effect") == "NoSchedule" for t in taints):
            spec["taints"] = [*taints, {"key": NOT_READY, "effect": "NoSchedule"}]
