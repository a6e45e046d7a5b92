"""Keys in the order of Go's struct fields."""

from __future__ import annotations

import random
from typing import Any

import pytest

from apimachinery import schema
from apimachinery.decode import codec, go_ordered
from tests.apimachinery.samples import sample

DEFINITIONS = schema.definitions("1.36")
KINDS = sorted(set(DEFINITIONS.kinds.values()))


RAW_KEYS = {"any", "f:spec", "x"}


def _shuffled(value: Any, source: random.Random) -> Any:
    if isinstance(value, dict) and not RAW_KEYS & set(value):
        keys = list(value)
        source.shuffle(keys)
        return {key: _shuffled(value[key], source) for key in keys}
    return [_shuffled(v, source) for v in value] if isinstance(value, list) else value


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, _keys(child)) for key, child in value.items()]
    return [_keys(v) for v in value] if isinstance(value, list) else None


def test_a_pod() -> None:
    pod = {
        "status": {"phase": "Running"},
        "spec": {
            "hostNetwork": True,
            "containers": [{"image": "i", "name": "c", "env": [{"value": "v", "name": "n"}]}],
            "volumes": [{"emptyDir": {}, "name": "v"}],
        },
        "metadata": {"labels": {"b": "1", "a": "2"}, "uid": "u", "namespace": "n", "name": "p"},
        "apiVersion": "v1",
        "kind": "Pod",
    }
    ordered = go_ordered(pod, "io.k8s.api.core.v1.Pod")
    assert ordered == pod
    assert list(ordered) == ["kind", "apiVersion", "metadata", "spec", "status"]
    assert list(ordered["metadata"]) == ["name", "namespace", "uid", "labels"]
    assert list(ordered["metadata"]["labels"]) == ["a", "b"]
    assert list(ordered["spec"]) == ["volumes", "containers", "hostNetwork"]
    assert list(ordered["spec"]["volumes"][0]) == ["name", "emptyDir"]
    assert list(ordered["spec"]["containers"][0]["env"][0]) == ["name", "value"]


def test_raw_values_keep_their_own_order() -> None:
    revision = {"revision": 1, "data": {"b": {"d": 1, "c": 2}, "a": 1}}
    ordered = go_ordered(revision, "io.k8s.api.apps.v1.ControllerRevision")
    assert list(ordered) == ["data", "revision"]
    assert list(ordered["data"]) == ["b", "a"]


def test_unknown_fields_and_kinds_are_kept() -> None:
    assert list(go_ordered({"x": 1, "kind": "Pod"}, "io.k8s.api.core.v1.Pod")) == ["kind", "x"]
    assert list(go_ordered({"b": 1, "a": 2}, "")) == ["b", "a"]


@pytest.mark.parametrize("definition", KINDS)
def test_order_does_not_depend_on_the_input(definition: str) -> None:
    source = random.Random(definition)
    obj = codec("1.36").roundtrip(sample(DEFINITIONS.get(definition), source, depth=7), definition)
    ordered = go_ordered(obj, definition)
    assert ordered == obj
    assert _keys(go_ordered(_shuffled(obj, source), definition)) == _keys(ordered)
