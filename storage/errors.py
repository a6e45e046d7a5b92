"""What storage can say; registry/errors.py turns it into API errors. Models apiserver/pkg/storage/errors.go."""

from __future__ import annotations


class StorageError(Exception):
    """Any answer of the storage other than success."""


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


class InvalidObject(StorageError):
    """A precondition on UID or resourceVersion failed; `detail` is upstream's own text."""

    def __init__(self, key: str, detail: str, revision: int = 0) -> None:
        super().__init__(
            f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: {revision}, AdditionalErrorMsg: {detail}"
        )
        self.key, self.detail, self.revision = key, detail, revision


class Compacted(StorageError):
    """The revision asked for is older than what is kept."""

    def __init__(self, wanted: int, oldest: int) -> None:
        super().__init__(f"too old resource version: {wanted} ({oldest})")
        self.wanted, self.oldest = wanted, oldest


class FutureRevision(StorageError):
    """The revision asked for has not been reached."""

    def __init__(self, wanted: int, current: int) -> None:
        super().__init__(f"too large resource version: {wanted}, current: {current}")
        self.wanted, self.current = wanted, current


class Unreachable(StorageError):
    """The store behind cannot be reached; nothing is known of the write's fate when `unknown_outcome`."""

    def __init__(self, message: str, *, unknown_outcome: bool = False) -> None:
        super().__init__(message)
        self.unknown_outcome = unknown_outcome
