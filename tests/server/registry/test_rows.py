"""Rows printed once: at any later moment the same as rows printed then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apimachinery import serializer
from apimachinery.objects import StoredObject
from server.registry import rows, table
from server.registry.table import IncludeObject
from tests.server.registry.kinds import kind

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
METADATA = {"name": "a", "namespace": "n", "creationTimestamp": "2026-01-02T03:00:00Z", "labels": {"é": '"<x>"'}}
GENERATION = {**METADATA, "annotations": {"deprecated.daemonset.template.generation": "1"}}
RESTARTED = {
    "name": "c",
    "restartCount": 2,
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
    "lastState": {"terminated": {"finishedAt": "2026-01-02T03:03:00Z"}},
}


def stored(group_version: str, name: str, metadata: dict[str, Any], **parts: Any) -> StoredObject:
    raw = serializer.dumps({"kind": name, "apiVersion": group_version, "metadata": metadata, **parts})
    return StoredObject("n/a", 1, raw, labels={}, fields={})


CASES = [
    ("v1", "pods", "Pod", METADATA, {"spec": {"containers": [{"name": "c"}]}, "status": {"phase": "Failed"}}),
    ("v1", "pods", "Pod", METADATA, {"status": {"containerStatuses": [RESTARTED]}}),
    ("v1", "pods", "Pod", {"name": "a", "creationTimestamp": None}, {}),
    ("batch/v1", "jobs", "Job", METADATA, {"spec": {}, "status": {"startTime": "2026-01-02T03:01:00Z"}}),
    ("v1", "endpoints", "Endpoints", {**METADATA, "annotations": {"a": "b"}}, {"subsets": []}),
    ("apps/v1", "daemonsets", "DaemonSet", GENERATION, {"spec": {"template": {"spec": {"containers": []}}}}),
]


@pytest.mark.parametrize(("group_version", "plural", "name", "metadata", "parts"), CASES)
@pytest.mark.parametrize("include", ["Metadata", "Object", "None"])
def test_printed_once(
    group_version: str, plural: str, name: str, metadata: dict[str, Any], parts: dict[str, Any], include: IncludeObject
) -> None:
    resource = kind(group_version, plural).resource
    obj = stored(group_version, name, metadata, **parts)
    for later in (0, 1, 100, 10_000_000):
        now = NOW + timedelta(seconds=later)
        assert [*rows.rows([obj], resource, now, include)] == [
            serializer.dumps(table.row(obj.view, resource, now, include))
        ]


def test_another_resource_prints_anew() -> None:
    obj = stored("v1", "Event", METADATA, regarding={}, involvedObject={})
    for resource in (kind("v1", "pods").resource, kind("v1", "endpoints").resource):
        assert [*rows.rows([obj], resource, NOW, "None")] == [
            serializer.dumps(table.row(obj.view, resource, NOW, "None"))
        ]
