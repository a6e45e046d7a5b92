"""Who a ServiceAccount token stands for, as long as everything it is bound to exists.

Models pkg/serviceaccount/{claims,legacy,util}.go and plugin/pkg/auth/authenticator/token.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from apimachinery import errors, meta
from apimachinery.clock import Clock
from apimachinery.objects import View
from server.authentication.interfaces import TokenIdentity, User
from server.authentication.service_account_token import (
    PRIVATE,
    Claims,
    InvalidToken,
    Reference,
    TokenReader,
    shared_audiences,
)
from server.registry.registry import Registry

_log = logging.getLogger(__name__)

ALL: Final = "system:serviceaccounts"
CREDENTIAL_ID: Final = "authentication.kubernetes.io/credential-id"
LEGACY_ISSUER: Final = "kubernetes/serviceaccount"
_LEGACY_CLAIM: Final = f"{PRIVATE}/serviceaccount"
_EXTRA: Final = "authentication.kubernetes.io/"
_DELETION_LEEWAY: Final = timedelta(seconds=60)


def user_of(claims: Claims) -> User:
    """The user that a token's claims describe."""
    extra: dict[str, tuple[str, ...]] = {}
    if claims.token_id:
        extra[CREDENTIAL_ID] = (f"JTI={claims.token_id}",)
    for name, reference in (("node", claims.node), ("pod", claims.pod)):
        if reference is not None:
            extra[f"{_EXTRA}{name}-name"] = (reference.name,)
            if reference.uid:
                extra[f"{_EXTRA}{name}-uid"] = (reference.uid,)
    groups = (ALL, f"{ALL}:{claims.namespace}")
    return User(claims.subject, claims.service_account.uid, groups, extra)


class ServiceAccountTokens:
    """Accepts tokens of our own issuer whose account, and bound pod, secret or node, are still the same objects."""

    def __init__(
        self, reader: TokenReader, registry: Registry, clock: Clock, *, api_audiences: Sequence[str] = ()
    ) -> None:
        self._reader = reader
        self._registry = registry
        self._clock = clock
        self._api_audiences = tuple(api_audiences) or reader.issuers

    async def authenticate_token(self, token: str, audiences: Sequence[str] = ()) -> TokenIdentity | None:
        """The identity; None for what is not a token of ours, Unauthorized for one that is not good any more."""
        if token.count(".") != 2 or not self._reader.is_ours(token):
            return None
        now = self._clock.now()
        try:
            claims = self._reader.read(token, now=now)
            wanted = tuple(audiences) or self._api_audiences
            shared = shared_audiences(wanted, claims.audiences)
            if not shared:
                raise InvalidToken(
                    f"token audiences {_listed(claims.audiences)} is invalid for the target audiences {_listed(wanted)}"
                )
            await self._check_bound(claims, now)
        except InvalidToken as e:
            raise errors.Unauthorized(str(e)) from e
        if claims.warn_after and now.timestamp() > claims.warn_after:
            _log.debug("token of %s should have been read again", claims.subject)
        return TokenIdentity(user_of(claims), shared)

    async def _check_bound(self, claims: Claims, now: datetime) -> None:
        account = await self._find("serviceaccounts", claims.namespace, claims.service_account.name)
        if account is None:
            raise InvalidToken(f'serviceaccounts "{claims.service_account.name}" not found')
        if _is_gone(account, now):
            raise InvalidToken("service account token has been invalidated")
        if meta.uid(account) != claims.service_account.uid:
            raise InvalidToken(
                f"service account UID ({meta.uid(account)}) does not match claim ({claims.service_account.uid})"
            )
        for resource, reference in (("secrets", claims.secret), ("pods", claims.pod)):
            if reference is not None:
                await self._check(resource, claims.namespace, reference, now)
        if claims.node is not None and claims.pod is None:
            await self._check("nodes", "", claims.node, now)

    async def _check(self, resource: str, namespace: str, reference: Reference, now: datetime) -> None:
        found = await self._find(resource, namespace, reference.name)
        if found is None or _is_gone(found, now) or meta.uid(found) != reference.uid:
            raise InvalidToken("service account token has been invalidated")

    async def _find(self, resource: str, namespace: str, name: str) -> View | None:
        stored = await self._registry.find(resource).find(namespace, name)
        return stored.view if stored is not None else None


class LegacyTokens:
    """Tokens kept in Secrets: without expiry, good while their Secret holds them and their account exists.

    Models pkg/serviceaccount/legacy.go; since 1.24 such Secrets are only made by hand.
    """

    def __init__(self, reader: TokenReader, registry: Registry, api_audiences: Sequence[str] = ()) -> None:
        self._reader = reader
        self._registry = registry
        self._api_audiences = tuple(api_audiences)

    async def authenticate_token(self, token: str, audiences: Sequence[str] = ()) -> TokenIdentity | None:
        """The identity; None for other tokens, Unauthorized for one whose Secret or account is gone."""
        if token.count(".") != 2 or not self._reader.is_ours(token):
            return None
        try:
            payload = self._reader.verified(token)
        except InvalidToken as e:
            raise errors.Unauthorized(str(e)) from e
        namespace, name, uid, secret_name = (
            str(payload.get(f"{_LEGACY_CLAIM}/{key}") or "")
            for key in ("namespace", "service-account.name", "service-account.uid", "secret.name")
        )
        subject = f"system:serviceaccount:{namespace}:{name}"
        secret = await self._registry.find("secrets").find(namespace, secret_name)
        account = await self._registry.find("serviceaccounts").find(namespace, name)
        held = (secret.view.get("data") or {}).get("token") if secret is not None else None
        if payload.get("sub") != subject or held is None or _decoded(held) != token:
            raise errors.Unauthorized("token has been invalidated")
        if account is None or meta.uid(account.view) != uid:
            raise errors.Unauthorized("service account token has been invalidated")
        groups = (ALL, f"{ALL}:{namespace}")
        return TokenIdentity(User(subject, uid, groups), tuple(audiences) or self._api_audiences)


def _decoded(data: str) -> str:
    return base64.b64decode(data).decode(errors="replace")


def _is_gone(obj: View, now: datetime) -> bool:
    deleted = meta.deletion_timestamp(obj)
    return deleted is not None and deleted < now - _DELETION_LEEWAY


def _listed(audiences: Sequence[str]) -> str:
    return f"[{' '.join(f'{a!r}' for a in audiences)}]".replace("'", '"')
