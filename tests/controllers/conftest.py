"""Fixtures of the controllers' tests."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest

from apimachinery.objects import Object
from controllers.runtime.resources import NAMESPACES, SERVICE_ACCOUNTS
from tests.controllers.cluster import Cluster, ManagerProcess, simulated_node
from tests.support.api import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """An API server for the tests of a module."""
    with ServerProcess(tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture(scope="module")
def manager(server: ServerProcess) -> Iterator[ManagerProcess]:
    """Every controller, with three simulated nodes."""
    with ManagerProcess(server, nodes=[simulated_node(f"n{i}") for i in (1, 2, 3)]) as process:
        yield process


@pytest.fixture
async def cluster(server: ServerProcess, manager: ManagerProcess) -> AsyncIterator[Cluster]:
    """A client of a cluster with three ready nodes."""
    async with Cluster(server.kubeconfig) as cluster:
        await cluster.ready_nodes(3)
        yield cluster


def _name_of(request: pytest.FixtureRequest) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())
    return str(name[-60:].strip("-"))


@pytest.fixture
async def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own."""
    return await cluster.namespace(_name_of(request))


@pytest.fixture
async def bare(server: ServerProcess) -> AsyncIterator[Cluster]:
    """A client of a server without controllers."""
    async with Cluster(server.kubeconfig) as cluster:
        yield cluster


@pytest.fixture
async def bare_namespace(bare: Cluster, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own on a server without controllers, with the ServiceAccount that pods need."""
    name = _name_of(request)
    await bare.client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    account: Object = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await bare.client.create(SERVICE_ACCOUNTS, account, namespace=name)
    return name
