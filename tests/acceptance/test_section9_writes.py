"""What the API server answers to writes: numbers 1 to 6, 32, 38 to 42 and 44 of the list, without controllers."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.acceptance.objects import DAEMONSETS, PODS, daemonset, image_patch, pod
from tests.support.live import APPLY, JSON, JSON_PATCH, MERGE, STRATEGIC, Answer, Api, Obj

CONTROLLERS = False
NODES = 0

GENERATION = "deprecated.daemonset.template.generation"


def causes(answer: Answer) -> list[Obj]:
    assert answer.code == 422, answer.body
    return list(answer.json()["details"]["causes"])


def test_01_without_selector_one_cause_on_the_template_labels(api: Api, namespace: str) -> None:
    ds = daemonset()
    del ds["spec"]["selector"]
    (cause,) = causes(api.request("POST", DAEMONSETS.format(namespace), ds))
    assert cause["field"] == "spec.template.metadata.labels"
    assert cause["reason"] == "FieldValueInvalid"
    assert cause["message"].endswith("`selector` does not match template `labels`")


def test_02_surge_needs_max_unavailable_zero(api: Api, namespace: str) -> None:
    path = DAEMONSETS.format(namespace)
    surging = {"updateStrategy": {"rollingUpdate": {"maxSurge": 1}}}
    (cause,) = causes(api.request("POST", path, daemonset(spec=surging)))
    assert cause["field"] == "spec.updateStrategy.rollingUpdate.maxSurge"
    assert cause["message"] == "Invalid value: 1: may not be set when maxUnavailable is non-zero"
    surging["updateStrategy"]["rollingUpdate"]["maxUnavailable"] = 0
    assert api.request("POST", path, daemonset(spec=surging)).code == 201


def test_03_defaults_after_post(api: Api, namespace: str) -> None:
    path = DAEMONSETS.format(namespace)
    api.create(path, daemonset())
    ds = api.get(f"{path}/ds")
    assert ds["metadata"]["generation"] == 1
    assert ds["metadata"]["annotations"][GENERATION] == "1"
    assert ds["spec"]["updateStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
    }
    assert ds["spec"]["revisionHistoryLimit"] == 10
    assert "minReadySeconds" not in ds["spec"]
    assert ds["status"] == {
        "currentNumberScheduled": 0,
        "desiredNumberScheduled": 0,
        "numberMisscheduled": 0,
        "numberReady": 0,
    }


def test_04_what_raises_the_generations(api: Api, namespace: str) -> None:
    path = DAEMONSETS.format(namespace)
    api.create(path, daemonset())

    def generations(patch: Obj) -> tuple[int, str]:
        ds = api.patch(f"{path}/ds", patch)
        return ds["metadata"]["generation"], ds["metadata"]["annotations"][GENERATION]

    assert generations({"metadata": {"labels": {"a": "b"}}}) == (1, "1")
    assert generations({"spec": {"minReadySeconds": 5}}) == (2, "1")
    assert generations(image_patch("nginx:1.26")) == (3, "2")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_05_a_write_that_changes_nothing(api: Api, namespace: str, method: str) -> None:
    path = DAEMONSETS.format(namespace)
    api.create(path, daemonset())
    before = api.get(f"{path}/ds")
    with api.watch(path) as watch:
        body = before if method == "PUT" else image_patch("nginx:1.25")
        content_type = JSON if method == "PUT" else STRATEGIC
        after = api.request(method, f"{path}/ds", body, content_type=content_type).ok()
        assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
        api.patch(f"{path}/ds", {"metadata": {"labels": {"marker": "here"}}})
        watch.until(lambda found: found[0]["metadata"].get("labels") == {"marker": "here"})
    assert len(watch.events) == 1


def test_06_status_keeps_metadata_and_ignores_spec(api: Api, namespace: str) -> None:
    path = DAEMONSETS.format(namespace)
    before = api.create(path, daemonset())
    patch = {
        "metadata": {"annotations": {"kept": "yes"}},
        "spec": {"minReadySeconds": 99},
        "status": {"numberReady": 7},
    }
    api.patch(f"{path}/ds/status", patch, MERGE)
    after = api.get(f"{path}/ds")
    assert after["metadata"]["annotations"]["kept"] == "yes"
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == 1
    assert after["status"]["numberReady"] == 7


def test_32_a_second_delete_can_only_shorten_the_grace(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    api.create(path, pod("p", nodeName="elsewhere"))

    def delete(grace: int | None) -> Obj:
        options = {} if grace is None else {"gracePeriodSeconds": grace}
        return api.delete(f"{path}/p", {"kind": "DeleteOptions", "apiVersion": "v1", **options})

    def when(obj: Obj) -> float:
        return datetime.fromisoformat(obj["metadata"]["deletionTimestamp"]).timestamp()

    first = delete(30)
    assert first["metadata"]["generation"] == 2
    assert first["metadata"]["deletionGracePeriodSeconds"] == 30
    for grace in (60, 30, None):
        assert delete(grace)["metadata"] == first["metadata"]
    shorter = delete(10)
    assert shorter["metadata"]["deletionGracePeriodSeconds"] == 10
    assert when(first) - when(shorter) == 20
    assert shorter["metadata"]["generation"] == 2


def test_38_unknown_fields_strict_and_warned(api: Api, namespace: str) -> None:
    path = DAEMONSETS.format(namespace)
    ds = daemonset(spec={"bar": 2, "foo": 1})
    refused = api.request("POST", f"{path}?fieldValidation=Strict", ds)
    assert refused.code == 400
    assert refused.message == (
        'DaemonSet in version "v1" cannot be handled as a DaemonSet: strict decoding error: '
        'unknown field "spec.bar", unknown field "spec.foo"'
    )
    warned = api.request("POST", path, ds)
    assert warned.code == 201
    assert set(warned.warnings) == {'299 - "unknown field \\"spec.foo\\""', '299 - "unknown field \\"spec.bar\\""'}


def test_39_conflicts_of_server_side_apply(api: Api, namespace: str) -> None:
    url = f"{DAEMONSETS.format(namespace)}/ds"

    def apply(manager: str, seconds: int, limit: int | None = None, *, force: bool = False) -> Answer:
        ds = daemonset(spec={"minReadySeconds": seconds, **({"revisionHistoryLimit": limit} if limit else {})})
        query = f"fieldManager={manager}" + ("&force=true" if force else "")
        return api.request("PATCH", f"{url}?{query}", ds, content_type=APPLY)

    def owners(field: str) -> set[str]:
        entries = api.get(url)["metadata"]["managedFields"]
        return {e["manager"] for e in entries if field in e["fieldsV1"].get("f:spec", {})}

    assert apply("one", 1, 5).code == 201
    assert apply("two", 1).code == 200
    assert owners("f:minReadySeconds") == {"one", "two"}
    both = apply("three", 2)
    assert both.code == 409
    assert both.message == (
        'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.minReadySeconds\n'
        'conflicts with "two":\n- .spec.minReadySeconds'
    )
    single = apply("two", 1, 6)
    assert single.message == 'Apply failed with 1 conflict: conflict with "one": .spec.revisionHistoryLimit'
    assert single.json()["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".spec.revisionHistoryLimit"}
    ]
    assert apply("three", 3, 7).message == (
        'Apply failed with 3 conflicts: conflicts with "one":\n- .spec.minReadySeconds\n- .spec.revisionHistoryLimit\n'
        'conflicts with "two":\n- .spec.minReadySeconds'
    )
    assert apply("three", 3, 7, force=True).code == 200
    assert owners("f:minReadySeconds") == {"three"}
    assert api.get(url)["spec"]["minReadySeconds"] == 3


def test_39_a_conflict_with_an_update_names_its_version(api: Api, namespace: str) -> None:
    path = DAEMONSETS.format(namespace)
    api.request("POST", f"{path}?fieldManager=editor", daemonset(spec={"minReadySeconds": 1})).ok()
    patch = daemonset(spec={"minReadySeconds": 2})
    answer = api.request("PATCH", f"{path}/ds?fieldManager=applier", patch, content_type=APPLY)
    assert answer.code == 409
    assert answer.message == 'Apply failed with 1 conflict: conflict with "editor" using apps/v1: .spec.minReadySeconds'


def test_40_ports_of_two_protocols(api: Api, namespace: str) -> None:
    path = DAEMONSETS.format(namespace)
    tcp, udp = {"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "UDP"}

    def ports(name: str) -> list[Obj]:
        return list(api.get(f"{path}/{name}")["spec"]["template"]["spec"]["containers"][0]["ports"])

    api.create(path, daemonset("smp", container={"ports": [tcp]}))
    api.patch(f"{path}/smp", {"spec": {"template": {"spec": {"containers": [{"name": "c", "ports": [udp]}]}}}})
    assert ports("smp") == [udp]
    api.create(path, daemonset("ssa", container={"ports": [tcp]}))
    applied = daemonset("ssa", container={"ports": [udp]})
    api.request("PATCH", f"{path}/ssa?fieldManager=applier", applied, content_type=APPLY).ok()
    assert ports("ssa") == [tcp, udp]


def test_41_json_patch_test_and_unknown_patch_type(api: Api, namespace: str) -> None:
    path = DAEMONSETS.format(namespace)
    api.create(path, daemonset())
    failing = [{"op": "test", "path": "/spec/revisionHistoryLimit", "value": 3}]
    refused = api.request("PATCH", f"{path}/ds", failing, content_type=JSON_PATCH)
    assert refused.code == 422
    assert refused.json()["reason"] == "Invalid"
    assert refused.message == "the server rejected our request due to an error in our request"
    unknown = api.request("PATCH", f"{path}/ds", {}, content_type="application/x-patch")
    assert unknown.code == 415
    assert unknown.json()["reason"] == "UnsupportedMediaType"
    assert unknown.message == "415: Unsupported Media Type"


def test_42_namespaces_that_go_and_that_are_not_there(api: Api, namespace: str) -> None:
    going = api.delete(f"/api/v1/namespaces/{namespace}")
    assert going["status"]["phase"] == "Terminating"
    refused = api.request("POST", PODS.format(namespace), pod("p"))
    assert refused.code == 403
    assert refused.message == (
        f'pods "p" is forbidden: unable to create new content in namespace {namespace} because it is being terminated'
    )
    assert refused.json()["details"]["causes"] == [
        {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
    ]
    missing = api.request("POST", PODS.format("nowhere"), pod("p"))
    assert missing.code == 404
    assert missing.message == 'namespaces "nowhere" not found'
    assert missing.json()["details"] == {"name": "nowhere", "kind": "namespaces"}


def test_44_new_nodes_are_tainted_and_taint_errors_are_under_metadata(api: Api) -> None:
    node: Obj = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "fresh"}}
    created = api.create("/api/v1/nodes", node)
    assert created["spec"]["taints"] == [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]
    bad = {**node, "metadata": {"name": "bad"}, "spec": {"taints": [{"key": "k", "effect": "Never"}]}}
    (cause,) = causes(api.request("POST", "/api/v1/nodes", bad))
    assert cause["field"] == "metadata.taints[0].effect"
    assert cause["message"] == (
        'Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'
    )
