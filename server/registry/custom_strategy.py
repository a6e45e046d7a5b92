"""The rules of every custom resource. Models apiextensions-apiserver/pkg/registry/customresource."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from apimachinery import field, meta, structural_validation, validation
from apimachinery.jsonvalue import go_value, type_name
from apimachinery.objects import Object, View
from apimachinery.serializer import go_quote
from apimachinery.structural import META_FIELDS, Structural, apply_defaults
from server.registry.rest import Context, FieldPath, Strategy

MAX_REPLICAS: Final = (1 << 31) - 1
_STANDARD_FINALIZERS: Final = frozenset(("orphan", "foregroundDeletion", "kubernetes"))
_BLOCKING: Final = frozenset(
    (
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    )
)
_INCOMPLETE: Final = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)

Rules = Callable[[View, "View | None"], list[field.Error]]
"""Errors of the CEL rules of an object, given what is stored of it."""


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where the scale subresource finds its numbers, as the definition writes it: `.spec.replicas`."""

    spec: str
    status: str
    selector: str = ""

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> ScalePaths:
        """The paths of a `subresources.scale`."""
        return cls(
            declared.get("specReplicasPath") or "",
            declared.get("statusReplicasPath") or "",
            declared.get("labelSelectorPath") or "",
        )


class CustomStrategy(Strategy):
    """The main endpoint of a custom resource."""

    allow_unconditional_update = False

    def __init__(
        self, schema: Structural | None, *, has_status: bool, scale: ScalePaths | None, rules: Rules | None = None
    ) -> None:
        self._schema = schema
        self._has_status = has_status
        self._scale = scale
        self._rules = rules
        self.reset_fields: frozenset[FieldPath] = frozenset({("status",)} if has_status else ())

    def default(self, obj: Object) -> None:
        apply_defaults(obj, self._schema)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        if self._has_status:
            obj.pop("status", None)
        obj["metadata"]["generation"] = 1

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        if self._has_status:
            if "status" in old:
                obj["status"] = old["status"]
            else:
                obj.pop("status", None)
        stored = int(old["metadata"].get("generation") or 0)
        changed = any(obj.get(k) != old.get(k) for k in (obj.keys() | old.keys()) - {"metadata"})
        obj["metadata"]["generation"] = stored + 1 if changed else stored

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return self._errors(obj, None)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return self._errors(obj, old)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return finalizer_warnings(meta.finalizers(obj))

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return finalizer_warnings(set(meta.finalizers(obj)) - set(meta.finalizers(old)))

    def _errors(self, obj: View, old: View | None) -> list[field.Error]:
        schema = self._schema
        if schema is None:
            return scale_errors(obj, self._scale)
        values = structural_validation.value_errors(obj, schema, old)
        found = [*values, *scale_errors(obj, self._scale), *structural_validation.object_errors(obj, schema, old)]
        if self._rules is None:
            return found
        if any(e.type in _BLOCKING for e in found):
            return [*found, field.Error("FieldValueInvalid", "<nil>", None, _INCOMPLETE)]
        return found + self._rules(obj, old)


class CustomStatusStrategy(CustomStrategy):
    """The status endpoint: nothing but the status and its owners change."""

    def __init__(self, schema: Structural | None, *, scale: ScalePaths | None, rules: Rules | None = None) -> None:
        super().__init__(schema, has_status=True, scale=scale, rules=rules)
        declared = schema.fields if schema is not None else ()
        self.reset_fields = frozenset((name,) for name in {*declared, *META_FIELDS, "spec"} - {"status"})

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        status = {"status": obj["status"]} if "status" in obj else {}
        metadata = {**old["metadata"], "resourceVersion": obj["metadata"].get("resourceVersion")}
        metadata.pop("managedFields", None)
        if managed := obj["metadata"].get("managedFields"):
            metadata["managedFields"] = managed
        kept = {k: v for k, v in old.items() if k not in ("metadata", "status")}
        obj.clear()
        obj.update({**kept, "metadata": metadata, **status})

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return []


def finalizer_warnings(added: Iterable[str]) -> list[str]:
    """Warnings for finalizers whose names do not say whose they are. Models validateKubeFinalizerName."""
    found = []
    for name in sorted(set(added)):
        found += [f"metadata.finalizers: {go_quote(name)}: {p}" for p in validation.qualified_name(name)]
        if "/" not in name and name not in _STANDARD_FINALIZERS:
            path = " including a path (/)" if "." in name else ""
            found.append(
                f"metadata.finalizers: {go_quote(name)}: prefer a domain-qualified finalizer name{path} "
                "to avoid accidental conflicts with other finalizer writers"
            )
    return found


def scale_errors(obj: View, scale: ScalePaths | None) -> list[field.Error]:
    """What is wrong with the values that the scale subresource shows."""
    if scale is None:
        return []
    found = []
    for path in (scale.spec, scale.status):
        value, problem = nested(obj, path, int)
        if not problem and value is not None and value < 0:
            problem = "should be a non-negative integer"
        elif not problem and value is not None and value > MAX_REPLICAS:
            problem = f"should be less than or equal to {MAX_REPLICAS}"
        if problem:
            found.append(field.Error("FieldValueInvalid", path, value or 0, problem))
    if scale.selector:
        _, problem = nested(obj, scale.selector, str)
        if problem:
            found.append(field.Error("FieldValueInvalid", scale.selector, "", problem))
    return found


def nested(obj: View, path: str, kind: type) -> tuple[Any, str]:
    """The value under a simple path such as `.spec.replicas`, and what is wrong with it; both empty without one."""
    names = steps(path)
    value: Any = obj
    for i, name in enumerate(names):
        if not isinstance(value, Mapping):
            return None, _accessor_error(names[:i], value, "map[string]interface{}")
        if name not in value:
            return None, ""
        value = value[name]
    if isinstance(value, kind) and not isinstance(value, bool):
        return value, ""
    return None, _accessor_error(names, value, "int64" if kind is int else "string")


def steps(path: str) -> tuple[str, ...]:
    """The names of a simple path."""
    return tuple(path.strip(".").split("."))


def _accessor_error(names: Sequence[str], value: Any, wanted: str) -> str:
    kind = "<nil>" if value is None else type_name(value)
    return f".{'.'.join(names)} accessor error: {go_value(value)} is of the type {kind}, expected {wanted}"
