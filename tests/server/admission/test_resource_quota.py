"""What is counted, what is refused, and what is charged."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import errors
from apimachinery.clock import ManualClock
from apimachinery.objects import Object
from apimachinery.quota import evaluator_for
from server.admission.plugins.resource_quota import Charge, ResourceQuota, refusal
from tests.server.admission.support import Objects, attributes, named, pod

NOW = ManualClock().now()


class Charges:
    """Remembers charges instead of writing them."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []

    async def charge(self, namespace: str, charge: Charge) -> str:
        self.seen.append((charge.quota, {k: str(v) for k, v in charge.usage.items()}))
        return ""


def quota(hard: Object, used: Object | None = None, **spec: Any) -> Object:
    zero = dict.fromkeys(hard, "0")
    return named("q", "ns", spec={"hard": hard, **spec}, status={"hard": hard, "used": zero if used is None else used})


async def judge(q: Object, obj: Object, resource: str = "pods", **more: Any) -> list[tuple[str, dict[str, str]]]:
    charges = Charges()
    plugin = ResourceQuota(Objects({"resourcequotas": [q]}), charges, ManualClock())
    await plugin.validate(attributes(resource, more.pop("operation", "CREATE"), obj, **more))
    return charges.seen


def asking(**requests: str) -> Object:
    return pod(containers=[{"name": "c", "resources": {"requests": requests, "limits": requests}}])


async def test_a_pod_is_charged() -> None:
    seen = await judge(quota({"pods": "2", "requests.cpu": "1", "configmaps": "1"}), asking(cpu="250m"))
    assert seen == [("q", {"pods": "1", "requests.cpu": "250m"})]


async def test_dry_runs_are_judged_and_not_charged() -> None:
    assert await judge(quota({"pods": "2"}), pod(), dry_run=True) == []
    with pytest.raises(errors.Forbidden):
        await judge(quota({"pods": "1"}, {"pods": "1"}), pod(), dry_run=True)


@pytest.mark.parametrize(
    ("q", "obj", "message"),
    [
        (
            quota({"pods": "1"}, {"pods": "1"}),
            pod(),
            "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1",
        ),
        (
            quota({"limits.cpu": "1", "pods": "9"}, {"limits.cpu": "900m", "pods": "0"}),
            asking(cpu="200m"),
            "exceeded quota: q, requested: limits.cpu=200m, used: limits.cpu=900m, limited: limits.cpu=1",
        ),
        (
            quota({"cpu": "1", "requests.memory": "1Gi"}),
            pod(containers=[{"name": "b"}, {"name": "a"}]),
            "failed quota: q: must specify cpu for: a,b; requests.memory for: a,b",
        ),
        (quota({"pods": "1", "cpu": "1"}, {}), asking(cpu="1"), "status unknown for quota: q, resources: cpu,pods"),
    ],
)
async def test_refusals_are_upstreams(q: Object, obj: Object, message: str) -> None:
    with pytest.raises(errors.Forbidden) as caught:
        await judge(q, obj)
    assert caught.value.message == f'pods "p" is forbidden: {message}'


@pytest.mark.parametrize(
    ("scope", "obj", "counted"),
    [
        ({"scopes": ["Terminating"]}, pod(activeDeadlineSeconds=1), True),
        ({"scopes": ["Terminating"]}, pod(), False),
        ({"scopes": ["NotTerminating"]}, pod(), True),
        ({"scopes": ["BestEffort"]}, pod(), True),
        ({"scopes": ["NotBestEffort"]}, pod(), False),
        ({"scopes": ["BestEffort"]}, asking(cpu="1"), False),
    ],
)
async def test_scopes_choose_pods(scope: Object, obj: Object, counted: bool) -> None:
    assert bool(await judge(quota({"pods": "5"}, **scope), obj)) is counted


@pytest.mark.parametrize(
    ("operator", "values", "name", "counted"),
    [
        ("In", ["high"], "high", True),
        ("In", ["high"], "low", False),
        ("NotIn", ["high"], "low", True),
        ("Exists", [], "low", True),
        ("DoesNotExist", [], "", True),
    ],
)
async def test_priority_classes_choose_pods(operator: str, values: list[str], name: str, counted: bool) -> None:
    selector = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": operator, "values": values}]}
    obj = pod(priorityClassName=name) if name else pod()
    assert bool(await judge(quota({"pods": "5"}, scopeSelector=selector), obj)) is counted


async def test_only_the_increase_of_an_update_is_charged() -> None:
    def service(ports: int, kind: str = "NodePort") -> Object:
        return named("s", "ns", spec={"type": kind, "ports": [{"port": p} for p in range(ports)]})

    q = quota({"services": "1", "services.nodeports": "5"}, {"services": "1", "services.nodeports": "1"})
    seen = await judge(q, service(3), "services", operation="UPDATE", old=service(1))
    assert seen == [("q", {"services.nodeports": "2"})]
    assert await judge(q, service(1), "services", operation="UPDATE", old=service(3)) == []


async def test_kinds_without_rules_are_counted() -> None:
    seen = await judge(quota({"count/deployments.apps": "3"}), named("d", "ns"), "deployments.apps")
    assert seen == [("q", {"count/deployments.apps": "1"})]


def test_claims_count_storage_by_class() -> None:
    claim: Object = {
        "metadata": {},
        "spec": {"storageClassName": "gold", "resources": {"requests": {"storage": "1Gi"}}},
    }
    usage = evaluator_for(attributes("persistentvolumeclaims", "CREATE", claim).group_resource).usage(claim, NOW)
    assert {k: str(v) for k, v in usage.items()} == {
        "count/persistentvolumeclaims": "1",
        "persistentvolumeclaims": "1",
        "requests.storage": "1Gi",
        "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
    }


def test_finished_pods_use_nothing_but_their_place() -> None:
    obj = {**asking(cpu="1"), "status": {"phase": "Succeeded"}}
    usage = evaluator_for(attributes("pods", "CREATE", obj).group_resource).usage(obj, NOW)
    assert set(usage) == {"count/pods"}


def test_init_containers_and_sidecars_count_as_the_scheduler_counts_them() -> None:
    def container(cpu: str, **more: str) -> Object:
        return {"name": "c", "resources": {"requests": {"cpu": cpu}}, **more}

    obj = pod(
        containers=[container("100m")],
        initContainers=[container("50m", restartPolicy="Always"), container("300m")],
        overhead={"cpu": "10m"},
    )
    usage = evaluator_for(attributes("pods", "CREATE", obj).group_resource).usage(obj, NOW)
    assert str(usage["requests.cpu"]) == "360m"


def test_a_refusal_counts_what_was_charged_meanwhile() -> None:
    usage = evaluator_for(attributes("pods", "CREATE", pod()).group_resource).usage(pod(), NOW)
    assert refusal(quota({"pods": "1"}), {"pods": usage["pods"]}) == ""
    assert refusal(quota({"pods": "1"}, {"pods": "1"}), {"pods": usage["pods"]}).startswith("exceeded quota: q")
