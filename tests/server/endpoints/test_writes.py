"""Creates, updates and deletes of any kind, in process."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from tests.support.api import InProcess

MAPS = "/api/v1/namespaces/default/configmaps"
SETS = "/apis/apps/v1/namespaces/default/daemonsets"
MERGE = {"Content-Type": "application/merge-patch+json"}

OTHER_KIND = (
    'Secret in version "v1" cannot be handled as a ConfigMap: '
    "converting (v1.Secret) to (core.ConfigMap): unknown conversion"
)
OTHER_VERSION = (
    'ConfigMap in version "v9" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v9" '
    'in scheme "pkg/api/legacyscheme/scheme.go:30"'
)


def config_map(name: str = "", **metadata: Any) -> Object:
    named = {"name": name} if name else {}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**named, **metadata}, "data": {"a": "1"}}


def daemon_set(name: str, **metadata: Any) -> Object:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, **metadata}, "spec": spec}


async def test_system_metadata_is_the_servers(api: InProcess) -> None:
    sent = config_map(
        "a", uid="mine", creationTimestamp="2001-01-01T00:00:00Z", deletionTimestamp="2001-01-01T00:00:00Z"
    )
    found = (await api.create(MAPS, sent))["metadata"]
    assert found["uid"] != "mine"
    assert not found["creationTimestamp"].startswith("2001")
    assert "deletionTimestamp" not in found
    assert found["namespace"] == "default"
    assert found["resourceVersion"].isdecimal()


async def test_generated_names_are_unique(api: InProcess) -> None:
    names = {(await api.create(MAPS, config_map(generateName="x-")))["metadata"]["name"] for _ in range(20)}
    assert len(names) == 20
    assert all(n.startswith("x-") and len(n) == 7 for n in names)


async def test_a_generated_name_that_is_taken_is_tried_again(api: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    suffixes = iter(("a", "a", "a", "b"))
    monkeypatch.setattr(type(api.server.services.names), "generate_name", lambda _, base, *about: base + next(suffixes))
    first = await api.create(MAPS, config_map(generateName="x-"))
    second = await api.create(MAPS, config_map(generateName="x-"))
    assert [first["metadata"]["name"], second["metadata"]["name"]] == ["x-a", "x-b"]
    for made in (first, second):
        assert made["metadata"].pop("uid")
        del made["metadata"]["name"], made["metadata"]["resourceVersion"], made["metadata"]["creationTimestamp"]
        del made["metadata"]["managedFields"][0]["time"]
    assert first == second


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        (config_map(), 422, 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'),
        (config_map("a", resourceVersion="1"), 500, "resourceVersion should not be set on objects to be created"),
        (
            config_map("a", namespace="other"),
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            {**config_map("a"), "kind": "Secret"},
            400,
            OTHER_KIND,
        ),
        (
            {**config_map("a"), "apiVersion": "v9"},
            400,
            OTHER_VERSION,
        ),
    ],
)
async def test_creates_that_are_refused(api: InProcess, sent: Object, status: int, message: str) -> None:
    answer = await api.request("POST", MAPS, sent)
    assert (answer.status, answer.json()["message"]) == (status, message)


async def test_a_body_of_another_version_of_the_kind_is_named(api: InProcess) -> None:
    body = {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}}
    answer = await api.request("POST", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", body)
    assert answer.json()["message"] == (
        "the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)"
    )


async def test_field_validation(api: InProcess) -> None:
    sent = {**config_map("a"), "bogus": 1}
    strict = await api.request("POST", f"{MAPS}?fieldValidation=Strict", sent)
    assert strict.status == 400
    assert strict.json()["message"].endswith('strict decoding error: unknown field "bogus"')
    ignored = await api.request("POST", f"{MAPS}?fieldValidation=Ignore&dryRun=All", sent)
    assert (ignored.status, ignored.warnings) == (201, [])
    warned = await api.request("POST", MAPS, sent)
    assert (warned.status, warned.warnings) == (201, [r'299 - "unknown field \"bogus\""'])
    assert "bogus" not in warned.json()


async def test_dry_run_stores_nothing(api: InProcess) -> None:
    answer = await api.request("POST", f"{MAPS}?dryRun=All", config_map("dry"))
    assert answer.status == 201
    assert "resourceVersion" not in answer.json()["metadata"]
    assert (await api.request("GET", f"{MAPS}/dry")).status == 404
    await api.create(MAPS, config_map("dry"))
    assert (await api.request("POST", f"{MAPS}?dryRun=All", config_map("dry"))).status == 409
    changed = await api.request("PATCH", f"{MAPS}/dry?dryRun=All", {"data": {"a": "2"}}, headers=MERGE)
    assert changed.json()["data"] == {"a": "2"}
    assert (await api.request("DELETE", f"{MAPS}/dry?dryRun=All")).status == 200
    assert (await api.request("GET", f"{MAPS}/dry")).json()["data"] == {"a": "1"}


async def test_updates_lock_optimistically_or_not_at_all(api: InProcess) -> None:
    first = await api.create(MAPS, config_map("a"))
    second = (await api.request("PUT", f"{MAPS}/a", {**first, "data": {"a": "2"}})).json()
    stale = await api.request("PUT", f"{MAPS}/a", {**first, "data": {"a": "3"}})
    assert stale.status == 409
    assert stale.json()["message"] == (
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    del second["metadata"]["resourceVersion"]
    assert (await api.request("PUT", f"{MAPS}/a", {**second, "data": {"a": "4"}})).json()["data"] == {"a": "4"}


async def test_a_write_that_changes_nothing_keeps_its_resource_version(api: InProcess) -> None:
    first = await api.create(MAPS, config_map("a"))
    again = await api.request("PUT", f"{MAPS}/a", first)
    patched = await api.request("PATCH", f"{MAPS}/a", {"data": {"a": "1"}}, headers=MERGE)
    versions = {o["metadata"]["resourceVersion"] for o in (first, again.json(), patched.json())}
    assert len(versions) == 1


async def test_leases_want_a_resource_version_and_may_be_created_by_put(api: InProcess) -> None:
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l"
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}
    assert (await api.request("PUT", path, lease)).status == 201
    again = await api.request("PUT", path, {**lease, "spec": {"holderIdentity": "x"}})
    assert again.status == 422
    assert again.json()["message"].endswith(
        "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    )


async def test_another_uid_in_a_put_is_a_conflict(api: InProcess) -> None:
    stored = await api.create(MAPS, config_map("a"))
    stored["metadata"]["uid"] = "00000000-0000-4000-8000-000000000000"
    answer = await api.request("PUT", f"{MAPS}/a", stored)
    assert answer.status == 409
    assert "Precondition failed: UID in precondition: 00000000-" in answer.json()["message"]


async def test_finalizers_hold_an_object_until_the_last_is_gone(api: InProcess) -> None:
    await api.create(SETS, daemon_set("d", finalizers=["example.com/a"]))
    deleted = (await api.request("DELETE", f"{SETS}/d")).json()
    assert deleted["kind"] == "DaemonSet"
    assert deleted["metadata"]["deletionTimestamp"]
    assert deleted["metadata"]["deletionGracePeriodSeconds"] == 0
    assert deleted["metadata"]["generation"] == 2
    again = (await api.request("DELETE", f"{SETS}/d")).json()
    assert again["metadata"]["resourceVersion"] == deleted["metadata"]["resourceVersion"]
    added = await api.request("PATCH", f"{SETS}/d", {"metadata": {"finalizers": ["example.com/b"]}}, headers=MERGE)
    assert added.status == 422
    freed = await api.request("PATCH", f"{SETS}/d", {"metadata": {"finalizers": None}}, headers=MERGE)
    assert freed.status == 200
    assert (await api.request("GET", f"{SETS}/d")).status == 404


@pytest.mark.parametrize(
    ("policy", "finalizers"), [("Foreground", ["foregroundDeletion"]), ("Orphan", ["orphan"]), ("Background", None)]
)
async def test_propagation(api: InProcess, policy: str, finalizers: list[str] | None) -> None:
    await api.create(SETS, daemon_set("d"))
    answer = (await api.request("DELETE", f"{SETS}/d", {"propagationPolicy": policy})).json()
    if finalizers is None:
        assert answer["status"] == "Success"
        assert answer["details"]["kind"] == "daemonsets"
    else:
        assert answer["metadata"]["finalizers"] == finalizers


async def test_delete_preconditions(api: InProcess) -> None:
    stored = await api.create(MAPS, config_map("a"))
    refused = await api.request("DELETE", f"{MAPS}/a", {"preconditions": {"resourceVersion": "1"}})
    assert refused.status == 409
    version = stored["metadata"]["resourceVersion"]
    assert refused.json()["message"] == (
        'Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match '
        f"the ResourceVersion in record ({version}). The object might have been modified"
    )
    exact = {"preconditions": {"uid": stored["metadata"]["uid"]}}
    assert (await api.request("DELETE", f"{MAPS}/a", exact)).status == 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"propagationPolicy": "Sideways"}, 'supported values: "Foreground", "Background", "Orphan", "nil"'),
        (
            {"propagationPolicy": "Orphan", "orphanDependents": True},
            "orphanDependents and deletionPropagation cannot be both set",
        ),
    ],
)
async def test_bad_delete_options(api: InProcess, options: Object, message: str) -> None:
    await api.create(MAPS, config_map("a"))
    answer = await api.request("DELETE", f"{MAPS}/a", options)
    assert answer.status == 422
    assert message in answer.json()["message"]


async def test_delete_collection_takes_what_the_selector_matches(api: InProcess) -> None:
    for name in "abc":
        await api.create(MAPS, config_map(name, labels={"keep": "no" if name != "b" else "yes"}))
    gone = (await api.request("DELETE", f"{MAPS}?labelSelector=keep%3Dno")).json()
    assert (gone["kind"], [i["metadata"]["name"] for i in gone["items"]]) == ("ConfigMapList", ["a", "c"])
    assert [i["metadata"]["name"] for i in (await api.request("GET", MAPS)).json()["items"]] == ["b"]


async def test_identical_owner_references_are_merged_with_a_warning(api: InProcess) -> None:
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}
    answer = await api.request("POST", MAPS, config_map("a", ownerReferences=[owner, dict(owner)]))
    assert answer.json()["metadata"]["ownerReferences"] == [owner]
    assert "duplicate UID(s) observed: u" in answer.warnings[0]


async def test_patches_are_merged_with_what_others_wrote_in_between(api: InProcess) -> None:
    import asyncio

    await api.create(MAPS, config_map("a"))
    await asyncio.gather(
        *(api.request("PATCH", f"{MAPS}/a", {"data": {f"k{i}": "v"}}, headers=MERGE) for i in range(20))
    )
    assert len((await api.request("GET", f"{MAPS}/a")).json()["data"]) == 21
