"""Field selectors: parse, match, print. Models apimachinery/pkg/fields/selector.go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """One comparison of one field; an absent field counts as the empty string."""

    field: str
    operator: Literal["=", "!="]
    value: str

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether the fields meet it."""
        return (fields.get(self.field, "") == self.value) == (self.operator == "=")

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{escape(self.value)}"


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """A conjunction of comparisons."""

    requirements: tuple[FieldRequirement, ...] = ()

    @classmethod
    def everything(cls) -> Self:
        """Matches every object."""
        return cls()

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `a=b,c==d,e!=f` with backslash escapes; raises ValueError with upstream's text."""
        return cls(_requirements(text))

    def empty(self) -> bool:
        """Whether it selects everything."""
        return not self.requirements

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether all comparisons hold."""
        return all(r.matches(fields) for r in self.requirements)

    def get_exact(self, name: str) -> str | None:
        """The value that the field must equal, None when the selector does not say."""
        return next((r.value for r in self.requirements if r.field == name and r.operator == "="), None)

    def __str__(self) -> str:
        return ",".join(str(r) for r in self.requirements)


@lru_cache(maxsize=1024)
def _requirements(text: str) -> tuple[FieldRequirement, ...]:
    found = []
    for part in _split(text):
        if not part:
            continue
        requirement = _term(part)
        if requirement is None:
            raise ValueError(f"invalid selector: '{text}'; can't understand '{part}'")
        found.append(requirement)
    return tuple(sorted(found, key=lambda r: r.field))


def escape(value: str) -> str:
    """A value with backslash, comma and equals sign escaped."""
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")


def unescape(value: str) -> str:
    """The inverse of escape; raises ValueError on a dangling or unknown escape."""
    out: list[str] = []
    chars = iter(value)
    for char in chars:
        if char == "\\":
            following = next(chars, None)
            if following is None or following not in "\\,=":
                raise ValueError(f"invalid field selector: invalid escape sequence: {char}{following or ''}")
            out.append(following)
        elif char in ",=":
            raise ValueError(f"invalid field selector: unescaped character in value: {char}")
        else:
            out.append(char)
    return "".join(out)


def _split(text: str) -> list[str]:
    parts, start, escaped = [], 0, False
    for i, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == ",":
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    return parts


def _term(text: str) -> FieldRequirement | None:
    for i in range(len(text)):
        for symbol in ("!=", "==", "="):
            if text.startswith(symbol, i):
                value = unescape(text[i + len(symbol) :])
                return FieldRequirement(text[:i], "!=" if symbol == "!=" else "=", value)
    return None
