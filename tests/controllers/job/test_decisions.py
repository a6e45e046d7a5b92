"""Indexes, policies, back-off, pods and ends of Jobs: pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apimachinery import meta
from apimachinery.objects import Object
from apimachinery.timestamp import format_time, parse_time
from controllers.job import state
from controllers.job.backoff import BackoffRecord, finished_at, remaining
from controllers.job.intervals import Intervals
from controllers.job.policies import Verdict, judge_failure, success_message
from controllers.job.tally import Tally
from controllers.job.template import PodBuilder, generate_name

NOW = parse_time("2026-01-02T04:00:00Z")


def ago(seconds: float) -> str:
    return format_time(NOW - timedelta(seconds=seconds))


def job(status: Object | None = None, *, restart: str = "Never", **spec: Any) -> Object:
    """A Job as the server defaults it."""
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"restartPolicy": restart, "containers": [{"name": "c"}], "initContainers": [{"name": "i"}]},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "pi", "namespace": "ns", "uid": "job", "generation": 1},
        "spec": {"parallelism": 2, "completions": 4, "backoffLimit": 6, "template": template, **spec},
        "status": status or {},
    }


def pod(name: str, phase: str = "Running", *, index: int | None = None, code: int | None = None, **more: Any) -> Object:
    """A pod that waits to be counted."""
    annotations = {} if index is None else {state.COMPLETION_INDEX: str(index)}
    annotations |= more.pop("annotations", {})
    status: Object = {"phase": phase, **more.pop("status", {})}
    if code is not None:
        terminated = {"exitCode": code, "finishedAt": more.pop("ended", ago(5))}
        status["containerStatuses"] = [{"name": "c", "state": {"terminated": terminated}}]
    own = {
        "name": name,
        "namespace": "ns",
        "uid": name,
        "creationTimestamp": ago(100),
        "annotations": annotations,
        "finalizers": [state.TRACKING],
        **more,
    }
    return {"metadata": own, "spec": {"nodeName": "n"}, "status": status}


GOING: dict[str, Any] = {"deletionTimestamp": ago(0)}


# indexes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "completions", "shown", "total"),
    [
        ("", 5, "", 0),
        ("3", 5, "3", 1),
        ("1,2", 5, "1,2", 2),
        ("1-2", 5, "1,2", 2),
        ("0,2-4,7", 8, "0,2-4,7", 5),
        ("0,2-9", 5, "0,2-4", 4),
        ("1,2,3", 5, "1-3", 3),
        ("x,1", 5, "1", 1),
        ("7", 5, "", 0),
    ],
)
def test_intervals(text: str, completions: int, shown: str, total: int) -> None:
    found = Intervals.parse(text, completions)
    assert (str(found), found.total()) == (shown, total)


def test_sets_of_intervals() -> None:
    one, two = Intervals.parse("0,2-4,9", 10), Intervals.parse("1,4-6", 10)
    assert str(one | two) == "0-6,9"
    assert str(one & two) == "4"
    assert str(one.with_indexes([8, 1])) == "0-4,8,9"
    assert (2 in one, 5 in one, 9 in one) == (True, False, True)


@pytest.mark.parametrize(
    ("taken", "count", "completions", "expected"),
    [("", 2, 4, [0, 1]), ("0,2", 9, 5, [1, 3, 4]), ("0-4", 2, 5, []), ("0-9", 3, 5, []), ("3", 0, 5, [])],
)
def test_missing_indexes(taken: str, count: int, completions: int, expected: list[int]) -> None:
    assert Intervals.parse(taken, 10).missing(count, completions) == expected


# policies ------------------------------------------------------------------------------------------------------------


def on_codes(action: str, operator: str, *values: int, container: str | None = None) -> Object:
    return {"action": action, "onExitCodes": {"operator": operator, "values": values, "containerName": container}}


def on_condition(action: str) -> Object:
    return {"action": action, "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}


DISRUPTED = {"conditions": [{"type": "DisruptionTarget", "status": "True"}]}


@pytest.mark.parametrize(
    ("rules", "failed", "verdict"),
    [
        ([], pod("p", code=1), Verdict()),
        ([on_codes("Ignore", "In", 1)], pod("p", code=1), Verdict(counts=False, action="Ignore")),
        ([on_codes("Ignore", "In", 2)], pod("p", code=1), Verdict()),
        ([on_codes("Count", "NotIn", 2)], pod("p", code=1), Verdict(action="Count")),
        ([on_codes("Count", "NotIn", 2)], pod("p", code=0), Verdict()),
        ([on_codes("Ignore", "In", 1, container="d")], pod("p", code=1), Verdict()),
        ([on_codes("FailIndex", "In", 1, container="c")], pod("p", code=1), Verdict(action="FailIndex")),
        (
            [on_codes("Ignore", "In", 2), on_codes("FailJob", "In", 1)],
            pod("p", code=1),
            Verdict(
                "Container c for pod ns/p failed with exit code 1 matching FailJob rule at index 1", action="FailJob"
            ),
        ),
        ([on_condition("Ignore")], pod("p", status=DISRUPTED), Verdict(counts=False, action="Ignore")),
        (
            [on_condition("FailJob")],
            pod("p", status=DISRUPTED),
            Verdict("Pod ns/p has condition DisruptionTarget matching FailJob rule at index 0", action="FailJob"),
        ),
    ],
)
def test_pod_failure_policy(rules: list[Object], failed: Object, verdict: Verdict) -> None:
    assert judge_failure({"rules": rules}, failed) == verdict
    assert judge_failure(None, failed) == Verdict()


@pytest.mark.parametrize(
    ("rules", "succeeded", "index"),
    [
        ([{"succeededCount": 2}], "0,3", 0),
        ([{"succeededCount": 3}], "0,3", None),
        ([{"succeededIndexes": "0,3"}], "0-3", 0),
        ([{"succeededIndexes": "0,3"}], "0", None),
        ([{"succeededIndexes": "0-4", "succeededCount": 2}], "1,4", 0),
        ([{"succeededIndexes": "0-2", "succeededCount": 2}], "2,4", None),
        ([{"succeededCount": 5}, {"succeededIndexes": "4"}], "4", 1),
        ([{"succeededCount": 0}], "", None),
    ],
)
def test_success_policy(rules: list[Object], succeeded: str, index: int | None) -> None:
    expected = None if index is None else f"Matched rules at index {index}"
    assert success_message({"rules": rules}, 5, Intervals.parse(succeeded, 5)) == expected


# back-off ------------------------------------------------------------------------------------------------------------


def test_when_a_pod_ended() -> None:
    unready = {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": ago(20)}]}
    assert finished_at(pod("p", code=1, ended=ago(7), status=unready)) == NOW - timedelta(seconds=7)
    assert finished_at(pod("p", status=unready)) == NOW - timedelta(seconds=20)
    assert finished_at(pod("p", **GOING, deletionGracePeriodSeconds=30)) == NOW - timedelta(seconds=30)
    assert finished_at(pod("p")) == NOW - timedelta(seconds=100)


@pytest.mark.parametrize(
    ("failures", "since", "left"),
    [(0, 0, 0), (1, 0, 10), (1, 4, 6), (1, 11, 0), (2, 0, 20), (4, 0, 80), (7, 0, 600), (60, 0, 600)],
)
def test_back_off_doubles_from_ten_seconds_to_ten_minutes(failures: int, since: int, left: float) -> None:
    assert remaining(failures, NOW - timedelta(seconds=since), NOW) == left


def test_back_off_counts_since_the_last_success() -> None:
    def failed(*seconds: int) -> list[Object]:
        return [pod(f"f{s}", "Failed", code=1, ended=ago(s)) for s in seconds]

    record = BackoffRecord().after([], failed(30, 20))
    assert (record.failures, record.last) == (2, NOW - timedelta(seconds=20))
    assert record.after([], []) == record
    assert record.after([], failed(10)).failures == 3
    success = [pod("s", "Succeeded", code=0, ended=ago(15))]
    assert record.after(success, failed(18, 10)) == BackoffRecord(1, NOW - timedelta(seconds=10))
    assert record.after(success, []) == BackoffRecord()


# pods ----------------------------------------------------------------------------------------------------------------


def test_a_pod_without_index() -> None:
    made = PodBuilder(job()).plain()
    assert made["metadata"]["generateName"] == "pi-"
    assert made["metadata"]["finalizers"] == [state.TRACKING]
    assert "env" not in made["spec"]["containers"][0]


def test_a_pod_of_an_index() -> None:
    wanted = job(completionMode="Indexed")
    made = PodBuilder(wanted).indexed(3, None)
    assert made["metadata"]["generateName"] == "pi-3-"
    assert made["metadata"]["annotations"] == {state.COMPLETION_INDEX: "3"}
    assert made["metadata"]["labels"] == {"a": "b", state.COMPLETION_INDEX: "3"}
    assert made["spec"]["hostname"] == "pi-3"
    path = f"metadata.labels['{state.COMPLETION_INDEX}']"
    variable = {"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": {"fieldPath": path}}}
    assert [c["env"] for k in ("containers", "initContainers") for c in made["spec"][k]] == [[variable]] * 2
    assert wanted == job(completionMode="Indexed")


def test_a_variable_of_ones_own_stays() -> None:
    wanted = job(completionMode="Indexed")
    own = [{"name": "JOB_COMPLETION_INDEX", "value": "mine"}]
    wanted["spec"]["template"]["spec"]["containers"][0]["env"] = own
    assert PodBuilder(wanted).indexed(0, None)["spec"]["containers"][0]["env"] == own


def test_long_names_keep_their_index() -> None:
    assert generate_name("x" * 80, 12) == "x" * 54 + "-12-"


def test_a_replacement_carries_on_the_count_of_its_index() -> None:
    rules = {"rules": [on_codes("Ignore", "In", 9)]}
    wanted = job(completionMode="Indexed", backoffLimitPerIndex=3, podFailurePolicy=rules)
    before = {state.FAILURE_COUNT: "2", state.IGNORED_FAILURE_COUNT: "1"}

    def counts(replaced: Object | None) -> tuple[int, int]:
        return state.failure_counts(PodBuilder(wanted).indexed(0, replaced))

    assert counts(None) == (0, 0)
    assert counts(pod("p", "Failed", code=1, annotations=before)) == (3, 1)
    assert counts(pod("p", "Failed", code=9, annotations=before)) == (2, 2)


def test_who_goes_first() -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": ago(50)}]}
    old, young, pending = pod("old", status=ready), pod("young", creationTimestamp=ago(1)), pod("pending", "Pending")
    assert [meta.name(p) for p in state.to_remove(job(), [old, young, pending], 2)] == ["pending", "young"]


def test_pods_with_wrong_or_repeated_indexes_go_whatever_the_number() -> None:
    wanted = job(completionMode="Indexed", completions=2)
    first, twin = pod("first", index=0), pod("twin", "Pending", index=0)
    rest = [pod("other", index=1), pod("far", index=2), pod("none")]
    gone = {meta.name(p) for p in state.to_remove(wanted, [first, twin, *rest], 0)}
    assert gone == {"twin", "far", "none"}


# ends ----------------------------------------------------------------------------------------------------------------


def tally(wanted: Object, *pods: Object, gone: tuple[str, ...] = (), minor: int = 36) -> Tally:
    made = Tally(wanted, pods, gone=frozenset(gone), back_off=BackoffRecord(), now=NOW, version=(1, minor))
    made.judge()
    return made


def ending(made: Tally) -> tuple[str, str] | None:
    return None if made.finished is None else (made.finished["type"], made.finished.get("reason", ""))


def test_numbers() -> None:
    wanted = job({"succeeded": 1, "failed": 2, "uncountedTerminatedPods": {"succeeded": ["s"], "failed": ["f"]}})
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    made = tally(
        wanted,
        pod("a", status=ready),
        pod("b", "Pending"),
        pod("s", "Succeeded", code=0),
        pod("s2", "Succeeded", code=0),
        pod("f", "Failed", code=1),
        pod("going", **GOING),
        pod("counted", "Failed", code=1, finalizers=[]),
        pod("leaving", "Succeeded", code=0),
        gone=("leaving",),
    )
    assert (made.active, made.ready, made.terminating) == (2, 1, 1)
    assert (made.succeeded, made.failed) == (3, 4)
    assert wanted["status"]["uncountedTerminatedPods"] == {"succeeded": ["s"], "failed": ["f"]}


def test_what_is_going_has_not_failed_if_only_failed_pods_are_replaced() -> None:
    assert tally(job(), pod("p", **GOING)).failed == 1
    assert tally(job(podReplacementPolicy="Failed"), pod("p", **GOING)).failed == 0


def restarting(times: int) -> Object:
    return pod("p", status={"containerStatuses": [{"name": "c", "restartCount": times}]})


FAILED = pod("x", "Failed", code=1)


@pytest.mark.parametrize(
    ("wanted", "pods", "end"),
    [
        (job(), [FAILED], None),
        (job(backoffLimit=0), [FAILED], ("FailureTarget", "BackoffLimitExceeded")),
        (job({"failed": 6}), [FAILED], ("FailureTarget", "BackoffLimitExceeded")),
        (job(restart="OnFailure", backoffLimit=2), [restarting(1)], None),
        (job(restart="OnFailure", backoffLimit=2), [restarting(2)], ("FailureTarget", "BackoffLimitExceeded")),
        (job(restart="OnFailure", backoffLimit=0), [restarting(0)], None),
        (job(restart="OnFailure", backoffLimit=0), [restarting(1)], ("FailureTarget", "BackoffLimitExceeded")),
        (job({"startTime": ago(9)}, activeDeadlineSeconds=10), [], None),
        (job({"startTime": ago(10)}, activeDeadlineSeconds=10), [], ("FailureTarget", "DeadlineExceeded")),
        (job({"startTime": ago(10)}, activeDeadlineSeconds=10, suspend=True), [], None),
        (
            job(podFailurePolicy={"rules": [on_codes("FailJob", "In", 1)]}),
            [FAILED],
            ("FailureTarget", "PodFailurePolicy"),
        ),
        (
            job({"conditions": [{"type": "FailureTarget", "status": "True", "reason": "R"}]}),
            [],
            ("Failed", "R"),
        ),
        (
            job({"conditions": [{"type": "SuccessCriteriaMet", "status": "True", "reason": "R"}]}, backoffLimit=0),
            [FAILED],
            ("SuccessCriteriaMet", "R"),
        ),
    ],
)
def test_limits(wanted: Object, pods: list[Object], end: tuple[str, str] | None) -> None:
    assert ending(tally(wanted, *pods)) == end


def indexed(status: Object | None = None, **spec: Any) -> Object:
    return job(status, completionMode="Indexed", **spec)


def test_indexes_that_ended() -> None:
    wanted = indexed({"completedIndexes": "1", "failedIndexes": "2"}, backoffLimitPerIndex=1)
    last = {state.FAILURE_COUNT: "1"}
    made = tally(
        wanted,
        pod("a", "Succeeded", index=3, code=0),
        pod("b", "Failed", index=0, code=1),
        pod("out", "Succeeded", index=7, code=0),
    )
    assert (str(made.succeeded_indexes), made.succeeded, str(made.failed_indexes)) == ("1,3", 2, "2")
    assert list(made.delayed) == [0]
    assert made.pending_indexes(9) == [0]
    assert not made.may_forget(made.delayed[0], failed=True)
    assert ending(made) is None
    ended = tally(wanted, pod("a", "Succeeded", index=3, code=0), pod("b", "Failed", index=0, code=1, annotations=last))
    assert (str(ended.failed_indexes), ending(ended)) == ("0,2", ("FailureTarget", "FailedIndexes"))
    limited = indexed({"failedIndexes": "0"}, backoffLimitPerIndex=0, maxFailedIndexes=0)
    assert ending(tally(limited)) == ("FailureTarget", "MaxFailedIndexesExceeded")


def test_the_last_failure_of_an_index_is_kept() -> None:
    first = pod("first", "Failed", index=0, code=1, ended=ago(30), annotations={state.FAILURE_COUNT: "0"})
    second = pod("second", "Failed", index=0, code=1, ended=ago(10), annotations={state.FAILURE_COUNT: "1"})
    wanted = indexed(backoffLimitPerIndex=5)
    for pods in ([first, second], [second, first]):
        made = tally(wanted, *pods)
        assert meta.name(made.delayed[0]) == "second"
        assert made.index_back_off(0) == 10
    assert not tally(wanted, first, pod("next", index=0)).delayed


@pytest.mark.parametrize(
    ("spec", "status", "pods", "wanted"),
    [
        ({}, {}, [], 2),
        ({}, {"succeeded": 3}, [], 1),
        ({}, {"succeeded": 5}, [], 0),
        ({"completions": None}, {}, [], 2),
        ({"completions": None}, {"succeeded": 1}, [pod("a")], 1),
    ],
)
def test_how_many_should_be_active(spec: Object, status: Object, pods: list[Object], wanted: int) -> None:
    assert tally(job(status, **spec), *pods).wanted() == wanted


@pytest.mark.parametrize(("minor", "reason"), [(36, "CompletionsReached"), (31, "CompletionsReached"), (30, "")])
def test_completion(minor: int, reason: str) -> None:
    made = tally(job({"succeeded": 4}), minor=minor)
    assert made.has_enough()
    made.complete()
    assert ending(made) == ("SuccessCriteriaMet", reason)
    assert not tally(job({"succeeded": 4}), pod("late")).has_enough()
    assert tally(job({"succeeded": 1}, completions=None)).has_enough()


def test_conditions_are_set_once_and_never_begin_false() -> None:
    status: Object = {}
    resumed = state.new_condition("Suspended", "JobResumed", "Job resumed", NOW, status="False")
    assert not state.ensure_condition(status, resumed)
    suspended = state.new_condition("Suspended", "JobSuspended", "Job suspended", NOW)
    assert state.ensure_condition(status, suspended)
    assert not state.ensure_condition(status, {**suspended, "lastTransitionTime": "later"})
    assert state.ensure_condition(status, resumed)
    assert status["conditions"] == [resumed]
