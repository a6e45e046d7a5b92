"""Which volumes and claims may go."""

from __future__ import annotations

from typing import Any

import pytest

from controllers.volumeprotection import finalizer
from controllers.volumeprotection.pv_protection import in_use
from controllers.volumeprotection.pvc_protection import claims_of


@pytest.mark.parametrize(
    ("deleting", "guarded", "used", "action"),
    [
        (False, False, False, "add"),
        (False, True, False, ""),
        (True, True, True, ""),
        (True, True, False, "remove"),
        (True, False, False, ""),
    ],
)
def test_the_finalizer_goes_when_nobody_uses_a_deleted_object(
    deleting: bool, guarded: bool, used: bool, action: str
) -> None:
    metadata: dict[str, Any] = {"name": "x", "finalizers": ["other"] + ["f"] * guarded}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert finalizer.decide({"metadata": metadata}, "f", in_use=used) == action


def test_other_finalizers_stay() -> None:
    obj = {"metadata": {"name": "x", "finalizers": ["f", "other"]}}
    assert finalizer.changed(obj, "f", "remove")["metadata"]["finalizers"] == ["other"]
    assert finalizer.changed(obj, "g", "add")["metadata"]["finalizers"] == ["f", "other", "g"]


def test_bound_volumes_are_in_use() -> None:
    assert in_use({"status": {"phase": "Bound"}})
    assert not in_use({"status": {"phase": "Released"}})


def test_pods_use_claims_once_they_have_a_node() -> None:
    volumes = [
        {"name": "a", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "b", "ephemeral": {"volumeClaimTemplate": {}}},
        {"name": "c", "emptyDir": {}},
    ]
    pod: dict[str, Any] = {"metadata": {"name": "p", "namespace": "n"}, "spec": {"volumes": volumes}}
    assert list(claims_of(pod)) == []
    pod["spec"]["nodeName"] = "node-1"
    assert list(claims_of(pod)) == ["n/data", "n/p-b"]
