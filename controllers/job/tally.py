"""What one look at a Job and its pods gives, and how it ends. Models syncJobCtx and head of syncJob, v1.36; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.job import state
from controllers.job.backoff import BackoffRecord, finished_at, remaining
from controllers.job.intervals import Intervals
from controllers.job.policies import judge_failure, success_message
from controllers.runtime import pods as podutil

COMPLETIONS_REACHED: Final = ("CompletionsReached", "Reached expected number of succeeded pods")


class Tally:
    """Counts and decisions; `job` carries a status of its own that the pass changes.

    `finished` is the condition that the Job is to end with: first FailureTarget or SuccessCriteriaMet, and Failed or
    Complete when those are in the status.
    """

    def __init__(
        self,
        job: View,
        pods: Sequence[View],
        *,
        gone: frozenset[str],
        back_off: BackoffRecord,
        now: datetime,
        version: tuple[int, int],
    ) -> None:
        status: Object = {**(job.get("status") or {})}
        status["conditions"] = [dict(c) for c in status.get("conditions") or ()]
        status["uncountedTerminatedPods"] = {
            k: list(v) for k, v in (status.get("uncountedTerminatedPods") or {}).items()
        }
        self.job: Object = {**job, "status": status}
        self.pods = list(pods)
        self.gone = gone
        self.now = now
        self._version = version
        self.active_pods = [p for p in pods if podutil.is_active(p)]
        self.active = len(self.active_pods)
        self.ready = sum(podutil.is_ready(p) for p in self.active_pods)
        self.terminating = sum(state.is_terminating(p) for p in pods)
        uncounted = status["uncountedTerminatedPods"]
        self.uncounted_succeeded = frozenset(uncounted.get("succeeded") or ())
        self.uncounted_failed = frozenset(uncounted.get("failed") or ())
        self.new_succeeded = self._valid(lambda p: podutil.phase(p) == "Succeeded", self.uncounted_succeeded)
        self.new_failed = self._valid(lambda p: state.is_failed(p, job), self.uncounted_failed)
        policy = job["spec"].get("podFailurePolicy")
        counted = sum(judge_failure(policy, p).counts for p in self.new_failed)
        self.succeeded = int(status.get("succeeded") or 0) + len(self.new_succeeded) + len(self.uncounted_succeeded)
        self.failed = int(status.get("failed") or 0) + counted + len(self.uncounted_failed)
        self.back_off = back_off.after(self.new_succeeded, self.new_failed)
        self.before = self.succeeded_indexes = Intervals()
        self.failed_indexes: Intervals | None = None
        self.delayed: dict[int, View] = {}
        self.finished: Object | None = None

    @property
    def status(self) -> Object:
        """The status of one's own."""
        status: Object = self.job["status"]
        return status

    def judge(self) -> None:
        """Decide whether the Job is to end, from its limits, its policies and its indexes."""
        spec, status = self.job["spec"], self.status
        self.finished = state.condition_of(status, "SuccessCriteriaMet") or self._failed_already()
        if self.finished is None and (message := self._fatal_failure()) is not None:
            self._fail("PodFailurePolicy", message)
        if self.finished is None:
            left = state.seconds_left(self.job, self.now)
            if self.failed > int(spec["backoffLimit"]) or state.exceeds_restarts(self.job, self.pods):
                self._fail("BackoffLimitExceeded", "Job has reached the specified backoff limit")
            elif left is not None and left <= 0:
                self._fail("DeadlineExceeded", "Job was active longer than specified deadline")
        if state.is_indexed(self.job):
            self._judge_indexes()

    def complete(self) -> None:
        """Every completion that was asked for is there."""
        reason, message = COMPLETIONS_REACHED if self._version >= (1, 31) else ("", "")
        self.finished = state.new_condition("SuccessCriteriaMet", reason, message, self.now)

    def has_enough(self) -> bool:
        """Whether nothing is left to do and nothing runs."""
        completions = self.job["spec"].get("completions")
        enough = self.succeeded > 0 if completions is None else self.succeeded >= completions
        return enough and self.active == 0

    def wanted(self) -> int:
        """How many pods should be active."""
        parallelism = int(self.job["spec"]["parallelism"])
        completions = self.job["spec"].get("completions")
        if completions is None:
            return self.active if self.succeeded > 0 else parallelism
        return max(0, min(int(completions) - self.succeeded, parallelism))

    def pending_indexes(self, count: int) -> list[int]:
        """The first indexes that have neither ended nor a pod."""
        taken = self.succeeded_indexes.with_indexes(state.indexes(self.active_pods))
        if state.replaces_only_failed(self.job):
            taken = taken.with_indexes(state.indexes(p for p in self.pods if state.is_terminating(p)))
        if self.failed_indexes is not None:
            taken = taken | self.failed_indexes
        return taken.missing(count, int(self.job["spec"]["completions"]))

    def index_back_off(self, index: int) -> float:
        """Seconds until the index may have another pod."""
        last = self.delayed.get(index)
        if last is None:
            return 0.0
        return remaining(sum(state.failure_counts(last)) + 1, finished_at(last), self.now)

    def may_forget(self, pod: View, *, failed: bool) -> bool:
        """Whether the pod needs no finalizer any more. Models canRemoveFinalizer."""
        if meta.is_deleting(self.job) or self.finished is not None or podutil.phase(pod) == "Succeeded":
            return True
        if not failed:
            return False
        last = self.delayed.get(state.completion_index(pod)) if state.has_limit_per_index(self.job) else None
        return last is None or meta.uid(last) != meta.uid(pod)

    def _fail(self, reason: str, message: str) -> None:
        self.finished = state.new_condition("FailureTarget", reason, message, self.now)

    def _failed_already(self) -> Object | None:
        target = state.condition_of(self.status, "FailureTarget")
        if target is None:
            return None
        return state.new_condition("Failed", target.get("reason") or "", target.get("message") or "", self.now)

    def _fatal_failure(self) -> str | None:
        policy = self.job["spec"].get("podFailurePolicy")
        for pod in self.pods if policy else ():
            if state.is_failed(pod, self.job) and (message := judge_failure(policy, pod).message) is not None:
                return message
        return None

    def _judge_indexes(self) -> None:
        spec, status = self.job["spec"], self.status
        completions = int(spec["completions"])
        self.before = Intervals.parse(status.get("completedIndexes") or "", completions)
        ended = [p for p in self.pods if state.is_tracked(p) and state.has_valid_index(p, self.job)]
        self.succeeded_indexes = self.before.with_indexes(
            state.indexes(p for p in ended if podutil.phase(p) == "Succeeded")
        )
        self.succeeded = self.succeeded_indexes.total()
        if state.has_limit_per_index(self.job):
            failed = Intervals.parse(status.get("failedIndexes") or "", completions)
            self.failed_indexes = failed.with_indexes(state.indexes(p for p in ended if state.fails_index(p, self.job)))
            total, limit = self.failed_indexes.total(), spec.get("maxFailedIndexes")
            if self.finished is None and limit is not None and total > limit:
                message = "Job has exceeded the specified maximal number of failed indexes"
                self._fail("MaxFailedIndexesExceeded", message)
            elif self.finished is None and total > 0 and total + self.succeeded >= completions:
                self._fail("FailedIndexes", "Job has failed indexes")
            self._delay(self.failed_indexes)
        if self.finished is None:
            message_met = success_message(spec.get("successPolicy"), completions, self.succeeded_indexes)
            if message_met is not None:
                self.finished = state.new_condition("SuccessCriteriaMet", "SuccessPolicy", message_met, self.now)

    def _delay(self, failed: Intervals) -> None:
        """Keep the last failed pod of an index until its replacement carries on its count."""
        running = state.indexes(self.active_pods)
        for pod in self._valid(lambda p: state.is_failed(p, self.job), frozenset()):
            index = state.completion_index(pod)
            if index in self.succeeded_indexes or index in failed or index in running:
                continue
            last = self.delayed.get(index)
            if last is None or (
                sum(state.failure_counts(last)) <= sum(state.failure_counts(pod))
                and finished_at(pod) >= finished_at(last)
            ):
                self.delayed[index] = pod

    def _valid(self, wanted: Callable[[View], bool], uncounted: frozenset[str]) -> list[View]:
        indexed = state.is_indexed(self.job)
        return [
            p
            for p in self.pods
            if state.is_tracked(p)
            and meta.uid(p) not in uncounted
            and meta.uid(p) not in self.gone
            and (not indexed or state.has_valid_index(p, self.job))
            and wanted(p)
        ]
