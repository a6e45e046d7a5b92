"""Several ways of proving who one is, in order. Models authentication/request/union and authentication/group."""

from __future__ import annotations

from collections.abc import Sequence

from apimachinery import errors
from server.authentication.interfaces import ALL_AUTHENTICATED, Authenticator, User
from server.endpoints.request import Request


class UnionAuthenticator:
    """The first that finds a user wins; a false credential is a refusal unless another one is good."""

    def __init__(self, authenticators: Sequence[Authenticator], *, fallback: Authenticator | None = None) -> None:
        self._authenticators = tuple(authenticators)
        self._fallback = fallback

    async def authenticate(self, request: Request) -> User | None:
        """The user with system:authenticated among the groups, or the fallback's."""
        refusal: errors.Unauthorized | None = None
        for authenticator in self._authenticators:
            try:
                user = await authenticator.authenticate(request)
            except errors.Unauthorized as e:
                refusal = refusal or e
                continue
            if user is not None:
                return authenticated(user)
        if refusal is not None:
            raise refusal
        return await self._fallback.authenticate(request) if self._fallback is not None else None


def authenticated(user: User) -> User:
    """The user as a member of system:authenticated."""
    if user.anonymous or ALL_AUTHENTICATED in user.groups:
        return user
    return User(user.name, user.uid, (*user.groups, ALL_AUTHENTICATED), user.extra)
