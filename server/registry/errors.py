"""Storage errors become API errors here and nowhere else. Models apiserver/pkg/api/errors/storage."""

from __future__ import annotations

from typing import Final

from apimachinery import errors, field
from apimachinery.gvk import GroupKind, GroupResource
from storage import errors as storage_errors

OPTIMISTIC_LOCK: Final = "the object has been modified; please apply your changes to the latest version and try again"


def translate(error: storage_errors.StorageError, resource: GroupResource, name: str) -> errors.StatusError:
    """What a client is told of a storage error."""
    match error:
        case storage_errors.KeyNotFound():
            return errors.NotFound.of(resource, name)
        case storage_errors.KeyExists():
            return errors.AlreadyExists.of(resource, name)
        case storage_errors.ResourceVersionConflict():
            return errors.Conflict.of(resource, name, OPTIMISTIC_LOCK)
        case storage_errors.InvalidObject():
            return errors.Conflict.of(resource, name, str(error))
        case storage_errors.Compacted():
            return errors.Expired(str(error), metadata={"continue": error.continue_} if error.continue_ else None)
        case storage_errors.InvalidContinue():
            return errors.BadRequest(str(error))
        case storage_errors.ResourceVersionSet() | storage_errors.CorruptObject():
            return errors.Unknown(str(error), code=500)
        case storage_errors.FutureRevision():
            return errors.Timeout.resource_version_too_large(error.wanted, error.current)
        case storage_errors.TimedOut():
            return errors.Timeout(f"Timeout: request did not complete within requested timeout - {error}")
        case storage_errors.Unreachable():
            return errors.Unknown(str(error), code=500)
        case _:
            return errors.InternalError.of(error)


class storage_errors_of:  # noqa: N801 - reads as the function it stands for
    """Translate whatever the storage raises inside the `with` block."""

    __slots__ = ("_name", "_resource")

    def __init__(self, resource: GroupResource, name: str = "") -> None:
        self._resource = resource
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, storage_errors.StorageError):
            raise translate(error, self._resource, self._name) from error


def raise_if_invalid(kind: GroupKind, name: str, found: list[field.Error]) -> None:
    """Invalid with every field error, when there is any."""
    if found:
        raise errors.Invalid.of(kind, name, found)
