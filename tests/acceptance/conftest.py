"""One cluster for each file.

A module may say what it needs: NODES, CONTROLLERS, SERVER_ARGS, CONTROLLERS_ARGS, KUBERNETES_VERSION.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mockube.cluster import Cluster
from tests.support.live import Api, api_of

HERE: Final = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole processes take their time: all tests here are slow ones."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Server, controllers and simulated nodes as real processes."""
    module = request.module
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


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    """The administrator's raw HTTP client."""
    with api_of(cluster.kubeconfig) as client:
        yield client


@pytest.fixture
def namespace(cluster: Cluster, api: Api, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own, with its ServiceAccount."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())[:50].strip("-")
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    accounts = f"/api/v1/namespaces/{name}/serviceaccounts"
    if cluster.with_controllers:
        api.until(accounts, bool, what="default ServiceAccount")
    else:
        api.create(accounts, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
    return name
