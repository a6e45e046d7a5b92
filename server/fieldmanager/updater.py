"""Who owns which field after a write. Models structured-merge-diff/merge/update.go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from apimachinery.objects import View
from server.fieldmanager.compare import Comparison, compare, to_field_set
from server.fieldmanager.conflicts import ConflictsError
from server.fieldmanager.fieldset import LEAF, Set, difference, intersection, recursive_difference, union
from server.fieldmanager.managed_fields import Entry, Manager, Managers
from server.fieldmanager.merge import merge, remove_items, with_named_fields
from server.fieldmanager.types import Type

Convert: TypeAlias = Callable[[View, str], View | None]
"""An object in another apiVersion; None when that version is not served any more."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a kind: its type and the fields that the endpoint ignores."""

    api_version: str
    type: Type
    ignored: Set


class Updater:
    """Ownership of one kind's fields, asked in one version of it; objects come without their managedFields."""

    def __init__(self, version: Version, others: Mapping[str, Version], convert: Convert | None) -> None:
        self._version = version
        self._others = others
        self._convert = convert

    def update(self, live: View, new: View, managers: Managers, manager: Manager) -> Managers:
        """Owners after `manager` changed `live` to `new` by anything but an apply."""
        managers, changed = self._settle(live, new, dict(managers), manager, force=True)
        before = managers.pop(manager, None)
        owned = before.fields if before is not None else LEAF
        owned = union(union(difference(owned, changed.removed), changed.modified), changed.added)
        if owned:
            managers[manager] = Entry(owned, self._version.api_version)
        return managers

    def apply(
        self, live: View, config: View, managers: Managers, manager: Manager, *, force: bool
    ) -> tuple[View | None, Managers]:
        """The object with a configuration applied, None when that changes nothing, and the owners after it.

        Raises ConflictsError unless `force`.
        """
        of = self._version.type
        merged = merge(of, live, config)
        managers = dict(managers)
        last = managers.get(manager)
        owned = recursive_difference(to_field_set(of, config), self._version.ignored)
        managers[manager] = Entry(owned, self._version.api_version, last.time if last is not None else "")
        if last is not None and last.fields:
            merged = self._prune(merged, managers, last)
        managers, _ = self._settle(live, merged, managers, manager, force=force)
        return (None if merged == live else merged), managers

    def _settle(
        self, live: View, new: View, managers: Managers, actor: Manager, *, force: bool
    ) -> tuple[Managers, Comparison]:
        """Take from everybody but the actor what the change touched."""
        own = compare(self._version.type, live, new).exclude(self._version.ignored)
        comparisons: dict[str, Comparison] = {self._version.api_version: own}
        conflicts: dict[Manager, Set] = {}
        removed: dict[Manager, Set] = {}
        for manager, entry in list(managers.items()):
            if manager == actor:
                continue
            changed = comparisons.get(entry.api_version)
            if changed is None:
                found = self._compare_in(entry.api_version, live, new)
                if found is None:
                    del managers[manager]
                    continue
                changed = comparisons[entry.api_version] = found
            touched = intersection(entry.fields, union(changed.modified, changed.added))
            if touched:
                conflicts[manager] = touched
            if changed.removed:
                removed[manager] = changed.removed
        if conflicts and not force:
            raise ConflictsError.of(conflicts)
        for lost in (conflicts, removed):
            for manager, fields in lost.items():
                entry = managers[manager]
                left = difference(entry.fields, fields)
                if left != entry.fields:
                    managers[manager] = replace(entry, fields=left, wire=None)
        return {m: e for m, e in managers.items() if e.fields}, own

    def _compare_in(self, api_version: str, live: View, new: View) -> Comparison | None:
        version = self._others.get(api_version)
        live_there, new_there = self._to(live, api_version), self._to(new, api_version)
        if version is None or live_there is None or new_there is None:
            return None
        return compare(version.type, live_there, new_there).exclude(version.ignored)

    def _to(self, obj: View, api_version: str) -> View | None:
        if obj.get("apiVersion") == api_version:
            return obj
        return self._convert(obj, api_version) if self._convert is not None else None

    def _type(self, api_version: str) -> Type | None:
        if api_version == self._version.api_version:
            return self._version.type
        version = self._others.get(api_version)
        return version.type if version is not None else None

    def _prune(self, merged: Any, managers: Managers, last: Entry) -> Any:
        """Take out what the manager applied last time, not this time, and nobody else owns."""
        of, converted = self._type(last.api_version), self._to(merged, last.api_version)
        if of is None or converted is None:
            return merged
        applied = with_named_fields(of, last.fields)
        pruned = remove_items(of, converted, applied)
        converted, pruned = self._add_back_owned(converted, pruned, managers, last.api_version)
        converted, pruned = self._to(converted, last.api_version), self._to(pruned, last.api_version)
        present = with_named_fields(of, to_field_set(of, converted))
        kept = with_named_fields(of, to_field_set(of, pruned))
        result = remove_items(of, converted, intersection(difference(present, kept), applied))
        return self._to(result, self._version.api_version)

    def _add_back_owned(self, merged: Any, pruned: Any, managers: Managers, first: str) -> tuple[Any, Any]:
        by_version: dict[str, Set] = {first: LEAF}
        for entry in managers.values():
            by_version[entry.api_version] = union(by_version.get(entry.api_version, LEAF), entry.fields)
        for api_version, owned in by_version.items():
            of = self._type(api_version)
            merged_there, pruned_there = self._to(merged, api_version), self._to(pruned, api_version)
            if of is None or merged_there is None or pruned_there is None:
                continue
            present = with_named_fields(of, to_field_set(of, merged_there))
            kept = union(with_named_fields(of, to_field_set(of, pruned_there)), with_named_fields(of, owned))
            merged, pruned = merged_there, remove_items(of, merged_there, difference(present, kept))
        return merged, pruned
