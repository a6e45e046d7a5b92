"""DaemonSets."""

from __future__ import annotations

from typing import Any

import pytest

from server.registry.apps.daemonset import TEMPLATE_GENERATION, template_generation
from tests.server.registry.strategies import with_changes
from tests.server.registry.workloads import DAEMON_SETS, template, workload

PLAIN = workload(DAEMON_SETS)


def test_defaults() -> None:
    found = DAEMON_SETS.created(PLAIN)
    assert found["spec"]["updateStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
    }
    assert found["spec"]["revisionHistoryLimit"] == 10
    assert found["status"] == {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    }
    assert found["metadata"]["generation"] == 1
    assert found["metadata"]["annotations"] == {TEMPLATE_GENERATION: "1"}


REFUSALS: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"selector": {"matchLabels": {"app": "b"}}},
        [('spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`')],
    ),
    (
        {"template": template(restartPolicy="Never")},
        ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ),
    (
        {"template": template(activeDeadlineSeconds=5)},
        [("spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported")],
    ),
    ({"minReadySeconds": -1}, ["spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"]),
    (
        {"revisionHistoryLimit": -1},
        ["spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0"],
    ),
    (
        {"updateStrategy": {"type": "Blue"}},
        [
            (
                'spec.updateStrategy: Unsupported value: {"Type":"Blue","RollingUpdate":null}: supported values: '
                '"RollingUpdate", "OnDelete"'
            )
        ],
    ),
    (
        {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}}},
        [
            "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
        ],
    ),
    (
        {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "101%"}}},
        [('spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%')],
    ),
]


@pytest.mark.parametrize(("spec", "expected"), REFUSALS, ids=[str(s)[:50] for s, _ in REFUSALS])
def test_refusals(spec: dict[str, Any], expected: list[str]) -> None:
    assert DAEMON_SETS.refusals(workload(DAEMON_SETS, **spec)) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [("x", "invalid syntax"), ("", "invalid syntax"), ("1.5", "invalid syntax"), (str(2**63), "value out of range")],
)
def test_a_template_generation_that_is_no_number(text: str, problem: str) -> None:
    obj = with_changes(PLAIN, {"metadata.annotations": {TEMPLATE_GENERATION: text}})
    with pytest.raises(ValueError, match=f'^strconv.ParseInt: parsing "{text}": {problem}$'):
        DAEMON_SETS.defaulted(obj)


def test_template_generation_counts_templates_and_generation_counts_specs() -> None:
    old = DAEMON_SETS.created(with_changes(PLAIN, {"metadata.annotations": {TEMPLATE_GENERATION: "4"}}))
    assert template_generation(old) == 4
    touched, _ = DAEMON_SETS.updated(old, {"spec.minReadySeconds": 5})
    assert (template_generation(touched), touched["metadata"]["generation"]) == (4, 2)
    rolled, _ = DAEMON_SETS.updated(old, {"spec.template.spec.containers.0.image": "i:2"})
    assert (template_generation(rolled), rolled["metadata"]["generation"]) == (5, 2)
    forged, _ = DAEMON_SETS.updated(old, {"metadata.annotations": {TEMPLATE_GENERATION: "9"}})
    assert (template_generation(forged), forged["metadata"]["generation"]) == (4, 1)


def test_the_selector_is_final() -> None:
    old = DAEMON_SETS.created(PLAIN)
    _, found = DAEMON_SETS.updated(
        old, {"spec.selector.matchLabels": {"app": "b"}, "spec.template.metadata.labels": {"app": "b"}}
    )
    assert [line.split(": ")[0] + ": " + line.split(": ")[-1] for line in found] == [
        "spec.selector: field is immutable"
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"numberReady": 1}, []),
        ({"numberReady": -1}, ["status.numberReady: Invalid value: -1: must be greater than or equal to 0"]),
    ],
)
def test_status(status: dict[str, int], expected: list[str]) -> None:
    old = DAEMON_SETS.created(PLAIN)
    found, refused = DAEMON_SETS.updated(
        old, {"spec.minReadySeconds": 9, **{f"status.{k}": v for k, v in status.items()}}, "status"
    )
    assert refused == expected
    assert "minReadySeconds" not in found["spec"]
    assert found["metadata"]["generation"] == 1


def test_row() -> None:
    obj = with_changes(
        DAEMON_SETS.created(PLAIN),
        {
            "spec.template.spec.nodeSelector": {"b": "2", "a": "1"},
            "status": {"desiredNumberScheduled": 5, "currentNumberScheduled": 4, "numberReady": 3},
        },
    )
    assert DAEMON_SETS.row(obj) == {
        "Name": "w",
        "Desired": 5,
        "Current": 4,
        "Ready": 3,
        "Up-to-date": 0,
        "Available": 0,
        "Node Selector": "a=1,b=2",
        "Age": "0s",
        "Containers": "c",
        "Images": "i:1",
        "Selector": "app=a",
    }
