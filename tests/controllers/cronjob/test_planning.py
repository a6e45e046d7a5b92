"""When schedules come round, which start is due, which Jobs are old: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apimachinery import meta
from apimachinery.objects import Object
from apimachinery.timestamp import format_time, parse_time
from controllers.cronjob import planning
from controllers.cronjob.schedule import parse


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        ("* * * * *", "2026-01-02T03:04:05Z", "2026-01-02T03:05:00Z"),
        ("* * * * *", "2026-01-02T03:04:00Z", "2026-01-02T03:05:00Z"),
        ("*/15 * * * *", "2026-01-02T03:46:00Z", "2026-01-02T04:00:00Z"),
        ("5/10 * * * *", "2026-01-02T03:46:00Z", "2026-01-02T03:55:00Z"),
        ("0 9-17/4 * * *", "2026-01-02T14:00:00Z", "2026-01-02T17:00:00Z"),
        ("30 4 1,15 * *", "2026-01-02T00:00:00Z", "2026-01-15T04:30:00Z"),
        ("0 0 * * MON-fri", "2026-01-03T00:00:00Z", "2026-01-05T00:00:00Z"),
        ("0 0 13 * 5", "2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z"),
        ("0 0 */2 * 5", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"),
        ("0 0 29 feb *", "2026-01-02T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
        ("@hourly", "2026-01-02T03:04:05Z", "2026-01-02T04:00:00Z"),
        ("@weekly", "2026-01-02T03:04:05Z", "2026-01-04T00:00:00Z"),
        ("@yearly", "2026-01-02T03:04:05Z", "2027-01-01T00:00:00Z"),
        ("@every 1h30m", "2026-01-02T03:04:05Z", "2026-01-02T04:34:05Z"),
        ("@every 10ms", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"),
        ("TZ=Asia/Tokyo 0 9 * * *", "2026-01-02T03:04:05Z", "2026-01-03T00:00:00Z"),
        ("CRON_TZ=UTC 0 9 * * *", "2026-01-02T03:04:05Z", "2026-01-02T09:00:00Z"),
    ],
)
def test_the_next_start(schedule: str, after: str, expected: str) -> None:
    found = parse(schedule, None).next(parse_time(after))
    assert found is not None
    assert format_time(found) == expected


def test_a_day_that_never_comes() -> None:
    assert parse("0 0 31 2 *", None).next(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_a_time_zone_and_its_summer() -> None:
    berlin = parse("30 8 * * *", "Europe/Berlin")
    starts = [berlin.next(parse_time(t)) for t in ("2026-03-28T00:00:00Z", "2026-03-29T00:00:00Z")]
    assert [s and format_time(s) for s in starts] == ["2026-03-28T07:30:00Z", "2026-03-29T06:30:00Z"]
    skipped = parse("30 2 * * *", "Europe/Berlin").next(parse_time("2026-03-29T00:00:00Z"))
    assert skipped is not None
    assert format_time(skipped) == "2026-03-30T00:30:00Z"


NOW = parse_time("2026-01-02T04:00:00Z")


def ago(**delta: float) -> str:
    return format_time(NOW - timedelta(**delta))


def cron_job(schedule: str = "0 * * * *", *, created: str = "", last: str = "", **spec: Any) -> Object:
    status = {"lastScheduleTime": last} if last else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "c", "namespace": "ns", "uid": "c", "creationTimestamp": created or ago(minutes=30)},
        "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": {}}}, **spec},
        "status": status,
    }


def due(cron: Object, *, heed_deadline: bool = True) -> planning.Due:
    return planning.last_due(cron, NOW, parse(cron["spec"]["schedule"], None), heed_deadline=heed_deadline)


@pytest.mark.parametrize(
    ("cron", "last", "missed"),
    [
        (cron_job(), "2026-01-02T04:00:00Z", 0),
        (cron_job("30 * * * *", created=ago(minutes=10)), None, 0),
        (cron_job("30 * * * *", created=ago(minutes=40)), "2026-01-02T03:30:00Z", 0),
        (cron_job(last=ago(hours=5)), "2026-01-02T04:00:00Z", 5),
        (cron_job("* * * * *", last=ago(hours=5)), "2026-01-02T04:00:00Z", 300),
        (cron_job("30 * * * *", last=ago(hours=5), startingDeadlineSeconds=60), None, 0),
        (cron_job("30 * * * *", last=ago(hours=5), startingDeadlineSeconds=3600), "2026-01-02T03:30:00Z", 0),
        (cron_job("@every 7m", last=ago(minutes=30)), "2026-01-02T03:58:00Z", 4),
    ],
)
def test_what_is_due(cron: Object, last: str | None, missed: int) -> None:
    found = due(cron)
    assert (found.last and format_time(found.last), found.missed) == (last, missed)


def test_a_schedule_that_never_comes_round_is_told() -> None:
    with pytest.raises(planning.InvalidSchedule, match="time difference between two schedules is less than 1 second"):
        due(cron_job("59 23 31 2 *"))


@pytest.mark.parametrize(
    ("cron", "seconds"),
    [
        (cron_job("30 * * * *", created=ago(minutes=10)), 1800.1),
        (cron_job(last=ago(minutes=0)), 3600.1),
        (cron_job(last=ago(hours=5)), 3600.1),
        (cron_job("@every 7m", last=ago(minutes=30)), 300.1),
    ],
)
def test_when_to_look_again(cron: Object, seconds: float) -> None:
    assert planning.seconds_to_next(cron, NOW, parse(cron["spec"]["schedule"], None)) == pytest.approx(seconds)


def test_the_job_of_a_start() -> None:
    template = {"metadata": {"labels": {"a": "b"}, "annotations": {"x": "y"}}, "spec": {"template": {"spec": {}}}}
    made = planning.new_job(cron_job(jobTemplate=template, timeZone="Asia/Tokyo"), NOW)
    assert made["metadata"]["name"] == f"c-{int(NOW.timestamp()) // 60}"
    assert made["metadata"]["labels"] == {"a": "b"}
    assert made["metadata"]["annotations"] == {"x": "y", planning.SCHEDULED_AT: "2026-01-02T13:00:00+09:00"}
    assert made["spec"] == template["spec"]
    utc = planning.new_job(cron_job(), NOW)["metadata"]["annotations"]
    assert utc == {planning.SCHEDULED_AT: "2026-01-02T04:00:00Z"}


def job(name: str, condition: str, started: str) -> Object:
    conditions = [{"type": condition, "status": "True"}] if condition else []
    return {"metadata": {"name": name}, "status": {"conditions": conditions, "startTime": started}}


def test_the_oldest_of_each_sort_go() -> None:
    jobs = [
        job("new", "Complete", ago(hours=1)),
        job("old", "Complete", ago(hours=3)),
        job("mid", "Complete", ago(hours=2)),
        job("f-old", "Failed", ago(hours=9)),
        job("f-new", "Failed", ago(hours=8)),
        job("running", "", ago(hours=99)),
    ]
    cron = cron_job(successfulJobsHistoryLimit=1, failedJobsHistoryLimit=0)
    assert [meta.name(j) for j in planning.jobs_to_remove(cron, jobs)] == ["old", "mid", "f-old", "f-new"]
    assert planning.jobs_to_remove(cron_job(), jobs) == []
