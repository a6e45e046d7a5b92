"""The options of a request, from its query. Models apimachinery/pkg/apis/meta/internalversion and its validation."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final, Literal

from apimachinery import errors, field, validation
from apimachinery.fields import FieldRequirement, FieldSelector
from apimachinery.labels import LabelSelector
from apimachinery.objects import View
from apimachinery.serializer import go_quote
from apimachinery.strconv import parse_int, parse_uint
from server.endpoints.request import Query
from server.endpoints.request_info import asks_to_watch
from server.registry.deletion import DeleteOptions
from server.registry.rest import Resource
from storage.interfaces import ListOptions, Match, SelectionPredicate, WatchOptions

FieldValidation = Literal["Ignore", "Warn", "Strict"]
MIN_REQUEST_TIMEOUT: Final = 1800
_ROOT: Final = field.Path()


def boolean(query: Query, name: str) -> bool:
    """A parameter that is there and not `false` or `0`."""
    return name in query and query.get(name).lower() not in ("0", "false")


def optional_boolean(query: Query, name: str) -> bool | None:
    """As boolean, None when absent."""
    return boolean(query, name) if name in query else None


def optional_integer(query: Query, name: str) -> int | None:
    """An integer parameter, None when absent; BadRequest when it is none, as an empty one is."""
    if name not in query:
        return None
    try:
        return parse_int(query.get(name))
    except ValueError as e:
        raise errors.BadRequest(str(e)) from None


def parse_resource_version(text: str) -> int | None:
    """None when empty; ValueError with upstream's text when it is no number."""
    if not text:
        return None
    try:
        return parse_uint(text)
    except ValueError as e:
        raise ValueError(f"resourceVersion: Invalid value: {go_quote(text)}: {e}") from None


