"""Admission plugins in their order. Models apiserver/pkg/admission/chain.go."""

from __future__ import annotations

from collections.abc import Sequence

from server.admission.attributes import Attributes
from server.admission.interfaces import MutatingPlugin, Operation, Plugin, ValidatingPlugin


class AdmissionChain:
    """Asks every plugin that handles an operation, mutating ones first, validating ones as the last gate."""

    def __init__(self, plugins: Sequence[Plugin] = ()) -> None:
        self.plugins = tuple(plugins)
        self._mutating = tuple(p for p in self.plugins if isinstance(p, MutatingPlugin))
        self._validating = tuple(p for p in self.plugins if isinstance(p, ValidatingPlugin))

    def handles(self, operation: Operation) -> bool:
        """Whether any plugin cares for the operation."""
        return any(operation in p.operations for p in self.plugins)

    async def admit(self, attributes: Attributes) -> None:
        """The mutating phase."""
        for plugin in self._mutating:
            if attributes.operation in plugin.operations:
                await plugin.admit(attributes)

    async def validate(self, attributes: Attributes) -> None:
        """The validating phase."""
        for plugin in self._validating:
            if attributes.operation in plugin.operations:
                await plugin.validate(attributes)
