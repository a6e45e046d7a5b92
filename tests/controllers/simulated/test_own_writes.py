"""Which changes of a pod a kubelet has to look at after its own writes."""

from __future__ import annotations

import pytest

from apimachinery.objects import Object
from controllers.simulated.pod_status import concerns

OWN = {"type": "Ready", "status": "True"}


def pod(*conditions: Object, image: str = "nginx") -> Object:
    return {"spec": {"containers": [{"name": "c", "image": image}]}, "status": {"conditions": list(conditions)}}


@pytest.mark.parametrize(
    ("later", "same"),
    [
        (pod(OWN), True),
        (pod(OWN, image="nginx:2"), False),
        (pod(OWN, {"type": "example.com/gate", "status": "True"}), False),
        ({"spec": pod()["spec"]}, True),
    ],
)
def test_a_spec_and_conditions_of_others_concern_a_kubelet(later: Object, same: bool) -> None:
    assert (concerns(pod()) == concerns(later)) is same