def get_resource_version(query: Query) -> int | None:
    """The resourceVersion of a get or watch; a bad one is a 500 without reason."""
    try:
        return parse_resource_version(query.get("resourceVersion"))
    except ValueError as e:
        raise errors.Unknown(str(e), code=500) from None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list, watch or deletecollection asks for."""

    watch: bool
    predicate: SelectionPredicate
    limit: int
    continue_: str
    resource_version: str
    match: Match
    send_initial_events: bool | None
    bookmarks: bool
    timeout_seconds: int | None

    def list_options(self) -> ListOptions:
        """For the storage; BadRequest for a bad resourceVersion."""
        try:
            version = parse_resource_version(self.resource_version)
        except ValueError as e:
            raise errors.BadRequest(f"invalid resource version: {e}") from None
        if self.continue_:
            if version:
                raise errors.BadRequest("specifying resource version is not allowed when using continue")
            return ListOptions(predicate=self.predicate, limit=self.limit, continue_=self.continue_)
        match, limit = self.match, self.limit
        if version == 0:
            limit = 0
        elif version is not None and not match:
            match = "Exact" if limit else "NotOlderThan"
        return ListOptions(resource_version=version, match=match, predicate=self.predicate, limit=limit)

    def watch_options(self) -> WatchOptions:
        """For the storage; a 500 without reason for a bad resourceVersion."""
        try:
            version = parse_resource_version(self.resource_version)
        except ValueError as e:
            raise errors.Unknown(str(e), code=500) from None
        return WatchOptions(
            resource_version=version,
            predicate=self.predicate,
            bookmarks=self.bookmarks,
            send_initial_events=bool(self.send_initial_events),
            start_at_current=self.send_initial_events is False,
        )

    def watch_timeout(self) -> float:
        """Seconds after which the watch ends."""
        if self.timeout_seconds:
            return float(self.timeout_seconds)
        return MIN_REQUEST_TIMEOUT * (1 + random.random())


def listing(query: Query, resource: Resource, *, name: str = "", watch: bool | None = None) -> Listing:
    """The list options of a query; `name` narrows to one object. BadRequest, Invalid."""
    label_text = query.get("labelSelector")
    try:
        label = LabelSelector.parse(label_text) if label_text else LabelSelector.everything()
        selector = FieldSelector.parse(query.get("fieldSelector"))
    except ValueError as e:
        raise errors.BadRequest(str(e)) from None
    timeout = optional_integer(query, "timeoutSeconds")
    limit = optional_integer(query, "limit") or 0
    if not selector.empty():
        check_field_labels(selector, resource)
    if name:
        selector = _narrow(selector, name)
    watching = asks_to_watch(query) if watch is None else watch
    found = Listing(
        watch=watching,
        predicate=SelectionPredicate(label, selector),
        limit=max(0, limit),
        continue_=query.get("continue"),
        resource_version=query.get("resourceVersion"),
        match=query.get("resourceVersionMatch"),  # type: ignore[arg-type]  # checked below
        send_initial_events=optional_boolean(query, "sendInitialEvents"),
        bookmarks=boolean(query, "allowWatchBookmarks"),
        timeout_seconds=timeout,
    )
    if problems := _validate_watch(found) if watching else _validate_list(found):
        raise errors.Invalid.of("ListOptions.meta.k8s.io", "", problems)
    return found


def _narrow(selector: FieldSelector, name: str) -> FieldSelector:
    wanted = selector.get_exact("metadata.name")
    if wanted is not None and wanted != name:
        raise errors.BadRequest("fieldSelector metadata.name doesn't match requested name")
    if wanted is not None:
        return selector
    return FieldSelector((*selector.requirements, FieldRequirement("metadata.name", "=", name)))


def check_field_labels(selector: FieldSelector, resource: Resource) -> None:
    """BadRequest for a field that this resource cannot be selected by."""
    known = resource.known_field_labels
    for requirement in selector.requirements:
        label = requirement.field
        if label == "metadata.name" or (label == "metadata.namespace" and resource.namespaced):
            continue
        if known is not None:
            if label not in known:
                raise errors.BadRequest(f"field label not supported: {label}")
        elif label != "metadata.namespace":
            raise errors.BadRequest(
                f'{go_quote(label)} is not a known field selector: only "metadata.name", "metadata.namespace"'
            )


def _validate_list(options: Listing) -> list[field.Error]:
    path, found = _ROOT / "resourceVersionMatch", []
    if options.match:
        if not options.resource_version:
            found.append(field.forbidden(path, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
        if options.continue_:
            found.append(field.forbidden(path, "resourceVersionMatch is forbidden when continue is provided"))
        if options.match not in ("Exact", "NotOlderThan"):
            found.append(field.not_supported(path, options.match, ("Exact", "NotOlderThan", "")))
        if options.match == "Exact" and options.resource_version == "0":
            found.append(field.forbidden(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    if options.send_initial_events is not None:
        found.append(field.forbidden(_ROOT / "sendInitialEvents", "sendInitialEvents is forbidden for list"))
    return found


def _validate_watch(options: Listing) -> list[field.Error]:
    path, found = _ROOT / "resourceVersionMatch", []
    if options.send_initial_events is not None and options.match != "NotOlderThan":
        detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        found.append(field.forbidden(path, detail))
    if options.match:
        if options.send_initial_events is None:
            detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            found.append(field.forbidden(path, detail))
        if options.match != "NotOlderThan":
            found.append(field.not_supported(path, options.match, ("NotOlderThan",)))
        if options.continue_:
            found.append(field.forbidden(path, "resourceVersionMatch is forbidden when continue is provided"))
    return found


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """CreateOptions, UpdateOptions and PatchOptions; `force` is for apply patches."""

    dry_run: bool = False
    field_manager: str = ""
    field_validation: FieldValidation = "Warn"
    force: bool | None = None

    def to_object(self, kind: str) -> dict[str, Any]:
        """As admission shows it."""
        found: dict[str, Any] = {"kind": kind, "apiVersion": "meta.k8s.io/v1"}
        if self.dry_run:
            found["dryRun"] = ["All"]
        if self.force is not None:
            found["force"] = self.force
        if self.field_manager:
            found["fieldManager"] = self.field_manager
        found["fieldValidation"] = self.field_validation
        return found


_NO_OPTIONS: Final = WriteOptions()


def write_options(query: Query, kind: str, *, apply: bool = False) -> WriteOptions:
    """The options of a create, update or patch; `kind` is CreateOptions, UpdateOptions or PatchOptions. Invalid."""
    if not query and not apply:
        return _NO_OPTIONS
    manager, dry_run = query.get("fieldManager"), query.all("dryRun")
    mode = query.get("fieldValidation")
    force = optional_boolean(query, "force") if kind == "PatchOptions" else None
    found: list[field.Error] = []
    if kind == "PatchOptions":
        if not apply and force is not None:
            found.append(field.forbidden(_ROOT / "force", "may not be specified for non-apply patch"))
        if apply and not manager:
            found.append(field.required(_ROOT / "fieldManager", "is required for apply patch"))
    found += validation.field_manager(manager, _ROOT / "fieldManager")
    found += dry_run_errors(dry_run)
    if mode not in ("", "Ignore", "Warn", "Strict"):
        found.append(field.not_supported(_ROOT / "fieldValidation", mode, ("", "Ignore", "Strict", "Warn")))
    if found:
        raise errors.Invalid.of(f"{kind}.meta.k8s.io", "", found)
    return WriteOptions(
        dry_run=bool(dry_run),
        field_manager=manager,
        field_validation=mode or "Warn",  # type: ignore[arg-type]  # checked above
        force=force,
    )


def dry_run_errors(values: list[str]) -> list[field.Error]:
    """What is wrong with dryRun: only `All` exists."""
    if all(v == "All" for v in values):
        return []
    return [field.not_supported(_ROOT / "dryRun", values, ("All",))]


def delete_options(query: Query, body: View | None) -> tuple[DeleteOptions, bool]:
    """Delete options from a body, or else from the query, and whether it is a dry run. Invalid."""
    if body:
        preconditions = body.get("preconditions") or {}
        options = DeleteOptions(
            grace_period_seconds=body.get("gracePeriodSeconds"),
            uid=preconditions.get("uid"),
            resource_version=preconditions.get("resourceVersion"),
            propagation=body.get("propagationPolicy"),
            orphan_dependents=body.get("orphanDependents"),
        )
        dry_run = list(body.get("dryRun") or ())
    else:
        options = DeleteOptions(
            grace_period_seconds=optional_integer(query, "gracePeriodSeconds"),
            propagation=query.get("propagationPolicy") or None,
            orphan_dependents=optional_boolean(query, "orphanDependents"),
        )
        dry_run = query.all("dryRun")
    return options, bool(dry_run)
