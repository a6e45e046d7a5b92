"""SubjectAccessReview and its kin. Models pkg/registry/authorization and pkg/apis/authorization/validation."""

from __future__ import annotations

from typing import Final

from apimachinery import errors, field
from apimachinery.objects import Object, View
from apimachinery.serializer import go_json
from server.authentication.interfaces import User
from server.authorization.interfaces import Attributes
from server.endpoints.options import WriteOptions
from server.endpoints.request import Response
from server.endpoints.reviews import review
from server.endpoints.scope import Scope

_SPEC: Final = field.Path("spec")


async def self_subject_access_review(scope: Scope) -> Response:
    """May I? The request's user asks for himself."""
    obj, asked = await review.receive(scope)
    spec = obj.get("spec") or {}
    found = _validate_attributes(spec) + review.metadata_must_be_empty(obj["metadata"])
    return await _decide(scope, obj, asked, found, scope.user, spec)


async def subject_access_review(scope: Scope) -> Response:
    """May they?"""
    obj, asked = await review.receive(scope)
    spec = obj.get("spec") or {}
    found = _validate_subject(spec) + review.metadata_must_be_empty(obj["metadata"])
    return await _decide(scope, obj, asked, found, _subject(spec), spec)


async def local_subject_access_review(scope: Scope) -> Response:
    """May they, in this namespace?"""
    obj, asked = await review.receive(scope)
    spec = obj.get("spec") or {}
    found = _validate_subject(spec)
    detail = "must be empty except for namespace"
    found += review.metadata_must_be_empty(obj["metadata"], detail, namespaced=True)
    resource = spec.get("resourceAttributes")
    if resource is not None and (resource.get("namespace") or "") != scope.namespace:
        path = field.Path("spec.resourceAttributes.namespace")
        found.append(field.invalid(path, resource.get("namespace") or "", "must match metadata.namespace"))
    if spec.get("nonResourceAttributes") is not None:
        path = field.Path("spec.nonResourceAttributes")
        shown = _go_struct(spec["nonResourceAttributes"], ("path", "verb"))
        found.append(field.invalid(path, shown, "disallowed on this kind of request"))
    return await _decide(scope, obj, asked, found, _subject(spec), spec)


async def self_subject_rules_review(scope: Scope) -> Response:
    """What may I do in a namespace?"""
    obj, asked = await review.receive(scope)
    namespace = (obj.get("spec") or {}).get("namespace") or ""
    if not namespace:
        raise errors.BadRequest("no namespace on request")
    rules = scope.services.rules
    if rules is None:
        raise errors.InternalError.of("no rules are known")
    found = await rules.rules_for(scope.user, namespace)
    answer = review.new(scope)
    answer["spec"] = {}
    status: Object = {
        "resourceRules": list(found.resource_rules),
        "nonResourceRules": list(found.non_resource_rules),
        "incomplete": found.incomplete,
    }
    if found.evaluation_error:
        status["evaluationError"] = found.evaluation_error
    answer["status"] = status
    return await review.answer(scope, answer, asked)


async def _decide(
    scope: Scope, obj: Object, asked: WriteOptions, found: list[field.Error], user: User, spec: View
) -> Response:
    if found:
        raise errors.Invalid.of(scope.kind.group_kind, "", found)
    verdict = await scope.services.authorizer.authorize(attributes_of(user, spec))
    status: Object = {"allowed": verdict.allowed}
    if verdict.decision == "Deny":
        status["denied"] = True
    if verdict.reason:
        status["reason"] = verdict.reason
    obj["status"] = status
    return await review.answer(scope, obj, asked)


def attributes_of(user: User, spec: View) -> Attributes:
    """What a review's spec asks of the authorizer."""
    path = spec.get("nonResourceAttributes")
    if path is not None:
        return Attributes(user, path.get("verb") or "", resource_request=False, path=path.get("path") or "")
    asked = spec.get("resourceAttributes") or {}
    return Attributes(
        user,
        asked.get("verb") or "",
        namespace=asked.get("namespace") or "",
        api_group=asked.get("group") or "",
        api_version=asked.get("version") or "*",
        resource=asked.get("resource") or "",
        subresource=asked.get("subresource") or "",
        name=asked.get("name") or "",
    )


def _subject(spec: View) -> User:
    extra = {key.lower(): tuple(values or ()) for key, values in (spec.get("extra") or {}).items()}
    return User(spec.get("user") or "", spec.get("uid") or "", tuple(spec.get("groups") or ()), extra)


def _validate_subject(spec: View) -> list[field.Error]:
    found = _validate_attributes(spec)
    if not spec.get("user") and not spec.get("groups"):
        found.append(field.invalid(_SPEC / "user", "", "at least one of user or group must be specified"))
    return found


def _validate_attributes(spec: View) -> list[field.Error]:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and path is not None:
        shown = _go_struct(path, ("path", "verb"))
        detail = "cannot be specified in combination with resourceAttributes"
        return [field.invalid(_SPEC / "nonResourceAttributes", shown, detail)]
    if resource is None and path is None:
        detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        return [field.invalid(_SPEC / "resourceAttributes", None, detail)]
    return []


def _go_struct(value: View, keys: tuple[str, ...]) -> field.Raw:
    return field.Raw(go_json({key[:1].upper() + key[1:]: value.get(key) or "" for key in keys}, sort=False))
