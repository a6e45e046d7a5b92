"""CronJobs and the schedules that they accept."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import cron
from tests.server.registry.strategies import with_changes
from tests.server.registry.workloads import CRON_JOBS, cron_job_of, template


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "*/5 0-6 1,15 jan-mar MON-fri",
        "0 0 ? * 0",
        "5/10 * * * *",
        "@daily",
        "@every 1h30m",
        "@every 1.5s",
        "TZ=UTC 0 0 * * *",
    ],
)
def test_schedules(schedule: str) -> None:
    cron.parse(schedule)


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ("", "empty spec string"),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
        ("@often", "unrecognized descriptor: @often"),
        ("@every x", 'failed to parse duration @every x: time: invalid duration "x"'),
        ("TZ=Mars/One * * * * *", "provided bad location Mars/One: unknown time zone Mars/One"),
    ],
)
def test_bad_schedules(schedule: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        cron.parse(schedule)
    assert str(caught.value) == problem


def test_defaults() -> None:
    found = CRON_JOBS.created(cron_job_of())
    assert {k: v for k, v in found["spec"].items() if k != "jobTemplate"} == {
        "schedule": "* * * * *",
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    }
    assert "parallelism" not in found["spec"]["jobTemplate"]["spec"]
    assert found["spec"]["jobTemplate"]["spec"]["template"]["spec"]["dnsPolicy"] == "ClusterFirst"
    assert found["status"] == {}


REFUSALS: list[tuple[dict[str, Any], list[str]]] = [
    ({"schedule": ""}, ["spec.schedule: Required value"]),
    (
        {"schedule": "* * * *"},
        ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
    ),
    (
        {"schedule": "TZ=UTC * * * * *"},
        [
            (
                'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone '
                "field instead"
            )
        ],
    ),
    ({"timeZone": ""}, ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string']),
    ({"timeZone": "Mars/One"}, ['spec.timeZone: Invalid value: "Mars/One": unknown time zone Mars/One']),
    (
        {"concurrencyPolicy": "No"},
        ['spec.concurrencyPolicy: Unsupported value: "No": supported values: "Allow", "Forbid", "Replace"'],
    ),
    (
        {"startingDeadlineSeconds": -1},
        ["spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0"],
    ),
    (
        {"failedJobsHistoryLimit": -1},
        ["spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0"],
    ),
    (
        {"jobTemplate": {"spec": {"template": template(restartPolicy="Never"), "manualSelector": True}}},
        ['spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"'],
    ),
]


@pytest.mark.parametrize(("spec", "expected"), REFUSALS, ids=[str(s)[:50] for s, _ in REFUSALS])
def test_refusals(spec: dict[str, Any], expected: list[str]) -> None:
    assert CRON_JOBS.refusals(cron_job_of(**spec)) == expected


def test_names_leave_room_for_what_jobs_append() -> None:
    name = "a" * 53
    assert CRON_JOBS.refusals(with_changes(cron_job_of(), {"metadata.name": name})) == [
        f'metadata.name: Invalid value: "{name}": must be no more than 52 characters'
    ]


def test_an_old_zone_in_a_schedule_may_stay_but_not_beside_a_field() -> None:
    old = with_changes(CRON_JOBS.created(cron_job_of()), {"spec.schedule": "TZ=UTC * * * * *"})
    assert CRON_JOBS.updated(old, {"spec.suspend": True})[1] == []
    assert CRON_JOBS.updated(old, {"spec.timeZone": "UTC"})[1] == [
        'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule'
    ]


def test_row() -> None:
    obj = with_changes(
        CRON_JOBS.created(cron_job_of(timeZone="UTC")),
        {"status": {"active": [{"name": "w-1"}], "lastScheduleTime": "2026-01-01T11:50:00Z"}},
    )
    assert CRON_JOBS.row(obj) == {
        "Name": "w",
        "Schedule": "* * * * *",
        "Timezone": "UTC",
        "Suspend": "False",
        "Active": 1,
        "Last Schedule": "10m",
        "Age": "0s",
        "Containers": "c",
        "Images": "i:1",
        "Selector": "<none>",
    }
    assert CRON_JOBS.row(CRON_JOBS.created(cron_job_of()))["Last Schedule"] == "<none>"
