"""Values with a JSON form of their own, checked and brought to the text that Go's encoders write.

Models apimachinery/pkg/apis/meta/v1/{time,micro_time}.go, pkg/util/intstr, pkg/api/resource and Go's time.Parse.
"""

from __future__ import annotations

import base64
import binascii
import calendar
import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from apimachinery import quantity
from apimachinery.serializer import go_quote

RFC3339: Final = "2006-01-02T15:04:05Z07:00"
RFC3339_MICRO: Final = "2006-01-02T15:04:05.000000Z07:00"
_LIMIT_32: Final = 1 << 31
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]")
_SERVED_MICRO: Final = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z", re.ASCII)


def quantity_text(value: Any) -> str:
    """The canonical text of a quantity given as string or number; raises ValueError with Go's text."""
    if type(value) is str:
        return quantity.canonical(value.strip())
    if type(value) in (int, float):
        return quantity.canonical(str(value))
    raise ValueError(quantity.FORMAT_ERROR)


def is_int32(value: object) -> bool:
    """Whether it is an integer that an int32 can hold."""
    return type(value) is int and -_LIMIT_32 <= value < _LIMIT_32


def base64_text(text: str) -> str:
    """The standard encoding of what the text encodes; raises ValueError with Go's text."""
    try:
        if len(text) % 4 == 0:
            binascii.a2b_base64(text, strict_mode=True)
            return text
    except ValueError:
        pass
    return base64.b64encode(base64_bytes(text)).decode()


def base64_bytes(text: str) -> bytes:
    """Decode as Go's StdEncoding does, line ends ignored; raises ValueError naming the first bad byte."""
    data = text.encode()
    kept = [i for i, byte in enumerate(data) if byte not in b"\r\n"]
    clean = bytes(data[i] for i in kept).decode(errors="replace")
    for position, char in enumerate(clean):
        if _BASE64.match(char):
            continue
        quad = position % 4
        ends = clean[position:] == "=" if quad == 3 else clean[position:] == "=="
        if char == "=" and quad >= 2 and ends:
            break
        at = position
        if char == "=" and quad >= 2:
            after = clean[position + 1 :]
            if quad == 2 and not after:
                raise ValueError(f"illegal base64 data at input byte {len(data)}")
            at = position + 1 if quad == 3 else position + (2 if after.startswith("=") else 0)
        raise ValueError(f"illegal base64 data at input byte {kept[at]}")
    if len(clean) % 4:
        raise ValueError(f"illegal base64 data at input byte {kept[len(clean) // 4 * 4]}")
    return base64.b64decode(clean)


@lru_cache(maxsize=4096)
def time_text(text: str) -> str | None:
    """A metav1.Time as it is served: UTC, whole seconds; None for Go's zero time; raises ValueError with Go's text."""
    return _utc(*_parse(text, micro=False), "%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def micro_time_text(text: str) -> str | None:
    """A metav1.MicroTime as it is served: UTC, six digits; None for Go's zero time; raises ValueError."""
    if _SERVED_MICRO.fullmatch(text) and not text.startswith("000") and _is_date(text[:10]):
        return text
    return _utc(*_parse(text, micro=True), "%Y-%m-%dT%H:%M:%S.%fZ")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _utc(moment: datetime, offset: int, layout: str) -> str | None:
    moment -= timedelta(seconds=offset)
    if moment == datetime(1, 1, 1, tzinfo=UTC):
        return None
    text = moment.strftime(layout)
    return text.rjust(len(text) + 4 - text.index("-"), "0")


class _Unparsed(Exception):
    def __init__(self, value: str, element: str = "", message: str = "") -> None:
        self.value = value
        self.element = element
        self.message = message


def _parse(text: str, *, micro: bool) -> tuple[datetime, int]:
    layout = RFC3339_MICRO if micro else RFC3339
    try:
        return _Reader(text).read(micro=micro)
    except _Unparsed as e:
        if e.message:
            raise ValueError(f"parsing time {go_quote(text)}: {e.message}") from None
        raise ValueError(
            f"parsing time {go_quote(text)} as {go_quote(layout)}: "
            f"cannot parse {go_quote(e.value)} as {go_quote(e.element)}"
        ) from None


class _Reader:
    """Go's time.Parse for the two layouts, element by element, so that errors name the same remainder."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def read(self, *, micro: bool) -> tuple[datetime, int]:
        year = self._digits(4, "2006")
        self._skip("-")
        month = self._number("01", "month", 1, 12)
        self._skip("-")
        day = self._number("02", "", 0, 99)
        self._skip("T")
        hour = self._number("15", "hour", 0, 23, short=True)
        self._skip(":")
        minute = self._number("04", "minute", 0, 59)
        self._skip(":")
        second = self._number("05", "second", 0, 59)
        micros = self._fraction(micro=micro)
        offset = self._offset()
        if self.rest:
            raise _Unparsed(self.rest, message=f"extra text: {go_quote(self.rest)}")
        if not 1 <= day <= calendar.monthrange(year or 4, month)[1]:
            raise _Unparsed(self.rest, message="day out of range")
        return datetime(max(year, 1), month, day, hour, minute, second, micros, tzinfo=UTC), offset

    def _skip(self, prefix: str) -> None:
        if not self.rest.startswith(prefix):
            raise _Unparsed(self.rest, prefix)
        self.rest = self.rest[len(prefix) :]

    def _digits(self, width: int, element: str) -> int:
        taken = self.rest[:width]
        if len(taken) < width or not _is_digits(taken):
            raise _Unparsed(self.rest, element)
        self.rest = self.rest[width:]
        return int(taken)

    def _number(self, element: str, name: str, low: int, high: int, *, short: bool = False) -> int:
        width = 1 if short and _is_digits(self.rest[:1]) and not _is_digits(self.rest[1:2]) else 2
        number = self._digits(width, element)
        if not low <= number <= high:
            raise _Unparsed(self.rest, message=f"{name} out of range")
        return number

    def _fraction(self, *, micro: bool) -> int:
        if micro:
            taken = self.rest[:7]
            if len(taken) < 7 or taken[0] not in ".," or not _is_digits(taken[1:]):
                raise _Unparsed(self.rest, ".000000")
            self.rest = self.rest[7:]
            return int(taken[1:])
        match = re.match(r"[.,](\d+)", self.rest, re.ASCII)
        if match is None:
            return 0
        self.rest = self.rest[match.end() :]
        return int(match.group(1)[:6].ljust(6, "0"))

    def _offset(self) -> int:
        if self.rest[:1] == "Z":
            self.rest = self.rest[1:]
            return 0
        taken, rest = self.rest[:6], self.rest[6:]
        if len(taken) < 6 or taken[3] != ":" or not _is_digits(taken[1:3] + taken[4:6]) or taken[0] not in "+-":
            raise _Unparsed(self.rest, "Z07:00")
        hours, minutes = int(taken[1:3]), int(taken[4:6])
        for value, limit, name in ((hours, 24, "hour"), (minutes, 60, "minute")):
            if value > limit:
                raise _Unparsed(rest, message=f"time zone offset {name} out of range")
        self.rest = rest
        return (hours * 3600 + minutes * 60) * (1 if taken[0] == "+" else -1)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
