"""When pods ended, and how long to wait before their replacements. Models backoff_utils.go; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from apimachinery.objects import View
from apimachinery.timestamp import parse_time
from controllers.runtime.pods import ready_condition

DEFAULT_BACK_OFF: Final = 10.0
MAX_BACK_OFF: Final = 600.0


def finished_at(pod: View) -> datetime:
    """When the last container ended, else when the pod ceased to be ready, began to go or was made."""
    metadata = pod["metadata"]
    ended = _containers_ended(pod)
    if ended is not None:
        return ended
    condition = ready_condition(pod)
    if condition is not None and condition["status"] == "False" and condition.get("lastTransitionTime"):
        return parse_time(condition["lastTransitionTime"])
    if metadata.get("deletionTimestamp"):
        grace = timedelta(seconds=int(metadata.get("deletionGracePeriodSeconds") or 0))
        return parse_time(metadata["deletionTimestamp"]) - grace
    return parse_time(metadata["creationTimestamp"])


def _containers_ended(pod: View) -> datetime | None:
    ends = []
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        terminated = (container.get("state") or {}).get("terminated") or {}
        if not terminated.get("finishedAt"):
            return None
        ends.append(parse_time(terminated["finishedAt"]))
    return max(ends, default=None)


@dataclass(frozen=True, slots=True)
class BackoffRecord:
    """How often pods of a Job failed since the last success, and when last."""

    failures: int = 0
    last: datetime | None = None

    def after(self, succeeded: Iterable[View], failed: Sequence[View]) -> BackoffRecord:
        """The record after more pods have ended."""
        successes = [finished_at(p) for p in succeeded]
        failures = sorted(finished_at(p) for p in failed)
        if successes:
            last_success = max(successes)
            failures = [at for at in failures if at > last_success]
            return BackoffRecord(len(failures), failures[-1] if failures else None)
        if not failures:
            return self
        return replace(self, failures=self.failures + len(failures), last=failures[-1])

    def remaining(self, now: datetime) -> float:
        """Seconds until a pod may be made."""
        return remaining(self.failures, self.last, now)


def remaining(failures: int, last: datetime | None, now: datetime) -> float:
    """Seconds that are left of the back-off after so many failures, the last at this time."""
    if failures <= 0 or last is None:
        return 0.0
    back_off = min(DEFAULT_BACK_OFF * 2.0 ** min(failures - 1, 32), MAX_BACK_OFF)
    return max(0.0, back_off - (now - last).total_seconds())
