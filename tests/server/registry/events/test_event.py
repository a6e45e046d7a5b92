"""The two APIs of events mean the same objects."""

from __future__ import annotations

import copy
from typing import Any, Final

import pytest

from server.registry.core.event import from_core, to_core
from tests.server.registry.kinds import kind
from tests.server.registry.words import QUALIFIED_NAME

POD: Final = {"kind": "Pod", "name": "p", "namespace": "default"}
CORE: Final[dict[str, Any]] = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {"name": "e", "namespace": "default"},
    "involvedObject": POD,
    "reason": "Started",
    "message": "Started container c",
    "source": {"component": "kubelet", "host": "n"},
    "firstTimestamp": "2026-01-01T12:00:00Z",
    "lastTimestamp": "2026-01-01T12:01:00Z",
    "count": 2,
    "type": "Normal",
    "eventTime": None,
    "reportingComponent": "kubelet",
    "reportingInstance": "n",
}
RENAMED: Final = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}


def test_names_of_fields() -> None:
    seen = from_core(copy.deepcopy(CORE))
    for old, new in RENAMED.items():
        assert seen[new] == CORE[old]
        assert old not in seen
    assert seen["apiVersion"] == "events.k8s.io/v1"


def test_back_again() -> None:
    assert to_core(from_core(copy.deepcopy(CORE))) == CORE


@pytest.mark.parametrize(
    ("controller", "refusals"),
    [
        ("example.com/c", []),
        ("a b", [f'reportingController: Invalid value: "a b": {QUALIFIED_NAME}']),
    ],
)
def test_new_events_say_more(controller: str, refusals: list[str]) -> None:
    event = {
        "metadata": {"name": "e"},
        "eventTime": "2026-01-01T12:00:00.000000Z",
        "reportingController": controller,
        "reportingInstance": "i",
        "action": "a",
        "reason": "r",
        "type": "Normal",
        "regarding": POD,
    }
    assert kind("events.k8s.io/v1", "events").refusals(event) == refusals
