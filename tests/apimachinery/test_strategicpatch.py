"""Strategic merge patches over the schemas of built-in kinds."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimachinery import schema, strategicpatch
from apimachinery.objects import Object

CORE = "io.k8s.api.core.v1."


def _apply(original: Object, patch: Object, definition: str = CORE + "PodSpec") -> Object:
    return strategicpatch.apply(original, patch, schema.definitions().get(definition))


def test_shared_fields_are_copied_only_when_the_patch_touches_them() -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"nodeSelector": {"a": "1"}}, "status": {"phase": "Pending"}}
    definition = schema.definitions().get(CORE + "Pod")

    def patched(patch: Object) -> Object:
        return strategicpatch.apply(pod, patch, definition, shared={"spec"})

    left_alone = patched({"status": {"phase": "Running"}})
    assert left_alone == {**pod, "status": {"phase": "Running"}}
    assert left_alone["spec"] is pod["spec"]
    assert left_alone["metadata"] is not pod["metadata"]
    touched = patched({"spec": {"nodeSelector": {"b": "2"}}})
    assert touched["spec"] == {"nodeSelector": {"a": "1", "b": "2"}}
    assert patched({"$retainKeys": ["status"], "status": {}}) == {"status": {"phase": "Pending"}}
    assert patched({"spec": None}) == {"metadata": {"name": "p"}, "status": {"phase": "Pending"}}
    assert pod["spec"] == {"nodeSelector": {"a": "1"}}


def _names(*names: str) -> list[Object]:
    return [{"name": name} for name in names]


MERGES: list[tuple[str, Object, Object, Object]] = [
    ("maps merge", {"nodeSelector": {"a": "1"}}, {"nodeSelector": {"b": "2"}}, {"nodeSelector": {"a": "1", "b": "2"}}),
    ("null deletes", {"nodeSelector": {"a": "1"}}, {"nodeSelector": {"a": None}}, {"nodeSelector": {}}),
    ("null of nothing is nothing", {}, {"nodeName": None}, {}),
    ("nulls of new values are dropped", {}, {"securityContext": {"runAsUser": None}}, {"securityContext": {}}),
    (
        "replace a map",
        {"nodeSelector": {"a": "1"}},
        {"nodeSelector": {"$patch": "replace", "b": "2"}},
        {"nodeSelector": {"b": "2"}},
    ),
    ("delete a map", {"nodeSelector": {"a": "1"}}, {"nodeSelector": {"$patch": "delete"}}, {"nodeSelector": {}}),
    ("delete of nothing", {}, {"nodeSelector": {"$patch": "delete"}}, {}),
    ("another type replaces", {"hostname": "x"}, {"hostname": {"a": 1}}, {"hostname": {"a": 1}}),
    (
        "elements merge by key, in the patch's order",
        {"containers": [{"name": "a", "image": "1"}, {"name": "b"}]},
        {"containers": [{"name": "c"}, {"name": "a", "image": "2"}]},
        {"containers": [{"name": "c"}, {"name": "a", "image": "2"}, {"name": "b"}]},
    ),
    (
        "the live order rules what the patch does not name",
        {"containers": _names("a", "b", "c")},
        {"containers": [{"name": "b", "image": "2"}]},
        {"containers": [{"name": "a"}, {"name": "b", "image": "2"}, {"name": "c"}]},
    ),
    (
        "delete an element",
        {"containers": _names("a", "b")},
        {"containers": [{"name": "a", "$patch": "delete"}]},
        {"containers": _names("b")},
    ),
    (
        "delete in a list that is not there",
        {},
        {"containers": [{"name": "a", "$patch": "delete"}, {"name": "b"}]},
        {"containers": _names("b")},
    ),
    (
        "replace a list",
        {"containers": _names("a", "b")},
        {"containers": [*_names("c"), {"$patch": "replace"}]},
        {"containers": _names("c")},
    ),
    (
        "order of elements",
        {"containers": _names("a", "b", "c")},
        {"$setElementOrder/containers": _names("c", "a"), "containers": [{"name": "c", "image": "i"}]},
        {"containers": [{"name": "b"}, {"name": "c", "image": "i"}, {"name": "a"}]},
    ),
    (
        "order of elements without changes",
        {"containers": _names("a", "b")},
        {"$setElementOrder/containers": _names("b", "a")},
        {"containers": _names("b", "a")},
    ),
    ("order of nothing", {}, {"$setElementOrder/containers": _names("a")}, {}),
    (
        "retain keys",
        {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]},
        {"volumes": [{"name": "v", "$retainKeys": ["name", "emptyDir"], "emptyDir": {}}]},
        {"volumes": [{"name": "v", "emptyDir": {}}]},
    ),
    (
        "lists without a strategy are replaced",
        {"tolerations": [{"key": "a"}]},
        {"tolerations": [{"key": "b"}]},
        {"tolerations": [{"key": "b"}]},
    ),
    (
        "ports merge by containerPort alone",
        {"containers": [{"name": "a", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "web"}]}]},
        {"containers": [{"name": "a", "ports": [{"containerPort": 80, "protocol": "UDP"}]}]},
        {"containers": [{"name": "a", "ports": [{"containerPort": 80, "protocol": "UDP", "name": "web"}]}]},
    ),
]


@pytest.mark.parametrize(("original", "patch", "result"), [m[1:] for m in MERGES], ids=[m[0] for m in MERGES])
def test_merges(original: Object, patch: Object, result: Object) -> None:
    before = copy.deepcopy((original, patch))
    assert _apply(original, patch) == result
    assert (original, patch) == before


FINALIZERS: list[tuple[list[str], Object, list[str]]] = [
    (["keep"], {"finalizers": ["more"]}, ["more", "keep"]),
    (["a", "b"], {"finalizers": ["b", "a"]}, ["b", "a"]),
    (["a", "b", "c"], {"$deleteFromPrimitiveList/finalizers": ["b", "x"]}, ["a", "c"]),
    (["a", "b"], {"$setElementOrder/finalizers": ["b", "a"]}, ["b", "a"]),
    (["a", "b"], {"$setElementOrder/finalizers": ["c", "a"], "finalizers": ["c"]}, ["c", "a", "b"]),
]


@pytest.mark.parametrize(("original", "patch", "result"), FINALIZERS)
def test_lists_of_scalars(original: list[str], patch: Object, result: list[str]) -> None:
    assert _apply({"finalizers": original}, patch, schema.OBJECT_META)["finalizers"] == result


@pytest.mark.parametrize(
    ("patch", "error", "message"),
    [
        (
            {"containers": [{"image": "x"}]},
            strategicpatch.PatchError,
            "map: map[image:x] does not contain declared merge key: name",
        ),
        (
            {"containers": [{"$patch": "delete"}]},
            strategicpatch.PatchError,
            "map: map[$patch:delete] does not contain declared merge key: name",
        ),
        ({"nodeSelector": {"$patch": "x"}}, strategicpatch.PatchError, "unknown patch type: x in map: map[$patch:x]"),
        (
            {"containers": [{"name": "a", "$patch": "merge"}]},
            strategicpatch.PatchError,
            "merging lists cannot yet be specified in the patch",
        ),
        (
            {"containers": ["a"]},
            strategicpatch.PatchError,
            "list element types are not identical: [[map[name:a] map[name:b]] [a]]",
        ),
        ({"$retainKeys": ["b"], "nodeName": "c"}, strategicpatch.BadPatchFormat, "invalid patch format of retainKeys"),
        ({"$retainKeys": "b"}, strategicpatch.BadPatchFormat, "invalid patch format of retainKeys"),
        (
            {"$setElementOrder": []},
            strategicpatch.BadPatchFormat,
            "invalid patch format of setElementOrder list",
        ),
        (
            {"$deleteFromPrimitiveListX/a": []},
            strategicpatch.BadPatchFormat,
            "invalid patch format of primitive list",
        ),
        (
            {"$setElementOrder/containers": {}},
            strategicpatch.PatchError,
            "expected a []interface {}, but received a map[string]interface {}",
        ),
        (
            {"$setElementOrder/containers": [{"name": "b"}], "containers": [{"name": "a"}]},
            strategicpatch.PatchError,
            "the order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]",
        ),
        (
            {"$setElementOrder/nope": [1]},
            strategicpatch.PatchError,
            'unable to find api field in struct PodSpec for the json field "nope"',
        ),
        (
            {"containers": [[1]]},
            strategicpatch.PatchError,
            "list element types are not identical: [[map[name:a] map[name:b]] [[1]]]",
        ),
    ],
)
def test_errors(patch: Object, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        _apply({"containers": _names("a", "b"), "nodeSelector": {"a": "1"}}, patch)
    assert type(raised.value) is error
    assert str(raised.value) == message


def test_lists_of_lists_are_not_supported() -> None:
    with pytest.raises(strategicpatch.UnprocessablePatch, match=r"^lists of lists are not supported$"):
        _apply({"finalizers": [["a"]]}, {"finalizers": ["b"]}, schema.OBJECT_META)


CONTAINERS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcd")}, optional={"image": st.sampled_from("xyz")}),
    unique_by=lambda c: c["name"],
    max_size=4,
)


@given(CONTAINERS, CONTAINERS)
def test_a_patch_is_idempotent_and_keeps_its_own_order(live: list[Any], wanted: list[Any]) -> None:
    once = _apply({"containers": live}, {"containers": wanted})
    assert _apply(once, {"containers": wanted}) == once
    found = once["containers"]
    names = [c["name"] for c in wanted]
    assert [c["name"] for c in found if c["name"] in names] == names
    assert {c["name"] for c in found} == {c["name"] for c in live + wanted}
