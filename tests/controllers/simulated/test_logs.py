"""Logs: planned and written lines in order, and when the next is due."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from controllers.simulated.logs import InstanceLog, PlannedLine


def test_written_and_planned_lines_are_in_order() -> None:
    log = InstanceLog(100.0, (PlannedLine(0, "a"), PlannedLine(1, "tick", every=2)))
    log.write(102.0, "par")
    log.write(102.5, "tial\nnext")
    assert [(line.at, line.text) for line in log.lines(0, 104)] == [
        (100, "a"),
        (101, "tick"),
        (102.5, "partial"),
        (103, "tick"),
    ]
    log.end(104)
    assert [line.text for line in log.lines(103, 200)] == ["next"]
    assert log.next_after(104) == math.inf


def test_taps_hear_everything_and_the_end() -> None:
    log = InstanceLog(0)
    heard: list[str] = []
    log.taps.append(lambda text, stream: heard.append(text))
    log.write(1, "a\nb")
    log.end(2)
    assert heard == ["a\nb", ""]


@given(st.floats(0, 400), st.floats(0.1, 50), st.floats(0, 50))
def test_a_ticking_line_is_seen_once_however_it_is_read(until: float, every: float, offset: float) -> None:
    log = InstanceLog(0.0, (PlannedLine(offset, "t", every=every),))
    whole = [line.at for line in log.lines(-1, until)]
    half = until / 2
    assert [line.at for line in log.lines(-1, half)] + [line.at for line in log.lines(half, until)] == whole
