"""The specs of test/e2e/apps/job.go: completion, failure, indexes, policies, suspension, ownership."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.e2e.workloads import CORE, SLOW, is_deleted, is_ready, name_of, one, owner
from tests.support.live import MERGE, Api, Obj
from tests.support.machine import ClusterTime

NODES = 2
INDEX = "batch.kubernetes.io/job-completion-index"
FOR_EVER = "sleep 1000000"


@pytest.fixture(autouse=True)
def fast(api: Api) -> Iterator[None]:
    """Back-offs and the controller's second of gathering pass ten times as fast."""
    with ClusterTime(api).speed(10):
        yield


def jobs(namespace: str) -> str:
    return f"/apis/batch/v1/namespaces/{namespace}/jobs"


def pods(namespace: str) -> str:
    return f"{CORE.format(namespace)}/pods"


def job(name: str, script: str, *, restart: str = "Never", **spec: object) -> Obj:
    """A Job of one shell container."""
    container = {"name": "c", "image": "busybox", "command": ["sh", "-c", script]}
    pod = {"restartPolicy": restart, "terminationGracePeriodSeconds": 0, "containers": [container]}
    template = {"metadata": {"labels": {"job": name}}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"parallelism": 2, "completions": 4, "backoffLimit": 6, "template": template, **spec},
    }


def condition(found: Obj, kind: str) -> Obj:
    """The condition if it is True, else nothing."""
    conditions = found.get("status", {}).get("conditions", ())
    return next((dict(c) for c in conditions if c["type"] == kind and c["status"] == "True"), {})


def until(api: Api, namespace: str, name: str, kind: str, reason: str = "") -> Obj:
    """The Job once it has the condition."""
    found = one(api, jobs(namespace), name, lambda j: condition(j, kind), f"{name} {kind}")
    if reason:
        assert condition(found, kind)["reason"] == reason
    return found


def until_active(api: Api, namespace: str, count: int, *, ready: bool = True) -> list[Obj]:
    """So many pods that are not going."""

    def there(found: list[Obj]) -> bool:
        alive = [p for p in found if not is_deleted(p)]
        return len(alive) == count and (not ready or all(map(is_ready, alive)))

    found = api.until(pods(namespace), there, timeout=SLOW, what=f"{count} active pods")
    return [p for p in found if not is_deleted(p)]


def phases(api: Api, namespace: str) -> list[str]:
    return sorted(p["status"]["phase"] for p in api.items(pods(namespace)))


def test_should_run_to_completion_when_tasks_succeed(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), job("all-succeed", "exit 0"))
    done = until(api, namespace, "all-succeed", "Complete", "CompletionsReached")
    assert done["status"]["succeeded"] == 4
    assert done["status"]["uncountedTerminatedPods"] == {}
    assert condition(done, "SuccessCriteriaMet")["message"] == "Reached expected number of succeeded pods"
    assert phases(api, namespace) == ["Succeeded"] * 4
    assert not any(p["metadata"].get("finalizers") for p in api.items(pods(namespace)))
    api.until(f"{CORE.format(namespace)}/events", lambda found: any(e["message"] == "Job completed" for e in found))


def test_should_use_the_pod_failure_policy_on_exit_code_to_fail_early(api: Api, namespace: str) -> None:
    rule = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1]}}
    api.create(jobs(namespace), job("policy", "exit 1", podFailurePolicy={"rules": [rule]}))
    failed = until(api, namespace, "policy", "Failed", "PodFailurePolicy")
    assert "failed with exit code 1 matching FailJob rule at index 0" in condition(failed, "Failed")["message"]
    assert condition(failed, "FailureTarget")["message"] == condition(failed, "Failed")["message"]


def test_should_use_the_pod_failure_policy_to_not_count_a_failure(api: Api, namespace: str) -> None:
    rule = {"action": "Ignore", "onExitCodes": {"operator": "In", "values": [1]}}
    script = "test -e /shared/once || { touch /shared/once; exit 1; }"
    wanted = job("ignored", script, parallelism=1, completions=1, backoffLimit=0, podFailurePolicy={"rules": [rule]})
    share(api, wanted, namespace)
    api.create(jobs(namespace), wanted)
    done = until(api, namespace, "ignored", "Complete")
    assert not done["status"].get("failed")
    assert phases(api, namespace) == ["Failed", "Succeeded"]


