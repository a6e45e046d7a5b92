"""When a cron schedule comes round. Models the standard parser and SpecSchedule.Next of robfig/cron v3; pure.

Takes what the API server has accepted: it is the server that refuses a schedule and says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Protocol
from zoneinfo import ZoneInfo

_YEARS: Final = 5
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[tuple[tuple[int, int, tuple[str, ...]], ...]] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)
_DESCRIPTORS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_AMOUNT: Final = re.compile(r"([0-9.]+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class Schedule(Protocol):
    """Something that comes round."""

    def next(self, after: datetime) -> datetime | None:
        """The first time after a moment, in UTC; None when there is none within five years."""
        ...


def parse(text: str, time_zone: str | None) -> Schedule:
    """The schedule of a CronJob; `TZ=…` in the text goes before the time zone. Raises ValueError for nonsense."""
    zone: tzinfo = ZoneInfo(time_zone) if time_zone else UTC
    if text.startswith(("TZ=", "CRON_TZ=")):
        prefix, _, text = text.partition(" ")
        name = prefix.partition("=")[2]
        zone = ZoneInfo(name) if name and name != "Local" else UTC
        text = text.strip()
    if text.startswith("@every "):
        return _Every(timedelta(seconds=max(1, int(_duration(text.removeprefix("@every "))))))
    fields = _DESCRIPTORS.get(text, text).split()
    minute, hour, day, month, weekday = (
        _Field.parse(part, *bounds) for part, bounds in zip(fields, _FIELDS, strict=True)
    )
    return _Cron(minute, hour, day, month, weekday, zone)


def _duration(text: str) -> float:
    sign = -1.0 if text.startswith("-") else 1.0
    return sign * sum(float(amount) * _SECONDS[unit] for amount, unit in _AMOUNT.findall(text))


@dataclass(frozen=True, slots=True)
class _Every:
    delay: timedelta

    def next(self, after: datetime) -> datetime | None:
        return after.replace(microsecond=0) + self.delay


@dataclass(frozen=True, slots=True)
class _Field:
    values: frozenset[int]
    star: bool

    @classmethod
    def parse(cls, text: str, low: int, high: int, names: tuple[str, ...]) -> _Field:
        def number(word: str) -> int:
            return names.index(word.lower()) + low if word.lower() in names else int(word)

        values: set[int] = set()
        star = False
        for part in filter(None, text.split(",")):
            span, _, stride = part.partition("/")
            first, _, last = span.partition("-")
            step = int(stride) if stride else 1
            if first in ("*", "?"):
                start, end = low, high
                star = star or step == 1
            else:
                start = number(first)
                end = number(last) if last else high if stride else start
            values.update(range(start, end + 1, step))
        return cls(frozenset(values), star)


@dataclass(frozen=True, slots=True)
class _Cron:
    minute: _Field
    hour: _Field
    day: _Field
    month: _Field
    weekday: _Field
    zone: tzinfo

    def next(self, after: datetime) -> datetime | None:
        """From large to small: months, days, hours and minutes that do not match are passed over."""
        at = _later(after.replace(microsecond=0).astimezone(self.zone), timedelta(seconds=1))
        limit = at.year + _YEARS
        whole = True
        while at.year <= limit:
            if at.month not in self.month.values:
                year, month = (at.year + 1, 1) if at.month == 12 else (at.year, at.month + 1)
                at, whole = _local(self.zone, year, month), False
            elif not self._day_matches(at):
                at, whole = self._next_day(at), False
            elif at.hour not in self.hour.values:
                begun = _local(self.zone, at.year, at.month, at.day, at.hour) if whole else at
                at, whole = _later(begun, timedelta(hours=1)), False
            elif at.minute not in self.minute.values or at.second:
                at, whole = _later(at.replace(second=0), timedelta(minutes=1)), False
            else:
                return at.astimezone(UTC)
        return None

    def _day_matches(self, at: datetime) -> bool:
        day = at.day in self.day.values
        weekday = at.isoweekday() % 7 in self.weekday.values
        return (day and weekday) if self.day.star or self.weekday.star else (day or weekday)

    def _next_day(self, at: datetime) -> datetime:
        following = at.date() + timedelta(days=1)
        return _local(self.zone, following.year, following.month, following.day)


def _later(at: datetime, delta: timedelta) -> datetime:
    """So much later by the clock that does not change for summer."""
    return (at.astimezone(UTC) + delta).astimezone(at.tzinfo)


def _local(zone: tzinfo, year: int, month: int, day: int = 1, hour: int = 0) -> datetime:
    """A local time; one that is left out in spring is the first that follows."""
    at = datetime(year, month, day, hour, tzinfo=zone)
    return at.astimezone(UTC).astimezone(zone)
