"""metadata.managedFields as a map of managers. Models apimachinery/pkg/util/managedfields/internal/managedfields.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from apimachinery import timestamp
from apimachinery.objects import Object, View
from apimachinery.serializer import go_json, go_quote
from server.fieldmanager import fieldset
from server.fieldmanager.fieldset import Set

UPDATE: Final = "Update"
APPLY: Final = "Apply"
_FIELDS_V1: Final = "FieldsV1"


class Manager(NamedTuple):
    """Who an entry belongs to. Appliers are the same manager in every version, so theirs is empty."""

    name: str
    operation: str
    api_version: str = ""
    subresource: str = ""

    def identifier(self) -> str:
        """The text that upstream keeps managers by and sorts them with."""
        parts = {"manager": self.name, "operation": self.operation}
        if self.api_version:
            parts["apiVersion"] = self.api_version
        if self.subresource:
            parts["subresource"] = self.subresource
        return go_json({k: v for k, v in parts.items() if v}, sort=False)

    def describe(self) -> str:
        """The manager as conflict messages name it."""
        text = go_quote(self.name)
        if self.subresource:
            text += f" with subresource {go_quote(self.subresource)}"
        return f"{text} using {self.api_version}" if self.operation == UPDATE else text


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields that a manager owns, in the version it wrote them in; `time` is as on the wire, empty when unknown."""

    fields: Set
    api_version: str
    time: str = ""
    wire: View | None = None
    """The entry as it was read, for as long as nothing about it changes."""

    @property
    def seconds(self) -> int:
        """The time as whole seconds since the epoch, 0 without one."""
        return _seconds(self.time)


Managers: TypeAlias = dict[Manager, Entry]


class ManagedFieldsError(ValueError):
    """managedFields that cannot be read; the message is upstream's."""


def decode(entries: Iterable[View], *, trusted: bool) -> Managers:
    """Entries by manager, later ones winning; raises ManagedFieldsError.

    What the server itself wrote is `trusted`: its path elements are spelled as ours are.
    """
    managers: Managers = {}
    for index, entry in enumerate(entries):
        operation, api_version = entry.get("operation", ""), entry.get("apiVersion", "")
        if operation not in (APPLY, UPDATE):
            raise ManagedFieldsError("operation must be `Apply` or `Update`")
        if not api_version:
            raise ManagedFieldsError("apiVersion must not be empty")
        kind = entry.get("fieldsType", "")
        if not kind:
            raise ManagedFieldsError(f"missing fieldsType in managed fields entry {index}")
        if kind != _FIELDS_V1:
            raise ManagedFieldsError(f"invalid fieldsType {go_quote(kind)} in managed fields entry {index}")
        fields = entry.get("fieldsV1") or {}
        if not trusted:
            try:
                fields = fieldset.parse(fields)
            except ValueError as problem:
                raise ManagedFieldsError(f"error decoding set: {problem}") from problem
        manager = Manager(
            entry.get("manager") or "",
            operation,
            api_version if operation == UPDATE else "",
            entry.get("subresource") or "",
        )
        managers[manager] = Entry(fields, api_version, entry.get("time") or "", entry if trusted else None)
    return managers


def encode(managers: Mapping[Manager, Entry]) -> list[Object]:
    """The wire form: appliers before updaters, then by time, manager, version and subresource."""
    ordered = sorted(
        managers.items(),
        key=lambda item: (item[0].operation, item[1].seconds, item[0].name, item[1].api_version, item[0].subresource),
    )
    return [_encode_entry(manager, entry) for manager, entry in ordered]


def _encode_entry(manager: Manager, entry: Entry) -> Object:
    if entry.wire is not None and entry.wire.get("fieldsV1") is entry.fields:
        return dict(entry.wire)
    out: Object = {"manager": manager.name, "operation": manager.operation, "apiVersion": entry.api_version}
    if entry.time:
        out["time"] = entry.time
    out["fieldsType"] = _FIELDS_V1
    out["fieldsV1"] = fieldset.canonical(entry.fields)
    if manager.subresource:
        out["subresource"] = manager.subresource
    if not manager.name:
        del out["manager"]
    return out


def is_reset(entries: Any) -> bool:
    """Whether a client asks to forget all managers: an empty list, or one empty entry."""
    return isinstance(entries, list) and (not entries or (len(entries) == 1 and not any(dict(entries[0]).values())))


def without_managed_fields(obj: View) -> View:
    """The object without metadata.managedFields, sharing everything else."""
    metadata = obj.get("metadata")
    if not metadata or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {k: v for k, v in metadata.items() if k != "managedFields"}}


@lru_cache(maxsize=512)
def _seconds(time: str) -> int:
    if not time:
        return 0
    try:
        return int(timestamp.parse_time(time).timestamp())
    except ValueError:
        return 0
