"""Fixtures for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mockube.cluster import Cluster
from tests.support.kubectl import Kubectl

REPOSITORY = Path(__file__).resolve().parents[1]

# How long an example takes says something of the machine, and nothing of the property.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Server, controllers and three simulated nodes as real processes, one for the module."""
    with Cluster(nodes=3) as started:
        started.wait_for_nodes()
        yield started


@pytest.fixture
def kubectl(cluster: Cluster, tmp_path: Path) -> Kubectl:
    """The newest kubectl, talking to the module's cluster."""
    return Kubectl.newest(cluster.kubeconfig, tmp_path)
