"""What a kubelet can look up about the cluster: the read side of the pod's state machine, a dict in tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from apimachinery.objects import View


class World(Protocol):
    """Cached objects; each call is a look-up without waiting."""

    def config_map(self, namespace: str, name: str) -> View | None: ...

    def secret(self, namespace: str, name: str) -> View | None: ...

    def claim(self, namespace: str, name: str) -> View | None:
        """A PersistentVolumeClaim."""
        ...

    def services(self, namespace: str) -> Sequence[View]: ...

    def node(self, name: str) -> View | None: ...
