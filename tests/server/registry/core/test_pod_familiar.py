"""A pod like one that was judged before gets the same verdict as if it had come alone."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import jsonvalue
from apimachinery.objects import Object
from server.registry.core import pod_familiar
from server.registry.core.pod import PodStrategy
from server.registry.core.pod_familiar import Familiar, likeness
from server.registry.core.podspec_options import Options


def pod(name: str = "a", volume: str = "kube-api-access-abcde", mounted: str = "") -> Object:
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [f"node-{name}"]}]}
                        ]
                    }
                }
            },
            "containers": [
                {
                    "name": "c",
                    "image": "nginx",
                    "imagePullPolicy": "Always",
                    "terminationMessagePolicy": "File",
                    "resources": {},
                    "volumeMounts": [{"name": mounted or volume, "mountPath": "/token"}],
                }
            ],
            "volumes": [{"name": volume, "emptyDir": {}}],
            "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst",
            "terminationGracePeriodSeconds": 30,
            "securityContext": {},
            "schedulerName": "default-scheduler",
        },
    }


def messages(strategy: PodStrategy, obj: Object) -> list[str]:
    return [str(e) for e in strategy.validate_spec(obj)]


def spoil(obj: Object, where: str, value: Any) -> Object:
    changed: Object = jsonvalue.copy(obj)
    at: Any = changed["spec"]
    *path, last = where.split(".")
    for step in path:
        at = at[int(step)] if step.isdigit() else at[step]
    at[last] = value
    return changed


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("restartPolicy", "Sometimes"),
        ("containers.0.image", ""),
        ("containers.0.volumeMounts", [{"name": "kube-api-access-zzzzz", "mountPath": "/token"}]),
        ("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms", []),
        ("affinity", {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": ""}]}}),
    ],
)
def test_a_fault_is_found_after_a_sound_pod_too(where: str, value: Any) -> None:
    fresh, used = PodStrategy(Options()), PodStrategy(Options())
    assert messages(used, pod("a")) == messages(used, pod("b", "kube-api-access-fghij")) == []
    spoilt = spoil(pod("c"), where, value)
    assert messages(used, spoilt) == messages(fresh, spoilt) != []


def test_a_token_volume_may_have_any_name_but_must_be_the_one_that_is_mounted() -> None:
    assert likeness(pod("a")) == likeness(pod("b", "kube-api-access-fghij"))
    assert likeness(pod("a")) != likeness(pod("b", "kube-api-access-fghij", mounted="kube-api-access-abcde"))
    assert likeness(pod("a")) != likeness(pod("b", "my-volume"))


def test_a_pod_whose_name_counts_is_like_no_other() -> None:
    obj = spoil(pod(), "volumes", [{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}])
    assert likeness(obj) == b""
    known = Familiar()
    known.add(b"")
    assert b"" not in known


def test_warnings_about_affinity_are_given_every_time() -> None:
    fresh, used = PodStrategy(Options()), PodStrategy(Options())
    used.warnings_on_create(pod("a"), None)  # type: ignore[arg-type]
    term = {"matchExpressions": [{"key": "beta.kubernetes.io/os", "operator": "Exists"}]}
    where = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
    old = spoil(pod("b"), where, [term])
    assert used.warnings_on_create(old, None) == fresh.warnings_on_create(old, None) != []  # type: ignore[arg-type]


def test_only_the_last_are_remembered() -> None:
    known = Familiar()
    for i in range(pod_familiar.KEPT + 1):
        known.add(b"%d" % i)
    assert b"0" not in known
    assert b"1" in known
