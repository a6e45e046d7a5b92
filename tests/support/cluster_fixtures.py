"""Fixtures of tests with one cluster for each file; tests.support.clusters says what a module may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockube.cluster import Cluster
from tests.support.clusters import cluster_of, namespace_for
from tests.support.live import Api, api_of


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Server, controllers and simulated nodes as real processes."""
    with cluster_of(request.module) as started:
        yield started


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    """The administrator's raw HTTP client."""
    with api_of(cluster.kubeconfig) as client:
        yield client


@pytest.fixture
def namespace(cluster: Cluster, api: Api, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own, with its ServiceAccount."""
    return namespace_for(request.node.name, cluster, api)
