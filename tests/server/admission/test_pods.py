"""What the plugins on the pods' path do to a pod."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import errors
from apimachinery.names import NameGenerator
from apimachinery.objects import Object
from server.admission.plugins.default_toleration_seconds import DefaultTolerationSeconds
from server.admission.plugins.namespace_lifecycle import NamespaceLifecycle
from server.admission.plugins.pod_topology_labels import PodTopologyLabels
from server.admission.plugins.priority import Priority
from server.admission.plugins.runtime_class import RuntimeClass
from server.admission.plugins.service_account import MOUNT_PATH, ServiceAccountPlugin
from server.admission.plugins.taint_nodes_by_condition import TaintNodesByCondition
from tests.server.admission.support import Objects, attributes, named, pod


def account(**fields: Any) -> Objects:
    return Objects({"serviceaccounts": [named("default", "ns", **fields)]})


def plugin(objects: Objects) -> ServiceAccountPlugin:
    return ServiceAccountPlugin(objects, NameGenerator(1), wait_seconds=0)


async def test_a_pod_gets_the_default_account_and_its_token() -> None:
    obj = pod(initContainers=[{"name": "i"}])
    await plugin(account()).admit(attributes("pods", "CREATE", obj))
    spec = obj["spec"]
    assert spec["serviceAccountName"] == spec["serviceAccount"] == "default"
    [volume] = spec["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    assert [next(iter(s)) for s in volume["projected"]["sources"]] == [
        "serviceAccountToken",
        "configMap",
        "downwardAPI",
    ]
    mount = {"name": volume["name"], "readOnly": True, "mountPath": MOUNT_PATH}
    assert [c["volumeMounts"] for c in (*spec["initContainers"], *spec["containers"])] == [[mount], [mount]]


async def test_no_volume_where_every_container_has_its_own() -> None:
    obj = pod(containers=[{"name": "c", "volumeMounts": [{"name": "mine", "mountPath": MOUNT_PATH}]}])
    await plugin(account()).admit(attributes("pods", "CREATE", obj))
    assert "volumes" not in obj["spec"]


@pytest.mark.parametrize(
    ("of_pod", "of_account", "mounted"),
    [(None, None, True), (None, False, False), (True, False, True), (False, True, False)],
)
async def test_the_pods_word_on_mounting_counts_first(
    of_pod: bool | None, of_account: bool | None, mounted: bool
) -> None:
    obj = pod() if of_pod is None else pod(automountServiceAccountToken=of_pod)
    objects = account() if of_account is None else account(automountServiceAccountToken=of_account)
    await plugin(objects).admit(attributes("pods", "CREATE", obj))
    assert ("volumes" in obj["spec"]) is mounted


async def test_pull_secrets_come_from_the_account() -> None:
    obj = pod()
    await plugin(account(imagePullSecrets=[{"name": "s"}])).admit(attributes("pods", "CREATE", obj))
    assert obj["spec"]["imagePullSecrets"] == [{"name": "s"}]


async def test_a_missing_account_is_named() -> None:
    with pytest.raises(errors.Forbidden) as caught:
        await plugin(Objects()).admit(attributes("pods", "CREATE", pod(serviceAccountName="absent")))
    assert caught.value.message == (
        'pods "p" is forbidden: error looking up service account ns/absent: serviceaccount "absent" not found'
    )


async def test_only_mountable_secrets_may_be_used_when_that_is_enforced() -> None:
    objects = account(metadata={"annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}})
    obj = pod(serviceAccountName="default", volumes=[{"name": "v", "secret": {"secretName": "s"}}])
    with pytest.raises(errors.Forbidden, match=r'volume with secret.secretName="s" is not allowed because'):
        await plugin(objects).validate(attributes("pods", "CREATE", obj))


async def test_mirror_pods_use_no_account() -> None:
    obj = pod(serviceAccountName="default")
    obj["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    with pytest.raises(errors.Forbidden, match="a mirror pod may not reference service accounts"):
        await plugin(account()).admit(attributes("pods", "CREATE", obj))


CLASSES = Objects(
    {
        "priorityclasses.scheduling.k8s.io": [
            named("high", value=1000, preemptionPolicy="Never"),
            named("usual", value=7, globalDefault=True, preemptionPolicy="PreemptLowerPriority"),
        ]
    }
)


@pytest.mark.parametrize(
    ("objects", "spec", "expected"),
    [
        (Objects(), {}, {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}),
        (CLASSES, {}, {"priority": 7, "preemptionPolicy": "PreemptLowerPriority", "priorityClassName": "usual"}),
        (CLASSES, {"priorityClassName": "high"}, {"priority": 1000, "preemptionPolicy": "Never"}),
        (Objects(), {"priorityClassName": "system-node-critical"}, {"priority": 2000001000}),
    ],
)
async def test_priority_is_the_classs(objects: Objects, spec: Object, expected: Object) -> None:
    obj = pod(**spec)
    await Priority(objects).admit(attributes("pods", "CREATE", obj))
    assert {k: obj["spec"].get(k) for k in expected} == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"priorityClassName": "x"}, "no PriorityClass with name x was found"),
        ({"priority": 5}, r"the integer value of priority \(5\) must not be provided in pod spec; .* computed 7 from"),
        ({"priorityClassName": "high", "preemptionPolicy": "PreemptLowerPriority"}, "controller computed Never from"),
    ],
)
async def test_wrong_priorities_are_refused(spec: Object, message: str) -> None:
    with pytest.raises(errors.Forbidden, match=message):
        await Priority(CLASSES).admit(attributes("pods", "CREATE", pod(**spec)))


async def test_updates_keep_the_priority() -> None:
    obj, old = pod(), pod(priority=3, preemptionPolicy="Never")
    await Priority(CLASSES).admit(attributes("pods", "UPDATE", obj, old=old))
    assert (obj["spec"]["priority"], obj["spec"]["preemptionPolicy"]) == (3, "Never")


async def test_there_is_one_default_class() -> None:
    another = named("another", value=1, globalDefault=True)
    with pytest.raises(errors.Forbidden, match="PriorityClass usual is already marked as default"):
        await Priority(CLASSES).validate(
            attributes("priorityclasses.scheduling.k8s.io", "CREATE", another, namespace="")
        )


NOT_READY = "node.kubernetes.io/not-ready"


@pytest.mark.parametrize(
    ("tolerations", "added"),
    [
        ([], 2),
        ([{"key": NOT_READY, "operator": "Exists", "effect": "NoExecute"}], 1),
        ([{"operator": "Exists"}], 0),
        ([{"key": NOT_READY, "operator": "Exists", "effect": "NoSchedule"}], 2),
    ],
)
async def test_tolerations_are_added_where_there_are_none(tolerations: list[Object], added: int) -> None:
    obj = pod(tolerations=list(tolerations))
    await DefaultTolerationSeconds().admit(attributes("pods", "CREATE", obj))
    new = obj["spec"]["tolerations"][len(tolerations) :]
    assert len(new) == added
    assert all(t["tolerationSeconds"] == 300 and t["operator"] == "Exists" for t in new)


async def test_new_nodes_are_tainted_once() -> None:
    node: Object = {"metadata": {"name": "n"}}
    for _ in range(2):
        await TaintNodesByCondition().admit(attributes("nodes", "CREATE", node, namespace=""))
    assert node["spec"]["taints"] == [{"key": NOT_READY, "effect": "NoSchedule"}]


NAMESPACES = Objects(
    {
        "namespaces": [
            named("ns", status={"phase": "Active"}),
            named("end", status={"phase": "Terminating"}),
        ]
    }
)


async def test_content_needs_a_living_namespace() -> None:
    lifecycle = NamespaceLifecycle(NAMESPACES)
    await lifecycle.admit(attributes("pods", "CREATE", pod()))
    await lifecycle.admit(attributes("pods", "UPDATE", pod(), namespace="end"))
    await lifecycle.admit(attributes("pods", "DELETE", None, namespace="gone"))
    await lifecycle.admit(
        attributes("localsubjectaccessreviews.authorization.k8s.io", "CREATE", {"metadata": {}}, namespace="gone")
    )
    with pytest.raises(errors.NotFound, match='namespaces "gone" not found'):
        await lifecycle.admit(attributes("pods", "CREATE", pod(), namespace="gone"))
    with pytest.raises(errors.Forbidden) as caught:
        await lifecycle.admit(attributes("pods", "CREATE", pod(), namespace="end"))
    assert caught.value.has_cause("NamespaceTerminating")
    assert caught.value.message.endswith("unable to create new content in namespace end because it is being terminated")


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
async def test_some_namespaces_stay(name: str) -> None:
    with pytest.raises(errors.Forbidden, match="this namespace may not be deleted"):
        await NamespaceLifecycle(NAMESPACES).admit(attributes("namespaces", "DELETE", None, namespace="", name=name))


RUNTIMES = Objects(
    {
        "runtimeclasses.node.k8s.io": [
            named(
                "heavy",
                overhead={"podFixed": {"cpu": "250m"}},
                scheduling={"nodeSelector": {"a": "b"}, "tolerations": [{"key": "k"}]},
            )
        ]
    }
)


async def test_a_runtime_class_adds_overhead_and_scheduling() -> None:
    obj = pod(runtimeClassName="heavy", nodeSelector={"c": "d"})
    runtime, asked = RuntimeClass(RUNTIMES), attributes("pods", "CREATE", obj)
    await runtime.admit(asked)
    await runtime.validate(asked)
    assert obj["spec"]["overhead"] == {"cpu": "250m"}
    assert obj["spec"]["nodeSelector"] == {"a": "b", "c": "d"}
    assert obj["spec"]["tolerations"] == [{"key": "k"}]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"runtimeClassName": "x"}, 'pod rejected: RuntimeClass "x" not found'),
        (
            {"runtimeClassName": "heavy", "overhead": {"cpu": "1"}},
            "Pod's Overhead doesn't match RuntimeClass's defined",
        ),
        (
            {"runtimeClassName": "heavy", "nodeSelector": {"a": "z"}},
            r"conflict: runtimeClass.scheduling.nodeSelector\[a\]",
        ),
    ],
)
async def test_pods_that_contradict_their_runtime_class_are_refused(spec: Object, message: str) -> None:
    with pytest.raises(errors.Forbidden, match=message):
        await RuntimeClass(RUNTIMES).admit(attributes("pods", "CREATE", pod(**spec)))


async def test_bindings_carry_the_nodes_zone() -> None:
    zone = "topology.kubernetes.io/zone"
    objects = Objects({"nodes": [named("n", metadata={"labels": {zone: "a", "other": "x"}})]})
    binding: Object = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}
    await PodTopologyLabels(objects).admit(attributes("pods", "CREATE", binding, subresource="binding"))
    assert binding["metadata"]["labels"] == {zone: "a"}
    lost: Object = {"metadata": {"name": "p"}, "target": {"name": "gone"}}
    await PodTopologyLabels(objects).admit(attributes("pods", "CREATE", lost, subresource="binding"))
    assert "labels" not in lost["metadata"]
