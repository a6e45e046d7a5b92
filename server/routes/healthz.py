"""/healthz, /livez and /readyz with their named checks. Models apiserver/pkg/server/healthz."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from server.endpoints import response
from server.endpoints.request import Request, Response

Probe: TypeAlias = Callable[[], Awaitable[str]]
"""Empty when all is well, else what is wrong."""


async def always_well() -> str:
    """For parts that cannot fail."""
    return ""


@dataclass(frozen=True, slots=True)
class Check:
    """A named check of one or more of the three endpoints."""

    name: str
    probe: Probe
    endpoints: frozenset[str] = frozenset({"healthz", "livez", "readyz"})


class Health:
    """The health endpoints over a list of checks."""

    def __init__(self, checks: tuple[Check, ...]) -> None:
        self._checks = checks

    def paths(self) -> list[str]:
        """Every path that is served."""
        found = []
        for endpoint in ("healthz", "livez", "readyz"):
            found.append(f"/{endpoint}")
            found += [f"/{endpoint}/{c.name}" for c in self._checks if endpoint in c.endpoints]
        return found

    async def __call__(self, request: Request) -> Response:
        """`ok`, or with `verbose` or a failure one line a check."""
        endpoint, _, name = request.path.strip("/").partition("/")
        checks = [c for c in self._checks if endpoint in c.endpoints]
        if name:
            checks = [c for c in checks if c.name == name]
            if not checks:
                return response.not_found_page()
            return await self._one(checks[0])
        return await self._all(request, endpoint, checks)

    async def _one(self, check: Check) -> Response:
        problem = await check.probe()
        return response.text(f"internal server error: {problem}\n", 500) if problem else response.text("ok")

    async def _all(self, request: Request, endpoint: str, checks: list[Check]) -> Response:
        excluded = set(request.query.all("exclude"))
        lines, failed = [], False
        for check in checks:
            if check.name in excluded:
                excluded.discard(check.name)
                lines.append(f"[+]{check.name} excluded: ok\n")
            elif await check.probe():
                failed = True
                lines.append(f"[-]{check.name} failed: reason withheld\n")
            else:
                lines.append(f"[+]{check.name} ok\n")
        if excluded:
            unknown = ", ".join(f'"{e}"' for e in sorted(excluded))
            lines.append(f"warn: some health checks cannot be excluded: no matches for {unknown}\n")
        if failed:
            return response.text("".join(lines) + f"{endpoint} check failed\n", 500)
        if "verbose" not in request.query:
            return response.text("ok")
        return response.text("".join(lines) + f"{endpoint} check passed\n")
