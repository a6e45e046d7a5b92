"""Rows of stored objects, as tables of expected cells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apimachinery.objects import View
from apimachinery.timestamp import format_time
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import NOW


def ago(**past: float) -> str:
    """A time before now: `ago(minutes=5)`."""
    return format_time(NOW - timedelta(**past))


def cells(group_version: str, plural: str, obj: View) -> dict[str, Any]:
    """The cells of a stored object `x`, two minutes old, but for those that say just this."""
    metadata = {"name": "x", "creationTimestamp": ago(minutes=2), **(obj.get("metadata") or {})}
    row = kind(group_version, plural).row({**obj, "metadata": metadata})
    return {name: cell for name, cell in row.items() if (name, cell) not in (("Name", "x"), ("Age", "2m"))}
