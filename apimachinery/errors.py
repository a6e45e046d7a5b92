"""API errors: one class a Status reason, the class name is the wire reason. Models apimachinery/pkg/api/errors.

StatusError
├── BadRequest 400            ├── Conflict 409               ├── TooManyRequests 429
├── Unauthorized 401          ├── Gone 410                   ├── InternalError 500
├── Forbidden 403             ├── Expired 410                ├── ServerTimeout 500
├── NotFound 404              ├── RequestEntityTooLarge 413  ├── ServiceUnavailable 503
├── MethodNotAllowed 405      ├── UnsupportedMediaType 415   ├── Timeout 504
├── NotAcceptable 406         ├── Invalid 422                └── Unknown (a bare code without reason)
└── AlreadyExists 409
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from apimachinery import field
from apimachinery.gvk import GroupKind, GroupResource
from apimachinery.objects import Object


class StatusError(Exception):
    """An error that a client sees as a Status object; raise a subclass, catch a subclass."""

    code: ClassVar[int] = 500
    reason: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "reason" not in cls.__dict__:
            cls.reason = cls.__name__

    def __init__(
        self,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        causes: Iterable[Mapping[str, str]] = (),
        retry_after: int = 0,
        code: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        status_reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details: Object | None = dict(details) if details is not None else None
        found = [dict(c) for c in causes]
        if found:
            self.details = {**(self.details or {}), "causes": found}
        if retry_after:
            self.details = {**(self.details or {}), "retryAfterSeconds": retry_after}
        self.status_code = code if code is not None else type(self).code
        self.status_reason = status_reason if status_reason is not None else type(self).reason
        self.metadata: Object = dict(metadata or {})

    @property
    def retry_after(self) -> int:
        """Seconds after which a client may try again; 0 when the error does not say."""
        return int((self.details or {}).get("retryAfterSeconds", 0))

    @property
    def causes(self) -> list[Object]:
        """The Status causes: maps of reason, message and field."""
        return list((self.details or {}).get("causes", []))

    def has_cause(self, reason: str) -> bool:
        """Whether a cause with this reason is present, as in apierrors.HasStatusCause."""
        return any(c.get("reason") == reason for c in self.causes)

    def to_status(self) -> Object:
        """The v1 Status body of this error."""
        body: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.status_reason:
            body["reason"] = self.status_reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.status_code
        return body

    @staticmethod
    def from_status(body: Mapping[str, Any]) -> StatusError:
        """The exception that a Status body stands for; the inverse of to_status."""
        reason = str(body.get("reason") or "")
        cls = _BY_REASON.get(reason, Unknown)
        return cls(
            str(body.get("message") or ""),
            details=body.get("details"),
            code=int(body.get("code") or cls.code),
            metadata=body.get("metadata"),
            status_reason=reason,
        )


def _resource_details(resource: GroupResource, name: str) -> Object:
    details: Object = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.resource
    return details


class Unknown(StatusError):
    """A Status with a code and no reason of its own."""

    reason = ""


class BadRequest(StatusError):
    """400: the request itself cannot be understood."""

    code = 400


class Unauthorized(StatusError):
    """401: no acceptable identity."""

    code = 401


class Forbidden(StatusError):
    """403: the identity may not do this, or admission refused."""

    code = 403

    @classmethod
    def of(cls, resource: GroupResource, name: str, why: str, **kwargs: Any) -> Self:
        """`pods "x" is forbidden: why`; an empty name gives `pods is forbidden: why`."""
        if resource.empty():
            message = f"forbidden: {why}"
        elif not name:
            message = f"{resource} is forbidden: {why}"
        else:
            message = f'{resource} "{name}" is forbidden: {why}'
        return cls(message, details=_resource_details(resource, name), **kwargs)


class NotFound(StatusError):
    """404: the object or the resource does not exist."""

    code = 404

    @classmethod
    def of(cls, resource: GroupResource | str, name: str) -> Self:
        """`daemonsets.apps "x" not found`."""
        resource = GroupResource.parse(resource) if isinstance(resource, str) else resource
        return cls(f'{resource} "{name}" not found', details=_resource_details(resource, name))


class MethodNotAllowed(StatusError):
    """405: the resource does not support this verb."""

    code = 405

    @classmethod
    def of(cls, resource: GroupResource, action: str) -> Self:
        """`delete is not supported on resources of kind "x"`."""
        details = _resource_details(resource, "")
        return cls(f'{action} is not supported on resources of kind "{resource}"', details=details)


class NotAcceptable(StatusError):
    """406: no media type in common."""

    code = 406


class AlreadyExists(StatusError):
    """409: an object of this name exists."""

    code = 409

    @classmethod
    def of(cls, resource: GroupResource, name: str) -> Self:
        """`pods "x" already exists`."""
        return cls(f'{resource} "{name}" already exists', details=_resource_details(resource, name))

    @classmethod
    def generate_name_conflict(cls, resource: GroupResource, name: str, retry_after: int = 1) -> Self:
        """The answer after every try at a generated name hit an existing object."""
        return cls(
            f'{resource} "{name}" already exists, the server was not able to generate a unique name for the object',
            details=_resource_details(resource, name),
            retry_after=retry_after,
        )


class Conflict(StatusError):
    """409: a precondition or an optimistic lock failed."""

    code = 409

    @classmethod
    def of(cls, resource: GroupResource, name: str, why: str) -> Self:
        """`Operation cannot be fulfilled on pods "x": why`."""
        return cls(
            f'Operation cannot be fulfilled on {resource} "{name}": {why}', details=_resource_details(resource, name)
        )

    @classmethod
    def apply(cls, message: str, causes: Iterable[Mapping[str, str]]) -> Self:
        """A server-side apply conflict with one FieldManagerConflict cause a field."""
        return cls(message, details={}, causes=causes)


class Gone(StatusError):
    """410: the resource is no longer available here."""

    code = 410


class Expired(StatusError):
    """410: the resourceVersion or continue token is too old."""

    code = 410


class RequestEntityTooLarge(StatusError):
    """413: the body is over the limit."""

    code = 413


class UnsupportedMediaType(StatusError):
    """415: the body's media type is not accepted."""

    code = 415


