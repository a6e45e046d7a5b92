"""One cluster for each test file, as real processes, with the parts that the file asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from mockube.cluster import Cluster
from tests.support.live import Api, api_of


@contextmanager
def cluster_of(module: ModuleType) -> Iterator[Cluster]:
    """Server, controllers and simulated nodes, all nodes open to pods.

    The module may say what it needs: NODES, CONTROLLERS, SERVER_ARGS, CONTROLLERS_ARGS, KUBERNETES_VERSION.
    """
    with Cluster(
        nodes=getattr(module, "NODES", 3),
        controllers=getattr(module, "CONTROLLERS", True),
        server_args=getattr(module, "SERVER_ARGS", ()),
        controllers_args=getattr(module, "CONTROLLERS_ARGS", ()),
        kubernetes_version=getattr(module, "KUBERNETES_VERSION", "1.36"),
    ) as started:
        if started.with_controllers:
            started.wait_for_nodes()
            _wait_for_taints(started)
        yield started


def _wait_for_taints(cluster: Cluster) -> None:
    """A new node is open to pods when its not-ready taint has gone, a moment after it says Ready."""
    with api_of(cluster.kubeconfig) as api:
        api.until("/api/v1/nodes", lambda nodes: not any(_not_ready_taints(n) for n in nodes))


def _not_ready_taints(node: dict[str, dict[str, list[dict[str, str]]]]) -> list[str]:
    taints = node["spec"].get("taints") or []
    return [t["key"] for t in taints if t["key"] == "node.kubernetes.io/not-ready"]


def namespace_for(test: str, cluster: Cluster, api: Api) -> str:
    """A namespace named after the test, with its ServiceAccount."""
    name = re.sub(r"[^a-z0-9]+", "-", test.removeprefix("test_").lower())[:50].strip("-")
    namespace: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    api.create("/api/v1/namespaces", namespace)
    accounts = f"/api/v1/namespaces/{name}/serviceaccounts"
    if cluster.with_controllers:
        api.until(accounts, bool, what="default ServiceAccount")
    else:
        api.create(accounts, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
    return name
