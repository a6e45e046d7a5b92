"""What the manager gives each controller, and how one describes itself. Models cmd/kube-controller-manager."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from apimachinery.clock import Clock
from apimachinery.names import NameGenerator
from controllers.runtime.client import Client
from controllers.runtime.controller import Runnable
from controllers.runtime.event_recorder import EventBroadcaster
from controllers.runtime.flags import read_flags
from controllers.runtime.informer import InformerFactory
from controllers.runtime.metrics import Registry
from controllers.runtime.rate_limiter import ItemExponentialFailureRateLimiter
from controllers.runtime.workqueue import WorkQueue

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ControllerContext:
    """The shared things: connections, caches, events, the cluster's clock, names, metrics and the parsed flags.

    `version` is the server's: what controllers of that minor version did otherwise, ours do otherwise too.
    """

    client: Client
    informers: InformerFactory
    events: EventBroadcaster
    clock: Clock
    names: NameGenerator
    metrics: Registry
    flags: Mapping[str, Any] = field(default_factory=dict)
    version: tuple[int, int] = (1, 36)

    def options(self, cls: type[T]) -> T:
        """A controller's own options, from the command line."""
        return read_flags(cls, self.flags)

    def queue(
        self, name: str, kind: type[K], *, rate_limiter: ItemExponentialFailureRateLimiter[K] | None = None
    ) -> WorkQueue[K]:
        """A work queue on the cluster's clock; its retries are paced by the machine's."""
        return WorkQueue(
            self.clock, name=name, pacing=self.client.pacing, rate_limiter=rate_limiter, metrics=self.metrics
        )


@dataclass(frozen=True, slots=True)
class ControllerDescriptor:
    """One entry of the manager's tuple; `options` is a dataclass whose fields become flags.

    `check` looks at the flags' values before anything starts; it raises OptionsError.
    """

    name: str
    factory: Callable[[ControllerContext], Runnable]
    options: type[Any] | None = None
    alias: str = ""
    enabled_by_default: bool = True
    check: Callable[[Mapping[str, Any]], None] | None = None
