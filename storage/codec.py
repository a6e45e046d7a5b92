"""Objects to stored bytes and back to StoredObjects, each decoded once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from apimachinery import serializer
from apimachinery.objects import Object, StoredObject, View
from storage import versioner
from storage.backend.interfaces import KeyValue
from storage.errors import CorruptObject
from storage.interfaces import Attributes

_Found: TypeAlias = tuple[Mapping[str, str], Mapping[str, str]]


def metadata_attributes(obj: View) -> _Found:
    """Labels, and the two fields that every resource can be selected by."""
    metadata = obj["metadata"]
    fields = {"metadata.name": metadata.get("name", ""), "metadata.namespace": metadata.get("namespace", "")}
    return dict(metadata.get("labels") or {}), fields


class Codec:
    """Encodes and decodes the objects below one key prefix.

    It remembers the attributes of what it encoded last and the object it decoded last: with a backend in this process
    a write comes back as the very bytes that were handed over, and its writer and the watch cache decode it once.
    """

    def __init__(self, prefix: str, attributes: Attributes) -> None:
        self._prefix = prefix
        self._attributes = attributes
        self._encoded: tuple[bytes, _Found] | None = None
        self._decoded: tuple[bytes, StoredObject] | None = None

    def encode(self, obj: Object) -> bytes:
        """The JSON that is stored: kind, apiVersion and metadata first, no resourceVersion.

        The bytes are copied once, because the encoder's own keep up to four times their size allocated.
        """
        value = bytes(memoryview(serializer.dumps(versioner.prepare_for_storage(obj))))
        labels, fields = self._attributes(obj)
        self._encoded = value, (dict(labels), dict(fields))
        return value

    def decode(self, kv: KeyValue) -> StoredObject:
        """The object of a stored value, stamped with its revision; CorruptObject when it is none of ours."""
        key = kv.key[len(self._prefix) :]
        if self._decoded is not None:
            value, last = self._decoded
            if last.resource_version == kv.mod_revision and last.key == key and value == kv.value:
                return last
        if self._encoded is not None and self._encoded[0] == kv.value:
            labels, fields = self._encoded[1]
        else:
            labels, fields = self._read(kv)
        try:
            raw = versioner.stamp(kv.value, kv.mod_revision)
        except ValueError as e:
            raise CorruptObject(kv.key, str(e)) from e
        found = StoredObject(key, kv.mod_revision, raw, labels=labels, fields=fields)
        self._decoded = kv.value, found
        return found

    def _read(self, kv: KeyValue) -> _Found:
        try:
            return self._attributes(serializer.loads(kv.value))
        except (ValueError, LookupError, TypeError, AttributeError) as e:
            raise CorruptObject(kv.key, str(e)) from e


def restamped(stored: StoredObject, revision: int) -> StoredObject:
    """The same object with another resourceVersion."""
    raw = versioner.restamp(stored.raw, stored.resource_version, revision)
    return StoredObject(stored.key, revision, raw, labels=stored.labels, fields=stored.fields)
