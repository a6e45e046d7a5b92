"""PodTemplates and ReplicationControllers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.registry.workloads import POD_TEMPLATES, REPLICATION_CONTROLLERS, template

POD_TEMPLATE = {"kind": "PodTemplate", "apiVersion": "v1", "metadata": {"name": "w"}, "template": template()}


def controller(**spec: Any) -> dict[str, Any]:
    return {
        "kind": "ReplicationController",
        "apiVersion": "v1",
        "metadata": {"name": "w"},
        "spec": {"template": template(), **spec},
    }


def test_a_controller_takes_selector_and_labels_from_its_template() -> None:
    found = REPLICATION_CONTROLLERS.created(controller())
    assert found["metadata"]["labels"] == {"app": "a"}
    assert found["spec"]["selector"] == {"app": "a"}
    assert found["spec"]["replicas"] == 1
    assert found["status"] == {"replicas": 0}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"template": None}, ["spec.selector: Required value", "spec.template: Required value"]),
        (
            {"selector": {"app": "b"}},
            [
                (
                    'spec.template.metadata.labels: Invalid value: {"app":"a"}: '
                    "`selector` does not match template `labels`"
                )
            ],
        ),
        (
            {"template": template(restartPolicy="Never")},
            ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
        ),
    ],
    ids=["nothing", "mismatch", "never"],
)
def test_controller_refusals(spec: dict[str, Any], expected: list[str]) -> None:
    assert REPLICATION_CONTROLLERS.refusals(controller(**spec)) == expected


def test_templates_have_generations_and_pod_defaults() -> None:
    old = POD_TEMPLATES.created(POD_TEMPLATE)
    assert old["metadata"]["generation"] == 1
    assert old["template"]["spec"]["dnsPolicy"] == "ClusterFirst"
    changed, refused = POD_TEMPLATES.updated(old, {"template.spec.containers.0.image": "i:2"})
    assert (changed["metadata"]["generation"], refused) == (2, [])


def test_rows() -> None:
    shown = {"Name": "w", "Containers": "c", "Images": "i:1"}
    assert POD_TEMPLATES.row(POD_TEMPLATES.created(POD_TEMPLATE)) == {**shown, "Pod Labels": "app=a"}
    assert REPLICATION_CONTROLLERS.row(REPLICATION_CONTROLLERS.created(controller(replicas=2))) == {
        **shown,
        "Desired": 2,
        "Current": 0,
        "Ready": 0,
        "Age": "0s",
        "Selector": "app=a",
    }
