"""Quantities, int-or-percent, times and durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimachinery import intstr, timestamp
from apimachinery.quantity import Quantity


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("100m", "100m"),
        ("0.1", "100m"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("1000", "1k"),
        ("1.5Gi", "1536Mi"),
        ("1024Mi", "1Gi"),
        ("0.5Ki", "512"),
        ("1.1Mi", "1153433600m"),
        ("2e3", "2e3"),
        ("1e-3", "1e-3"),
        ("2E6", "2e6"),
        ("0", "0"),
        ("0Gi", "0"),
        ("-1.5", "-1500m"),
        ("1n", "1n"),
        ("0.1n", "1n"),
        ("12E", "9223372036854775807"),
        ("+5", "5"),
    ],
)
def test_canonical_quantities(text: str, canonical: str) -> None:
    assert Quantity.parse(text).canonical() == canonical


@pytest.mark.parametrize("text", ["", "x", "1.1.1", "1Kib", "1e", "--1", "1 Gi", "."])
def test_bad_quantities(text: str) -> None:
    with pytest.raises(ValueError):
        Quantity.parse(text)


@given(st.integers(-(2**40), 2**40), st.sampled_from(["", "m", "k", "Ki", "M", "Mi", "e3"]))
def test_canonical_form_is_stable(number: int, suffix: str) -> None:
    once = Quantity.parse(f"{number}{suffix}")
    again = Quantity.parse(once.canonical())
    assert again == once
    assert again.canonical() == once.canonical()


def test_rounding_goes_up() -> None:
    assert Quantity.parse("100u").milli_value() == 1
    assert Quantity.parse("1500m").value() == 2


@pytest.mark.parametrize(
    ("value", "total", "up", "down"), [(3, 10, 3, 3), ("34%", 3, 2, 1), ("1%", 3, 1, 0), ("100%", 7, 7, 7)]
)
def test_scaled_values(value: int | str, total: int, up: int, down: int) -> None:
    assert intstr.scaled_value(value, total, round_up=True) == up
    assert intstr.scaled_value(value, total, round_up=False) == down


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (599, "9m59s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600, "8h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (8 * 86400, "8d"),
        (400 * 86400, "400d"),
        (731 * 86400, "2y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_ages(seconds: int, printed: str) -> None:
    assert timestamp.human_duration(timedelta(seconds=seconds)) == printed


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [(0, "0s"), (10, "10s"), (80, "1m20s"), (300, "5m0s"), (3600, "1h0m0s"), (1.5, "1.5s"), (0.25, "250ms")],
)
def test_go_durations(seconds: float, printed: str) -> None:
    assert timestamp.go_duration(seconds) == printed


def test_times_round_trip() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert timestamp.format_time(moment) == "2026-01-02T03:04:05Z"
    assert timestamp.format_micro_time(moment) == "2026-01-02T03:04:05.678901Z"
    assert timestamp.parse_time("2026-01-02T03:04:05.678901234Z") == moment
    with pytest.raises(ValueError):
        timestamp.parse_time("2026-01-02 03:04:05")
