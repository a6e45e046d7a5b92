"""Pods are counted exactly once, whatever is refused on the way."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Sequence

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.job.tally import Tally
from controllers.job.tracking import Tracker
from controllers.runtime.errors import ReconcileError
from tests.controllers.job.test_decisions import FAILED, job, pod, tally


class Server:
    """Takes the place of the server: every status written, in order, and whose finalizer cannot go."""

    def __init__(self, *, stuck: str = "") -> None:
        self.written: list[Object] = []
        self.released: list[str] = []
        self._stuck = stuck

    async def write(self, wanted: Object) -> Object:
        self.written.append(copy.deepcopy(wanted["status"]))
        return wanted

    async def release(self, pods: Sequence[View]) -> tuple[set[str], Exception | None]:
        free = {meta.uid(p) for p in pods} - {self._stuck}
        self.released += sorted(free)
        return free, ReconcileError("no") if len(free) < len(pods) else None

    def track(self, made: Tally) -> tuple[Object | None, Exception | None]:
        """What the Job ended with, and the error."""
        tracker = Tracker(made, write=self.write, release=self.release, on_flush=lambda: None)
        try:
            asyncio.run(tracker.run(changed=False))
        except ReconcileError as error:
            return tracker.ended, error
        return tracker.ended, None


def test_a_pod_is_written_down_before_it_is_freed_and_counted_after() -> None:
    server = Server()
    server.track(tally(job(), pod("a", "Succeeded", code=0), FAILED, pod("b")))
    first, last = server.written
    assert first["uncountedTerminatedPods"] == {"succeeded": ["a"], "failed": ["x"]}
    assert "succeeded" not in first
    assert (last["succeeded"], last["failed"], last["uncountedTerminatedPods"]) == (1, 1, {})
    assert server.released == ["a", "x"]


def test_what_cannot_be_freed_stays_uncounted() -> None:
    server = Server(stuck="a")
    _, failure = server.track(tally(job(), pod("a", "Succeeded", code=0), pod("b", "Succeeded", code=0)))
    assert failure is not None
    assert server.written[-1]["uncountedTerminatedPods"] == {"succeeded": ["a"]}
    assert server.written[-1]["succeeded"] == 1


def test_uncounted_pods_that_are_gone_are_counted() -> None:
    server = Server()
    server.track(tally(job({"failed": 1, "uncountedTerminatedPods": {"failed": ["gone"]}})))
    assert server.written[0]["failed"] == 2


def test_nothing_is_written_when_nothing_is_new() -> None:
    server = Server()
    assert server.track(tally(job(), pod("b"))) == (None, None)
    assert server.written == []


def test_an_ignored_failure_is_freed_and_not_counted() -> None:
    rule = {"action": "Ignore", "onExitCodes": {"operator": "In", "values": [1]}}
    server = Server()
    server.track(tally(job(podFailurePolicy={"rules": [rule]}), FAILED))
    assert server.released == ["x"]
    assert server.written == []


def test_the_end_is_announced_first() -> None:
    server = Server()
    ended, _ = server.track(tally(job(backoffLimit=0), FAILED))
    assert ended is not None
    assert [c["type"] for c in server.written[0]["conditions"]] == ["FailureTarget"]
    assert [c["type"] for c in server.written[-1]["conditions"]] == ["FailureTarget", "Failed"]
    assert "completionTime" not in server.written[-1]


def test_the_end_waits_for_pods_that_are_going() -> None:
    server = Server()
    made = tally(job(backoffLimit=0), FAILED)
    made.terminating = 1
    ended, _ = server.track(made)
    assert ended is None
    assert [c["type"] for c in server.written[-1]["conditions"]] == ["FailureTarget"]


def test_a_complete_job_has_its_time() -> None:
    server = Server()
    made = tally(job({"succeeded": 4}))
    made.complete()
    ended, _ = server.track(made)
    assert ended is not None
    assert ended["type"] == "Complete"
    assert server.written[-1]["completionTime"] == ended["lastTransitionTime"]


def test_succeeded_indexes_need_no_uids() -> None:
    server = Server()
    wanted = job({"completedIndexes": "0", "succeeded": 1}, completionMode="Indexed")
    pods = [pod("c", "Succeeded", index=2, code=0), pod("b", "Succeeded", index=1, code=0)]
    server.track(tally(wanted, *pods, pod("again", "Succeeded", index=0, code=0)))
    assert server.written[0]["completedIndexes"] == "0-2"
    assert server.written[0]["succeeded"] == 3
    assert server.written[0]["uncountedTerminatedPods"] == {}
    assert server.released == ["again", "b", "c"]
