"""Defaults and bounds from limit ranges."""

from __future__ import annotations

import pytest

from apimachinery import errors
from apimachinery.objects import Object
from server.admission.plugins.limit_ranger import LimitRanger, fill_defaults, violations_of_claim, violations_of_pod
from tests.server.admission.support import Objects, attributes, named, pod


def limits(*items: Object) -> Object:
    return named("lr", "ns", spec={"limits": list(items)})


def sized(**resources: Object) -> Object:
    return pod(containers=[{"name": "c", "resources": resources}])


def test_defaults_fill_gaps_and_are_noted() -> None:
    obj = pod(
        containers=[{"name": "c", "resources": {"limits": {"cpu": "2"}}}, {"name": "d"}],
        initContainers=[
            {"name": "i", "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1", "memory": "1Gi"}}}
        ],
    )
    default = {"cpu": "500m", "memory": "100Mi"}
    fill_defaults(obj, limits({"type": "Container", "default": default, "defaultRequest": {"cpu": "100m"}}))
    assert obj["spec"]["containers"][0]["resources"] == {
        "limits": {"cpu": "2", "memory": "100Mi"},
        "requests": {"cpu": "100m"},
    }
    assert obj["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu request for container c; memory limit for container c;"
        " cpu request for container d; cpu, memory limit for container d"
    )


@pytest.mark.parametrize(
    ("item", "obj", "message"),
    [
        (
            {"type": "Container", "min": {"memory": "1Gi"}},
            sized(),
            "minimum memory usage per Container is 1Gi.  No request is specified",
        ),
        (
            {"type": "Container", "min": {"cpu": "1"}},
            sized(requests={"cpu": "500m"}),
            "minimum cpu usage per Container is 1, but request is 500m",
        ),
        (
            {"type": "Container", "max": {"cpu": "1"}},
            sized(limits={"cpu": "2"}),
            "maximum cpu usage per Container is 1, but limit is 2",
        ),
        (
            {"type": "Container", "max": {"cpu": "1"}},
            sized(requests={"cpu": "1"}),
            "maximum cpu usage per Container is 1.  No limit is specified",
        ),
        (
            {"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},
            sized(requests={"cpu": "1"}, limits={"cpu": "5"}),
            "cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000",
        ),
        (
            {"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},
            sized(limits={"cpu": "5"}),
            "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0",
        ),
        (
            {"type": "Pod", "max": {"memory": "1Gi"}},
            pod(containers=[{"name": n, "resources": {"limits": {"memory": "600Mi"}}} for n in "ab"]),
            "maximum memory usage per Pod is 1Gi, but limit is 1200Mi",
        ),
    ],
)
def test_bounds_are_told_in_upstreams_words(item: Object, obj: Object, message: str) -> None:
    assert violations_of_pod(obj, limits(item)) == [message]


def test_a_pod_within_bounds_passes() -> None:
    item = {"type": "Container", "min": {"cpu": "100m"}, "max": {"cpu": "1"}, "maxLimitRequestRatio": {"cpu": "4"}}
    assert violations_of_pod(sized(requests={"cpu": "250m"}, limits={"cpu": "1"}), limits(item)) == []


def test_claims_have_bounds_too() -> None:
    item = {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}
    claim: Object = {"spec": {"resources": {"requests": {"storage": "3Gi"}}}}
    message = "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi"
    assert violations_of_claim(claim, limits(item)) == [message]


async def test_several_violations_are_one_refusal() -> None:
    item = {"type": "Container", "min": {"memory": "1Gi"}, "max": {"cpu": "1"}}
    plugin = LimitRanger(Objects({"limitranges": [limits(item)]}))
    with pytest.raises(errors.Forbidden) as caught:
        await plugin.validate(attributes("pods", "CREATE", sized(limits={"cpu": "2"})))
    assert caught.value.message == (
        'pods "p" is forbidden: [minimum memory usage per Container is 1Gi.  No request is specified,'
        " maximum cpu usage per Container is 1, but limit is 2]"
    )
    await plugin.validate(attributes("pods", "UPDATE", sized(limits={"cpu": "2"}), old=sized()))
