"""EndpointSlices for Endpoints that somebody keeps by hand. Models pkg/controller/endpointslicemirroring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta, serializer
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from controllers.endpointslice.slices import MANAGED_BY, SERVICE_NAME
from controllers.runtime import service_endpoints
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.flags import flag
from controllers.runtime.resources import ENDPOINT_SLICES, ENDPOINTS, SERVICES

CONTROLLER: Final = "endpointslicemirroring-controller.k8s.io"
SKIP_MIRROR: Final = "endpointslice.kubernetes.io/skip-mirror"
_ENDPOINTS_KIND: Final = GroupVersionKind("", "v1", "Endpoints")
_LEADER: Final = "control-plane.alpha.kubernetes.io/leader"
_ENDPOINTS_MANAGED_BY: Final = "endpoints.kubernetes.io/managed-by"
_NOT_MIRRORED: Final = frozenset({"kubectl.kubernetes.io/last-applied-configuration", service_endpoints.TRIGGER_TIME})
_BY_MIRROR: Final = "mirrored-endpoints"


@dataclass(frozen=True, slots=True)
class MirroringOptions:
    """Flags of the mirroring controller."""

    mirroring_concurrent_service_endpoint_syncs: int = flag(5, "Endpoints mirrored at once.")


def mirrored_slices(endpoints: View) -> list[Object]:
    """The slices that say what an Endpoints object says: one a subset and address family; pure."""
    result: list[Object] = []
    labels = {k: v for k, v in meta.labels(endpoints).items() if k not in (SERVICE_NAME, MANAGED_BY)}
    labels |= {SERVICE_NAME: meta.name(endpoints), MANAGED_BY: CONTROLLER}
    annotations = {k: v for k, v in meta.annotations(endpoints).items() if k not in _NOT_MIRRORED}
    for subset in endpoints.get("subsets") or ():
        groups: dict[str, list[Object]] = {}
        for field, ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(field) or ():
                family = service_endpoints.family_of(address["ip"])
                groups.setdefault(family, []).append(_endpoint(address, ready=ready))
        for family, found in groups.items():
            result.append(
                {
                    "apiVersion": "discovery.k8s.io/v1",
                    "kind": "EndpointSlice",
                    "metadata": {
                        "generateName": f"{meta.name(endpoints)}-",
                        "namespace": meta.namespace(endpoints),
                        "labels": labels,
                        "annotations": annotations,
                        "ownerReferences": [meta.new_controller_ref(endpoints, _ENDPOINTS_KIND)],
                    },
                    "addressType": family,
                    "endpoints": found,
                    "ports": [_port(p) for p in subset.get("ports") or ()],
                }
            )
    return result


def _endpoint(address: View, *, ready: bool) -> Object:
    result: Object = {"addresses": [address["ip"]], "conditions": {"ready": ready}}
    for source, target in (("targetRef", "targetRef"), ("nodeName", "nodeName"), ("hostname", "hostname")):
        if address.get(source):
            result[target] = address[source]
    return result


def _port(port: View) -> Object:
    result: Object = {"name": port.get("name") or "", "port": port["port"], "protocol": port.get("protocol") or "TCP"}
    if port.get("appProtocol"):
        result["appProtocol"] = port["appProtocol"]
    return result


class EndpointSliceMirroringController:
    """Keys are Endpoints, which are Services' keys too."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._queue = context.queue("endpoint_slice_mirroring", str)
        informers = context.informers
        self._services = informers.informer(SERVICES)
        self._endpoints = informers.informer(ENDPOINTS)
        self._slices = informers.informer(ENDPOINT_SLICES)
        self._slices.add_index(_BY_MIRROR, _by_mirror)
        for informer in (self._services, self._endpoints):
            informer.add_handler(
                on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new), on_delete=self._enqueue
            )
        self._controller = Controller(
            "endpointslice-mirroring-controller",
            self._queue,
            self.sync,
            workers=context.options(MirroringOptions).mirroring_concurrent_service_endpoint_syncs,
            informers=(self._services, self._endpoints, self._slices),
            max_retries=15,
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    def _enqueue(self, obj: View) -> None:
        self._queue.add(meta.key(obj))

    async def sync(self, key: str) -> None:
        """Write the slices of one Endpoints object, or remove them."""
        endpoints = self._endpoints.indexer.get(key)
        service = self._services.indexer.get(key)
        wanted = mirrored_slices(endpoints) if endpoints is not None and self._mirrors(endpoints, service) else []
        present = self._slices.indexer.by_index(_BY_MIRROR, key)
        essences = {_essence(w) for w in wanted}
        kept: set[bytes] = set()
        for old in present:
            essence = _essence(old)
            if essence in essences and essence not in kept:
                kept.add(essence)
            else:
                await self._delete(old)
        for item in wanted:
            if _essence(item) not in kept:
                await self._client.create(ENDPOINT_SLICES, item, namespace=item["metadata"]["namespace"])

    @staticmethod
    def _mirrors(endpoints: View, service: View | None) -> bool:
        labels = meta.labels(endpoints)
        by_hand = labels.get(SKIP_MIRROR) != "true" and _ENDPOINTS_MANAGED_BY not in labels
        by_hand = by_hand and _LEADER not in meta.annotations(endpoints)
        return by_hand and service is not None and not service["spec"].get("selector")

    async def _delete(self, item: View) -> None:
        try:
            await self._client.delete(ENDPOINT_SLICES, meta.name(item), namespace=meta.namespace(item))
        except errors.NotFound:
            return


def _by_mirror(item: View) -> Iterable[str]:
    labels = meta.labels(item)
    if labels.get(MANAGED_BY) != CONTROLLER:
        return ()
    return (f"{meta.namespace(item)}/{labels.get(SERVICE_NAME, '')}",)


def _essence(item: View) -> bytes:
    fields = {f: item.get(f) for f in ("addressType", "endpoints", "ports")}
    return serializer.canonical({**fields, "labels": dict(meta.labels(item))})
