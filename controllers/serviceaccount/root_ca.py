"""The cluster's CA in a ConfigMap of every namespace. Models pkg/controller/certificates/rootcacertpublisher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.flags import flag
from controllers.runtime.kubeconfig import load_kubeconfig
from controllers.runtime.pod_control import is_namespace_terminating
from controllers.runtime.resources import CONFIG_MAPS, NAMESPACES

NAME: Final = "kube-root-ca.crt"
_DESCRIPTION_ANNOTATION: Final = "kubernetes.io/description"
_DESCRIPTION: Final = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the"
    " internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes"
    " clusters."
)


@dataclass(frozen=True, slots=True)
class RootCAOptions:
    """Flags of the root CA publisher."""

    root_ca_file: str = flag("", "CA bundle to publish; the kubeconfig's own CA if empty.")
    kubeconfig: str = flag("", "Path to the kubeconfig file.")
    context: str = flag("", "Context of the kubeconfig.")


class RootCAPublisher:
    """Keys are namespaces."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._bundle = _bundle(context.options(RootCAOptions))
        self._queue = context.queue("root_ca_cert_publisher", str)
        self._namespaces = context.informers.informer(NAMESPACES)
        self._maps = context.informers.informer(CONFIG_MAPS)
        self._namespaces.add_handler(on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new))
        self._maps.add_handler(on_update=lambda _, new: self._map_changed(new), on_delete=self._map_changed)
        self._controller = Controller(
            "root-ca-certificate-publisher-controller",
            self._queue,
            self.sync,
            informers=(self._namespaces, self._maps),
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    def _enqueue(self, namespace: View) -> None:
        if (namespace.get("status") or {}).get("phase") == "Active":
            self._queue.add(meta.name(namespace))

    def _map_changed(self, config_map: View) -> None:
        if meta.name(config_map) == NAME:
            self._queue.add(meta.namespace(config_map))

    async def sync(self, name: str) -> None:
        """Create the ConfigMap, or restore its data."""
        namespace = self._namespaces.get(name)
        if namespace is None or (namespace.get("status") or {}).get("phase") != "Active":
            return
        data = {"ca.crt": self._bundle}
        present = self._maps.get(NAME, name)
        if present is None:
            config_map: Object = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": NAME,
                    "namespace": name,
                    "annotations": {_DESCRIPTION_ANNOTATION: _DESCRIPTION},
                },
                "data": data,
            }
            try:
                await self._client.create(CONFIG_MAPS, config_map, namespace=name)
            except errors.NotFound:
                return
            except errors.Forbidden as error:
                if not is_namespace_terminating(error):
                    raise
            return
        described = meta.annotations(present).get(_DESCRIPTION_ANNOTATION) == _DESCRIPTION
        if present.get("data") == data and described:
            return
        annotations = {**meta.annotations(present), _DESCRIPTION_ANNOTATION: _DESCRIPTION}
        metadata = {**present["metadata"], "annotations": annotations}
        await self._client.update(CONFIG_MAPS, {**present, "metadata": metadata, "data": data})


def _bundle(options: RootCAOptions) -> str:
    if options.root_ca_file:
        return Path(options.root_ca_file).read_text()
    if not options.kubeconfig:
        return ""
    return (load_kubeconfig(Path(options.kubeconfig), context=options.context).ca or b"").decode()
