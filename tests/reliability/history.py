"""What clients asked, when, and what they were told."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["create", "get", "cas", "delete"]
Outcome: TypeAlias = Literal["ok", "exists", "absent", "conflict", "unknown"]
Items: TypeAlias = dict[str, tuple[int, str]]
"""Revision and value of each key."""

NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Operation:
    """One call on one key.

    `revision` is the one that a cas expects; `found_revision` and `found` are what an answer showed. An operation of
    unknown outcome has not returned: it may take effect at any time, or never.
    """

    client: int
    kind: Kind
    key: str
    called: float
    returned: float
    outcome: Outcome
    value: str = ""
    revision: int = 0
    found: str = ""
    found_revision: int = 0

    @property
    def writes(self) -> bool:
        """Whether it was acknowledged as a write of a value."""
        return self.outcome == "ok" and self.kind in ("create", "cas")


@dataclass(frozen=True, slots=True)
class Listing:
    """A consistent list of every key."""

    client: int
    called: float
    returned: float
    revision: int
    items: Items


@dataclass(frozen=True, slots=True)
class Change:
    """A watch event; `value` is None for a deletion."""

    revision: int
    key: str
    value: str | None


@dataclass(slots=True)
class Watching:
    """All that one watcher saw after `start`, through every resumption, up to `end`."""

    start: int
    end: int = 0
    changes: list[Change] = field(default_factory=list)
    resumed: int = 0


@dataclass(slots=True)
class History:
    """Everything that was recorded of one run."""

    operations: list[Operation] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    watchings: list[Watching] = field(default_factory=list)

    def by_key(self) -> dict[str, list[Operation]]:
        """The operations on each key."""
        found: dict[str, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.key, []).append(operation)
        return found

    def resolved(self) -> dict[str, list[Operation]]:
        """As by_key, with what the watchers know of writes of unknown outcome: those that happened, and when.

        Values are written once, so an event names its write. One that no watcher saw and no client read is left out:
        to say that it never happened is one of the explanations that are open.
        """
        happened = {c.value: c.revision for w in self.watchings for c in w.changes if c.value is not None}
        happened |= {o.found: o.found_revision for o in self.operations if o.kind == "get" and o.outcome == "ok"}
        found: dict[str, list[Operation]] = {}
        for operation in self.operations:
            if operation.outcome == "unknown" and operation.kind in ("create", "cas"):
                if operation.value not in happened:
                    continue
                operation = replace(operation, outcome="ok", found_revision=happened[operation.value])
            found.setdefault(operation.key, []).append(operation)
        return found
