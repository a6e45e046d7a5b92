"""What may be written to a Job's status: what did not change is not judged.

Models pkg/apis/batch/validation (validateJobStatus, ValidateJobStatusUpdate) and pkg/registry/batch/job/strategy.go
(getStatusValidationOptions).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from apimachinery import field
from apimachinery.field import Error, Path
from apimachinery.objects import View
from apimachinery.timestamp import parse_time
from server.registry.batch.job_validation import is_indexed, parse_indexes, parse_interval
from server.registry.core.internal import internal_value
from server.registry.core.workload import counters

_STATUS: Final = Path("status")
_CONDITIONS: Final = _STATUS / "conditions"


def has_condition(job: View, kind: str) -> bool:
    """Whether a condition is True."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(c.get("type") == kind and c.get("status") == "True" for c in conditions)


def is_finished(job: View) -> bool:
    """Whether the Job is complete or failed."""
    return has_condition(job, "Complete") or has_condition(job, "Failed")


def _wrong(path: Path, detail: str) -> Error:
    return Error("FieldValueInvalid", str(path), detail=detail)


def validate_status_update(job: View, old: View) -> list[Error]:
    """Field errors of a changed status."""
    status: View = job.get("status") or {}
    found = counters(status, ("active", "succeeded", "failed", "ready", "terminating"), _STATUS)
    found += _uncounted(status.get("uncountedTerminatedPods") or {}, _STATUS / "uncountedTerminatedPods")
    change = _Change(job, old)
    found += change.conditions()
    found += change.times()
    found += change.finished()
    found += change.indexes()
    found += change.counts()
    found += change.success()
    return found + change.transitions()


def _uncounted(uncounted: View, path: Path) -> list[Error]:
    found: list[Error] = []
    seen: set[str] = set()
    for name in ("succeeded", "failed"):
        for i, uid in enumerate(uncounted.get(name) or ()):
            at = (path / name)[i]
            if not uid:
                found.append(field.invalid(at, uid, "must not be empty"))
            elif uid in seen:
                found.append(field.duplicate(at, uid))
            seen.add(uid)
    return found


