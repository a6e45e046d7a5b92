"""SelfSubjectReview and TokenReview. Models pkg/registry/authentication/{selfsubjectreview,tokenreview}."""

from __future__ import annotations

from typing import Final

from apimachinery import errors
from apimachinery.objects import Object
from server.authentication.union import authenticated
from server.endpoints.request import Response
from server.endpoints.reviews import review
from server.endpoints.scope import Scope
from server.filters.audit import user_info

UNKNOWN_TOKEN: Final = "invalid bearer token"  # noqa: S105 - a message


async def self_subject_review(scope: Scope) -> Response:
    """Who am I?"""
    _, asked = await review.receive(scope)
    answer = review.new(scope, created=True)
    answer["status"] = {"userInfo": user_info(scope.user)}
    return await review.answer(scope, answer, asked)


async def token_review(scope: Scope) -> Response:
    """Who is this? A token that is not good is an answer, not an error."""
    obj, asked = await review.receive(scope)
    spec = obj.get("spec") or {}
    token = spec.get("token") or ""
    if not token:
        raise errors.BadRequest("token is required for TokenReview in authentication")
    obj["status"] = await _status(scope, token, list(spec.get("audiences") or ()))
    return await review.answer(scope, obj, asked)


async def _status(scope: Scope, token: str, audiences: list[str]) -> Object:
    tokens = scope.services.tokens
    wanted = audiences or list(scope.services.api_audiences)
    try:
        identity = await tokens.authenticate_token(token, wanted) if tokens is not None else None
    except errors.Unauthorized as e:
        return {"user": {}, "error": f"[{UNKNOWN_TOKEN}, {e.message}]"}
    if identity is None:
        return {"user": {}, "error": UNKNOWN_TOKEN}
    status: Object = {"authenticated": True, "user": user_info(authenticated(identity.user))}
    if identity.audiences:
        status["audiences"] = list(identity.audiences)
    return status
