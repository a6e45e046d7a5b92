"""pytest fixtures: `mockube_cluster`, a fresh cluster a test module, and `mockube_api`, the same without controllers.

Number of nodes: `@pytest.mark.mockube(nodes=3)` on the module.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockube.cluster import Cluster


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "mockube(nodes=3, **options): how the mockube_cluster of this module is made")


@pytest.fixture(scope="module")
def mockube_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A running cluster with Ready nodes; ends with the module."""
    from mockube.cluster import Cluster

    marker = request.node.get_closest_marker("mockube")
    options = {"nodes": 3, **(marker.kwargs if marker else {})}
    with Cluster(**options) as cluster:
        cluster.wait_for_nodes()
        yield cluster


@pytest.fixture(scope="module")
def mockube_api() -> Iterator[Cluster]:
    """A running API server alone: nothing reacts, as in envtest."""
    from mockube.cluster import Cluster

    with Cluster(controllers=False) as cluster:
        yield cluster
