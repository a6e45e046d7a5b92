"""What clients asked, when, and what they were told."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
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
