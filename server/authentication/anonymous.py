"""Those who prove nothing. Models apiserver/pkg/authentication/request/anonymous."""

from __future__ import annotations

from server.authentication.interfaces import ALL_UNAUTHENTICATED, ANONYMOUS, User
from server.endpoints.request import Request

USER = User(ANONYMOUS, groups=(ALL_UNAUTHENTICATED,))
_OPEN = ("/healthz", "/livez", "/readyz", "/version")


class Anonymous:
    """Everybody, for authorization to judge; with `open_paths_only` nobody beyond health and version."""

    def __init__(self, *, open_paths_only: bool = False) -> None:
        self._open_paths_only = open_paths_only

    async def authenticate(self, request: Request) -> User | None:
        """The anonymous user."""
        if not self._open_paths_only:
            return USER
        path = request.path
        return USER if any(path == p or path.startswith(f"{p}/") for p in _OPEN) else None
