"""What pods' statuses say over time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apimachinery.objects import Object
from controllers.runtime.pods import is_available, next_availability_check

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def pod(ready: str = "True", since: str | None = "2026-01-02T03:04:00Z") -> Object:
    condition = {"type": "Ready", "status": ready, **({"lastTransitionTime": since} if since else {})}
    return {"metadata": {"name": "p"}, "status": {"conditions": [condition]}}


@pytest.mark.parametrize(
    ("pods", "min_ready", "expected"),
    [
        pytest.param([], 10, None, id="no-pod"),
        pytest.param([{"metadata": {}}], 10, None, id="no-status"),
        pytest.param([pod("False")], 10, None, id="not-ready"),
        pytest.param([pod(since=None)], 10, None, id="no-moment"),
        pytest.param([pod()], 0, None, id="nothing-to-wait-for"),
        pytest.param([pod()], 5, None, id="available-at-this-moment"),
        pytest.param([pod()], 10, 5.0, id="still-to-come"),
        pytest.param([pod(), pod(since="2026-01-02T03:03:58Z")], 10, 3.0, id="the-first-counts"),
        pytest.param([pod(since="2026-01-02T03:00:00Z"), pod()], 10, 5.0, id="available-ones-do-not-count"),
    ],
)
def test_next_availability_check(pods: list[Object], min_ready: int, expected: float | None) -> None:
    assert next_availability_check(pods, min_ready, NOW) == expected
    if expected is None:
        ready = [p for p in pods if p != pod("False") and p != pod(since=None) and "status" in p]
        assert all(is_available(p, min_ready, NOW) for p in ready)
