"""metadata.managedFields on every write, and server-side apply. Models apimachinery/pkg/util/managedfields.

One FieldManager serves one endpoint of one version of a kind; it is stateless and its calls are pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from apimachinery import errors, meta, serializer
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from apimachinery.schema import FieldSchema
from apimachinery.timestamp import format_time
from server.fieldmanager import fieldset, last_applied
from server.fieldmanager.conflicts import ConflictsError
from server.fieldmanager.fieldset import LEAF, Set, difference, union
from server.fieldmanager.managed_fields import (
    APPLY,
    UPDATE,
    Entry,
    ManagedFieldsError,
    Manager,
    Managers,
    decode,
    encode,
    is_reset,
    without_managed_fields,
)
from server.fieldmanager.typed import InvalidValueError, check
from server.fieldmanager.types import DEDUCED, Converter, ElementError, Type
from server.fieldmanager.updater import Convert, Updater, Version

MAX_UPDATE_MANAGERS: Final = 10
OLD_UPDATES: Final = "ancient-changes"
BEFORE_FIRST_APPLY: Final = "before-first-apply"
UNKNOWN: Final = "unknown"
_CURRENT: Final = Manager("current-operation", UPDATE)
_NEVER_OWNED: Final = fieldset.fields(
    ("apiVersion",),
    ("kind",),
    ("metadata",),
    *(
        ("metadata", name)
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    ),
)


class FieldManager:
    """Keeps managedFields of one endpoint (`subresource` empty for the main one) and applies configurations to it."""

    def __init__(
        self,
        schema: FieldSchema | None,
        gvk: GroupVersionKind,
        *,
        subresource: str = "",
        reset_fields: Iterable[tuple[str, ...]] = (),
        empty: View | None = None,
        converter: Converter | None = None,
        others: Mapping[str, tuple[FieldSchema | None, Iterable[tuple[str, ...]]]] | None = None,
        convert: Convert | None = None,
    ) -> None:
        """`schema` None deduces everything from the objects.

        `empty` is the kind's zero value, from which a created object differs: what it holds is not owned as a
        container. `others` are the other served apiVersions of the kind with their schemas and reset fields, and
        `convert` brings an object to one of them. FieldManagers of the same definitions share a `converter`.
        """
        converter = converter or Converter()
        self.gvk = gvk
        self.subresource = subresource
        self.type: Type = converter.convert_object(schema) if schema is not None else DEDUCED
        self._empty: View = empty if empty is not None else {"apiVersion": gvk.api_version, "kind": gvk.kind}
        version = Version(gvk.api_version, self.type, fieldset.fields(*reset_fields))
        self._updater = Updater(
            version,
            {
                api_version: Version(
                    api_version,
                    converter.convert_object(other) if other is not None else DEDUCED,
                    fieldset.fields(*reset),
                )
                for api_version, (other, reset) in (others or {}).items()
            },
            convert,
        )

    def update(self, live: View | None, new: Object, manager: str, now: datetime) -> Object:
        """`new` with its managedFields after a create (`live` None), update or patch by `manager`; changes `new`.

        Never raises: an object that its schema cannot follow keeps the managedFields it had.
        """
        sent = new["metadata"].pop("managedFields", None)
        stored = meta.metadata(live).get("managedFields") or () if live is not None else ()
        managers = self._live_or_new(stored, sent)
        try:
            managers = self._update(live, new, managers, manager, now)
        except ElementError:
            if stored:
                new["metadata"]["managedFields"] = list(stored)
            return new
        if managers:
            new["metadata"]["managedFields"] = encode(managers)
        return new

    def apply(self, live: View | None, patch: Object, manager: str, *, force: bool, now: datetime) -> Object:
        """`live` (None: nothing is stored) with the configuration applied and its managedFields; not yet defaulted.

        Raises Conflict with one cause a field unless `force`, BadRequest for another kind or version and for a patch
        with managedFields, and a 500 without reason for what the schema does not allow.
        """
        try:
            managers = decode(meta.metadata(live).get("managedFields") or () if live is not None else (), trusted=True)
        except ManagedFieldsError as problem:
            raise errors.Unknown(f"failed to decode managed fields: {problem}") from problem
        group, _, version = str(patch.get("apiVersion") or "").rpartition("/")
        gvk = GroupVersionKind(group, version, str(patch.get("kind") or ""))
        if gvk != self.gvk:
            raise errors.BadRequest(f"invalid object type: {_gvk_text(gvk)}")
        if not managers and live is not None:
            managers = self._update(None, without_managed_fields(live), {}, BEFORE_FIRST_APPLY, now)
        if "managedFields" in (patch.get("metadata") or {}):
            raise errors.BadRequest("metadata.managedFields must be nil")
        return self._apply(live, patch, managers, manager or UNKNOWN, force=force, now=now)

    def _live_or_new(self, stored: Iterable[View], sent: Any) -> Managers:
        if not self.subresource:
            if is_reset(sent):
                return {}
            try:
                managers = {} if not sent or sent == stored else decode(sent, trusted=False)
            except ManagedFieldsError:
                managers = {}
            if managers:
                return managers
        try:
            return decode(stored, trusted=True)
        except ManagedFieldsError:
            return {}

    def _update(self, live: View | None, new: View, managers: Managers, name: str, now: datetime) -> Managers:
        if not managers and live is not None and meta.uid(live):
            return {}
        base = without_managed_fields(live) if live is not None else self._empty
        managers = self._updater.update(base, new, managers, _CURRENT)
        taken = managers.pop(_CURRENT, None)
        owned = difference(taken.fields, _NEVER_OWNED) if taken is not None else LEAF
        if owned:
            manager = Manager(name or UNKNOWN, UPDATE, self.gvk.api_version, self.subresource)
            before = managers.get(manager)
            if before is not None:
                owned = union(before.fields, owned)
            managers[manager] = Entry(owned, self.gvk.api_version, format_time(now))
        return cap(managers)

    def _apply(
        self, live: View | None, patch: Object, managers: Managers, name: str, *, force: bool, now: datetime
    ) -> Object:
        try:
            check(self.type, patch)
        except InvalidValueError as problem:
            raise errors.Unknown(f"failed to create typed patch object ({_describe(patch)}): {problem}") from problem
        current: View = live if live is not None else {"metadata": {}, **self._empty}
        base = without_managed_fields(serializer.loads(serializer.dumps(current)))
        manager = Manager(name, APPLY, "", self.subresource)
        try:
            result, managers = self._apply_or_adopt(base, patch, managers, manager, force=force)
        except ElementError as problem:
            raise errors.Unknown(f"failed to create typed live object ({_describe(base)}): {problem}") from problem
        entry = managers.get(manager)
        if entry is not None:
            owned = difference(entry.fields, _NEVER_OWNED)
            if owned:
                time = format_time(now) if result is not None else entry.time
                managers[manager] = replace(entry, fields=owned, time=time)
            else:
                del managers[manager]
        out: Object = dict(result) if result is not None else dict(base)
        if managers:
            out["metadata"] = {**(out.get("metadata") or {}), "managedFields": encode(managers)}
        if name == last_applied.KUBECTL:
            last_applied.refresh(out, patch)
        return out

    def _apply_or_adopt(
        self, live: View, patch: View, managers: Managers, manager: Manager, *, force: bool
    ) -> tuple[View | None, Managers]:
        try:
            return self._updater.apply(live, patch, managers, manager, force=force)
        except ConflictsError as refused:
            conflicts = refused.conflicts
            if manager.name == last_applied.KUBECTL:
                adopted = last_applied.owned_by_client_side_apply(self.type, live, self.gvk.api_version)
                if adopted is not None:
                    conflicts = [c for c in conflicts if not fieldset.has(adopted, c.path)]
            if conflicts:
                raise ConflictsError(conflicts).to_status_error() from refused
        return self._updater.apply(live, patch, managers, manager, force=True)


def cap(managers: Managers) -> Managers:
    """At most ten updaters: the oldest of each version are merged into `ancient-changes`. Models capmanagers.go."""
    updaters = [m for m in managers if m.operation == UPDATE]
    excess = len(updaters) - MAX_UPDATE_MANAGERS
    if excess <= 0:
        return managers
    managers = dict(managers)
    first: dict[str, Manager] = {}
    for manager in sorted(updaters, key=lambda m: (managers[m].seconds, m.identifier())):
        if excess <= 0:
            break
        entry = managers[manager]
        if entry.api_version not in first:
            first[entry.api_version] = manager
            continue
        bucket = Manager(OLD_UPDATES, UPDATE, entry.api_version)
        if bucket not in managers:
            managers[bucket] = managers.pop(first[entry.api_version])
        merged: Set = union(entry.fields, managers[bucket].fields)
        if manager != bucket:
            del managers[manager]
        managers[bucket] = Entry(merged, entry.api_version, entry.time)
        excess -= 1
    return managers


def ignore_timestamps(new: Object, old: View) -> None:
    """Give `new` the managedFields of `old` when only their times and its resourceVersion tell the two apart.

    Models handlers/fieldmanager/equality.go (IgnoreManagedFieldsTimestampsTransformer).
    """
    ours = new["metadata"].get("managedFields")
    theirs = meta.metadata(old).get("managedFields")
    if not ours or not theirs or len(ours) != len(theirs) or ours == theirs:
        return
    if [_timeless(e) for e in ours] != [_timeless(e) for e in theirs]:
        return
    if _comparable(new) == _comparable(old):
        new["metadata"]["managedFields"] = theirs


def _timeless(entry: View) -> Object:
    return {k: v for k, v in entry.items() if k != "time"}


def _comparable(obj: View) -> Object:
    ignored = ("managedFields", "resourceVersion")
    return {**obj, "metadata": {k: v for k, v in meta.metadata(obj).items() if k not in ignored}}


@lru_cache(maxsize=1024)
def manager_name(field_manager: str, user_agent: str) -> str:
    """The manager of a request: its fieldManager option, else the User-Agent's printable part before the first `/`.

    Models handlers/create.go (managerOrUserAgent): at most 128 bytes.
    """
    if field_manager:
        return field_manager
    kept = ""
    size = 0
    for char in user_agent.split("/", 1)[0]:
        if not char.isprintable():
            continue
        size += len(char.encode())
        if size > 128:
            break
        kept += char
    return kept


def _describe(obj: View) -> str:
    metadata = meta.metadata(obj)
    group, _, version = str(obj.get("apiVersion") or "").rpartition("/")
    gvk = GroupVersionKind(group, version, str(obj.get("kind") or ""))
    return f"{metadata.get('namespace') or ''}/{metadata.get('name') or ''}; {_gvk_text(gvk)}"


def _gvk_text(gvk: GroupVersionKind) -> str:
    return f"{gvk.group}/{gvk.version}, Kind={gvk.kind}"
