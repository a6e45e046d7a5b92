"""Requests for jobs and cron jobs which no recording asks."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from tests.conformance.requests.asked import MERGE, Asked, check, columns, refused
from tests.support.api import InProcess

pytestmark = pytest.mark.asyncio(loop_scope="package")

BATCH = "/apis/batch/v1/namespaces/default"
JOBS = f"{BATCH}/jobs"
CRON_JOBS = f"{BATCH}/cronjobs"
PODS_STAY = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them "
    "or set propagationPolicy=Orphan to suppress this warning"
)
WHY = "pkg/apis/batch/validation/validation.go"
PRINTERS = "pkg/printers/internalversion/printers.go"


def tmpl(**spec: Any) -> Object:
    own = {"containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"}
    return {"metadata": {"labels": {"a": "b"}}, "spec": {**own, **spec}}


def job(name: str = "j", t: Object | None = None, **spec: Any) -> Object:
    return {"metadata": {"name": name}, "spec": {"template": t or tmpl(), **spec}}


def cj(name: str = "c", js: Object | None = None, **spec: Any) -> Object:
    template = {"spec": js if js is not None else {"template": tmpl()}}
    return {"metadata": {"name": name}, "spec": {"schedule": "* * * * *", "jobTemplate": template, **spec}}


REQUESTS = [
    refused(
        WHY,
        JOBS,
        {"metadata": {"name": "j"}},
        (
            'Job.batch "j" is invalid: [spec.template.spec.containers: Required value, '
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"]'
        ),
    ),
    refused(
        WHY,
        JOBS,
        {"metadata": {"name": "j"}, "spec": {}},
        (
            'Job.batch "j" is invalid: [spec.template.spec.containers: Required value, '
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"]'
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(t=tmpl(restartPolicy="Always")),
        (
            'Job.batch "j" is invalid: spec.template.spec.restartPolicy: Required value: valid '
            'values: "OnFailure", "Never"'
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(t={"spec": {"containers": [{"name": "c", "image": "i"}]}}),
        (
            'Job.batch "j" is invalid: spec.template.spec.restartPolicy: Required value: valid '
            'values: "OnFailure", "Never"'
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(parallelism=-1, completions=-1, activeDeadlineSeconds=-1, backoffLimit=-1, ttlSecondsAfterFinished=-1),
        (
            'Job.batch "j" is invalid: [spec.parallelism: Invalid value: -1: must be greater than or '
            "equal to 0, spec.completions: Invalid value: -1: must be greater than or equal to 0, "
            "spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0, "
            "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0, "
            "spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0]"
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(completionMode="Foo"),
        (
            'Job.batch "j" is invalid: spec.completionMode: Unsupported value: "Foo": supported '
            'values: "NonIndexed", "Indexed"'
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(completionMode="Indexed", completions=200000, parallelism=200000),
        (
            'Job.batch "j" is invalid: spec.parallelism: Invalid value: 200000: must be less than or '
            "equal to 100000 when completion mode is Indexed"
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(completionMode="Indexed", completions=3, backoffLimitPerIndex=1, maxFailedIndexes=4),
        (
            'Job.batch "j" is invalid: spec.maxFailedIndexes: Invalid value: 4: must be less than or '
            "equal to completions"
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(backoffLimitPerIndex=1),
        ('Job.batch "j" is invalid: spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'),
    ),
    refused(
        WHY,
        JOBS,
        job(completionMode="Indexed", completions=3, maxFailedIndexes=1),
        ('Job.batch "j" is invalid: spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified'),
    ),
    refused(
        WHY,
        JOBS,
        job(completionMode="Indexed", completions=200000, backoffLimitPerIndex=1, parallelism=1),
        (
            'Job.batch "j" is invalid: spec.maxFailedIndexes: Required value: must be specified when '
            "completions is above 100000"
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(
            completionMode="Indexed",
            completions=200000,
            backoffLimitPerIndex=1,
            parallelism=20000,
            maxFailedIndexes=20000,
        ),
        (
            'Job.batch "j" is invalid: [spec.parallelism: Invalid value: 20000: must be less than or '
            "equal to 10000 when completions are above 100000 and used with backoff limit per index, "
            "spec.maxFailedIndexes: Invalid value: 20000: must be less than or equal to 10000 when "
            "completions are above 100000 and used with backoff limit per index]"
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(manualSelector=True),
        (
            'Job.batch "j" is invalid: [spec.selector: Required value, '
            'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match '
            "template `labels`]"
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(manualSelector=True, selector={"matchLabels": {"a": "c"}}),
        (
            'Job.batch "j" is invalid: spec.template.metadata.labels: Invalid value: {"a":"b"}: '
            "`selector` does not match template `labels`"
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(manualSelector=True, selector={"matchExpressions": [{"key": "a", "operator": "Foo"}]}),
        (
            'Job.batch "j" is invalid: spec.selector.matchExpressions[0].operator: Invalid value: '
            '"Foo": not a valid selector operator'
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(managedBy="foo"),
        (
            'Job.batch "j" is invalid: spec.managedBy: Invalid value: "foo": must be a '
            'domain-prefixed path (such as "acme.io/foo")'
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(managedBy="example.com/" + "a" * 70),
        'Job.batch "j" is invalid: spec.managedBy: Too long: may not be more than 63 bytes',
    ),
    refused(
        WHY,
        JOBS,
        job(podReplacementPolicy="Foo"),
        (
            'Job.batch "j" is invalid: spec.podReplacementPolicy: Unsupported value: "Foo": '
            'supported values: "Failed", "TerminatingOrFailed"'
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(podReplacementPolicy="TerminatingOrFailed", podFailurePolicy={"rules": []}),
        (
            'Job.batch "j" is invalid: spec.podReplacementPolicy: Unsupported value: '
            '"TerminatingOrFailed": supported values: "Failed"'
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(t=tmpl(restartPolicy="OnFailure"), podFailurePolicy={"rules": [{"action": "Foo"}]}),
        (
            'Job.batch "j" is invalid: [spec.podFailurePolicy.rules[0].action: Unsupported value: '
            '"Foo": supported values: "Count", "FailIndex", "FailJob", "Ignore", '
            "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and "
            "OnPodConditions is required, spec.template.spec.restartPolicy: Invalid value: "
            '"OnFailure": only "Never" is supported when podFailurePolicy is specified]'
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(successPolicy={"rules": [{"succeededCount": 1}]}),
        (
            'Job.batch "j" is invalid: spec.successPolicy: Invalid value: '
            '{"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion '
            "mode"
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(completionMode="Indexed", completions=3, successPolicy={"rules": []}),
        (
            'Job.batch "j" is invalid: spec.successPolicy.rules: Required value: at least one rules '
            "must be specified when the successPolicy is specified"
        ),
    ),
    refused(
        WHY,
        JOBS + "?dryRun=All",
        job(name="j" * 64),
        (
            'Job.batch "jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj" is '
            "invalid: [metadata.labels: Invalid value: "
            '"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj": must be no more '
            "than 63 bytes, spec.template.labels: Invalid value: "
            '"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj": must be no more '
            "than 63 bytes]"
        ),
    ),
    refused(
        WHY,
        JOBS,
        job(name="j" * 62, completionMode="Indexed", completions=200, parallelism=200),
        (
            'Job.batch "jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj" is invalid: '
            "metadata.name: Invalid value: "
            '"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj": will not able to '
            "create pod with invalid DNS label: "
            "jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj-199"
        ),
    ),
    Asked(
        WHY,
        "POST",
        JOBS + "?dryRun=All",
        job(name="a.b"),
        status=201,
        warns=(
            (
                "metadata.name: this is used in Pod names and hostnames, which can result in surprising "
                "behavior; a DNS label is recommended: [must not contain dots]"
            ),
        ),
    ),
    columns(
        PRINTERS,
        JOBS + "/j",
        "Name Status Completions Duration Age Containers* Images* Selector*",
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    Asked(
        WHY,
        "PATCH",
        JOBS + "/j",
        {
            "spec": {
                "completionMode": "Indexed",
                "podReplacementPolicy": "Failed",
                "backoffLimitPerIndex": 2,
                "managedBy": "a.b/c",
            }
        },
        status=422,
        says=(
            'Job.batch "j" is invalid: [spec.backoffLimitPerIndex: Invalid value: 2: field is '
            'immutable, spec.managedBy: Invalid value: "a.b/c": field is immutable]'
        ),
        headers=MERGE,
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    Asked(
        WHY,
        "PATCH",
        JOBS + "/j/status",
        {"status": {"active": -1, "ready": 2, "succeeded": -3, "failed": -1, "terminating": -2}},
        status=422,
        says=(
            'Job.batch "j" is invalid: [status.active: Invalid value: -1: must be greater than or '
            "equal to 0, status.succeeded: Invalid value: -3: must be greater than or equal to 0, "
            "status.failed: Invalid value: -1: must be greater than or equal to 0, "
            "status.terminating: Invalid value: -2: must be greater than or equal to 0, "
            "status.ready: Invalid value: 2: cannot set more ready pods than active, status.failed: "
            "Invalid value: -1: cannot decrease the failed counter]"
        ),
        headers=MERGE,
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    Asked(
        WHY,
        "PATCH",
        JOBS + "/j/status",
        {"status": {"conditions": [{"type": "Complete", "status": "True"}, {"type": "Failed", "status": "True"}]}},
        status=422,
        says=(
            'Job.batch "j" is invalid: [status.conditions: Invalid value: cannot set Complete=True '
            "and Failed=true conditions, status.completionTime: Required value: completionTime is "
            "required for Complete jobs, status.conditions: Invalid value: cannot set Failed=True "
            "condition without the FailureTarget=true condition, status.conditions: Invalid value: "
            "cannot set Complete=True condition without the SuccessCriteriaMet=true condition, "
            "status.startTime: Required value: startTime is required for finished job]"
        ),
        headers=MERGE,
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    Asked(
        WHY,
        "PATCH",
        JOBS + "/j/status",
        {"status": {"startTime": "2024-01-01T00:00:00Z", "completionTime": "2023-01-01T00:00:00Z"}},
        status=422,
        says=(
            'Job.batch "j" is invalid: [status.completionTime: Invalid value: '
            '"2023-01-01T00:00:00Z": cannot set completionTime when there is no Complete=True '
            'condition, status.completionTime: Invalid value: "2023-01-01T00:00:00Z": completionTime '
            "cannot be set before startTime]"
        ),
        headers=MERGE,
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    Asked(
        WHY,
        "PATCH",
        JOBS + "/j/status",
        {"status": {"completedIndexes": "0-1", "failedIndexes": "3"}},
        status=422,
        says=(
            'Job.batch "j" is invalid: [status.completedIndexes: Invalid value: "0-1": error parsing '
            'completedIndexes: too large index: "1", status.failedIndexes: Invalid value: "3": '
            "cannot set non-null failedIndexes when backoffLimitPerIndex is null]"
        ),
        headers=MERGE,
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    Asked(
        WHY,
        "PATCH",
        JOBS + "/j/status",
        {"status": {"uncountedTerminatedPods": {"succeeded": ["a", "a", ""], "failed": ["a"]}}},
        status=422,
        says=(
            'Job.batch "j" is invalid: [status.uncountedTerminatedPods.succeeded[1]: Duplicate '
            'value: "a", status.uncountedTerminatedPods.succeeded[2]: Invalid value: "": must not be '
            'empty, status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"]'
        ),
        headers=MERGE,
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    columns(
        WHY,
        JOBS + "?fieldSelector=status.successful%3D0",
        "Name Status Completions Duration Age Containers* Images* Selector*",
    ),
    Asked(WHY, "GET", JOBS + "?fieldSelector=spec.foo=1", None, status=400, says="field label not supported: spec.foo"),
    Asked(
        WHY,
        "GET",
        CRON_JOBS + "?fieldSelector=status.successful=1",
        None,
        status=400,
        says=('"status.successful" is not a known field selector: only "metadata.name", "metadata.namespace"'),
    ),
    Asked(
        "pkg/registry/batch/job/storage/storage.go",
        "DELETE",
        JOBS + "/not-there",
        status=404,
        says='jobs.batch "not-there" not found',
        warns=(PODS_STAY,),
    ),
    Asked(
        "pkg/registry/batch/job/storage/storage.go",
        "DELETE",
        JOBS + "?labelSelector=no%3Done",
        shows=lambda answer: answer["kind"],
        shown="JobList",
        warns=(PODS_STAY,),
    ),
    Asked(
        "pkg/registry/batch/job/storage/storage.go",
        "DELETE",
        JOBS + "?labelSelector=no%3Done&propagationPolicy=Background",
        shows=lambda answer: answer["kind"],
        shown="JobList",
    ),
    Asked(
        WHY,
        "DELETE",
        JOBS + "/j?propagationPolicy=Foo",
        None,
        status=422,
        says=(
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Foo": '
            'supported values: "Foreground", "Background", "Orphan", "nil"'
        ),
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    Asked(
        WHY,
        "DELETE",
        JOBS + "/j?propagationPolicy=Orphan",
        {"propagationPolicy": "Background", "orphanDependents": True},
        status=422,
        says=(
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: '
            '"Background": orphanDependents and deletionPropagation cannot be both set'
        ),
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    Asked(
        WHY,
        "DELETE",
        JOBS + "/j",
        {"propagationPolicy": "Background", "orphanDependents": True},
        status=422,
        says=(
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: '
            '"Background": orphanDependents and deletionPropagation cannot be both set'
        ),
        before=(("POST", JOBS, job(completionMode="Indexed")),),
    ),
    refused(
        WHY,
        CRON_JOBS,
        {"metadata": {"name": "c"}, "spec": {}},
        (
            'CronJob.batch "c" is invalid: [spec.schedule: Required value, '
            "spec.jobTemplate.spec.template.spec.containers: Required value, "
            "spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "
            '"OnFailure", "Never"]'
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(schedule="foo"),
        (
            'CronJob.batch "c" is invalid: spec.schedule: Invalid value: "foo": expected exactly 5 '
            "fields, found 1: [foo]"
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(schedule="* * * *"),
        (
            'CronJob.batch "c" is invalid: spec.schedule: Invalid value: "* * * *": expected exactly '
            "5 fields, found 4: [* * * *]"
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(schedule="61 * * * *"),
        (
            'CronJob.batch "c" is invalid: spec.schedule: Invalid value: "61 * * * *": end of range '
            "(61) above maximum (59): 61"
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(schedule="@foo"),
        ('CronJob.batch "c" is invalid: spec.schedule: Invalid value: "@foo": unrecognized descriptor: @foo'),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(schedule="*/0 * * * *"),
        (
            'CronJob.batch "c" is invalid: spec.schedule: Invalid value: "*/0 * * * *": step of '
            "range should be a positive number: */0"
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(schedule="5-1 * * * *"),
        (
            'CronJob.batch "c" is invalid: spec.schedule: Invalid value: "5-1 * * * *": beginning of '
            "range (5) beyond end of range (1): 5-1"
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(schedule="@every 1x"),
        (
            'CronJob.batch "c" is invalid: spec.schedule: Invalid value: "@every 1x": failed to '
            'parse duration @every 1x: time: unknown unit "x" in duration "1x"'
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(schedule="TZ=UTC * * * * *"),
        (
            'CronJob.batch "c" is invalid: spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot '
            "use TZ or CRON_TZ in schedule, use timeZone field instead"
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(schedule="CRON_TZ=Europe/Rome * * * * *", timeZone="Europe/Rome"),
        (
            'CronJob.batch "c" is invalid: spec.schedule: Invalid value: "CRON_TZ=Europe/Rome * * * '
            '* *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(timeZone="Foo/Bar"),
        ('CronJob.batch "c" is invalid: spec.timeZone: Invalid value: "Foo/Bar": unknown time zone Foo/Bar'),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(timeZone=""),
        ('CronJob.batch "c" is invalid: spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string'),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(timeZone="local"),
        (
            'CronJob.batch "c" is invalid: [spec.timeZone: Invalid value: "local": timeZone must be '
            "an explicit time zone as defined in https://www.iana.org/time-zones, spec.timeZone: "
            'Invalid value: "local": unknown time zone local]'
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(timeZone=" UTC"),
        ('CronJob.batch "c" is invalid: spec.timeZone: Invalid value: " UTC": unknown time zone  UTC'),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(timeZone="/UTC"),
        ('CronJob.batch "c" is invalid: spec.timeZone: Invalid value: "/UTC": unknown time zone /UTC'),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(
            startingDeadlineSeconds=-1,
            successfulJobsHistoryLimit=-1,
            failedJobsHistoryLimit=-1,
            concurrencyPolicy="Foo",
        ),
        (
            'CronJob.batch "c" is invalid: [spec.startingDeadlineSeconds: Invalid value: -1: must be '
            'greater than or equal to 0, spec.concurrencyPolicy: Unsupported value: "Foo": supported '
            'values: "Allow", "Forbid", "Replace", spec.successfulJobsHistoryLimit: Invalid value: '
            "-1: must be greater than or equal to 0, spec.failedJobsHistoryLimit: Invalid value: -1: "
            "must be greater than or equal to 0]"
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(js={"template": tmpl(restartPolicy="Always"), "manualSelector": True}),
        (
            'CronJob.batch "c" is invalid: [spec.jobTemplate.spec.template.spec.restartPolicy: '
            'Required value: valid values: "OnFailure", "Never", '
            'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", '
            '"false"]'
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(js={"template": tmpl(), "selector": {"matchLabels": {"a": "b"}}}),
        (
            'CronJob.batch "c" is invalid: spec.jobTemplate.spec.selector: Invalid value: '
            '{"matchLabels":{"a":"b"}}: `selector` will be auto-generated'
        ),
    ),
    refused(
        WHY,
        CRON_JOBS,
        cj(name="c" * 53),
        (
            'CronJob.batch "ccccccccccccccccccccccccccccccccccccccccccccccccccccc" is invalid: '
            'metadata.name: Invalid value: "ccccccccccccccccccccccccccccccccccccccccccccccccccccc": '
            "must be no more than 52 characters"
        ),
    ),
    columns(
        PRINTERS, CRON_JOBS, "Name Schedule Timezone Suspend Active Last_Schedule Age Containers* Images* Selector*"
    ),
    Asked(
        WHY,
        "PATCH",
        CRON_JOBS + "/ok",
        {"spec": {"schedule": "TZ=UTC * * * * *"}},
        status=422,
        says=(
            'CronJob.batch "ok" is invalid: spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot '
            "use TZ or CRON_TZ in schedule, use timeZone field instead"
        ),
        headers=MERGE,
        before=(("POST", CRON_JOBS, cj(name="ok", suspend=True, timeZone="Etc/UTC")),),
    ),
    Asked(
        WHY,
        "GET",
        CRON_JOBS + "/ok/scale",
        None,
        status=404,
        says="the server could not find the requested resource",
        before=(("POST", CRON_JOBS, cj(name="ok", suspend=True, timeZone="Etc/UTC")),),
    ),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=Asked.title)
async def test_request(api: InProcess, asked: Asked) -> None:
    await check(api, asked)
