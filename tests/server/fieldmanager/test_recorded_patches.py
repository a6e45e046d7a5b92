"""managedFields along the recorded life of two objects: each step from the state that the one before left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apimachinery import errors, serializer
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object
from tests.server.fieldmanager.recorded import Step, field_manager, needs_reference, steps, timeless
from tests.support.reference import REFERENCE

pytestmark = [needs_reference, pytest.mark.reference]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAEMON_SET = GroupVersionKind("apps", "v1", "DaemonSet")


def pairs() -> list[tuple[Object | None, Step]]:
    """Each step on a single DaemonSet with the state before it."""
    if not REFERENCE.is_dir():
        return []
    before: dict[str, Object] = {}
    found: list[tuple[Object | None, Step]] = []
    clock = NOW
    for step in steps("patches-and-apply"):
        clock += timedelta(seconds=1)
        name = step.path.split("/daemonsets/")[-1].split("/")[0] if "/daemonsets/" in step.path else ""
        if step.method == "PATCH" and name:
            found.append((before.get(name), step))
        if step.status in (200, 201) and isinstance(step.answer, dict) and step.answer.get("kind") == "DaemonSet":
            before[step.answer["metadata"]["name"]] = step.answer
    return found


def is_apply(step: Step) -> bool:
    return step.name.startswith("apply-") and "fieldManager" in step.query


def copy(value: Any) -> Any:
    return serializer.loads(serializer.dumps(value))


def manager_for(step: Step) -> Any:
    status = step.path.endswith("/status")
    reset = (("spec",),) if status else (("status",),)
    return field_manager(DAEMON_SET, "status" if status else "", reset)


@pytest.mark.parametrize(
    ("live", "step"),
    [(live, s) for live, s in pairs() if not is_apply(s) and s.status == 200],
    ids=lambda v: v.name if isinstance(v, Step) else "",
)
def test_update(live: Object, step: Step) -> None:
    new = copy(step.answer)
    new["metadata"]["managedFields"] = copy(live["metadata"]["managedFields"])
    new["metadata"]["annotations"] = live["metadata"]["annotations"]  # the strategy counts templates later
    made = manager_for(step).update(live, new, step.query.get("fieldManager", "transcript"), NOW)
    assert timeless(made) == timeless(step.answer)


@pytest.mark.parametrize(
    ("live", "step"),
    [(live, s) for live, s in pairs() if is_apply(s)],
    ids=lambda v: v.name if isinstance(v, Step) else "",
)
def test_apply(live: Object | None, step: Step) -> None:
    manager = manager_for(step)
    force = step.query.get("force") == "true"
    applied = serializer.yaml_loads(step.sent) if isinstance(step.sent, str) else copy(step.sent)
    if step.status >= 400:
        with pytest.raises(errors.StatusError) as refused:
            manager.apply(live, applied, step.query["fieldManager"], force=force, now=NOW)
        status = refused.value.to_status()
        assert status == {**step.answer, "metadata": {}}
        return
    made = manager.apply(live, applied, step.query["fieldManager"], force=force, now=NOW)
    assert timeless(made) == timeless(step.answer)
    expected = copy(step.answer)
    if live is not None:
        assert made["metadata"].get("labels") == expected["metadata"].get("labels")
        template, wanted = made["spec"]["template"]["spec"], expected["spec"]["template"]["spec"]
        assert [c.get("image") for c in template["containers"]] == [c["image"] for c in wanted["containers"]]
        assert template.get("nodeSelector") == wanted.get("nodeSelector")
