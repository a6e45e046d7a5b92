"""What is not Kubernetes in a simulated cluster: its clock, and what befalls its machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.support.live import MERGE, TIMEOUT, Api, Obj

CLOCK: Final = "/mockube/v1/clock"
FAULT: Final = "mockube.dev/fault"


class ClusterTime:
    """The cluster's clock, over the control API."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def _post(self, action: str, body: Obj | None = None) -> Obj:
        connection = self._api.connect(timeout=120)
        try:
            headers = self._api.headers() | {"Content-Type": "application/json"}
            connection.request("POST", f"{CLOCK}/{action}", json.dumps(body or {}), headers)
            response = connection.getresponse()
            raw = response.read()
            assert response.status == 200, raw
            return dict(json.loads(raw))
        finally:
            connection.close()

    def advance(self, seconds: float) -> Obj:
        """Move the time forward, step by step; returns when all that fell due is done."""
        return self._post("advance", {"seconds": seconds})

    @contextmanager
    def speed(self, factor: float) -> Iterator[None]:
        """Let the time run faster inside the block."""
        self._post("speed", {"speed": factor})
        try:
            yield
        finally:
            self._post("resume")


def fail(api: Api, node: str, how: str = "kubelet") -> None:
    """Let a node's kubelet, network or power fail, or put it under pressure (`pressure=memory`)."""
    api.patch(f"/api/v1/nodes/{node}", {"metadata": {"annotations": {FAULT: how}}}, MERGE)


def recover(api: Api, node: str, *, timeout: float = TIMEOUT) -> None:
    """Make a node whole again and wait until it is ready and free of lifecycle taints."""
    api.patch(f"/api/v1/nodes/{node}", {"metadata": {"annotations": {FAULT: None}}}, MERGE)

    def well(nodes: list[Obj]) -> bool:
        (found,) = nodes
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in found["status"]["conditions"])
        taints = [t["key"] for t in found["spec"].get("taints") or []]
        return ready and not any(t.startswith("node.kubernetes.io/") for t in taints)

    api.until(f"/api/v1/nodes?fieldSelector=metadata.name%3D{node}", well, timeout=timeout, what=f"{node} well")
