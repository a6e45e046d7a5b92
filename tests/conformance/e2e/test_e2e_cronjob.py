"""The specs of test/e2e/apps/cronjob.go, at sixty times the speed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.e2e.workloads import CORE, SLOW, name_of, one, owner
from tests.support.live import MERGE, Api, Obj
from tests.support.machine import ClusterTime

NODES = 1
FOR_EVER = "sleep 1000000"
NAME = "cron"


@pytest.fixture(autouse=True)
def fast(api: Api) -> Iterator[None]:
    """A minute is a second."""
    with ClusterTime(api).speed(60):
        yield


def cron_jobs(namespace: str) -> str:
    return f"/apis/batch/v1/namespaces/{namespace}/cronjobs"


def jobs(namespace: str) -> str:
    return f"/apis/batch/v1/namespaces/{namespace}/jobs"


def cron_job(script: str, **spec: object) -> Obj:
    container = {"name": "c", "image": "busybox", "command": ["sh", "-c", script]}
    pod = {"restartPolicy": "OnFailure", "terminationGracePeriodSeconds": 0, "containers": [container]}
    template = {"spec": {"parallelism": 1, "completions": 1, "template": {"spec": pod}}}
    wanted = {"schedule": "*/1 * * * ?", "concurrencyPolicy": "Allow", "jobTemplate": template, **spec}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": NAME}, "spec": wanted}


def until_active(api: Api, namespace: str, count: int) -> Obj:
    """The CronJob with at least so many active Jobs."""
    path = cron_jobs(namespace)
    return one(api, path, NAME, lambda c: len(c.get("status", {}).get("active", ())) >= count, f"{count} active")


def messages(api: Api, namespace: str, reason: str) -> list[str]:
    """The messages of events with a reason, as soon as there are any."""
    path = f"{CORE.format(namespace)}/events"
    found = api.until(path, lambda events: any(e["reason"] == reason for e in events), timeout=SLOW, what=reason)
    return [e["message"] for e in found if e["reason"] == reason]


def remove(api: Api, namespace: str) -> None:
    api.delete(f"{cron_jobs(namespace)}/{NAME}", {"propagationPolicy": "Background"})
    api.until(jobs(namespace), lambda found: not found, timeout=SLOW)


def test_should_schedule_several_jobs_at_once(api: Api, namespace: str) -> None:
    api.create(cron_jobs(namespace), cron_job(FOR_EVER))
    until_active(api, namespace, 2)
    found = api.items(jobs(namespace))
    assert len(found) >= 2
    assert all(owner(j)["kind"] == "CronJob" for j in found)
    remove(api, namespace)


def test_should_not_schedule_jobs_when_suspended(api: Api, namespace: str) -> None:
    api.create(cron_jobs(namespace), cron_job("exit 0", suspend=True))
    api.advance(300)
    assert not api.items(jobs(namespace))


def test_should_not_schedule_new_jobs_when_forbidden(api: Api, namespace: str) -> None:
    api.create(cron_jobs(namespace), cron_job(FOR_EVER, concurrencyPolicy="Forbid"))
    until_active(api, namespace, 1)
    assert set(messages(api, namespace, "JobAlreadyActive")) == {
        "Not starting job because prior execution is running and concurrency policy is Forbid"
    }
    assert len(api.items(jobs(namespace))) == 1
    remove(api, namespace)


def test_should_replace_jobs_when_told_so(api: Api, namespace: str) -> None:
    api.create(cron_jobs(namespace), cron_job(FOR_EVER, concurrencyPolicy="Replace"))
    first = until_active(api, namespace, 1)["status"]["active"][0]["name"]
    replaced = one(
        api,
        cron_jobs(namespace),
        NAME,
        lambda c: [r["name"] for r in c["status"].get("active", ())] not in ([], [first]),
        "replaced",
    )
    assert len(replaced["status"]["active"]) == 1
    api.until(jobs(namespace), lambda found: first not in map(name_of, found), timeout=SLOW)
    assert f"Deleted job {first}" in messages(api, namespace, "SuccessfulDelete")
    remove(api, namespace)


def test_should_be_able_to_schedule_after_more_than_a_hundred_missed_starts(api: Api, namespace: str) -> None:
    made = api.create(cron_jobs(namespace), cron_job("exit 0", suspend=True))
    api.advance(7200)
    api.patch(f"{cron_jobs(namespace)}/{NAME}", {"spec": {"suspend": False}}, MERGE)
    api.until(jobs(namespace), bool, timeout=SLOW)
    assert messages(api, namespace, "TooManyMissedTimes")[0] == (
        "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
    )
    assert made["metadata"]["name"] == NAME


def test_should_not_say_that_a_completed_job_was_unexpected(api: Api, namespace: str) -> None:
    api.create(cron_jobs(namespace), cron_job("exit 0"))
    done = one(api, cron_jobs(namespace), NAME, lambda c: c.get("status", {}).get("lastSuccessfulTime"), "a success")
    assert done["status"]["lastScheduleTime"] <= done["status"]["lastSuccessfulTime"]
    assert messages(api, namespace, "SawCompletedJob")[0].endswith(", condition: Complete")
    assert "UnexpectedJob" not in {e["reason"] for e in api.items(f"{CORE.format(namespace)}/events")}


def test_should_remove_a_missing_job_from_the_active(api: Api, namespace: str) -> None:
    api.create(cron_jobs(namespace), cron_job(FOR_EVER, concurrencyPolicy="Forbid"))
    name = until_active(api, namespace, 1)["status"]["active"][0]["name"]
    api.delete(f"{jobs(namespace)}/{name}", {"propagationPolicy": "Background"})
    assert f"Active job went missing: {name}" in messages(api, namespace, "MissingJob")
    one(api, cron_jobs(namespace), NAME, lambda c: all(r["name"] != name for r in c["status"].get("active", ())))
    remove(api, namespace)


@pytest.mark.parametrize(
    ("script", "limit", "condition"),
    [
        ("exit 0", "successfulJobsHistoryLimit", "Complete"),
        ("exit 1", "failedJobsHistoryLimit", "Failed"),
    ],
)
def test_should_keep_no_more_than_its_history(
    api: Api, namespace: str, script: str, limit: str, condition: str
) -> None:
    wanted = cron_job(script, successfulJobsHistoryLimit=1, failedJobsHistoryLimit=1)
    wanted["spec"]["jobTemplate"]["spec"] |= {"backoffLimit": 0}
    wanted["spec"]["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] = "Never"
    api.create(cron_jobs(namespace), wanted)
    with api.watch(jobs(namespace)) as watch:
        watch.until(lambda _: any(kind == "DELETED" for kind, _ in watch.events), timeout=SLOW, what="the oldest gone")
        ended = {
            name_of(j)
            for _, j in watch.events
            if any(c["type"] == condition for c in j.get("status", {}).get("conditions", ()))
        }
    assert len(ended) >= 2, limit


def test_should_support_api_operations(api: Api, namespace: str) -> None:
    wanted = cron_job("exit 0", suspend=True)
    wanted["metadata"]["labels"] = {"special-label": namespace}
    api.create(cron_jobs(namespace), wanted)
    path = f"{cron_jobs(namespace)}/{NAME}"
    assert [name_of(c) for c in api.items(f"/apis/batch/v1/cronjobs?labelSelector=special-label%3D{namespace}")] == [
        NAME
    ]
    status = {"lastScheduleTime": "2026-01-02T03:04:05Z"}
    patched = api.patch(f"{path}/status", {"metadata": {"annotations": {"patched": "y"}}, "status": status}, MERGE)
    assert patched["status"] == status
    assert api.get(f"{path}/status")["status"] == status
    api.delete(f"{cron_jobs(namespace)}?labelSelector=special-label%3D{namespace}")
    assert not api.items(cron_jobs(namespace))
