"""Finished Jobs and when they go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object
from apimachinery.timestamp import format_time
from controllers.runtime.resources import JOBS
from controllers.ttlafterfinished.ttl_after_finished import TTLAfterFinishedController, expires_at
from tests.controllers.cluster import Cluster, at_work, timer_set

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def job(kind: str, *, ttl: int | None = 60, status: str = "True", deleting: bool = False) -> Object:
    condition = {"type": kind, "status": status, "lastTransitionTime": format_time(NOW)}
    metadata = {"name": "j", **({"deletionTimestamp": format_time(NOW)} if deleting else {})}
    spec = {} if ttl is None else {"ttlSecondsAfterFinished": ttl}
    return {"metadata": metadata, "spec": spec, "status": {"conditions": [condition]}}


@pytest.mark.parametrize(
    ("found", "after"),
    [
        (job("Complete"), 60),
        (job("Failed"), 60),
        (job("Complete", ttl=0), 0),
        (job("Complete", ttl=None), None),
        (job("Complete", status="False"), None),
        (job("Suspended"), None),
        (job("Complete", deleting=True), None),
    ],
)
def test_when_a_job_goes(found: Object, after: int | None) -> None:
    assert expires_at(found) == (None if after is None else NOW + timedelta(seconds=after))


@pytest.mark.slow
async def test_a_job_goes_in_the_foreground_when_its_time_is_over(bare: Cluster, bare_namespace: str) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]}}
    body: Object = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j"},
        "spec": {"template": template, "ttlSecondsAfterFinished": 60},
    }
    await bare.client.create(JOBS, body, namespace=bare_namespace)
    clock = ManualClock(NOW)
    context = bare.context(clock)
    async with at_work(context, TTLAfterFinishedController(context)):
        conditions = [
            {"type": t, "status": "True", "lastTransitionTime": format_time(NOW)}
            for t in ("SuccessCriteriaMet", "Complete")
        ]
        status = {
            "conditions": conditions,
            "startTime": format_time(NOW - timedelta(minutes=1)),
            "completionTime": format_time(NOW),
            "succeeded": 1,
            "uncountedTerminatedPods": {},
        }
        await bare.merge(JOBS, "j", {"status": status}, bare_namespace, "status")
        await timer_set(clock)
        clock.advance(59)
        await bare.never(JOBS, lambda found: meta.is_deleting(found[0]), bare_namespace, during=0.2)
        clock.advance(1)
        (found,) = await bare.until(JOBS, lambda found: meta.is_deleting(found[0]), bare_namespace)
    assert "foregroundDeletion" in meta.finalizers(found)
