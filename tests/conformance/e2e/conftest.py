"""One cluster for each file, and every test a slow one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.support.cluster_fixtures import api, cluster, namespace

__all__ = ["api", "cluster", "namespace"]
HERE: Final = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole processes take their time."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.slow)
