"""Pieces that many printers share. Models pkg/printers/internalversion/printers.go and tableconvertor.go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from apimachinery import meta
from apimachinery.objects import View
from server.registry.rest import AGE, NAME, CellContext, Column, Printer

NONE: Final = "<none>"
UNSET: Final = "<unset>"
UNKNOWN: Final = "<unknown>"


def age(obj: View, ctx: CellContext) -> str:
    """The Age cell."""
    return ctx.age(meta.metadata(obj).get("creationTimestamp"))


def since(moment: str | None, ctx: CellContext) -> str:
    """How long ago a time was, `<unknown>` without one."""
    return ctx.age(moment)


def or_unset(value: str | None) -> str:
    """An optional text, `<unset>` when it is not there."""
    return UNSET if value is None else value


def limited(values: Sequence[str], limit: int) -> str:
    """A comma list of the first few and how many more there are: `a,b,c + 2 more...`."""
    shown = ",".join(values[:limit])
    return f"{shown} + {len(values) - limit} more..." if len(values) > limit else shown


Cell: TypeAlias = Callable[[View], Any]


def plain(*after: tuple[Column, Cell]) -> Printer:
    """A printer of Name and one function of the object a column."""
    columns = (NAME, *(c for c, _ in after))
    return Printer(columns, lambda obj, _: [meta.name(obj), *(f(obj) for _, f in after)])


def simple(*middle: tuple[Column, Cell], after: Sequence[tuple[Column, Cell]] = ()) -> Printer:
    """A printer of Name, one function of the object a column, Age, and what stands behind Age."""
    columns = (NAME, *(c for c, _ in middle), AGE, *(c for c, _ in after))

    def cells(obj: View, ctx: CellContext) -> list[Any]:
        return [meta.name(obj), *(f(obj) for _, f in middle), age(obj, ctx), *(f(obj) for _, f in after)]

    return Printer(columns, cells)
