"""Cron schedules as CronJobs give them, read or refused. Models the standard parser of robfig/cron v3."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from functools import cache
from typing import Final

from apimachinery.serializer import go_quote

_DESCRIPTORS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_AMOUNT: Final = re.compile(r"(\d*)(?:\.(\d*))?([^.\d]*)", re.ASCII)
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Field:
    """The values that one of the five fields allows; `star` when it allows all by a `*` or `?`."""

    values: frozenset[int]
    star: bool


@dataclass(frozen=True, slots=True)
class Spec:
    """A schedule: the seconds between two times, or else minute, hour, day, month and weekday; `zone` as named."""

    zone: str | None
    every: float | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class _Bounds:
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """A number, or the number of a name."""
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.low
        return _integer(text)


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = (_Bounds(0, 59), _Bounds(0, 23), _Bounds(1, 31), _Bounds(1, 12, _MONTHS), _Bounds(0, 6, _DAYS))


def parse(text: str) -> Spec:
    """Raises ValueError with the parser's own words when a schedule cannot be read."""
    if not text:
        raise ValueError("empty spec string")
    zone = None
    if text.startswith(("TZ=", "CRON_TZ=")):
        prefix, _, text = text.partition(" ")
        zone = prefix.partition("=")[2]
        if not is_time_zone(zone):
            raise ValueError(f"provided bad location {zone}: unknown time zone {zone}")
        text = text.strip()
    if text.startswith("@every "):
        try:
            return Spec(zone, _duration(text.removeprefix("@every ")), ())
        except ValueError as e:
            raise ValueError(f"failed to parse duration {text}: time: {e}") from None
    if text.startswith("@"):
        if text not in _DESCRIPTORS:
            raise ValueError(f"unrecognized descriptor: {text}")
        text = _DESCRIPTORS[text]
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"expected exactly {len(_FIELDS)} fields, found {len(fields)}: [{' '.join(fields)}]")
    return Spec(zone, None, tuple(_field(field, bounds) for field, bounds in zip(fields, _FIELDS, strict=True)))


def _duration(text: str) -> float:
    """Seconds; ValueError with what Go's time.ParseDuration says against a text."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0.0
    invalid = f"invalid duration {go_quote(text)}"
    if not rest:
        raise ValueError(invalid)
    seconds = 0.0
    while rest and (amount := _AMOUNT.match(rest)):
        whole, fraction, unit = amount.groups()
        if not whole and not fraction:
            raise ValueError(invalid)
        if not unit:
            raise ValueError(f"missing unit in duration {go_quote(text)}")
        if unit not in _SECONDS:
            raise ValueError(f"unknown unit {go_quote(unit)} in duration {go_quote(text)}")
        seconds += float(f"{whole or 0}.{fraction or 0}") * _SECONDS[unit]
        rest = rest[amount.end() :]
    return -seconds if text[0] == "-" else seconds


def _field(text: str, bounds: _Bounds) -> Field:
    parts = [_range(part, bounds) for part in text.split(",") if part]
    return Field(frozenset().union(*(values for values, _ in parts)), any(star for _, star in parts))


def _range(text: str, bounds: _Bounds) -> tuple[range, bool]:
    span, *steps = text.split("/")
    low, *highs = span.split("-")
    if low in ("*", "?"):
        start, end = bounds.low, bounds.high
    else:
        start = bounds.number(low)
        if len(highs) > 1:
            raise ValueError(f"too many hyphens: {text}")
        end = bounds.number(highs[0]) if highs else start
    if len(steps) > 1:
        raise ValueError(f"too many slashes: {text}")
    step = _integer(steps[0]) if steps else 1
    if steps and not highs and low not in ("*", "?"):
        end = bounds.high
    if start < bounds.low:
        raise ValueError(f"beginning of range ({start}) below minimum ({bounds.low}): {text}")
    if end > bounds.high:
        raise ValueError(f"end of range ({end}) above maximum ({bounds.high}): {text}")
    if start > end:
        raise ValueError(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {text}")
    return range(start, end + 1, step), low in ("*", "?") and step == 1


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    number = int(text)
    if number < 0:
        raise ValueError(f"negative number ({number}) not allowed: {text}")
    return number


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def is_time_zone(name: str) -> bool:
    """Whether a time zone exists; all do on a machine without a time zone database."""
    known = _known_zones()
    return not known or name in known or name in ("", "UTC", "Local")