def share(api: Api, wanted: Obj, namespace: str) -> None:
    """Give the pods a directory of one machine in common."""
    spec = wanted["spec"]["template"]["spec"]
    spec["nodeName"] = name_of(api.items("/api/v1/nodes")[0])
    spec["volumes"] = [{"name": "shared", "hostPath": {"path": f"/tmp/{namespace}", "type": "DirectoryOrCreate"}}]
    spec["containers"][0]["volumeMounts"] = [{"name": "shared", "mountPath": "/shared"}]


@pytest.mark.parametrize("restart", ["Never", "OnFailure"])
def test_should_complete_when_tasks_sometimes_fail(api: Api, namespace: str, restart: str) -> None:
    script = "test -e /shared/$HOSTNAME || test -e /shared/once || { touch /shared/once; exit 1; }"
    wanted = job("sometimes", script, restart=restart, parallelism=1, completions=2)
    share(api, wanted, namespace)
    api.create(jobs(namespace), wanted)
    done = until(api, namespace, "sometimes", "Complete")
    assert done["status"]["succeeded"] == 2
    assert done["status"].get("failed", 0) == (1 if restart == "Never" else 0)


@pytest.mark.parametrize(("restart", "limit"), [("Never", 0), ("Never", 1), ("OnFailure", 1)])
def test_should_fail_to_exceed_the_backoff_limit(api: Api, namespace: str, restart: str, limit: int) -> None:
    wanted = job("limited", "exit 1", restart=restart, parallelism=1, completions=1, backoffLimit=limit)
    api.create(jobs(namespace), wanted)
    failed = until(api, namespace, "limited", "Failed", "BackoffLimitExceeded")
    assert condition(failed, "Failed")["message"] == "Job has reached the specified backoff limit"
    if restart == "Never":
        assert phases(api, namespace) == ["Failed"] * (limit + 1)


def test_should_fail_when_it_exceeds_its_deadline(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), job("late", FOR_EVER, activeDeadlineSeconds=1))
    failed = until(api, namespace, "late", "Failed", "DeadlineExceeded")
    assert condition(failed, "Failed")["message"] == "Job was active longer than specified deadline"
    assert not failed["status"].get("active")
    api.until(pods(namespace), lambda found: not found, timeout=SLOW)


def test_should_not_create_pods_when_created_suspended(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), job("asleep", "exit 0", suspend=True))
    asleep = until(api, namespace, "asleep", "Suspended", "JobSuspended")
    assert "startTime" not in asleep["status"]
    assert not api.items(pods(namespace))
    api.patch(f"{jobs(namespace)}/asleep", {"spec": {"suspend": False}}, MERGE)
    done = until(api, namespace, "asleep", "Complete")
    (suspended,) = (c for c in done["status"]["conditions"] if c["type"] == "Suspended")
    assert (suspended["status"], suspended["reason"], suspended["message"]) == ("False", "JobResumed", "Job resumed")


def test_should_delete_pods_when_suspended(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), job("paused", FOR_EVER))
    until_active(api, namespace, 2)
    api.patch(f"{jobs(namespace)}/paused", {"spec": {"suspend": True}}, MERGE)
    api.until(pods(namespace), lambda found: not found, timeout=SLOW)
    paused = until(api, namespace, "paused", "Suspended", "JobSuspended")
    assert not paused["status"].get("active")
    api.patch(f"{jobs(namespace)}/paused", {"spec": {"suspend": False}}, MERGE)
    until_active(api, namespace, 2)


