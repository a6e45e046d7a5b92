"""Recorded answers of a real API server, as far as they tell about managedFields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from apimachinery import schema, serializer
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object
from server.fieldmanager.field_manager import FieldManager
from server.fieldmanager.types import Converter
from server.fieldmanager.zero import zero_object
from tests.support.reference import REFERENCE

needs_reference = pytest.mark.skipif(not (REFERENCE / "answers").is_dir(), reason="no recorded answers here")

CONVERTER = Converter()


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded request and its answer."""

    scenario: str
    name: str
    method: str
    path: str
    query: dict[str, str]
    status: int
    answer: Any
    sent: Any

    @property
    def id(self) -> str:
        return f"{self.scenario}/{self.name}"


@cache
def steps(scenario: str) -> tuple[Step, ...]:
    """The steps of a scenario in order."""
    text = (REFERENCE / "answers" / f"{scenario}.json").read_bytes()
    answers = serializer.loads(text.replace(b"<time>", b"2026-01-02T03:04:05Z"))
    asked = serializer.yaml_loads((REFERENCE / "scenarios" / f"{scenario}.yaml").read_bytes())
    bodies = {s.get("name"): s.get("body") for s in asked["steps"]}
    found = []
    for answer in (a for a in answers if "request" in a and "status" in a):
        method, _, target = answer["request"].partition(" ")
        url = urlsplit(target)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        found.append(
            Step(
                scenario,
                answer["name"],
                method,
                url.path,
                query,
                answer["status"],
                answer.get("body"),
                bodies.get(answer["name"]),
            )
        )
    return tuple(found)


def scenarios() -> list[str]:
    """The names of the recorded scenarios."""
    return sorted(p.stem for p in (REFERENCE / "answers").glob("*.json")) if REFERENCE.is_dir() else []


def created() -> Iterator[Step]:
    """Every object that one POST created and one manager owns."""
    for scenario in scenarios():
        for step in steps(scenario):
            if step.method != "POST" or step.status != 201 or not isinstance(step.answer, dict):
                continue
            if len((step.answer.get("metadata") or {}).get("managedFields") or ()) == 1:
                yield step


def field_manager(
    gvk: GroupVersionKind, subresource: str = "", reset: tuple[tuple[str, ...], ...] = (("status",),)
) -> FieldManager:
    """A FieldManager of a built-in kind."""
    definitions = schema.definitions()
    declared = definitions.get(definitions.for_gvk(gvk))
    return FieldManager(
        declared,
        gvk,
        subresource=subresource,
        reset_fields=reset,
        empty=zero_object(declared, gvk),
        converter=CONVERTER,
    )


def gvk_of(obj: Object) -> GroupVersionKind:
    """The kind that an object says it is."""
    group, _, version = obj["apiVersion"].rpartition("/")
    return GroupVersionKind(group, version, obj["kind"])


def timeless(obj: Object) -> list[Object]:
    """An object's managedFields without their times."""
    return [{k: v for k, v in e.items() if k != "time"} for e in (obj["metadata"].get("managedFields") or ())]
