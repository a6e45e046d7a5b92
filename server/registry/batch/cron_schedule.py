"""Cron schedules as CronJobs are refused or accepted for them. Models the standard parser of robfig/cron v3."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from functools import cache
from typing import Final

from apimachinery.serializer import go_quote

_DESCRIPTORS: Final = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_AMOUNT: Final = re.compile(r"(\d*)(?:\.(\d*))?([^.\d]*)", re.ASCII)
_UNITS: Final = frozenset({"ns", "us", "µs", "μs", "ms", "s", "m", "h"})


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


def check_schedule(text: str) -> None:
    """Raises ValueError with the parser's own words when a schedule cannot be read."""
    if not text:
        raise ValueError("empty spec string")
    if text.startswith(("TZ=", "CRON_TZ=")):
        zone, _, text = text.partition(" ")
        name = zone.partition("=")[2]
        if not is_time_zone(name):
            raise ValueError(f"provided bad location {name}: unknown time zone {name}")
        text = text.strip()
    if text.startswith("@"):
        _check_descriptor(text)
        return
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"expected exactly {len(_FIELDS)} fields, found {len(fields)}: [{' '.join(fields)}]")
    for field, bounds in zip(fields, _FIELDS, strict=True):
        for part in filter(None, field.split(",")):
            _check_range(part, bounds)


def _check_descriptor(text: str) -> None:
    if text in _DESCRIPTORS:
        return
    if text.startswith("@every "):
        duration = text.removeprefix("@every ")
        if why := _duration_problem(duration):
            raise ValueError(f"failed to parse duration {text}: time: {why}")
        return
    raise ValueError(f"unrecognized descriptor: {text}")


def _duration_problem(text: str) -> str:
    """What Go's time.ParseDuration says against a text; empty when it can be read."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return ""
    invalid = f"invalid duration {go_quote(text)}"
    if not rest:
        return invalid
    while rest and (amount := _AMOUNT.match(rest)):
        whole, fraction, unit = amount.groups()
        if not whole and not fraction:
            return invalid
        if not unit:
            return f"missing unit in duration {go_quote(text)}"
        if unit not in _UNITS:
            return f"unknown unit {go_quote(unit)} in duration {go_quote(text)}"
        rest = rest[amount.end() :]
    return ""


def _check_range(text: str, bounds: _Bounds) -> None:
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
