"""DefaultTolerationSeconds: five minutes on a lost node. Models plugin/pkg/admission/defaulttolerationseconds."""

from __future__ import annotations

from typing import Final

from server.admission.attributes import Attributes
from server.admission.interfaces import Operation

TAINTS: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


class DefaultTolerationSeconds:
    """Lets pods stay for a while on nodes that are not ready or cannot be reached."""

    name = "DefaultTolerationSeconds"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[str] = frozenset({"pods"})

    def __init__(self, not_ready_seconds: int = 300, unreachable_seconds: int = 300) -> None:
        self._seconds = (not_ready_seconds, unreachable_seconds)

    async def admit(self, attributes: Attributes) -> None:
        """Add the tolerations that the pod does not have in some form."""
        if attributes.object is None or not attributes.is_("pods"):
            return
        spec = attributes.object.setdefault("spec", {})
        present = spec.get("tolerations") or []
        added = [
            {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}
            for key, seconds in zip(TAINTS, self._seconds, strict=True)
            if not any(
                (t.get("key") or key) == key and (t.get("effect") or "NoExecute") == "NoExecute" for t in present
            )
        ]
        if added:
            spec["tolerations"] = [*present, *added]
