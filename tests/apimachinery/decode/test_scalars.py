"""Times and bytes, and Go's words for bad ones."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimachinery.decode import scalars

AS_RFC3339 = ' as "2006-01-02T15:04:05Z07:00": cannot parse '


@pytest.mark.parametrize(
    ("text", "served"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.999999999Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05-01:30", "2026-01-02T04:34:05Z"),
        ("2026-01-02T3:04:05Z", "2026-01-02T03:04:05Z"),
        ("0999-01-02T03:04:05Z", "0999-01-02T03:04:05Z"),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_times(text: str, served: str | None) -> None:
    assert scalars.time_text(text) == served


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("yesterday", f'"yesterday"{AS_RFC3339}"yesterday" as "2006"'),
        ("", f'""{AS_RFC3339}"" as "2006"'),
        ("2026", f'"2026"{AS_RFC3339}"" as "-"'),
        ("2026-1-02", f'"2026-1-02"{AS_RFC3339}"1-02" as "01"'),
        ("2026-01-02 03:04:05Z", f'"2026-01-02 03:04:05Z"{AS_RFC3339}" 03:04:05Z" as "T"'),
        ("2026-01-02T03:04:05", f'"2026-01-02T03:04:05"{AS_RFC3339}"" as "Z07:00"'),
        ("2026-13-01", '"2026-13-01": month out of range'),
        ("2026-01-02T24:04:05Z", '"2026-01-02T24:04:05Z": hour out of range'),
        ("2026-02-30T00:00:00Z", '"2026-02-30T00:00:00Z": day out of range'),
        ("2026-01-02T03:04:05Zx", '"2026-01-02T03:04:05Zx": extra text: "x"'),
    ],
)
def test_bad_times(text: str, error: str) -> None:
    with pytest.raises(ValueError) as raised:
        scalars.time_text(text)
    assert str(raised.value) == f"parsing time {error}"


def test_micro_times_need_six_digits() -> None:
    assert scalars.micro_time_text("2026-01-02T03:04:05.000001+01:00") == "2026-01-02T02:04:05.000001Z"
    with pytest.raises(ValueError, match=r'05\.000000Z07:00": cannot parse "Z" as "\.000000"$'):
        scalars.micro_time_text("2026-01-02T03:04:05Z")


@pytest.mark.parametrize(
    "text", ["2026-01-02T03:04:05.123456Z", "2024-02-29T23:59:59.000000Z", "0999-12-31T00:00:00.000001Z"]
)
def test_micro_times_as_they_are_served_stay_as_they_are(text: str) -> None:
    assert scalars.micro_time_text(text) == text


def test_what_only_looks_like_a_served_micro_time() -> None:
    assert scalars.micro_time_text("0001-01-01T00:00:00.000000Z") is None
    for text, why in (
        ("2026-02-29T00:00:00.000000Z", "day out of range"),
        ("2026-13-01T00:00:00.000000Z", "month out of range"),
        ("2026-01-01T24:00:00.000000Z", "hour out of range"),
        ("2026-01-01T00:00:60.000000Z", "second out of range"),
    ):
        with pytest.raises(ValueError, match=why):
            scalars.micro_time_text(text)


@given(st.binary())
def test_bytes_round_trip(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert scalars.base64_text(text) == text
    assert scalars.base64_bytes(base64.encodebytes(data).decode()) == data


@pytest.mark.parametrize(
    ("text", "at"),
    [("aGk", 0), ("aG k=", 2), ("!!!!", 0), ("aGk=x", 4), ("aG=x", 2), ("aG=", 3), ("=aGk", 0), ("aGkaG", 4)],
)
def test_bad_bytes(text: str, at: int) -> None:
    with pytest.raises(ValueError, match=f"^illegal base64 data at input byte {at}$"):
        scalars.base64_text(text)
