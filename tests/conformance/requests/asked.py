"""Requests with the answers that upstream's source gives to them, one a line of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.api import Answer, InProcess

MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
APPLY = {"Content-Type": "application/apply-patch+yaml"}
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}


@dataclass(frozen=True)
class Asked:
    """A request, what is expected of its answer, and the upstream file that says so.

    `says` is the message of a Status, or given a function, what the function finds in the JSON body.
    """

    why: str
    method: str
    path: str
    body: Any = None
    status: int = 200
    says: str | None = None
    shows: Callable[[Any], Any] | None = None
    shown: Any = None
    warns: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    before: tuple[tuple[str, str, Any], ...] = ()
    """Requests that set the scene: method, path, body. What exists already may be there."""

    def title(self) -> str:
        """What pytest calls it."""
        return f"{self.method} {self.path.rpartition('/')[2]}"


def refused(why: str, path: str, body: Any, says: str, *, status: int = 422, method: str = "POST") -> Asked:
    """A write that is refused, by default as invalid."""
    return Asked(why, method, path, body, status=status, says=says)


def columns(why: str, path: str, shown: str, *, before: tuple[tuple[str, str, Any], ...] = ()) -> Asked:
    """The columns of a Table, their spaces as `_`, those of -o wide with a star."""
    return Asked(why, "GET", path, headers=TABLE, shows=_columns, shown=shown, before=before)


def _columns(table: Any) -> str:
    shown = [c["name"].replace(" ", "_") + ("*" if c["priority"] else "") for c in table["columnDefinitions"]]
    return " ".join(shown)


async def check(api: InProcess, asked: Asked) -> None:
    """Ask, and compare."""
    for method, path, body in asked.before:
        answer = await api.request(method, path, body)
        assert answer.status < 300 or answer.status == 409, (method, path, answer.body)
    answer = await api.request(asked.method, asked.path, asked.body, headers=asked.headers)
    assert _found(answer, asked) == (asked.status, asked.says, asked.shown, list(asked.warns)), answer.body


def _found(answer: Answer, asked: Asked) -> tuple[int, str | None, Any, list[str]]:
    warnings = [w.removeprefix("299 - ")[1:-1].replace('\\"', '"') for w in answer.warnings]
    says = None if asked.says is None else answer.json().get("message")
    shown = None if asked.shows is None else asked.shows(answer.json())
    return answer.status, says, shown, warnings
