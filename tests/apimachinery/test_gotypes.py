"""The facts about Go structs: rules for most fields, a table for the rest."""

from __future__ import annotations

import pytest

from apimachinery import gotypes, schema, serializer
from apimachinery.gotypes import Presence

CORE = "io.k8s.api.core.v1."
APPS = "io.k8s.api.apps.v1."


def _field(definition: str, name: str, version: str = "1.36") -> gotypes.GoField:
    node = schema.definitions(version).get(definition)
    return gotypes.go_field(definition, name, node.fields[name], required=name in node.required)


@pytest.mark.parametrize(
    ("definition", "name", "presence", "type_"),
    [
        (APPS + "DaemonSetSpec", "minReadySeconds", Presence.OMIT_EMPTY, "int32"),
        (APPS + "DaemonSetSpec", "revisionHistoryLimit", Presence.POINTER, "int32"),
        (APPS + "DaemonSetSpec", "updateStrategy", Presence.ALWAYS, "v1.DaemonSetUpdateStrategy"),
        (APPS + "DaemonSetSpec", "selector", Presence.NIL_IS_NULL, "v1.LabelSelector"),
        (APPS + "DaemonSetStatus", "numberReady", Presence.ALWAYS, "int32"),
        (APPS + "StatefulSetSpec", "serviceName", Presence.ALWAYS, "string"),
        (CORE + "PodSpec", "containers", Presence.NIL_IS_NULL, "[]v1.Container"),
        (CORE + "PodSpec", "restartPolicy", Presence.OMIT_EMPTY, "v1.RestartPolicy"),
        (CORE + "PodSpec", "hostNetwork", Presence.OMIT_EMPTY, "bool"),
        (CORE + "PodSpec", "enableServiceLinks", Presence.POINTER, "bool"),
        (CORE + "PodSpec", "overhead", Presence.OMIT_EMPTY, "v1.ResourceList"),
        (CORE + "PodCondition", "lastProbeTime", Presence.NIL_IS_NULL, "v1.Time"),
        (CORE + "ServicePort", "targetPort", Presence.ALWAYS, "intstr.IntOrString"),
        (CORE + "Secret", "data", Presence.OMIT_EMPTY, "map[string][]uint8"),
        (schema.OBJECT_META, "creationTimestamp", Presence.OMIT_ZERO, "v1.Time"),
        (schema.OBJECT_META, "uid", Presence.OMIT_EMPTY, "types.UID"),
        ("io.k8s.api.rbac.v1.Role", "rules", Presence.NIL_IS_NULL, "[]v1.PolicyRule"),
        ("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus", "currentReplicas", Presence.ALWAYS, "int32"),
        ("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus", "currentReplicas", Presence.OMIT_EMPTY, "int32"),
    ],
)
def test_facts(definition: str, name: str, presence: Presence, type_: str) -> None:
    assert _field(definition, name) == (presence, type_)


def test_a_fact_holds_in_every_version_that_has_the_field() -> None:
    presences = {_field(APPS + "StatefulSetSpec", "serviceName", v).presence for v in schema.versions()}
    assert presences == {Presence.ALWAYS}


def test_every_exception_names_a_field_of_some_version() -> None:
    known: dict[tuple[str, str], set[str]] = {}
    for version in schema.versions():
        definitions = schema.definitions(version)
        for name in definitions:
            group, served, kind = gotypes._group(name)
            for key in (group, f"{group}/{served}"):
                known.setdefault((key, kind), set()).update(definitions.get(name).fields)
    facts = gotypes._facts()
    assert [
        (group, kind, name)
        for group, kinds in facts.items()
        for kind, fields in kinds.items()
        for name in fields
        if name not in known.get((group, kind), set())
    ] == []
    presences = {p.value for p in Presence} | {""}
    assert {
        text.partition(":")[0] for kinds in facts.values() for fields in kinds.values() for text in fields.values()
    } <= presences


def test_the_table_is_kept_one_type_a_line() -> None:
    path = gotypes.__file__.replace(".py", ".json")
    with open(path, "rb") as table:
        text = table.read()
    assert serializer.loads(text)
    assert max(len(line) for line in text.splitlines()) < 1000
