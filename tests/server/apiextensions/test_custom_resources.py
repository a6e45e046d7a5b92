"""Custom resources from their definition to its end, in process."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import serializer
from tests.server.apiextensions.agents import (
    AGENTS,
    APPLY,
    CRDS,
    MERGE,
    NAME,
    OLD_AGENTS,
    agent,
    condition,
    definition,
    establish,
    schema,
    until,
    version,
)
from tests.support.api import InProcess

CLUSTER_AGENTS = "/apis/test.example.com/v1/agents"


async def test_a_kind_appears_in_every_document(api: InProcess) -> None:
    await establish(api, definition(version("v1", storage=True), version("v1beta1")))

    listed = (await api.request("GET", "/apis/test.example.com/v1")).json()
    assert [r["name"] for r in listed["resources"]] == ["agents"]
    group = (await api.request("GET", "/apis/test.example.com")).json()
    assert [v["version"] for v in group["versions"]] == ["v1", "v1beta1"]
    aggregated = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
    groups = (await api.request("GET", "/apis", headers=aggregated)).json()["items"]
    assert groups[-1]["metadata"]["name"] == "test.example.com"
    document = (await api.request("GET", "/openapi/v3/apis/test.example.com/v1")).json()
    assert "com.example.test.v1.Agent" in document["components"]["schemas"]
    assert (await api.request("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1.test.example.com")).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("POST", f"{AGENTS}/a/status", 405, 'create is not supported on resources of kind "agents.test.example.com"'),
        ("DELETE", f"{AGENTS}/a/scale", 405, 'delete is not supported on resources of kind "agents.test.example.com"'),
        ("GET", f"{AGENTS}/a/nothing", 404, 'agents.test.example.com "a" not found'),
        ("GET", f"{CLUSTER_AGENTS}/a", 404, None),
        ("POST", CLUSTER_AGENTS, 404, None),
        ("PUT", AGENTS, 400, "name must be provided"),
        ("PATCH", AGENTS, 400, "name must be provided"),
        ("OPTIONS", AGENTS, 405, ' is not supported on resources of kind "agents.test.example.com"'),
    ],
)
async def test_paths_that_are_not_served(api: InProcess, method: str, path: str, status: int, says: str | None) -> None:
    subresources = {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.r"}}
    await establish(api, definition(version("v1", storage=True, subresources=subresources)))
    await api.create(AGENTS, agent("a"))

    body: dict[str, Any] | None = {} if method in ("POST", "PATCH") else None
    answer = await api.request(method, path, body, headers=MERGE if method == "PATCH" else None)
    assert answer.status == status
    assert (answer.body == b"404 page not found\n") if says is None else (answer.json()["message"] == says)


async def test_a_name_in_the_url_does_not_trouble_a_creation(api: InProcess) -> None:
    await establish(api, definition())

    answer = await api.request("POST", f"{AGENTS}/other", agent("a"))
    assert answer.status == 201
    assert answer.json()["metadata"]["name"] == "a"
    assert (await api.request("GET", f"{AGENTS}/other")).status == 404


async def test_a_scale_without_resource_version_is_written(api: InProcess) -> None:
    subresources = {"scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}}
    await establish(api, definition(version("v1", storage=True, subresources=subresources)))
    await api.create(AGENTS, agent("a"))

    answer = await api.request("PUT", f"{AGENTS}/a/scale", {"metadata": {"name": "a"}, "spec": {"replicas": 4}})
    assert answer.json()["spec"] == {"replicas": 4}


async def test_a_refused_patch_shows_sorted_keys(api: InProcess) -> None:
    await establish(api, definition())
    await api.create(AGENTS, agent("a"))

    answer = await api.request("PATCH", f"{AGENTS}/a?fieldValidation=Strict", {"spec": {"zz": 1}}, headers=MERGE)
    shown = answer.json()["message"]
    assert 0 < shown.index("creationTimestamp") < shown.index("generation") < shown.index("resourceVersion")


async def test_there_is_no_protobuf_of_them(api: InProcess) -> None:
    await establish(api, definition())
    await api.create(AGENTS, agent("a"))

    answer = await api.request("GET", f"{AGENTS}/a", headers={"Accept": "application/vnd.kubernetes.protobuf"})
    assert answer.status == 406
    assert b"object *unstructured.Unstructured does not implement the protobuf marshalling interface" in answer.body


async def test_versions_share_their_objects(api: InProcess) -> None:
    await establish(api, definition(version("v1", storage=True), version("v1beta1", deprecated=True)))
    await api.create(OLD_AGENTS, agent("a", version="v1beta1", image="i"))

    answer = await api.request("GET", f"{AGENTS}/a")
    assert answer.json()["apiVersion"] == "test.example.com/v1"
    assert answer.json()["spec"] == {"image": "i", "replicas": 1}
    old = await api.request("GET", OLD_AGENTS)
    assert old.json()["items"][0]["apiVersion"] == "test.example.com/v1beta1"
    assert "test.example.com/v1beta1 Agent is deprecated" in old.headers["warning"]


async def test_status_and_spec_do_not_change_each_other(api: InProcess) -> None:
    await establish(api, definition(version("v1", storage=True, subresources={"status": {}})))
    await api.create(AGENTS, {**agent("a"), "status": {"replicas": 5}})

    patched = await api.request(
        "PATCH", f"{AGENTS}/a/status", {"spec": {"replicas": 9}, "status": {"replicas": 2}}, headers=MERGE
    )
    assert (patched.json()["spec"], patched.json()["status"]) == ({"replicas": 1}, {"replicas": 2})
    assert patched.json()["metadata"]["generation"] == 1
    patched = await api.request(
        "PATCH", f"{AGENTS}/a", {"spec": {"replicas": 3}, "status": {"replicas": 7}}, headers=MERGE
    )
    assert (patched.json()["spec"], patched.json()["status"]) == ({"replicas": 3}, {"replicas": 2})
    assert patched.json()["metadata"]["generation"] == 2


async def test_a_new_default_shows_in_old_objects(api: InProcess) -> None:
    await establish(api, definition())
    await api.create(AGENTS, agent("a"))
    changed = definition()
    changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema(mode={"type": "string", "default": "Fast"})
    await api.request("PATCH", f"{CRDS}/{NAME}", {"spec": changed["spec"]}, headers=MERGE)

    await until(lambda: api.request("GET", f"{AGENTS}/a"), lambda a: a.json()["spec"].get("mode") == "Fast")
    assert (await api.request("GET", AGENTS)).json()["items"][0]["spec"]["mode"] == "Fast"


async def test_unknown_fields_are_dropped_warned_of_or_refused(api: InProcess) -> None:
    await establish(api, definition())
    sent = agent("a", extra=1)

    ignored = await api.request("POST", f"{AGENTS}?fieldValidation=Ignore&dryRun=All", sent)
    assert ignored.status == 201
    assert "warning" not in ignored.headers
    warned = await api.request("POST", f"{AGENTS}?fieldValidation=Warn", sent)
    assert warned.headers["warning"] == '299 - "unknown field \\"spec.extra\\""'
    assert "extra" not in warned.json()["spec"]
    refused = await api.request("POST", f"{AGENTS}?fieldValidation=Strict", sent)
    assert refused.json()["message"] == (
        'Agent in version "v1" cannot be handled as a Agent: strict decoding error: unknown field "spec.extra"'
    )


async def test_apply_follows_the_schema(api: InProcess) -> None:
    ports = {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    }
    whole = {"openAPIV3Schema": schema(ports=ports)}
    await establish(api, definition(version("v1", storage=True, schema=whole)))
    for manager, port in (("me", "a"), ("you", "b")):
        body = serializer.dumps(agent("a", ports=[{"name": port}]))
        answer = await api.request("PATCH", f"{AGENTS}/a?fieldManager={manager}", body, headers=APPLY)
        assert answer.status in (200, 201), answer.body
    assert answer.json()["spec"]["ports"] == [{"name": "a"}, {"name": "b"}]


async def test_another_kind_is_refused(api: InProcess) -> None:
    await establish(api, definition())
    answer = await api.request("POST", AGENTS, {**agent("a"), "kind": "Other"})
    assert answer.json()["message"] == (
        'Agent.test.example.com "a" is invalid: kind: Invalid value: "Other": must be Agent'
    )
    answer = await api.request("POST", AGENTS, agent("a", version="v2"))
    assert answer.json()["message"] == (
        "the API version in the data (test.example.com/v2) "
        "does not match the expected API version (test.example.com/v1)"
    )


async def test_updates_want_a_resource_version(api: InProcess) -> None:
    await establish(api, definition())
    created = await api.create(AGENTS, agent("a"))
    del created["metadata"]["resourceVersion"]
    answer = await api.request("PUT", f"{AGENTS}/a", created)
    assert "metadata.resourceVersion: Invalid value: 0: must be specified for an update" in answer.json()["message"]


async def test_names_are_not_given_twice(api: InProcess) -> None:
    await establish(api, definition())
    other = definition(names={"plural": "helpers", "kind": "Agent"})
    await api.create(CRDS, other)

    refused = await condition(api, "NamesAccepted", "False", "helpers.test.example.com")
    assert (refused["reason"], refused["message"]) == ("ListKindConflict", '"AgentList" is already in use')
    await api.request("DELETE", f"{CRDS}/{NAME}")
    await condition(api, "Established", "True", "helpers.test.example.com")


@pytest.mark.parametrize("scope", ["Namespaced", "Cluster"])
async def test_a_definition_takes_its_instances_along(api: InProcess, scope: str) -> None:
    await establish(api, definition(scope=scope))
    agents = AGENTS if scope == "Namespaced" else CLUSTER_AGENTS
    held: dict[str, Any] = agent("held")
    held["metadata"]["finalizers"] = ["test.example.com/hold"]
    await api.create(agents, held)
    await api.create(agents, agent("free"))
    await api.request("DELETE", f"{CRDS}/{NAME}")

    left = await until(lambda: api.request("GET", agents), lambda a: len(a.json()["items"]) == 1)
    assert left.json()["items"][0]["metadata"]["name"] == "held"
    assert (await condition(api, "Terminating", "True"))["reason"] == "InstanceDeletionInProgress"
    late = await api.request("POST", agents, agent("late"))
    assert late.status == 405
    assert late.json()["message"] == "create not allowed while custom resource definition is terminating"
    announced = (await api.request("GET", "/apis/test.example.com/v1")).json()["resources"][0]["verbs"]
    assert announced == ["delete", "deletecollection", "get", "list", "watch"]
    await api.request("PATCH", f"{agents}/held", {"metadata": {"finalizers": None}}, headers=MERGE)
    await until(lambda: api.request("GET", f"{CRDS}/{NAME}"), lambda a: a.status == 404)
    gone = await until(lambda: api.request("GET", agents), lambda a: a.status == 404)
    assert gone.body == b"404 page not found\n"


async def test_another_definition_of_the_name_starts_empty(api: InProcess) -> None:
    await establish(api, definition())
    await api.create(AGENTS, agent("a"))
    await api.request("DELETE", f"{CRDS}/{NAME}")
    await until(lambda: api.request("GET", f"{CRDS}/{NAME}"), lambda a: a.status == 404)
    await establish(api, definition())
    assert (await api.request("GET", AGENTS)).json()["items"] == []


async def test_rules_compare_with_what_was(api: InProcess) -> None:
    mode = {
        "type": "string",
        "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "mode is immutable"}],
    }
    name = {"type": "string", "x-kubernetes-validations": [{"rule": "self.startsWith('a')"}]}
    whole = {"openAPIV3Schema": schema(mode=mode, name=name)}
    await establish(api, definition(version("v1", storage=True, schema=whole)))
    await api.create(AGENTS, agent("a", mode="x"))

    changed = await api.request("PATCH", f"{AGENTS}/a", {"spec": {"mode": "y", "name": "b"}}, headers=MERGE)
    assert {c["message"] for c in changed.json()["details"]["causes"]} == {
        'Invalid value: "y": mode is immutable',
        "Invalid value: \"b\": failed rule: self.startsWith('a')",
    }
    assert (await api.request("PATCH", f"{AGENTS}/a", {"spec": {"name": "ab"}}, headers=MERGE)).status == 200


async def test_definitions_are_served_again_after_a_restart(api: InProcess) -> None:
    await establish(api, definition())
    snapshot = await api.server.storage.snapshot()
    await api.request("DELETE", f"{CRDS}/{NAME}")
    await until(lambda: api.request("GET", AGENTS), lambda a: a.status == 404)
    await api.server.storage.restore(snapshot)
    await until(lambda: api.request("GET", AGENTS), lambda a: a.status == 200)
