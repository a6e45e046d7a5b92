"""The pods behind Services, followed. Models pkg/controller/util/endpoint and endpointslice/trigger_time_tracker.go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from apimachinery import meta
from apimachinery.objects import View
from controllers.runtime import service_endpoints
from controllers.runtime.informer import InformerFactory
from controllers.runtime.pods import ready_condition
from controllers.runtime.resources import PODS, SERVICES
from controllers.runtime.workqueue import WorkQueue

GATHER_SECONDS: Final = 0.05
"""Pods' changes are gathered so long before their Services are looked at."""


class ServicePods:
    """Queues the keys of Services that change, and of those that a pod's change concerns."""

    def __init__(self, informers: InformerFactory, queue: WorkQueue[str]) -> None:
        self._queue = queue
        self.services = informers.informer(SERVICES)
        self.pods = informers.informer(PODS)
        self.services.add_handler(
            on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new), on_delete=self._enqueue
        )
        self.pods.add_handler(on_add=self._moved, on_update=self._updated, on_delete=self._moved)

    def of(self, service: View) -> list[View]:
        """The pods that a Service selects."""
        found = self.pods.list(meta.namespace(service))
        return [p for p in found if service_endpoints.selects(service, meta.labels(p))]

    def _enqueue(self, service: View) -> None:
        self._queue.add(meta.key(service))

    def _moved(self, *pods: View) -> None:
        for key in service_endpoints.selecting(self.services.list(meta.namespace(pods[0])), *pods):
            self._queue.add_soon(key, GATHER_SECONDS)

    def _updated(self, old: View, new: View) -> None:
        if service_endpoints.matter(old, new):
            self._moved(old, new)


class TriggerTimes:
    """When the change happened that endpoints follow, as their annotation says it; one entry a Service."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def last_change(self, service: View, pods: Iterable[View]) -> str:
        """The earliest change of a pod's readiness since the last call, the Service's creation at first; or empty."""
        key = meta.key(service)
        before = self._known.get(key)
        now = self._known[key] = {
            meta.name(p): condition["lastTransitionTime"]
            for p in pods
            if (condition := ready_condition(p)) is not None and condition.get("lastTransitionTime")
        }
        if before is None:
            return str(meta.metadata(service).get("creationTimestamp") or "")
        return min((at for name, at in now.items() if at > before.get(name, "")), default="")

    def forget(self, key: str) -> None:
        """The Service is gone."""
        self._known.pop(key, None)
