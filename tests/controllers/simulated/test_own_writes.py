"""Which changes of a pod a kubelet has to look at after its own writes."""

from __future__ import annotations

import pytest

from apimachinery.objects import Object
from controllers.simulated.pod_status import concerns, ended_by_others

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


@pytest.mark.parametrize(
    ("shown", "written", "ended"),
    [
        ("Failed", "Running", True),
        ("Succeeded", "", True),
        ("Failed", "Failed", False),
        ("Running", "Running", False),
        ("Running", "Succeeded", False),
    ],
)
def test_an_end_that_crosses_a_status_write_is_no_echo_of_it(shown: str, written: str, ended: bool) -> None:
    assert ended_by_others({"status": {"phase": shown}}, {"phase": written} if written else {}) is ended