def test_should_replace_only_what_has_failed_if_told_so(api: Api, namespace: str) -> None:
    wanted = job("replaced", FOR_EVER, parallelism=1, completions=1, podReplacementPolicy="Failed")
    wanted["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 30
    wanted["spec"]["template"]["metadata"]["finalizers"] = ["e2e.example.com/hold"]
    api.create(jobs(namespace), wanted)
    (first,) = until_active(api, namespace, 1)
    path = f"{pods(namespace)}/{name_of(first)}"
    with api.watch(pods(namespace)) as watch:
        api.delete(path)
        watch.until(
            lambda found: [p for p in found if name_of(p) != name_of(first)], timeout=SLOW, what="the replacement"
        )
        ended = [
            position
            for position, (_, p) in enumerate(watch.events)
            if name_of(p) == name_of(first) and p["status"]["phase"] in ("Failed", "Succeeded")
        ]
        added = [i for i, (kind, p) in enumerate(watch.events) if kind == "ADDED" and name_of(p) != name_of(first)]
        assert ended
        assert added[0] > ended[0]
    api.patch(path, {"metadata": {"finalizers": None}}, MERGE)
    counted = {"failed": 1, "active": 1}
    one(api, jobs(namespace), "replaced", lambda j: counted.items() <= j["status"].items(), "one failure, replaced")


def test_should_create_pods_of_an_indexed_job_with_their_indexes(api: Api, namespace: str) -> None:
    script = 'test "$HOSTNAME" = "indexed-$JOB_COMPLETION_INDEX"'
    api.create(jobs(namespace), job("indexed", script, completionMode="Indexed"))
    done = until(api, namespace, "indexed", "Complete")
    assert done["status"]["completedIndexes"] == "0-3"
    found = sorted(api.items(pods(namespace)), key=name_of)
    assert [p["metadata"]["annotations"][INDEX] for p in found] == list("0123")
    assert [p["metadata"]["labels"][INDEX] for p in found] == list("0123")
    assert [p["spec"]["hostname"] for p in found] == [f"indexed-{i}" for i in range(4)]
    assert all(name_of(p).startswith(f"{p['spec']['hostname']}-") for p in found)


ODD_FAILS = "exit $((JOB_COMPLETION_INDEX % 2))"


def per_index(name: str, script: str, **spec: object) -> Obj:
    wanted = job(name, script, completionMode="Indexed", parallelism=4, backoffLimit=2**31 - 1)
    wanted["spec"] |= spec
    return wanted


def test_should_run_all_indexes_despite_some_failing(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), per_index("per-index", ODD_FAILS, backoffLimitPerIndex=1))
    status = until(api, namespace, "per-index", "Failed", "FailedIndexes")["status"]
    assert (status["failedIndexes"], status["completedIndexes"]) == ("1,3", "0,2")
    assert (status["failed"], status["succeeded"]) == (4, 2)


def test_should_end_when_too_many_indexes_failed(api: Api, namespace: str) -> None:
    wanted = per_index("too-many", ODD_FAILS, backoffLimitPerIndex=0, maxFailedIndexes=0)
    api.create(jobs(namespace), wanted)
    failed = until(api, namespace, "too-many", "Failed", "MaxFailedIndexesExceeded")
    message = "Job has exceeded the specified maximal number of failed indexes"
    assert condition(failed, "Failed")["message"] == message


def test_should_fail_an_index_when_the_policy_says_so(api: Api, namespace: str) -> None:
    rule = {"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [1]}}
    wanted = per_index("fail-index", ODD_FAILS, backoffLimitPerIndex=1, podFailurePolicy={"rules": [rule]})
    api.create(jobs(namespace), wanted)
    status = until(api, namespace, "fail-index", "Failed", "FailedIndexes")["status"]
    assert (status["failedIndexes"], status["failed"]) == ("1,3", 2)


@pytest.mark.parametrize(
    ("rule", "completed"),
    [
        ({"succeededIndexes": "0"}, "0"),
        ({"succeededCount": 1}, "0"),
        ({"succeededIndexes": "0-1", "succeededCount": 1}, "0"),
    ],
)
def test_should_succeed_by_its_success_policy(api: Api, namespace: str, rule: Obj, completed: str) -> None:
    script = f'[ "$JOB_COMPLETION_INDEX" = 0 ] || {FOR_EVER}'
    wanted = job("success", script, completionMode="Indexed", completions=2, successPolicy={"rules": [rule]})
    api.create(jobs(namespace), wanted)
    done = until(api, namespace, "success", "Complete", "SuccessPolicy")
    assert condition(done, "SuccessCriteriaMet")["message"] == "Matched rules at index 0"
    assert done["status"]["completedIndexes"] == completed
    assert done["status"]["succeeded"] == 1
    assert not done["status"].get("failed")


def test_should_delete_a_job(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), job("gone", FOR_EVER))
    until_active(api, namespace, 2)
    api.delete(f"{jobs(namespace)}/gone", {"propagationPolicy": "Foreground"})
    api.until(jobs(namespace), lambda found: not found, timeout=SLOW)
    assert not api.items(pods(namespace))


