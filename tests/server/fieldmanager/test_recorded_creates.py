"""What a created object's manager owns, against recorded answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apimachinery import schema, serializer
from server.fieldmanager import fieldset
from tests.server.fieldmanager.recorded import Step, created, field_manager, gvk_of, needs_reference, timeless

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

SET_BY_SERVER: dict[str, tuple[str, ...]] = {
    "Pod": (
        ".spec.preemptionPolicy",
        ".spec.priority",
        ".spec.tolerations",
        ".metadata.annotations",
        '.spec.containers[name="c"].resources',
        '.spec.containers[name="c"].volumeMounts',
        ".spec.volumes",
    ),
    "Namespace": (".spec.finalizers",),
    "Service": (".spec.clusterIP", ".spec.ipFamilies", ".spec.ipFamilyPolicy"),
    "Job": (".spec.selector", ".metadata.labels", ".spec.template.metadata.labels"),
    "Node": (".spec.taints",),
    "PersistentVolumeClaim": (".metadata.finalizers",),
    "PersistentVolume": (".metadata.finalizers",),
}
"""Fields that admission and strategies add after ownership is settled."""


def steps() -> list[Step]:
    known = schema.definitions().kinds
    return [s for s in created() if gvk_of(s.answer) in known]


@needs_reference
@pytest.mark.reference
@pytest.mark.parametrize("step", steps(), ids=lambda s: s.id)
def test_creator_owns_what_it_sent(step: Step) -> None:
    obj = serializer.loads(serializer.dumps(step.answer))
    recorded = timeless(obj)
    if obj["kind"] == "CSINode" and obj["spec"]["drivers"] is None:
        obj["spec"]["drivers"] = []  # as it was sent; storage turns it to null
    manager = field_manager(gvk_of(obj), recorded[0].get("subresource", ""))
    made = manager.update(None, obj, recorded[0]["manager"], NOW)
    [entry] = timeless(made)
    ours, theirs = entry.pop("fieldsV1"), recorded[0].pop("fieldsV1")
    assert entry == recorded[0]
    assert list(fieldset.paths(fieldset.difference(theirs, ours))) == []
    allowed = SET_BY_SERVER.get(obj["kind"], ())
    extra = [fieldset.path_text(p) for p in fieldset.paths(fieldset.difference(ours, theirs))]
    assert [p for p in extra if not p.startswith(tuple(allowed))] == []
