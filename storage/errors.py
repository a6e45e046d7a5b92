"""What storage can say; registry/errors.py turns it into API errors. Models apiserver/pkg/storage/errors.go."""

from __future__ import annotations


class StorageError(Exception):
    """Any answer of the storage other than success."""


def _detailed(what: str, code: int, key: str, revision: int, detail: str) -> str:
    return f"StorageError: {what}, Code: {code}, Key: {key}, ResourceVersion: {revision}, AdditionalErrorMsg: {detail}"


class KeyNotFound(StorageError):
    """No object under the key."""

    def __init__(self, key: str, revision: int = 0) -> None:
        super().__init__(f"key not found: {key}")
        self.key, self.revision = key, revision


class KeyExists(StorageError):
    """An object stands under the key already."""

    def __init__(self, key: str, revision: int = 0) -> None:
        super().__init__(f"key exists: {key}")
        self.key, self.revision = key, revision


class ResourceVersionConflict(StorageError):
    """The object changed since it was read."""

    def __init__(self, key: str, revision: int = 0) -> None:
        super().__init__(f"resource version conflict: {key}")
        self.key, self.revision = key, revision


class ResourceVersionSet(StorageError):
    """A new object that already claims a resourceVersion."""

    def __init__(self) -> None:
        super().__init__("resourceVersion should not be set on objects to be created")


class InvalidObject(StorageError):
    """A precondition on UID or resourceVersion failed; `detail` is upstream's own text."""

    def __init__(self, key: str, detail: str, revision: int = 0) -> None:
        super().__init__(_detailed("invalid object", 4, key, revision, detail))
        self.key, self.detail, self.revision = key, detail, revision


class InvalidContinue(StorageError):
    """A continue token that cannot be used; the text is what a client sees in a 400."""


class Compacted(StorageError):
    """The revision asked for is older than what is kept; the text is what a client sees in a 410.

    `continue_` is a token that carries on at the present, when a list of several pages took too long.
    """

    def __init__(self, wanted: int, oldest: int, message: str = "", *, continue_: str = "") -> None:
        super().__init__(message or f"too old resource version: {wanted} ({oldest})")
        self.wanted, self.oldest, self.continue_ = wanted, oldest, continue_


class FutureRevision(StorageError):
    """The revision asked for has not been reached."""

    def __init__(self, wanted: int, current: int) -> None:
        super().__init__(f"too large resource version: {wanted}, current: {current}")
        self.wanted, self.current = wanted, current


class CorruptObject(StorageError):
    """What stands under the key is not an object of ours."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(_detailed("corrupt object", 7, key, 0, why))
        self.key = key


class Unreachable(StorageError):
    """The store behind cannot be reached; nothing is known of the write's fate when `unknown_outcome`."""

    def __init__(self, message: str, *, unknown_outcome: bool = False) -> None:
        super().__init__(message)
        self.unknown_outcome = unknown_outcome


class TimedOut(Unreachable):
    """The store behind did not answer in time."""
