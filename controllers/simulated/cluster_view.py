"""What kubelets look up, over shared informers; and which pods to wake when something they miss appears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from apimachinery import meta
from apimachinery.objects import View
from controllers.runtime.informer import InformerFactory, SharedInformer
from controllers.runtime.resources import CONFIG_MAPS, NODES, PERSISTENT_VOLUME_CLAIMS, SECRETS, SERVICES

WAKE_SECONDS: Final = 1.0
"""From an object's appearance to the retry of the pods in its namespace that miss something."""


class ClusterView:
    """A World over caches."""

    def __init__(self, informers: InformerFactory) -> None:
        self._config_maps = informers.informer(CONFIG_MAPS)
        self._secrets = informers.informer(SECRETS)
        self._claims = informers.informer(PERSISTENT_VOLUME_CLAIMS)
        self._services = informers.informer(SERVICES)
        self._nodes = informers.informer(NODES)

    def informers(self) -> Sequence[SharedInformer]:
        """The caches that must be full before the first pod starts."""
        return (self._nodes, self._config_maps, self._secrets, self._claims, self._services)

    def on_change(self, changed: Callable[[str], None]) -> None:
        """Call back with the namespace when something in it that pods mount or read appears or changes."""
        for informer in (self._config_maps, self._secrets, self._claims):
            informer.add_handler(
                on_add=lambda obj: changed(meta.namespace(obj)), on_update=lambda _, new: changed(meta.namespace(new))
            )

    def config_map(self, namespace: str, name: str) -> View | None:
        """A ConfigMap."""
        return self._config_maps.get(name, namespace)

    def secret(self, namespace: str, name: str) -> View | None:
        """A Secret."""
        return self._secrets.get(name, namespace)

    def claim(self, namespace: str, name: str) -> View | None:
        """A PersistentVolumeClaim."""
        return self._claims.get(name, namespace)

    def services(self, namespace: str) -> Sequence[View]:
        """The Services of a namespace."""
        return self._services.list(namespace)

    def node(self, name: str) -> View | None:
        """A Node."""
        return self._nodes.get(name)
