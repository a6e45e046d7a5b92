"""The seam of admission: plugins that change or refuse a request. Models apiserver/pkg/admission/interfaces.go.

A plugin is a class with a `name`, the `operations` it handles and one or both of `admit` (may change
`attributes.object`) and `validate` (may only refuse). Refuse by raising a StatusError. A plugin with `resources` is
asked about these alone, and about their subresources.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from apimachinery.clock import Clock
from apimachinery.names import NameGenerator

if TYPE_CHECKING:
    from server.admission.attributes import Attributes
    from server.authorization.interfaces import Authorizer
    from server.registry.registry import Registry

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]


class Plugin(Protocol):
    """What every plugin says of itself."""

    name: str
    operations: frozenset[Operation]


@runtime_checkable
class ParticularPlugin(Plugin, Protocol):
    """Says whom it has nothing to say about."""

    resources: frozenset[str]
    """The resources it looks at: `pods`, `daemonsets.apps`, …"""


@runtime_checkable
class MutatingPlugin(Plugin, Protocol):
    """Runs before the strategy, in the order of the chain."""

    async def admit(self, attributes: Attributes) -> None:
        """Change `attributes.object` in place, or raise to refuse."""
        ...


@runtime_checkable
class ValidatingPlugin(Plugin, Protocol):
    """Runs last before storage."""

    async def validate(self, attributes: Attributes) -> None:
        """Raise to refuse; change nothing of the object."""
        ...


@dataclass(frozen=True, slots=True)
class PluginContext:
    """What plugins are made with. `registry` reads and writes other objects in process."""

    registry: Registry
    authorizer: Authorizer
    clock: Clock
    names: NameGenerator
    version: tuple[int, int] = (1, 36)


PluginFactory: TypeAlias = Callable[[PluginContext], Plugin]
