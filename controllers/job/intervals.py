"""Sets of completion indexes as `1,3-5,7`. Models orderedIntervals of indexed_job_utils.go; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self


class Intervals:
    """Ordered, disjoint ranges of indexes, both ends included; never changed."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        merged: list[tuple[int, int]] = []
        for first, last in sorted(ranges):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        self._ranges = tuple(merged)

    @classmethod
    def parse(cls, text: str, completions: int) -> Self:
        """The indexes below `completions` that a text lists; what is no number is left out."""
        ranges: list[tuple[int, int]] = []
        for part in text.split(",") if text else ():
            first, _, last = part.partition("-")
            try:
                low, high = int(first), int(last or first)
            except ValueError:
                continue
            if low >= completions:
                break
            ranges.append((low, min(high, completions - 1)))
        return cls(ranges)

    def __str__(self) -> str:
        return ",".join(_shown(first, last) for first, last in self._ranges)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._ranges)

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __contains__(self, index: int) -> bool:
        return any(first <= index <= last for first, last in self._ranges)

    def __or__(self, other: Intervals) -> Intervals:
        return Intervals((*self._ranges, *other._ranges))

    def __and__(self, other: Intervals) -> Intervals:
        both = ((max(a, c), min(b, d)) for a, b in self._ranges for c, d in other._ranges)
        return Intervals((first, last) for first, last in both if first <= last)

    def with_indexes(self, indexes: Iterable[int]) -> Intervals:
        """These indexes and more."""
        return self | Intervals((i, i) for i in indexes)

    def total(self) -> int:
        """How many indexes there are."""
        return sum(last - first + 1 for first, last in self._ranges)

    def missing(self, count: int, completions: int) -> list[int]:
        """The first `count` indexes below `completions` that are not in here. Models firstPendingIndexes."""
        found: list[int] = []
        candidate = 0
        for first, last in (*self._ranges, (completions, completions)):
            while candidate < min(first, completions) and len(found) < count:
                found.append(candidate)
                candidate += 1
            candidate = max(candidate, last + 1)
        return found


def _shown(first: int, last: int) -> str:
    if first == last:
        return str(first)
    return f"{first}{',' if last == first + 1 else '-'}{last}"