def test_should_remove_pods_when_the_job_is_deleted(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), job("gone", FOR_EVER))
    until_active(api, namespace, 2)
    api.delete(f"{jobs(namespace)}/gone", {"propagationPolicy": "Background"})
    api.until(pods(namespace), lambda found: not found, timeout=SLOW)


def test_should_adopt_matching_orphans_and_release_non_matching_pods(api: Api, namespace: str) -> None:
    made = api.create(jobs(namespace), job("adopting", FOR_EVER))
    first, *_ = until_active(api, namespace, 2)
    path = f"{pods(namespace)}/{name_of(first)}"
    api.patch(path, {"metadata": {"ownerReferences": None}}, MERGE)
    adopted = one(api, pods(namespace), name_of(first), owner, "adopted again")
    assert owner(adopted)["uid"] == made["metadata"]["uid"]
    api.patch(path, {"metadata": {"labels": None}}, MERGE)
    released = one(api, pods(namespace), name_of(first), lambda p: not owner(p), "released")
    assert "finalizers" not in released["metadata"]


def test_should_leave_alone_what_another_controller_manages(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), job("foreign", "exit 0", managedBy="example.com/other"))
    api.create(jobs(namespace), job("own", "exit 0"))
    until(api, namespace, "own", "Complete")
    assert "startTime" not in api.get(f"{jobs(namespace)}/foreign").get("status", {})


def test_should_update_the_ready_field(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), job("ready", FOR_EVER, completions=None))
    found = one(api, jobs(namespace), "ready", lambda j: j.get("status", {}).get("ready") == 2, "two ready")
    assert found["status"]["active"] == 2
    api.patch(f"{jobs(namespace)}/ready", {"spec": {"parallelism": 1}}, MERGE)
    one(api, jobs(namespace), "ready", lambda j: (j["status"]["ready"], j["status"]["active"]) == (1, 1), "one ready")
    api.until(pods(namespace), lambda found: len(found) == 1, timeout=SLOW)


def test_should_manage_the_lifecycle(api: Api, namespace: str) -> None:
    wanted = job("lifecycle", FOR_EVER, suspend=True)
    wanted["metadata"]["labels"] = {"e2e-job-label": "e2e-test"}
    api.create(jobs(namespace), wanted)
    until(api, namespace, "lifecycle", "Suspended")
    path = f"{jobs(namespace)}/lifecycle"
    api.patch(path, {"spec": {"suspend": False}, "metadata": {"annotations": {"updated": "true"}}}, MERGE)
    until_active(api, namespace, 2)
    started = one(api, jobs(namespace), "lifecycle", lambda j: j["status"].get("startTime"), "started")
    patch = {"status": {"startTime": started["status"]["startTime"], "conditions": [*started["status"]["conditions"]]}}
    patch["status"]["conditions"].append({"type": "CustomType", "status": "True"})
    assert condition(api.patch(f"{path}/status", patch, MERGE), "CustomType")
    only = "/apis/batch/v1/jobs?labelSelector=e2e-job-label%3De2e-test"
    assert [name_of(j) for j in api.items(only)] == ["lifecycle"]
    api.delete(f"{jobs(namespace)}?labelSelector=e2e-job-label%3De2e-test", {"propagationPolicy": "Background"})
    api.until(pods(namespace), lambda found: not found, timeout=SLOW)


def test_time_to_live_after_finished(api: Api, namespace: str) -> None:
    api.create(jobs(namespace), job("short-lived", "exit 0", ttlSecondsAfterFinished=5))
    api.until(jobs(namespace), lambda found: not found, timeout=SLOW)
