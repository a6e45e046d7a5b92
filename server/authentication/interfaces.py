"""Who makes a request, and how a server finds out. Models apiserver/pkg/authentication/{user,authenticator}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from server.endpoints.request import Request

ANONYMOUS: Final = "system:anonymous"
ALL_AUTHENTICATED: Final = "system:authenticated"
ALL_UNAUTHENTICATED: Final = "system:unauthenticated"
PRIVILEGED: Final = "system:masters"
API_SERVER: Final = "system:apiserver"


@dataclass(frozen=True, slots=True)
class User:
    """An identity: name, uid, groups and extra values."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def anonymous(self) -> bool:
        """Whether nobody has proved to be anyone."""
        return self.name == ANONYMOUS


LOOPBACK: Final = User(API_SERVER, groups=(PRIVILEGED, ALL_AUTHENTICATED))
"""The server itself, for what it writes on its own account."""


class Authenticator(Protocol):
    """Finds the user of a request."""

    async def authenticate(self, request: Request) -> User | None:
        """The user; None when the request carries nothing this authenticator reads. Unauthorized when it is false."""
        ...


@dataclass(frozen=True, slots=True)
class TokenIdentity:
    """Whom a bearer token stands for, and for which audiences it is good."""

    user: User
    audiences: tuple[str, ...] = ()


class TokenAuthenticator(Protocol):
    """Finds the user of a bearer token; TokenReview asks it too."""

    async def authenticate_token(self, token: str, audiences: Sequence[str] = ()) -> TokenIdentity | None:
        """The identity; None when the token is not of this authenticator's kind. Unauthorized when it is false."""
        ...
