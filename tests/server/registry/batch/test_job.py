"""Jobs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.registry.strategies import UID, with_changes
from tests.server.registry.workloads import JOBS, job_of, template

PLAIN = JOBS.created(job_of())
GENERATED = {
    "app": "a",
    "job-name": "w",
    "batch.kubernetes.io/job-name": "w",
    "controller-uid": UID,
    "batch.kubernetes.io/controller-uid": UID,
}
TRUE = {"status": "True"}


def conditions(*kinds: str) -> list[dict[str, str]]:
    return [{"type": kind, **TRUE} for kind in kinds]


def test_defaults() -> None:
    assert {k: v for k, v in PLAIN["spec"].items() if k not in ("template", "selector")} == {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 6,
        "manualSelector": False,
        "completionMode": "NonIndexed",
        "suspend": False,
        "podReplacementPolicy": "TerminatingOrFailed",
    }
    assert PLAIN["status"] == {}


def test_pods_are_tied_to_the_job_by_generated_labels() -> None:
    assert PLAIN["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": UID}}
    assert PLAIN["spec"]["template"]["metadata"]["labels"] == GENERATED
    assert PLAIN["metadata"]["labels"] == GENERATED


def test_a_manual_selector_is_left_alone() -> None:
    manual = job_of(manualSelector=True, selector={"matchLabels": {"app": "a"}})
    found = JOBS.created(manual)
    assert found["spec"]["selector"] == {"matchLabels": {"app": "a"}}
    assert found["spec"]["template"]["metadata"]["labels"] == {"app": "a"}


def test_completions_stay_open_when_only_parallelism_is_given() -> None:
    assert "completions" not in JOBS.created(job_of(parallelism=3))["spec"]


REFUSALS: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"template": template()},
        [
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
        ],
    ),
    ({"parallelism": -1}, ["spec.parallelism: Invalid value: -1: must be greater than or equal to 0"]),
    ({"backoffLimit": -1}, ["spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"]),
    (
        {"ttlSecondsAfterFinished": -1},
        ["spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0"],
    ),
    (
        {"completionMode": "Indexed", "parallelism": 1},
        ["spec.completions: Required value: when completion mode is Indexed"],
    ),
]


@pytest.mark.parametrize(("spec", "expected"), REFUSALS, ids=[str(s)[:50] for s, _ in REFUSALS])
def test_refusals(spec: dict[str, Any], expected: list[str]) -> None:
    assert JOBS.refusals(job_of(**spec)) == expected


UPDATES: list[tuple[dict[str, Any], list[str]]] = [
    ({"spec.parallelism": 5}, []),
    ({"spec.suspend": True}, []),
    ({"spec.backoffLimit": 1}, []),
    ({"spec.completions": 5}, ["spec.completions: Invalid value: 5: field is immutable"]),
    ({"spec.completionMode": "Indexed"}, ['spec.completionMode: Invalid value: "Indexed": field is immutable']),
    ({"spec.managedBy": "example.com/x"}, ['spec.managedBy: Invalid value: "example.com/x": field is immutable']),
]


@pytest.mark.parametrize(("changes", "expected"), UPDATES, ids=[str(c) for c, _ in UPDATES])
def test_updates(changes: dict[str, Any], expected: list[str]) -> None:
    assert JOBS.updated(PLAIN, changes)[1] == expected


def test_the_template_is_final_once_begun() -> None:
    tolerations = {"spec.template.spec.tolerations": [{"key": "k", "operator": "Exists"}]}
    (refused,) = JOBS.updated(PLAIN, tolerations)[1]
    assert refused.startswith("spec.template: Invalid value: {")
    assert refused.endswith(": field is immutable")
    waiting = JOBS.created(job_of(suspend=True))
    assert JOBS.updated(waiting, tolerations)[1] == []
    image = {"spec.template.spec.containers.0.image": "i:2"}
    assert len(JOBS.updated(waiting, image)[1]) == 1


def test_elastic_indexed_jobs_change_both_numbers_together() -> None:
    indexed = JOBS.created(job_of(completionMode="Indexed", completions=3, parallelism=3))
    assert JOBS.updated(indexed, {"spec.completions": 5, "spec.parallelism": 5})[1] == []
    assert JOBS.updated(indexed, {"spec.completions": 5})[1] == [
        "spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism"
    ]


START, END = "2026-01-01T12:00:00Z", "2026-01-01T12:05:00Z"
COMPLETE = {"startTime": START, "completionTime": END, "conditions": conditions("SuccessCriteriaMet", "Complete")}
STATUSES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {"active": 1, "ready": 1, "startTime": START}, []),
    ({}, COMPLETE, []),
    ({}, {"active": -1}, ["status.active: Invalid value: -1: must be greater than or equal to 0"]),
    ({}, {"ready": 2, "active": 1}, ["status.ready: Invalid value: 2: cannot set more ready pods than active"]),
    (
        {},
        {**COMPLETE, "conditions": conditions("Complete")},
        [
            (
                "status.conditions: Invalid value: cannot set Complete=True condition without the "
                "SuccessCriteriaMet=true condition"
            )
        ],
    ),
    (
        {},
        {"startTime": START, "completionTime": END},
        [
            (
                f'status.completionTime: Invalid value: "{END}": '
                "cannot set completionTime when there is no Complete=True condition"
            )
        ],
    ),
    (
        COMPLETE,
        {"startTime": START, "completionTime": END, "conditions": conditions("SuccessCriteriaMet")},
        [
            (
                f'status.completionTime: Invalid value: "{END}": '
                "cannot set completionTime when there is no Complete=True condition"
            ),
            "status.conditions: Invalid value: cannot disable the terminal Complete=True condition",
        ],
    ),
    (
        {"failed": 3},
        {"failed": 2},
        ["status.failed: Invalid value: 2: cannot decrease the failed counter"],
    ),
    (
        {},
        {"completedIndexes": "0"},
        [
            (
                'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed '
                "completion mode"
            )
        ],
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), STATUSES, ids=[str(s[1])[:60] for s in STATUSES])
def test_status(before: dict[str, Any], after: dict[str, Any], expected: list[str]) -> None:
    old = with_changes(PLAIN, {"status": before})
    found = JOBS.updated(old, {"status": after}, "status")[1]
    assert [line.replace('Invalid value: "": ', "Invalid value: ") for line in found] == expected


ROWS: list[tuple[dict[str, Any], dict[str, Any], tuple[str, str, str]]] = [
    ({}, {}, ("Running", "0/1", "")),
    ({}, {"startTime": START, "active": 1}, ("Running", "0/1", "0s")),
    ({}, {**COMPLETE, "succeeded": 1}, ("Complete", "1/1", "5m")),
    ({}, {"conditions": conditions("FailureTarget", "Failed")}, ("Failed", "0/1", "")),
    ({}, {"conditions": conditions("FailureTarget")}, ("FailureTarget", "0/1", "")),
    ({}, {"conditions": conditions("SuccessCriteriaMet")}, ("SuccessCriteriaMet", "0/1", "")),
    ({}, {"conditions": conditions("Suspended")}, ("Suspended", "0/1", "")),
    ({"spec.completions": None, "spec.parallelism": 3}, {"succeeded": 2}, ("Running", "2/1 of 3", "")),
    ({"spec.completions": None}, {"succeeded": 1}, ("Running", "1/1", "")),
    ({"metadata.deletionTimestamp": START}, {}, ("Terminating", "0/1", "")),
]


@pytest.mark.parametrize(("changes", "status", "expected"), ROWS, ids=[r[2][0] + str(i) for i, r in enumerate(ROWS)])
def test_rows(changes: dict[str, Any], status: dict[str, Any], expected: tuple[str, str, str]) -> None:
    row = JOBS.row(with_changes(PLAIN, {**changes, "status": status}))
    assert (row["Status"], row["Completions"], row["Duration"]) == expected


def test_deleting_a_job_leaves_its_pods_unless_told_otherwise() -> None:
    strategy = JOBS.strategy
    assert strategy.default_propagation == "Orphan"
    assert strategy.warnings_on_delete(propagation_given=True) == []
    assert strategy.warnings_on_delete(propagation_given=False) == [
        (
            "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove "
            "them or set propagationPolicy=Orphan to suppress this warning"
        )
    ]


def test_a_job_without_a_name_is_refused_for_that_alone() -> None:
    nameless = with_changes(job_of(), {"metadata.name": None})
    assert JOBS.refusals(nameless)[0] == "metadata.name: Required value: name or generateName is required"
