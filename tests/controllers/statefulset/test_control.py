"""The passes that a StatefulSet's pods go through, with pods that are only written down."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.runtime.errors import ReconcileError
from controllers.statefulset.control import StatefulSetControl
from controllers.statefulset.pod_control import StatefulPodControl
from tests.controllers.statefulset.test_identity import NOW, OLD, YOUNG, stateful_set


class Written:
    """Takes the place of the server: what was asked for, and what it refuses."""

    def __init__(self, *, refuse: dict[str, Exception] | None = None, stale: bool = False) -> None:
        self.steps: list[str] = []
        self._refuse = refuse or {}
        self._stale = stale

    def _step(self, verb: str, pod: View) -> None:
        step = f"{verb} {meta.name(pod)}"
        self.steps.append(step)
        if step in self._refuse:
            raise self._refuse[step]

    async def create(self, _: View, pod: Object) -> None:
        self._step("create", pod)

    async def delete(self, _: View, pod: View) -> None:
        self._step("delete", pod)

    async def correct(self, _: View, pod: View) -> None:
        self._step("correct", pod)

    async def complete_claims(self, _: View, pod: View) -> None:
        self._step("claim", pod)

    async def update_claims(self, _: View, pod: View) -> None:
        self._step("own", pod)

    def has_stale_claim(self, *_: View) -> bool:
        return self._stale

    def claims_match(self, *_: View) -> bool:
        return True


def revision(name: str) -> Object:
    return {"metadata": {"name": name}, "data": {"spec": {"template": stateful_set()["spec"]["template"]}}}


def pod(number: int, *, rev: str = "new", phase: str = "Running", ready: str | None = OLD, **metadata: Any) -> Object:
    name = f"web-{number}"
    labels = {"controller-revision-hash": rev, "statefulset.kubernetes.io/pod-name": name}
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": ready or OLD}
    return {
        "metadata": {"name": name, "namespace": "ns", "uid": name, "labels": labels, **metadata},
        "spec": {},
        "status": {"phase": phase, "conditions": [condition]},
    }


def run(written: Written, st: Object, *pods: Object, current: str = "new") -> tuple[Object, Exception | None]:
    control = StatefulSetControl(
        cast(StatefulPodControl, written),
        st,
        current=revision(current),
        update=revision("new"),
        collisions=0,
        now=NOW,
    )
    return asyncio.run(control.run(pods))


GOING = {"deletionTimestamp": OLD}
PARALLEL = {"podManagementPolicy": "Parallel"}


@pytest.mark.parametrize(
    ("spec", "pods", "steps"),
    [
        ({}, [], ["create web-0"]),
        ({}, [pod(0)], ["create web-1"]),
        ({}, [pod(0, ready=None)], []),
        ({"minReadySeconds": 120}, [pod(0, ready=YOUNG)], []),
        ({"minReadySeconds": 30}, [pod(0, ready=YOUNG)], ["create web-1"]),
        ({}, [pod(0, phase="Pending", ready=None)], ["claim web-0"]),
        ({}, [pod(0, phase="Failed")], ["delete web-0"]),
        ({}, [pod(0, phase="Succeeded")], ["delete web-0"]),
        ({}, [pod(0, phase="Failed", **GOING)], []),
        ({}, [pod(0, **GOING), pod(2)], []),
        ({}, [pod(0, labels={"controller-revision-hash": "new"})], ["correct web-0", "create web-1"]),
        (PARALLEL, [pod(1, ready=None)], ["create web-0", "create web-2"]),
        (PARALLEL, [pod(0, phase="Failed"), pod(1), pod(2)], ["delete web-0"]),
    ],
)
def test_replicas(spec: Object, pods: list[Object], steps: list[str]) -> None:
    written = Written()
    assert run(written, stateful_set(**spec), *pods)[1] is None
    assert written.steps == steps


@pytest.mark.parametrize(
    ("spec", "pods", "steps"),
    [
        ({}, [pod(1), pod(2)], ["delete web-2"]),
        ({}, [pod(1), pod(2, **GOING)], []),
        ({}, [pod(1, ready=None), pod(2, ready=None)], []),
        ({}, [pod(1), pod(2, ready=None)], ["delete web-2"]),
        ({"minReadySeconds": 120}, [pod(1, ready=YOUNG), pod(2, ready=YOUNG)], []),
        (PARALLEL, [pod(1, ready=None), pod(2), pod(3, **GOING)], ["delete web-2", "delete web-1"]),
    ],
)
def test_condemned(spec: Object, pods: list[Object], steps: list[str]) -> None:
    written = Written()
    assert run(written, stateful_set(replicas=1, **spec), pod(0), *pods)[1] is None
    assert written.steps == steps


@pytest.mark.parametrize(
    ("partition", "revisions", "steps", "left"),
    [
        (0, "old old old", ["delete web-2"], 2),
        (0, "old old new", ["delete web-1"], 1),
        (0, "old new new", ["delete web-0"], 0),
        (2, "old old new", [], 2),
        (1, "old old new", ["delete web-1"], 1),
    ],
)
def test_a_rolling_update(partition: int, revisions: str, steps: list[str], left: int) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
    for refused in (None, errors.NotFound("gone")):
        written = Written(refuse={steps[0]: refused} if steps and refused else None)
        pods = [pod(n, rev=r) for n, r in enumerate(revisions.split())]
        status, failure = run(written, stateful_set(updateStrategy=strategy), *pods, current="old")
        assert failure is None
        assert written.steps == steps
        assert status["currentReplicas"] == left


def test_an_update_waits_in_parallel_too() -> None:
    written = Written()
    pods = [pod(0, rev="old"), pod(1, rev="old"), pod(2, ready=None)]
    run(written, stateful_set(podManagementPolicy="Parallel"), *pods, current="old")
    assert written.steps == []


def test_on_delete_leaves_old_pods() -> None:
    written = Written()
    run(written, stateful_set(updateStrategy={"type": "OnDelete"}), *(pod(n, rev="old") for n in range(3)))
    assert written.steps == []


def test_a_set_that_goes_does_nothing_but_count() -> None:
    st = stateful_set()
    st["metadata"] |= GOING
    written = Written()
    status, _ = run(written, st, pod(0))
    assert (written.steps, status["replicas"]) == ([], 1)


def test_a_stale_claim_holds_its_pod_up() -> None:
    written = Written(stale=True)
    assert run(written, stateful_set())[1] is None
    assert written.steps == []


def test_a_refusal_ends_the_pass_and_the_status_is_still_counted() -> None:
    refusal = ReconcileError("no")
    written = Written(refuse={"create web-1": refusal})
    status, failure = run(written, stateful_set(), pod(0), pod(5))
    assert failure is refusal
    assert written.steps == ["create web-1"]
    assert (status["replicas"], status["readyReplicas"]) == (2, 2)
