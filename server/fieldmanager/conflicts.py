"""Conflicts of an apply with other managers. Models managedfields/internal/conflict.go and merge/conflict.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from apimachinery import errors
from server.fieldmanager import fieldset
from server.fieldmanager.fieldset import Set
from server.fieldmanager.managed_fields import Manager


class Conflict(NamedTuple):
    """A field that somebody else manages with another value."""

    manager: Manager
    path: tuple[str, ...]


class ConflictsError(Exception):
    """Every conflict of one apply, managers in order."""

    def __init__(self, conflicts: list[Conflict]) -> None:
        super().__init__(message(conflicts))
        self.conflicts = conflicts

    @classmethod
    def of(cls, sets: Mapping[Manager, Set]) -> ConflictsError:
        """The conflicts over these fields of these managers."""
        ordered = sorted(sets, key=Manager.identifier)
        return cls([Conflict(m, path) for m in ordered for path in fieldset.paths(sets[m])])

    def fields(self) -> Set:
        """The fields in conflict, whoever manages them."""
        return fieldset.from_paths(*(c.path for c in self.conflicts))

    def to_status_error(self) -> errors.Conflict:
        """The 409 that a client sees, with one cause a conflict."""
        causes = [
            {
                "reason": "FieldManagerConflict",
                "message": f"conflict with {c.manager.describe()}",
                "field": fieldset.path_text(c.path),
            }
            for c in self.conflicts
        ]
        return errors.Conflict.apply(message(self.conflicts), causes)


def message(conflicts: list[Conflict]) -> str:
    """The conflicts as text, grouped by manager when there are several."""
    if len(conflicts) == 1:
        only = conflicts[0]
        return f"Apply failed with 1 conflict: conflict with {only.manager.describe()}: {fieldset.path_text(only.path)}"
    lines = []
    for manager in dict.fromkeys(c.manager for c in conflicts):
        lines.append(f"conflicts with {manager.describe()}:")
        lines += [f"- {fieldset.path_text(c.path)}" for c in conflicts if c.manager == manager]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
