"""The two ways an API object is held: a dict that is yours, and a StoredObject that everybody shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from apimachinery import serializer

Object: TypeAlias = dict[str, Any]
View: TypeAlias = Mapping[str, Any]


class StoredObject:
    """A committed object: shared, final, encoded once.

    `raw` is its JSON with `kind` and `apiVersion` first and `metadata.resourceVersion` stamped; `fields` are the
    values its resource can be selected by. Never change what `view` returns: `thaw()` gives a copy of your own.
    """

    __slots__ = ("_view", "fields", "key", "labels", "printed", "raw", "resource_version")

    def __init__(
        self,
        key: str,
        resource_version: int,
        raw: bytes,
        *,
        labels: Mapping[str, str],
        fields: Mapping[str, str],
        view: View | None = None,
    ) -> None:
        self.key = key
        self.resource_version = resource_version
        self.raw = raw
        self.labels = labels
        self.fields = fields
        self._view = view
        self.printed: object = None
        """What server-side printing remembers of it."""

    @property
    def view(self) -> View:
        """The decoded object, read-only; decoded anew on each use unless the holder keeps it."""
        return self._view if self._view is not None else serializer.loads(self.raw)

    def opened(self) -> StoredObject:
        """The same with a view of its own that is kept, for who looks at it several times and then lets it go."""
        return StoredObject(
            self.key, self.resource_version, self.raw, labels=self.labels, fields=self.fields, view=self.thaw()
        )

    def thaw(self) -> Object:
        """A decoded copy that is yours to change."""
        obj: Object = serializer.loads(self.raw)
        return obj

    def item(self) -> bytes:
        """The JSON without `kind` and `apiVersion`, as it stands among the items of a typed list."""
        return b"{" + self.raw[self.raw.index(b'"metadata"') :]

    def __repr__(self) -> str:
        return f"StoredObject({self.key!r}, rv={self.resource_version})"
