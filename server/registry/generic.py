"""Strategies that many kinds share. Models the strategy.go of pkg/registry/*, which differ in a few switches."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from apimachinery import field, validation
from apimachinery.objects import Object, View
from apimachinery.serializer import go_json
from server.registry.rest import Context, FieldPath, Strategy, bump_generation, keep_metadata_and

_HTTP_PATH: Final = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"


class BuiltinStrategy(Strategy):
    """A built-in kind without a status: generation, names and the finalizers that core metadata allows."""

    reset_fields: frozenset[FieldPath] = frozenset()
    generation_of: ClassVar[tuple[str, ...]] = ()
    """The top-level fields that metadata.generation follows; empty when the kind counts no generations."""

    def name_rule(self, name: str) -> list[str]:
        """What is wrong with a whole name: a DNS subdomain unless a kind says otherwise."""
        return validation.dns1123_subdomain(name)

    def validate_name(self, name: str, *, prefix: bool) -> list[str]:
        return self.name_rule(validation.mask_trailing_dash(name) if prefix else name)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        if self.generation_of:
            obj["metadata"]["generation"] = 1

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return validation.core_finalizers(obj["metadata"].get("finalizers"), field.Path("metadata") / "finalizers")

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        if self.generation_of:
            bump_generation(obj, old, self.generation_of)


class LabelNames(BuiltinStrategy):
    """A kind whose names are DNS labels."""

    def name_rule(self, name: str) -> list[str]:
        return validation.dns1123_label(name)


class PathSegmentNames(BuiltinStrategy):
    """A kind whose names only have to fit into a path."""

    def name_rule(self, name: str) -> list[str]:
        return validation.path_segment_name(name)


class SpecStrategy(BuiltinStrategy):
    """The main endpoint of a kind with a status, which cannot be written through it."""

    reset_fields: frozenset[FieldPath] = frozenset({("status",)})
    new_status: ClassVar[Mapping[str, Any]] = {}
    """The status of a new object."""

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        obj["status"] = copy.deepcopy(dict(self.new_status))

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        keep_metadata_and(obj, old, "status")
        super().prepare_for_update(obj, old, ctx)


class StatusStrategy(Strategy):
    """The status endpoint: everything but status and metadata stays as stored."""

    reset_fields: frozenset[FieldPath] = frozenset({("spec",)})
    keeps_metadata: ClassVar[bool] = False
    """Whether labels, annotations and the like cannot be written here either; managedFields can."""

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        kept = {"apiVersion", "kind", "metadata", "status"}
        keep_metadata_and(obj, old, *((obj.keys() | old.keys()) - kept))
        if self.keeps_metadata:
            reset_metadata(obj, old)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return validation.core_finalizers(obj["metadata"].get("finalizers"), field.Path("metadata") / "finalizers")


def reset_metadata(obj: Object, old: View) -> None:
    """Undo what a status request did to metadata. Models metav1.ResetObjectMetaForStatus."""
    metadata, stored = obj["metadata"], old["metadata"]
    for name in (
        "deletionTimestamp",
        "generation",
        "selfLink",
        "labels",
        "annotations",
        "finalizers",
        "ownerReferences",
    ):
        if name in stored:
            metadata[name] = stored[name]
        else:
            metadata.pop(name, None)


def go_struct(**fields: Any) -> field.Raw:
    """A Go struct as field errors print it: JSON with the internal type's names, in the order given."""
    return field.Raw(go_json(fields, sort=False))


def names(path: field.Path, value: str, rule: Callable[[str], list[str]]) -> list[field.Error]:
    """Errors of a field that holds a name."""
    return [field.invalid(path, value, problem) for problem in rule(value)]


def domain_prefixed_path(path: field.Path, value: str) -> list[field.Error]:
    """Errors of a field such as `acme.io/foo`. Models IsDomainPrefixedPath."""
    host, _, rest = value.partition("/")
    if not value:
        return [field.required(path)]
    if not host or not rest:
        return [field.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
    found = names(path, host, validation.dns1123_subdomain)
    if not re.fullmatch(_HTTP_PATH, rest):
        found.append(field.invalid(path, rest, validation.regex_error("Invalid path", _HTTP_PATH)))
    return found
