"""Static bearer tokens, and the Authorization header. Models apiserver/pkg/authentication/token/tokenfile."""

from __future__ import annotations

import base64
import binascii
import csv
import hmac
from collections.abc import Mapping, Sequence
from pathlib import Path

from apimachinery import errors
from server.authentication.interfaces import TokenAuthenticator, TokenIdentity, User
from server.endpoints.request import Request


def read_token_file(path: Path) -> dict[str, User]:
    """Users by token from a CSV file of `token,name,uid,"group1,group2"`; ValueError says what is wrong with a line."""
    users: dict[str, User] = {}
    with path.open(newline="") as file:
        for number, row in enumerate(csv.reader(file, skipinitialspace=True), 1):
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if len(row) < 3:
                raise ValueError(f"{path}:{number}: want at least token, user name and uid")
            token, name, uid = (field.strip() for field in row[:3])
            if not token:
                raise ValueError(f"{path}:{number}: the token is empty")
            groups = tuple(g.strip() for g in row[3].split(",") if g.strip()) if len(row) > 3 else ()
            users[token] = User(name, uid, groups)
    return users


class StaticTokens:
    """The tokens of a file."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = {token.encode(): user for token, user in users.items()}

    async def authenticate_token(self, token: str, audiences: Sequence[str] = ()) -> TokenIdentity | None:
        """The user of the token; None for one that is not in the file."""
        sent = token.encode()
        found: User | None = None
        for known, user in self._users.items():
            if hmac.compare_digest(known, sent):
                found = user
        return TokenIdentity(found, tuple(audiences)) if found is not None else None


class TokenUnion:
    """Several kinds of tokens as one."""

    def __init__(self, authenticators: Sequence[TokenAuthenticator]) -> None:
        self._authenticators = tuple(authenticators)

    async def authenticate_token(self, token: str, audiences: Sequence[str] = ()) -> TokenIdentity | None:
        """The first identity found; Unauthorized when one says that the token is false and no other knows it."""
        refusal: errors.Unauthorized | None = None
        for authenticator in self._authenticators:
            try:
                found = await authenticator.authenticate_token(token, audiences)
            except errors.Unauthorized as e:
                refusal = refusal or e
                continue
            if found is not None:
                return found
        if refusal is not None:
            raise refusal
        return None


class BearerTokens:
    """Reads a bearer token from the Authorization header, or from a WebSocket's subprotocols."""

    def __init__(self, tokens: TokenAuthenticator) -> None:
        self._tokens = tokens

    async def authenticate(self, request: Request) -> User | None:
        """The token's user; None without a token, Unauthorized for one that nobody knows."""
        token = _header_token(request) or _protocol_token(request)
        if not token:
            return None
        identity = await self._tokens.authenticate_token(token)
        if identity is None:
            raise errors.Unauthorized("Unauthorized")
        return identity.user


def _header_token(request: Request) -> str:
    scheme, _, token = request.header("authorization").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


_PROTOCOL_PREFIX = "base64url.bearer.authorization.k8s.io."


def _protocol_token(request: Request) -> str:
    if not request.wants_websocket:
        return ""
    for protocol in request.header("sec-websocket-protocol").split(","):
        text = protocol.strip()
        if text.startswith(_PROTOCOL_PREFIX):
            encoded = text.removeprefix(_PROTOCOL_PREFIX)
            try:
                return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
            except (binascii.Error, UnicodeDecodeError):
                return ""
    return ""
