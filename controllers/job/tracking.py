"""Counting pods that have ended, exactly once. Models trackJobStatusAndRemoveFinalizers of job_controller.go, v1.36.

A pod keeps a finalizer until it is in the Job's status: first among the uncounted, by UID; then the finalizer goes;
then it is counted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.job import state
from controllers.job.policies import judge_failure
from controllers.job.tally import Tally
from controllers.runtime import pods as podutil
from controllers.runtime.errors import RETRIABLE, ReconcileError

MAX_UNCOUNTED: Final = 500


class Tracker:
    """Writes the status of one pass; `ended` tells the final condition once the status has it."""

    def __init__(
        self,
        tally: Tally,
        *,
        write: Callable[[Object], Awaitable[Object]],
        release: Callable[[Sequence[View]], Awaitable[tuple[set[str], Exception | None]]],
        on_flush: Callable[[], None],
    ) -> None:
        self._tally = tally
        self._write = write
        self._release = release
        self._on_flush = on_flush
        self._unflushed = False
        self.ended: Object | None = None

    async def run(self, *, changed: bool) -> None:
        """Count, free and write what is to be; `changed` when the status differs already."""
        tally = self._tally
        self._unflushed = changed
        if state.is_indexed(tally.job):
            tally.pods.sort(key=state.completion_index)
        held = {meta.uid(p) for p in tally.pods if state.is_tracked(p)} - tally.gone
        self._count(held)
        freed, full = self._add_uncounted()
        self._announce()
        if self._unflushed:
            await self._flush("adding uncounted pods to status")
            self._on_flush()
            self._unflushed = False
        released, failure = await self._release(freed)
        self._count(held - released)
        if failure is not None:
            if self._unflushed:
                await self._flush("removing uncounted pods from status")
            raise failure
        ended = not full and self._end()
        if self._unflushed or ended:
            await self._flush("removing uncounted pods from status")
            if ended:
                self.ended = tally.finished

    async def _flush(self, what: str) -> None:
        try:
            written = await self._write(self._tally.job)
        except RETRIABLE as error:
            raise ReconcileError(f"{what}: {error}") from error
        status: Object = {**(written.get("status") or {})}
        status["conditions"] = [dict(c) for c in status.get("conditions") or ()]
        status["uncountedTerminatedPods"] = {
            k: list(v) for k, v in (status.get("uncountedTerminatedPods") or {}).items()
        }
        self._tally.job = {**written, "status": status}

    def _count(self, held: set[str]) -> None:
        """Count the uncounted whose finalizer has gone."""
        status = self._tally.status
        uncounted = status["uncountedTerminatedPods"]
        for kind in ("succeeded", "failed"):
            uids = uncounted.get(kind) or []
            left = [uid for uid in uids if uid in held]
            if len(left) == len(uids):
                continue
            self._unflushed = True
            status[kind] = int(status.get(kind) or 0) + len(uids) - len(left)
            if left:
                uncounted[kind] = left
            else:
                del uncounted[kind]

    def _add_uncounted(self) -> tuple[list[View], bool]:
        """The pods to free, and whether there were too many for one pass."""
        tally = self._tally
        indexed = state.is_indexed(tally.job)
        policy = tally.job["spec"].get("podFailurePolicy")
        uncounted = tally.status["uncountedTerminatedPods"]
        failing = tally.finished is not None and tally.finished["type"] != "SuccessCriteriaMet"
        new_indexes: list[int] = []
        freed: list[View] = []
        full = False
        for pod in tally.pods:
            uid = meta.uid(pod)
            if not state.is_tracked(pod) or uid in tally.gone:
                continue
            failed = state.is_failed(pod, tally.job)
            if not tally.may_forget(pod, failed=failed):
                continue
            freed.append(pod)
            valid = not indexed or state.has_valid_index(pod, tally.job)
            if podutil.phase(pod) == "Succeeded" and uid not in tally.uncounted_failed:
                if indexed and valid and state.completion_index(pod) not in tally.before:
                    new_indexes.append(state.completion_index(pod))
                    self._unflushed = True
                elif not indexed and uid not in tally.uncounted_succeeded:
                    uncounted.setdefault("succeeded", []).append(uid)
                    self._unflushed = True
            elif (
                (failed or failing)
                and valid
                and uid not in tally.uncounted_failed
                and judge_failure(policy, pod).counts
            ):
                uncounted.setdefault("failed", []).append(uid)
                self._unflushed = True
            if len(new_indexes) + sum(map(len, uncounted.values())) >= MAX_UNCOUNTED:
                full = True
                break
        if indexed:
            self._write_indexes(new_indexes)
        return freed, full

    def _write_indexes(self, new_indexes: list[int]) -> None:
        tally, status = self._tally, self._tally.status
        tally.succeeded_indexes = tally.succeeded_indexes.with_indexes(new_indexes)
        succeeded = str(tally.succeeded_indexes)
        self._unflushed |= succeeded != (status.get("completedIndexes") or "")
        status["succeeded"] = tally.succeeded_indexes.total()
        status["completedIndexes"] = succeeded
        failed = None if tally.failed_indexes is None else str(tally.failed_indexes)
        if status.get("failedIndexes") != failed:
            status["failedIndexes"] = failed
            self._unflushed = True

    def _announce(self) -> None:
        """Put the interim condition into the status; what comes after the pods are counted is the final one."""
        tally = self._tally
        target = tally.finished
        if target is None or target["type"] not in ("FailureTarget", "SuccessCriteriaMet"):
            return
        if state.condition_of(tally.status, target["type"]) is None:
            tally.status["conditions"].append(target)
            self._unflushed = True
        final = "Failed" if target["type"] == "FailureTarget" else "Complete"
        tally.finished = state.new_condition(final, target.get("reason") or "", target.get("message") or "", tally.now)

    def _end(self) -> bool:
        """Put the final condition into the status once every pod is counted and gone. Models enactJobFinished."""
        tally, status = self._tally, self._tally.status
        if tally.finished is None or any(status["uncountedTerminatedPods"].values()) or tally.terminating > 0:
            return False
        state.ensure_condition(status, tally.finished)
        if tally.finished["type"] == "Complete":
            status["completionTime"] = format_time(tally.now)
        return True
