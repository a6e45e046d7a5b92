"""PodTopologyLabels: a bound pod carries its node's zone and region. Models plugin/pkg/admission/podtopologylabels."""

from __future__ import annotations

from typing import Final

from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister

LABELS: Final = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")


class PodTopologyLabels:
    """Copies the labels to bindings, and to pods that are created with a node."""

    name = "PodTopologyLabels"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[str] = frozenset({"pods", "bindings"})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def admit(self, attributes: Attributes) -> None:
        """Nothing is copied from a node that does not exist."""
        obj = attributes.object
        if obj is None:
            return
        if attributes.is_("pods", "binding") or attributes.is_("bindings"):
            target = obj.get("target") or {}
            node_name = target.get("name") if target.get("kind") in (None, "", "Node") else ""
        elif attributes.is_("pods"):
            node_name = (obj.get("spec") or {}).get("nodeName")
        else:
            return
        labels = await self._lister.labels("nodes", "", node_name or "")
        if copied := {name: labels[name] for name in labels if name in LABELS}:
            metadata = obj.setdefault("metadata", {})
            metadata["labels"] = {**(metadata.get("labels") or {}), **copied}
