"""AlwaysAdmit, AlwaysDeny and AlwaysPullImages. Models plugin/pkg/admission/{admit,deny,alwayspullimages}."""

from __future__ import annotations

from apimachinery import field
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.refusal import forbidden

_ALL: frozenset[Operation] = frozenset({"CREATE", "UPDATE", "DELETE", "CONNECT"})
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


class AlwaysAdmit:
    """Lets everything pass."""

    name = "AlwaysAdmit"
    operations = _ALL

    async def admit(self, attributes: Attributes) -> None:
        """Nothing to do."""


class AlwaysDeny:
    """Refuses everything."""

    name = "AlwaysDeny"
    operations = _ALL

    async def validate(self, attributes: Attributes) -> None:
        """Refuse."""
        raise forbidden(attributes, "admission control is denying all modifications")


class AlwaysPullImages:
    """Forces imagePullPolicy to Always, so that credentials are checked for every pod."""

    name = "AlwaysPullImages"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})

    async def admit(self, attributes: Attributes) -> None:
        """Every container of a pod."""
        if attributes.object is None or not attributes.is_("pods"):
            return
        for key in _CONTAINERS:
            for container in (attributes.object.get("spec") or {}).get(key) or ():
                container["imagePullPolicy"] = "Always"

    async def validate(self, attributes: Attributes) -> None:
        """Later plugins may not have changed it."""
        if attributes.object is None or not attributes.is_("pods"):
            return
        path = field.Path("spec")
        for key in _CONTAINERS:
            for index, container in enumerate((attributes.object.get("spec") or {}).get(key) or ()):
                policy = container.get("imagePullPolicy") or ""
                if policy != "Always":
                    at = (path / key)[index] / "imagePullPolicy"
                    raise forbidden(attributes, str(field.not_supported(at, policy, ["Always"])))
