"""Ownership rules that the recorded answers do not show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apimachinery import errors, schema, serializer
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object
from server.fieldmanager import last_applied
from server.fieldmanager.field_manager import FieldManager, ignore_timestamps, manager_name
from server.fieldmanager.zero import zero_object

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")
CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")


def manager(gvk: GroupVersionKind, **kwargs: Any) -> FieldManager:
    definitions = schema.definitions()
    declared = definitions.get(definitions.for_gvk(gvk))
    return FieldManager(declared, gvk, empty=zero_object(declared, gvk), **kwargs)


CONFIG_MAPS = manager(CONFIG_MAP)
DEPLOYMENTS = manager(DEPLOYMENT, reset_fields=[("status",)])


def config_map(**data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": dict(data)}


def stored(obj: Object) -> Object:
    obj["metadata"]["uid"] = "u"
    copy: Object = serializer.loads(serializer.dumps(obj))
    return copy


def owners(obj: Object) -> dict[str, Any]:
    return {f"{e['manager']}/{e['operation']}": e["fieldsV1"] for e in obj["metadata"].get("managedFields", [])}


def write(live: Object, by: str, now: datetime = NOW, **data: str) -> Object:
    new: Object = serializer.loads(serializer.dumps(live))
    new["data"].update(data)
    return stored(CONFIG_MAPS.update(live, new, by, now))


def created(**data: str) -> Object:
    return stored(CONFIG_MAPS.update(None, config_map(**data), "creator", NOW))


def test_a_write_takes_what_it_changes() -> None:
    live = write(created(a="1", b="1"), "other", a="2")
    assert owners(live) == {
        "creator/Update": {"f:data": {".": {}, "f:b": {}}},
        "other/Update": {"f:data": {"f:a": {}}},
    }


def test_a_removal_takes_from_everybody_and_gives_to_nobody() -> None:
    live = created(a="1", b="1")
    new = serializer.loads(serializer.dumps(live))
    del new["data"]["a"]
    made = CONFIG_MAPS.update(live, new, "other", NOW + timedelta(hours=1))
    assert owners(made) == {"creator/Update": {"f:data": {".": {}, "f:b": {}}}}
    assert made["metadata"]["managedFields"][0]["time"] == "2026-01-02T03:04:05Z"


def test_a_write_that_changes_nothing_keeps_the_entries_as_they_are() -> None:
    live = created(a="1")
    new = serializer.loads(serializer.dumps(live))
    made = CONFIG_MAPS.update(live, new, "other", NOW + timedelta(hours=1))
    assert made["metadata"]["managedFields"] == live["metadata"]["managedFields"]


def test_omitting_managed_fields_keeps_them_and_an_empty_entry_resets_them() -> None:
    live = created(a="1")
    assert owners(CONFIG_MAPS.update(live, config_map(a="1"), "x", NOW)) == owners(live)
    resets: list[list[Object]] = [[{}], []]
    for reset in resets:
        new = config_map(a="1")
        new["metadata"]["managedFields"] = reset
        assert "managedFields" not in CONFIG_MAPS.update(live, new, "x", NOW)["metadata"]


@pytest.mark.parametrize(
    "sent",
    [
        [{"manager": "m", "operation": "Delete", "apiVersion": "v1", "fieldsType": "FieldsV1"}],
        [{"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV9"}],
        [{"manager": "m", "operation": "Update", "fieldsType": "FieldsV1"}],
        [{"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"x": {}}}],
    ],
)
def test_what_cannot_be_read_leaves_the_stored_managers(sent: list[Object]) -> None:
    live = created(a="1")
    new = config_map(a="1")
    new["metadata"]["managedFields"] = sent
    assert owners(CONFIG_MAPS.update(live, new, "x", NOW)) == owners(live)


def test_a_client_may_rewrite_managers_except_through_a_subresource() -> None:
    live = created(a="1")
    mine = {"manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1"}
    mine["fieldsV1"] = {"f:data": {"f:a": {}}}  # type: ignore[assignment]
    new = config_map(a="1")
    new["metadata"]["managedFields"] = [mine]
    assert owners(CONFIG_MAPS.update(live, new, "x", NOW)) == {"m/Apply": {"f:data": {"f:a": {}}}}
    new["metadata"]["managedFields"] = [mine]
    status = manager(CONFIG_MAP, subresource="status")
    assert owners(status.update(live, new, "x", NOW)) == owners(live)


def test_objects_that_were_never_tracked_stay_so_until_applied() -> None:
    live = stored(config_map(a="1"))
    new = config_map(a="2")
    assert "managedFields" not in CONFIG_MAPS.update(live, new, "x", NOW)["metadata"]
    made = CONFIG_MAPS.apply(live, config_map(b="1"), "me", force=False, now=NOW)
    assert owners(made) == {
        "me/Apply": {"f:data": {"f:b": {}}},
        "before-first-apply/Update": {"f:data": {".": {}, "f:a": {}}},
    }


def test_at_most_ten_updaters_stay_apart() -> None:
    live = created()
    for n in range(12):
        live = write(live, f"m{n:02}", NOW + timedelta(minutes=n), **{f"k{n}": "v"})
    names = [e["manager"] for e in live["metadata"]["managedFields"]]
    assert len(names) == 10
    assert names[0] == "ancient-changes"
    assert owners(live)["ancient-changes/Update"] == {"f:data": {".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}}}
    assert live["metadata"]["managedFields"][0]["time"] == "2026-01-02T03:06:05Z"


def test_conflicts_are_grouped_by_manager() -> None:
    live = write(write(created(a="1"), "two", b="1"), "three", c="1", d="1")
    with pytest.raises(errors.Conflict) as refused:
        CONFIG_MAPS.apply(live, config_map(b="9", c="9", d="9"), "me", force=False, now=NOW)
    assert refused.value.message == (
        'Apply failed with 3 conflicts: conflicts with "three" using v1:\n- .data.c\n- .data.d\n'
        'conflicts with "two" using v1:\n- .data.b'
    )
    assert [c["field"] for c in refused.value.causes] == [".data.c", ".data.d", ".data.b"]
    assert refused.value.causes[0]["message"] == 'conflict with "three" using v1'


def test_equal_values_are_shared_and_survive_one_owner() -> None:
    live = CONFIG_MAPS.apply(None, config_map(a="1", b="1"), "one", force=False, now=NOW)
    live = stored(live)
    live = stored(CONFIG_MAPS.apply(live, config_map(a="1"), "two", force=False, now=NOW))
    assert owners(live)["two/Apply"] == {"f:data": {"f:a": {}}}
    assert (
        "time" not in live["metadata"]["managedFields"][0] or live["metadata"]["managedFields"][0]["manager"] == "one"
    )
    live = CONFIG_MAPS.apply(live, config_map(), "one", force=False, now=NOW)
    assert live["data"] == {"a": "1"}


def test_forced_apply_takes_over() -> None:
    live = write(created(a="1", b="1"), "two", a="2")
    made = CONFIG_MAPS.apply(live, config_map(a="3"), "me", force=True, now=NOW)
    assert made["data"] == {"a": "3", "b": "1"}
    assert owners(made) == {
        "creator/Update": {"f:data": {".": {}, "f:b": {}}},
        "me/Apply": {"f:data": {"f:a": {}}},
    }


def test_an_apply_that_changes_nothing_keeps_its_time() -> None:
    live = stored(CONFIG_MAPS.apply(None, config_map(a="1"), "me", force=False, now=NOW))
    later = CONFIG_MAPS.apply(live, config_map(a="1"), "me", force=False, now=NOW + timedelta(hours=1))
    assert later == live


def test_kubectl_takes_over_from_client_side_apply() -> None:
    old = config_map(a="1", b="1")
    text = serializer.go_json(old)
    old["metadata"]["annotations"] = {last_applied.ANNOTATION: text}
    live = stored(CONFIG_MAPS.update(None, old, "kubectl-client-side-apply", NOW))
    live["data"]["b"] = "2"
    with pytest.raises(errors.Conflict) as refused:
        CONFIG_MAPS.apply(live, config_map(a="9", b="9"), "kubectl", force=False, now=NOW)
    assert [c["field"] for c in refused.value.causes] == [".data.b"]
    made = CONFIG_MAPS.apply(live, config_map(a="9"), "kubectl", force=False, now=NOW)
    assert made["data"]["a"] == "9"
    assert serializer.loads(made["metadata"]["annotations"][last_applied.ANNOTATION]) == config_map(a="9")
    with pytest.raises(errors.Conflict):
        CONFIG_MAPS.apply(live, config_map(a="9"), "somebody", force=False, now=NOW)


def deployment(*containers: Object, **spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"template": {"spec": {"containers": list(containers)}}, **spec},
    }


def names(obj: Object) -> list[str]:
    return [c["name"] for c in obj["spec"]["template"]["spec"]["containers"]]


@pytest.mark.parametrize(
    ("live", "applied", "expected"),
    [
        ("ab", "ab", "ab"),
        ("ab", "ba", "ba"),
        ("abc", "b", "abc"),
        ("abc", "cx", "abcx"),
        ("abc", "xb", "axbc"),
        ("", "zy", "zy"),
    ],
)
def test_order_of_merged_items(live: str, applied: str, expected: str) -> None:
    before = stored(DEPLOYMENTS.update(None, deployment(*({"name": n} for n in live)), "x", NOW))
    made = DEPLOYMENTS.apply(before, deployment(*({"name": n} for n in applied)), "y", force=True, now=NOW)
    assert names(made) == list(expected)


def test_a_dropped_item_goes_with_its_only_owner() -> None:
    live = stored(DEPLOYMENTS.apply(None, deployment({"name": "a"}, {"name": "b"}), "me", force=False, now=NOW))
    made = DEPLOYMENTS.apply(live, deployment({"name": "b"}), "me", force=False, now=NOW)
    assert names(made) == ["b"]


def test_an_item_that_others_hold_stays() -> None:
    live = stored(DEPLOYMENTS.apply(None, deployment({"name": "a"}, {"name": "b"}), "me", force=False, now=NOW))
    live = stored(DEPLOYMENTS.apply(live, deployment({"name": "a", "image": "i"}), "you", force=False, now=NOW))
    made = DEPLOYMENTS.apply(live, deployment({"name": "b"}), "me", force=False, now=NOW)
    assert names(made) == ["a", "b"]


def test_status_is_not_owned_through_the_main_endpoint() -> None:
    new = deployment({"name": "a"}, replicas=1)
    new["status"] = {"replicas": 3}
    made = DEPLOYMENTS.update(None, new, "x", NOW)
    assert "f:status" not in owners(made)["x/Update"]


CONTAINERS = ".spec.template.spec.containers"


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (deployment({"foo": 1, "name": "a"}), f'{CONTAINERS}[name="a"].foo: field not declared in schema'),
        (deployment({"name": "a"}, {"name": "a"}), f'{CONTAINERS}: duplicate entries for key [name="a"]'),
        (deployment(replicas="x"), ".spec.replicas: expected numeric (int or float), got string"),
        (deployment(minReadySeconds=True), ".spec.minReadySeconds: expected numeric (int or float), got bool"),
        (deployment(paused="x"), ".spec.paused: expected boolean, got &{x}"),
        (
            deployment({"name": 5}, replicas="x"),
            (
                f"errors:\n  {CONTAINERS}[name=5].name: expected string, got &value.valueUnstructured{{Value:5}}\n"
                "  .spec.replicas: expected numeric (int or float), got string"
            ),
        ),
        (
            deployment({"name": "a", "ports": {"a": [1]}}),
            f'{CONTAINERS}[name="a"].ports: expected list, got &{{map[a:[1]]}}',
        ),
        (
            deployment("a"),  # type: ignore[arg-type]
            f"{CONTAINERS}: element 0: associative list with keys may not have non-map elements",
        ),
    ],
)
def test_what_the_schema_refuses(patch: Object, message: str) -> None:
    with pytest.raises(errors.StatusError) as refused:
        DEPLOYMENTS.apply(None, patch, "x", force=False, now=NOW)
    assert refused.value.status_code == 500
    assert refused.value.message == f"failed to create typed patch object (/d; apps/v1, Kind=Deployment): {message}"


def test_without_a_schema_maps_are_granular_and_lists_atomic() -> None:
    gvk = GroupVersionKind("example.com", "v1", "Thing")
    things = FieldManager(None, gvk)
    obj = {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "t"},
        "spec": {"a": {"b": [1]}, "c": {}},
    }
    assert owners(things.update(None, obj, "x", NOW)) == {
        "x/Update": {"f:spec": {".": {}, "f:a": {".": {}, "f:b": {}}, "f:c": {}}}
    }


def test_managers_of_another_version_are_asked_in_it() -> None:
    def convert(obj: Any, api_version: str) -> Any:
        if api_version != "g/v1":
            return None
        return {**obj, "apiVersion": "g/v1", "old": obj.get("new")}

    gvk = GroupVersionKind("g", "v2", "K")
    kinds = FieldManager(None, gvk, others={"g/v1": (None, ())}, convert=convert)
    entry = {"manager": "m", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": {"f:old": {}}}
    gone = {**entry, "manager": "gone", "apiVersion": "g/v0"}
    live = {"apiVersion": "g/v2", "kind": "K", "metadata": {"name": "k", "uid": "u"}, "new": 1, "same": 1}
    live["metadata"]["managedFields"] = [{**entry, "apiVersion": "g/v1"}, gone]  # type: ignore[index]
    untouched = {**live, "metadata": {"name": "k", "uid": "u"}, "same": 2}
    assert set(owners(kinds.update(live, untouched, "x", NOW))) == {"m/Update", "x/Update"}
    changed = {**live, "metadata": {"name": "k", "uid": "u"}, "new": 2}
    assert set(owners(kinds.update(live, changed, "x", NOW))) == {"x/Update"}


def test_only_times_changed_is_no_change() -> None:
    live = created(a="1")
    live["metadata"]["resourceVersion"] = "5"
    new = serializer.loads(serializer.dumps(live))
    new["metadata"]["managedFields"][0]["time"] = "2027-01-01T00:00:00Z"
    ignore_timestamps(new, live)
    assert new == live
    new["metadata"]["managedFields"][0]["time"] = "2027-01-01T00:00:00Z"
    new["data"]["a"] = "2"
    ignore_timestamps(new, live)
    assert new["metadata"]["managedFields"][0]["time"] == "2027-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("field_manager", "user_agent", "expected"),
    [
        ("me", "kubectl/v1.33", "me"),
        ("", "kubectl/v1.33 (linux)", "kubectl"),
        ("", "", ""),
        ("", "a\tb/1", "ab"),
        ("", "x" * 200, "x" * 128),
    ],
)
def test_manager_name(field_manager: str, user_agent: str, expected: str) -> None:
    assert manager_name(field_manager, user_agent) == expected
