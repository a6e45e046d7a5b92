"""Which names a CustomResourceDefinition gets, and the conditions that follow.

Models apiextensions-apiserver/pkg/controller/{status,establish}; a definition is established as soon as its names are
accepted, in one write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.serializer import go_quote

ACCEPTED = {
    "type": "NamesAccepted",
    "status": "True",
    "reason": "NoConflicts",
    "message": "no conflicts found",
}
ESTABLISHED = {
    "type": "Established",
    "status": "True",
    "reason": "InitialNamesAccepted",
    "message": "the initial names have been accepted",
}
NOT_ESTABLISHED = {
    "type": "Established",
    "status": "False",
    "reason": "NotAccepted",
    "message": "not all names are accepted",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What a definition's status shall say."""

    accepted: Object
    conditions: tuple[Mapping[str, str], ...]


def is_true(crd: View, condition: str) -> bool:
    """Whether a condition of the definition is True."""
    found = meta.condition(crd, condition)
    return found is not None and found.get("status") == "True"


def names(crd: View, others: Iterable[View]) -> Names:
    """The names of a definition beside the others of its group: what is taken by them stays as it was."""
    taken, kinds = _claimed(others)
    wanted, before = crd["spec"]["names"], (crd.get("status") or {}).get("acceptedNames") or {}
    accepted: Object = dict(before)
    problem: Mapping[str, str] | None = None
    for name, used in (
        ("plural", taken),
        ("singular", taken),
        ("shortNames", taken),
        ("kind", kinds),
        ("listKind", kinds),
    ):
        conflicts = _conflicts(wanted.get(name), before.get(name), used)
        if conflicts:
            text = conflicts[0] if len(conflicts) == 1 else f"[{', '.join(conflicts)}]"
            reason = f"{name[0].upper()}{name[1:]}Conflict"
            problem = {"type": "NamesAccepted", "status": "False", "reason": reason, "message": text}
        else:
            _take(accepted, name, wanted.get(name))
    _take(accepted, "categories", wanted.get("categories"))
    return Names(accepted, (problem or ACCEPTED, *_established(crd, accepted=problem is None)))


def _claimed(others: Iterable[View]) -> tuple[set[str], set[str]]:
    taken: set[str] = set()
    kinds: set[str] = set()
    for other in others:
        accepted = (other.get("status") or {}).get("acceptedNames") or {}
        taken |= {accepted.get("plural") or "", accepted.get("singular") or "", *(accepted.get("shortNames") or ())}
        kinds |= {accepted.get("kind") or "", accepted.get("listKind") or ""}
    return taken - {""}, kinds - {""}


def _conflicts(wanted: Any, before: Any, used: set[str]) -> list[str]:
    if wanted == before:
        return []
    names = [wanted] if isinstance(wanted, str) else [n for n in wanted or () if n not in (before or ())]
    return [f"{go_quote(name)} is already in use" for name in names if name in used]


def _take(accepted: Object, name: str, value: Any) -> None:
    if value:
        accepted[name] = value
    else:
        accepted.pop(name, None)


def _established(crd: View, *, accepted: bool) -> tuple[Mapping[str, str], ...]:
    if is_true(crd, "Established"):
        return ()
    return (ESTABLISHED,) if accepted else (NOT_ESTABLISHED,)
