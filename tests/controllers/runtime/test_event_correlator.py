"""Correlation of events: repeats, variants, spam. The numbers are upstream's."""

from __future__ import annotations

from typing import Any

from apimachinery.clock import ManualClock
from controllers.runtime.event_correlator import COMBINED_PREFIX, Correlator


def event(message: str, *, name: str = "x", reason: str = "R", sequence: int = 0) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{name}.{sequence:x}", "namespace": "ns"},
        "involvedObject": {"kind": "DaemonSet", "namespace": "ns", "name": name, "uid": name},
        "reason": reason,
        "message": message,
        "type": "Normal",
        "source": {"component": "c"},
        "firstTimestamp": "2026-01-02T03:04:05Z",
        "lastTimestamp": f"2026-01-02T03:04:{5 + sequence:02d}Z",
        "count": 1,
        "reportingComponent": "c",
        "reportingInstance": "",
    }


def test_a_repeat_becomes_a_patch_of_the_first() -> None:
    correlator = Correlator(ManualClock())
    first = correlator.correlate(event("m"))
    again = correlator.correlate(event("m", sequence=7))
    assert first is not None and first[1] is None
    assert again is not None
    created, patch = again
    assert patch == {"count": 2, "lastTimestamp": "2026-01-02T03:04:12Z", "message": "m"}
    assert created["metadata"]["name"] == "x.0"
    assert created["firstTimestamp"] == "2026-01-02T03:04:05Z"


def test_from_the_tenth_variant_on_events_are_combined() -> None:
    correlator = Correlator(ManualClock())
    results = [correlator.correlate(event(f"m{n}", sequence=n)) for n in range(12)]
    sent = [r for r in results if r is not None]
    assert len(sent) == 12
    assert [e["message"] for e, _ in sent[:9]] == [f"m{n}" for n in range(9)]
    combined, patch = sent[9]
    assert combined["message"] == COMBINED_PREFIX + "m9" and patch is None
    assert "reportingComponent" not in combined
    assert sent[11][1] is not None and sent[11][1]["count"] == 3
    assert sent[11][1]["message"] == COMBINED_PREFIX + "m11"


def test_variants_are_forgotten_after_ten_minutes() -> None:
    clock = ManualClock()
    correlator = Correlator(clock)
    for n in range(9):
        correlator.correlate(event(f"m{n}"))
    clock.advance(601)
    result = correlator.correlate(event("m9"))
    assert result is not None and result[0]["message"] == "m9"


def test_one_object_gets_25_events_and_one_more_every_five_minutes() -> None:
    clock = ManualClock()
    correlator = Correlator(clock)
    sent = [correlator.correlate(event("m", reason=f"R{n}")) for n in range(40)]
    assert sum(1 for r in sent if r is not None) == 25
    assert correlator.correlate(event("m", name="other")) is not None
    clock.advance(300)
    assert correlator.correlate(event("m", reason="late")) is not None
    assert correlator.correlate(event("m", reason="later")) is None
