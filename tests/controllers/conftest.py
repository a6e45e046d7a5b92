"""Fixtures of the controllers' tests."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest

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


@pytest.fixture
async def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())
    return await cluster.namespace(name[:60].strip("-"))


@pytest.fixture
async def bare(server: ServerProcess) -> AsyncIterator[Cluster]:
    """A client of a server without controllers."""
    async with Cluster(server.kubeconfig) as cluster:
        yield cluster
