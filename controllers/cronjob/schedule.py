"""When a cron schedule comes round. Models SpecSchedule.Next of robfig/cron v3; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from apimachinery import cron

_YEARS: Final = 5


class Schedule(Protocol):
    """Something that comes round."""

    def next(self, after: datetime) -> datetime | None:
        """The first time after a moment, in UTC; None when there is none within five years."""
        ...


def parse(text: str, time_zone: str | None) -> Schedule:
    """The schedule of a CronJob; `TZ=…` in the text goes before the time zone. Raises ValueError for nonsense."""
    spec = cron.parse(text)
    zone: tzinfo = ZoneInfo(time_zone) if time_zone else UTC
    if spec.zone is not None:
        zone = ZoneInfo(spec.zone) if spec.zone not in ("", "Local") else UTC
    if spec.every is not None:
        return _Every(timedelta(seconds=max(1, int(spec.every))))
    minute, hour, day, month, weekday = spec.fields
    return _Cron(minute, hour, day, month, weekday, zone)


@dataclass(frozen=True, slots=True)
class _Every:
    delay: timedelta

    def next(self, after: datetime) -> datetime | None:
        return after.replace(microsecond=0) + self.delay


@dataclass(frozen=True, slots=True)
class _Cron:
    minute: cron.Field
    hour: cron.Field
    day: cron.Field
    month: cron.Field
    weekday: cron.Field
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
