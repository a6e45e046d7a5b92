"""Admission plugins in their order. Models apiserver/pkg/admission/chain.go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Generic, TypeVar, get_args

from server.admission.attributes import Attributes
from server.admission.interfaces import MutatingPlugin, Operation, ParticularPlugin, Plugin, ValidatingPlugin

_P = TypeVar("_P", bound=Plugin)
_OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)


class AdmissionChain:
    """Asks every plugin that handles an operation, mutating ones first, validating ones as the last gate."""

    def __init__(self, plugins: Sequence[Plugin] = ()) -> None:
        self.plugins = tuple(plugins)
        self._mutating = _Phase([p for p in self.plugins if isinstance(p, MutatingPlugin)])
        self._validating = _Phase([p for p in self.plugins if isinstance(p, ValidatingPlugin)])

    def handles(self, operation: Operation) -> bool:
        """Whether any plugin cares for the operation."""
        return any(operation in p.operations for p in self.plugins)

    async def admit(self, attributes: Attributes) -> None:
        """The mutating phase."""
        for plugin in self._mutating.concerned(attributes):
            await plugin.admit(attributes)

    async def validate(self, attributes: Attributes) -> None:
        """The validating phase."""
        for plugin in self._validating.concerned(attributes):
            await plugin.validate(attributes)


class _Phase(Generic[_P]):
    """The plugins of one phase, sorted beforehand by whom they are asked about."""

    def __init__(self, plugins: Sequence[_P]) -> None:
        named = {r for p in plugins if isinstance(p, ParticularPlugin) for r in p.resources}
        self._particular = {
            (operation, resource): _concerned(plugins, operation, resource)
            for operation in _OPERATIONS
            for resource in named
        }
        self._general = {operation: _concerned(plugins, operation, "") for operation in _OPERATIONS}

    def concerned(self, attributes: Attributes) -> tuple[_P, ...]:
        """Those who have something to say, in their order."""
        found = self._particular.get((attributes.operation, attributes.qualified))
        return self._general[attributes.operation] if found is None else found


def _concerned(plugins: Sequence[_P], operation: Operation, resource: str) -> tuple[_P, ...]:
    return tuple(
        p
        for p in plugins
        if operation in p.operations and (not isinstance(p, ParticularPlugin) or resource in p.resources)
    )
