"""Services and pods to stand behind them, for the tests of endpoints."""

from __future__ import annotations

from typing import Any

from apimachinery.objects import Object
from tests.controllers.factories import NOW

LABELS = {"app": "web"}


def service(name: str = "web", *, ports: list[Object] | None = None, **spec: Any) -> Object:
    """A Service as the API server shows it."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": "ns",
            "uid": f"uid-{name}",
            "creationTimestamp": NOW,
            "labels": {"s": "1"},
        },
        "spec": {
            "selector": LABELS,
            "clusterIP": "10.96.0.9",
            "ipFamilies": ["IPv4"],
            "ports": [port(80)] if ports is None else ports,
            **spec,
        },
    }


def port(number: int, name: str = "", *, target: int | str | None = None, protocol: str = "TCP") -> Object:
    """A Service port."""
    return {"name": name, "port": number, "targetPort": number if target is None else target, "protocol": protocol}


def backend(
    name: str, ip: str = "", *, ready: bool = True, phase: str = "Running", deleting: bool = False, **spec: Any
) -> Object:
    """A pod on node n1 that a Service may select; several addresses in `ip` are separated by a comma."""
    status: Object = {
        "phase": phase,
        "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": NOW}],
    }
    if ip:
        status |= {"podIP": ip.split(",")[0], "podIPs": [{"ip": i} for i in ip.split(",")]}
    metadata: Object = {"name": name, "namespace": "ns", "uid": f"uid-{name}", "labels": LABELS}
    if deleting:
        metadata["deletionTimestamp"] = NOW
    container = {"name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": "n1", "containers": [container], **spec},
        "status": status,
    }
