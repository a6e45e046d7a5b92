"""How much of the past is kept, in the memory backend and in each watch cache."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """Whichever is reached first ends the history: its age in seconds, its events, the bytes of overwritten values."""

    seconds: float = 300.0
    events: int = 100_000
    size: int = 64 << 20