class Invalid(StatusError):
    """422: validation refused the object; details.causes holds one entry a field error."""

    code = 422

    @classmethod
    def of(cls, kind: GroupKind | str, name: str, found: Iterable[field.Error]) -> Self:
        """`DaemonSet.apps "x" is invalid: …`; the message drops identical errors, the causes keep them."""
        kind = GroupKind.parse(kind) if isinstance(kind, str) else kind
        found = list(found)
        details: Object = {"name": name} if name else {}
        if kind.group:
            details["group"] = kind.group
        if kind.kind:
            details["kind"] = kind.kind
        message = f'{kind} "{name}" is invalid'
        if found:
            message += f": {field.aggregate(found)}"
        return cls(message, details=details, causes=[e.to_cause() for e in found])


class TooManyRequests(StatusError):
    """429: over a limit, or a disruption budget refuses for now."""

    code = 429


class InternalError(StatusError):
    """500: a fault of the server."""

    code = 500

    @classmethod
    def of(cls, error: object) -> Self:
        """`Internal error occurred: …` with the error as only cause."""
        return cls(f"Internal error occurred: {error}", details={}, causes=[{"message": str(error)}])


class ServerTimeout(StatusError):
    """500: the server could not finish in time; try again."""

    code = 500


class ServiceUnavailable(StatusError):
    """503: not ready, or shutting down."""

    code = 503


class Timeout(StatusError):
    """504: the request took too long."""

    code = 504

    @classmethod
    def resource_version_too_large(cls, wanted: int, current: int, retry_after: int = 1) -> Self:
        """A read at a resourceVersion that the server has not reached."""
        return cls(
            f"Timeout: Too large resource version: {wanted}, current: {current}",
            details={},
            causes=[{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            retry_after=retry_after,
        )


_BY_REASON: dict[str, type[StatusError]] = {c.reason: c for c in StatusError.__subclasses__() if c.reason}
