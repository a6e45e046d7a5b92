"""When the kubelets of many nodes do what they do again and again."""

from __future__ import annotations

import math
import zlib
from typing import Final

from apimachinery.clock import Clock
from apimachinery.clusterclock import ClusterClock

TURNS: Final = 50
"""Moments an interval has: nodes that share one cost both processes less than if each woke them alone."""
_NOW: Final = 0.01


def until(now: float, interval: float, phase: float) -> float:
    """Seconds until the next of the moments that lie `phase` (0 to 1) of an interval after a multiple of it.

    At most a hundredth more than an interval, since a moment that is as good as now is passed over.
    """
    turn = now / interval - phase
    return (math.floor(turn + _NOW) + 1 - turn) * interval


class Cadence:
    """Spreads nodes over an interval while time runs; where it stands still, to be moved on, all take one moment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @property
    def speed(self) -> float:
        """Cluster seconds a machine second; 0 while time stands still."""
        return self._clock.speed if isinstance(self._clock, ClusterClock) else 1.0

    def wait(self, name: str, interval: float) -> float:
        """Seconds until it is a node's turn again."""
        phase = zlib.crc32(name.encode()) % TURNS / TURNS if self.speed else 0.0
        return until(self._clock.now().timestamp(), interval, phase)
