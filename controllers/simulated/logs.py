"""What a container instance has written, at the moments it wrote it. Models the CRI log files that kubelets serve.

Lines that follow from the image's plan are not stored: thousands of idle pods share one tuple of them.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from typing import Final, NamedTuple

from controllers.simulated.process import Stream

MAX_LINES: Final = 5_000
"""Lines kept of a container instance; the oldest go first, as when a log file is rotated."""


class Line(NamedTuple):
    """One line without its newline, at a moment in seconds of the wall clock; `partial` when the newline is to come."""

    at: float
    stream: Stream
    text: str
    partial: bool = False


class PlannedLine(NamedTuple):
    """A line that is written `offset` seconds after the start, and every `every` seconds from then on when not 0."""

    offset: float
    text: str
    stream: Stream = "stdout"
    every: float = 0.0


@dataclass(slots=True)
class InstanceLog:
    """The log of one run of a container; `ended_at` is infinite while it runs."""

    started_at: float
    plan: tuple[PlannedLine, ...] = ()
    ended_at: float = math.inf
    written: deque[Line] = field(default_factory=lambda: deque(maxlen=MAX_LINES))
    taps: list[Callable[[str, Stream], None]] = field(default_factory=list)
    """Called with all that is written from now on as it is written, and with nothing when the container ends."""
    _rest: str = ""

    def write(self, at: float, text: str, stream: Stream = "stdout") -> None:
        """Take output; a last line without a newline waits for its rest."""
        for tap in tuple(self.taps):
            tap(text, stream)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self.written.append(Line(at, stream, line))
        if len(self._rest) > 16_384:
            self.written.append(Line(at, stream, self._rest))
            self._rest = ""

    @property
    def unfinished(self) -> str:
        """What was written after the last newline, such as a prompt."""
        return self._rest

    def end(self, at: float) -> None:
        """The container has stopped; what has no newline yet is a line all the same."""
        self.ended_at = at
        if self._rest:
            self.written.append(Line(at, "stdout", self._rest, partial=True))
            self._rest = ""
        for tap in tuple(self.taps):
            tap("", "stdout")

    def lines(self, after: float, until: float) -> Iterator[Line]:
        """The lines written later than `after` and not later than `until`, in order."""
        until = min(until, self.ended_at)
        planned = [self._planned(p, after, until) for p in self.plan]
        written = (line for line in tuple(self.written) if after < line.at <= until)
        return merge(*planned, written, key=lambda line: line.at)

    def next_after(self, moment: float) -> float:
        """When the next planned line is due after a moment; infinite when the plan has none."""
        found = math.inf
        for line in self.plan:
            at = self._at(line, self._first(line, moment))
            if at > moment:
                found = min(found, at)
        return found if found <= self.ended_at else math.inf

    def _at(self, line: PlannedLine, number: int) -> float:
        return self.started_at + line.offset + number * line.every

    def _first(self, line: PlannedLine, after: float) -> int:
        """The number of the first repetition after a moment; 0 for a line that comes once."""
        if not line.every:
            return 0
        number = max(0, math.floor((after - self.started_at - line.offset) / line.every))
        while self._at(line, number) <= after:
            number += 1
        return number

    def _planned(self, line: PlannedLine, after: float, until: float) -> Iterator[Line]:
        number = self._first(line, after)
        if line.every:
            number = max(number, self._first(line, until) - MAX_LINES)
        while after < (at := self._at(line, number)) <= until:
            yield Line(at, line.stream, line.text)
            if not line.every:
                return
            number += 1
