"""Signing and reading ServiceAccount tokens. Models pkg/serviceaccount/{jwt,claims}.go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import jwt

from server.authentication.service_account_keys import SigningKey, VerifyingKey

PRIVATE: Final = "kubernetes.io"
EXTENDED_SECONDS: Final = 365 * 24 * 3600
WARN_AFTER_SECONDS: Final = 3607
"""A pod's token asked for with just this life lives a year, so that old clients that never read it again go on."""


class InvalidToken(ValueError):
    """A token of ours that is not good; the message is upstream's and holds nothing of the token."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that a token depends on; the uid is empty for a node that was not found."""

    name: str
    uid: str = ""

    def to_claim(self) -> dict[str, str]:
        """The private claim."""
        return {"name": self.name, "uid": self.uid} if self.uid else {"name": self.name}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of whom it is for."""

    namespace: str
    service_account: Reference
    audiences: tuple[str, ...]
    token_id: str = ""
    pod: Reference | None = None
    secret: Reference | None = None
    node: Reference | None = None
    warn_after: int = 0
    """Seconds since the epoch after which a token is overdue, though it still works; 0 for never."""

    @property
    def subject(self) -> str:
        """The user name."""
        return f"system:serviceaccount:{self.namespace}:{self.service_account.name}"


@dataclass(frozen=True, slots=True)
class TokenGenerator:
    """Makes tokens in the name of an issuer."""

    issuer: str
    key: SigningKey

    def generate(self, claims: Claims, *, now: datetime, seconds: int) -> str:
        """A token that is good from now on for so many seconds."""
        private: dict[str, Any] = {
            "namespace": claims.namespace,
            "serviceaccount": claims.service_account.to_claim(),
        }
        for name in ("node", "pod", "secret"):
            reference: Reference | None = getattr(claims, name)
            if reference is not None:
                private[name] = reference.to_claim()
        if claims.warn_after:
            private["warnafter"] = claims.warn_after
        issued = int(now.timestamp())
        payload = {
            "aud": list(claims.audiences),
            "exp": issued + seconds,
            "iat": issued,
            "iss": self.issuer,
            "jti": claims.token_id,
            PRIVATE: private,
            "nbf": issued,
            "sub": claims.subject,
        }
        public = self.key.public
        return jwt.encode(
            payload, self.key.key, algorithm=public.algorithm, headers={"kid": public.key_id, "typ": None}
        )


@dataclass(frozen=True, slots=True)
class TokenReader:
    """Reads tokens of some issuers, signed with known keys."""

    issuers: tuple[str, ...]
    keys: tuple[VerifyingKey, ...]
    leeway: timedelta = field(default=timedelta(minutes=1))

    def is_ours(self, token: str) -> bool:
        """Whether a text looks like a token of one of the issuers; nothing is verified."""
        try:
            payload = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            return False
        return payload.get("iss") in self.issuers

    def read(self, token: str, *, now: datetime) -> Claims:
        """The claims of a token that is signed and in force; InvalidToken."""
        payload = self.verified(token)
        moment = now.timestamp()
        try:
            if moment >= float(payload["exp"]) + self.leeway.total_seconds():
                raise InvalidToken("service account token has expired")
            if moment < float(payload.get("nbf", 0)) - self.leeway.total_seconds():
                raise InvalidToken("service account token is not valid yet")
            return _claims(payload)
        except (KeyError, TypeError, AttributeError) as e:
            why = "service account token claims could not be validated due to unexpected validation error"
            raise InvalidToken(why) from e

    def verified(self, token: str) -> dict[str, Any]:
        """The payload of a token that is signed with a known key; InvalidToken."""
        try:
            wanted = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError as e:
            raise InvalidToken("invalid bearer token") from e
        named = [k for k in self.keys if k.key_id == wanted] or list(self.keys)
        checks = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
        for key in named:
            try:
                found: dict[str, Any] = jwt.decode(token, key.key, algorithms=[key.algorithm], options=checks)  # type: ignore[arg-type]
            except jwt.PyJWTError:
                continue
            if found.get("iss") in self.issuers:
                return found
        raise InvalidToken("invalid bearer token")


def _claims(payload: dict[str, Any]) -> Claims:
    private, audience = payload[PRIVATE], payload.get("aud") or []
    found = Claims(
        private["namespace"],
        _reference(private["serviceaccount"]),
        (audience,) if isinstance(audience, str) else tuple(audience),
        token_id=payload.get("jti") or "",
        pod=_optional(private, "pod"),
        secret=_optional(private, "secret"),
        node=_optional(private, "node"),
        warn_after=int(private.get("warnafter") or 0),
    )
    if payload.get("sub") != found.subject:
        raise InvalidToken("service account name in token does not match its subject")
    return found


def _optional(private: dict[str, Any], name: str) -> Reference | None:
    return _reference(private[name]) if private.get(name) else None


def _reference(claim: dict[str, str]) -> Reference:
    return Reference(claim["name"], claim.get("uid") or "")


def shared_audiences(wanted: Sequence[str], offered: Sequence[str]) -> tuple[str, ...]:
    """The audiences that are in both, in the order of the first."""
    return tuple(a for a in wanted if a in offered)
