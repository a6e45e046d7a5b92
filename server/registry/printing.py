"""Pieces that many printers share. Models pkg/printers/internalversion/printers.go and tableconvertor.go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from apimachinery import meta, timestamp
from apimachinery.objects import View
from server.registry.rest import AGE, NAME, CellContext, Column, Printer

NONE: Final = "<none>"
UNSET: Final = "<unset>"
UNKNOWN: Final = "<unknown>"


def age(obj: View, ctx: CellContext) -> str:
    """The Age cell."""
    return timestamp.age(meta.metadata(obj).get("creationTimestamp"), ctx.now)


def since(moment: str | None, ctx: CellContext) -> str:
    """How long ago a time was, `<unknown>` without one."""
    return timestamp.age(moment, ctx.now)


def joined(values: Iterable[str], *, empty: str = "") -> str:
    """A comma list."""
    return ",".join(values) or empty


def limited(values: Sequence[str], limit: int) -> str:
    """A comma list of the first few and how many more there are: `a,b,c + 2 more...`."""
    shown = ",".join(values[:limit])
    return f"{shown} + {len(values) - limit} more..." if len(values) > limit else shown


def name_and_age(*middle: Column) -> tuple[Column, ...]:
    """Name, the given columns and Age."""
    return (NAME, *middle, AGE)


def simple(*middle: tuple[Column, Any]) -> Printer:
    """A printer of Name, then one function of the object a column, then Age."""
    columns = name_and_age(*(c for c, _ in middle))
    functions = [f for _, f in middle]

    def cells(obj: View, ctx: CellContext) -> list[Any]:
        return [meta.name(obj), *(f(obj) for f in functions), age(obj, ctx)]

    return Printer(columns, cells)


def go_bool(value: bool) -> str:
    """A boolean as Go's %t prints it."""
    return "true" if value else "false"