class _Change:
    """A new status beside the old one, and the rules that look at both."""

    def __init__(self, job: View, old: View) -> None:
        self.job, self.old = job, old
        self.spec: View = job["spec"]
        self.status: View = job.get("status") or {}
        self.before: View = old.get("status") or {}

    def flipped(self, *kinds: str) -> bool:
        """Whether one of the conditions changed."""
        return any(has_condition(self.job, k) != has_condition(self.old, k) for k in kinds)

    def changed(self, *names: str) -> bool:
        """Whether one of the fields changed."""
        return any((self.status.get(n) or None) != (self.before.get(n) or None) for n in names)

    def conditions(self) -> list[Error]:
        complete, failed = has_condition(self.job, "Complete"), has_condition(self.job, "Failed")
        found: list[Error] = []
        if self.flipped("Complete", "Failed") and complete and failed:
            found.append(_wrong(_CONDITIONS, "cannot set Complete=True and Failed=true conditions"))
        if self.flipped("Complete", "FailureTarget") and complete and has_condition(self.job, "FailureTarget"):
            found.append(_wrong(_CONDITIONS, "cannot set Complete=True and FailureTarget=true conditions"))
        return found

    def times(self) -> list[Error]:
        complete = has_condition(self.job, "Complete")
        start, end, at = self.status.get("startTime"), self.status.get("completionTime"), _STATUS / "completionTime"
        found: list[Error] = []
        if self.flipped("Complete") or self.changed("completionTime"):
            if end and not complete:
                detail = "cannot set completionTime when there is no Complete=True condition"
                found.append(field.invalid(at, end, detail))
            if not end and complete:
                found.append(field.required(at, "completionTime is required for Complete jobs"))
        if self.changed("startTime", "completionTime") and start and end and parse_time(end) < parse_time(start):
            found.append(field.invalid(at, end, "completionTime cannot be set before startTime"))
        return found

    def finished(self) -> list[Error]:
        job, status = self.job, self.status
        found: list[Error] = []
        failed_alone = has_condition(job, "Failed") and not has_condition(job, "FailureTarget")
        if failed_alone and (self.flipped("Failed") or self.changed("failedIndexes")):
            detail = "cannot set Failed=True condition without the FailureTarget=true condition"
            found.append(_wrong(_CONDITIONS, detail))
        complete_alone = has_condition(job, "Complete") and not has_condition(job, "SuccessCriteriaMet")
        if complete_alone and self.flipped("Complete", "SuccessCriteriaMet"):
            detail = "cannot set Complete=True condition without the SuccessCriteriaMet=true condition"
            found.append(_wrong(_CONDITIONS, detail))
        if not is_finished(job):
            return found
        ended = not is_finished(self.old)
        active = int(status.get("active") or 0)
        if (ended or self.changed("active")) and active > 0:
            found.append(field.invalid(_STATUS / "active", active, "active>0 is invalid for finished job"))
        never_ran = bool(self.spec.get("suspend")) and self.spec.get("completions") == 0
        if (ended or self.changed("startTime")) and not never_ran and not status.get("startTime"):
            found.append(field.required(_STATUS / "startTime", "startTime is required for finished job"))
        uncounted = status.get("uncountedTerminatedPods") or {}
        if (ended or self.changed("uncountedTerminatedPods")) and any(
            uncounted.get(n) for n in ("succeeded", "failed")
        ):
            shown = internal_value("UncountedTerminatedPods", uncounted)
            detail = "uncountedTerminatedPods needs to be empty for finished job"
            found.append(field.invalid(_STATUS / "uncountedTerminatedPods", shown, detail))
        return found

    def indexes(self) -> list[Error]:
        completed, failed = self.status.get("completedIndexes") or "", self.status.get("failedIndexes")
        completions = self.spec.get("completions")
        found: list[Error] = []
        if self.changed("completedIndexes") and completions is not None:
            found += _parsed(completed, completions, "completedIndexes")
        per_index = self.spec.get("backoffLimitPerIndex") is not None
        if self.changed("failedIndexes") and completions is not None and per_index and failed is not None:
            found += _parsed(failed, completions, "failedIndexes")
        if self.changed("completedIndexes") and completed and not is_indexed(self.spec):
            detail = "cannot set non-empty completedIndexes when non-indexed completion mode"
            found.append(field.invalid(_STATUS / "completedIndexes", completed, detail))
        if self.changed("failedIndexes") and not per_index and failed is not None:
            detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null"
            found.append(field.invalid(_STATUS / "failedIndexes", failed, detail))
        if self.changed("failedIndexes", "completedIndexes") and completions is not None and failed:
            overlap = _overlap(_intervals(completed, completions), _intervals(failed, completions))
            if overlap is not None:
                detail = f"failedIndexes and completedIndexes overlap at index: {overlap}"
                found.append(field.invalid(_STATUS / "failedIndexes", failed, detail))
        return found

    def counts(self) -> list[Error]:
        status = self.status
        terminating, ready = int(status.get("terminating") or 0), status.get("ready")
        found: list[Error] = []
        ended = is_finished(self.job) and (not is_finished(self.old) or self.changed("terminating"))
        if ended and terminating > 0:
            detail = "terminating>0 is invalid for finished job"
            found.append(field.invalid(_STATUS / "terminating", terminating, detail))
        if self.changed("ready", "active") and ready is not None and ready > int(status.get("active") or 0):
            found.append(field.invalid(_STATUS / "ready", ready, "cannot set more ready pods than active"))
        return found

    def success(self) -> list[Error]:
        met = has_condition(self.job, "SuccessCriteriaMet")
        found = [
            _wrong(_CONDITIONS, f"cannot set SuccessCriteriaMet=True and {kind}=true conditions")
            for kind in ("Failed", "FailureTarget")
            if met and has_condition(self.job, kind)
        ]
        if self.spec.get("successPolicy") is not None and not met and has_condition(self.job, "Complete"):
            detail = "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"
            found.append(_wrong(_CONDITIONS, detail))
        return found

    def transitions(self) -> list[Error]:
        status, before = self.status, self.before
        found = [
            _wrong(_CONDITIONS, f"cannot disable the terminal {kind}=True condition")
            for kind in ("Failed", "Complete", "FailureTarget")
            if has_condition(self.old, kind) and not has_condition(self.job, kind)
        ]
        failed, succeeded = int(status.get("failed") or 0), int(status.get("succeeded") or 0)
        if failed < int(before.get("failed") or 0):
            found.append(field.invalid(_STATUS / "failed", failed, "cannot decrease the failed counter"))
        elastic = is_indexed(self.spec) and self.spec.get("completions") == self.spec.get("parallelism")
        if not elastic and succeeded < int(before.get("succeeded") or 0):
            found.append(field.invalid(_STATUS / "succeeded", succeeded, "cannot decrease the succeeded counter"))
        end, was = status.get("completionTime"), before.get("completionTime")
        if end and was and end != was:
            found.append(field.invalid(_STATUS / "completionTime", end, "completionTime cannot be mutated"))
        started = before.get("startTime")
        if started and started != status.get("startTime") and not self.spec.get("suspend"):
            detail = "startTime cannot be removed for unsuspended job"
            found.append(field.required(_STATUS / "startTime", detail))
        met, was_met = has_condition(self.job, "SuccessCriteriaMet"), has_condition(self.old, "SuccessCriteriaMet")
        if was_met and not met:
            found.append(_wrong(_CONDITIONS, "cannot disable the SuccessCriteriaMet=True condition"))
        if has_condition(self.old, "Complete") and not was_met and met:
            detail = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"
            found.append(_wrong(_CONDITIONS, detail))
        return found


def _parsed(text: str, completions: int, name: str) -> list[Error]:
    try:
        parse_indexes(text, completions)
    except ValueError as e:
        return [field.invalid(_STATUS / name, text, f"error parsing {name}: {e}")]
    return []


def _intervals(text: str, completions: int) -> list[tuple[int, int]]:
    found = []
    for part in text.split(",") if text else ():
        try:
            found.append(parse_interval(part, completions))
        except ValueError:
            continue
    return found


def _overlap(completed: Sequence[tuple[int, int]], failed: Sequence[tuple[int, int]]) -> int | None:
    common = [max(c[0], f[0]) for c in completed for f in failed if c[0] <= f[1] and f[0] <= c[1]]
    return min(common, default=None)
