"""What the scheduler keeps of a pod."""

from __future__ import annotations

from controllers.scheduler.types import PodInfo
from tests.controllers.factories import pod


def test_a_bound_pod_is_known_by_its_newest_object() -> None:
    found = pod("p")
    found["spec"]["containers"] = [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]
    info = PodInfo.of(found)
    newest = {**found, "metadata": {**found["metadata"], "deletionTimestamp": "2026-01-02T03:04:05Z"}}
    renewed = info.renewed(newest)
    assert renewed.pod is newest
    assert renewed == PodInfo.of(newest)
