"""CustomResourceDefinition as an object: defaults, rules, status and deletion in two steps.

Models apiextensions-apiserver/pkg/registry/customresourcedefinition.
"""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from server.registry.apiextensions.schema_formats import format_warnings
from server.registry.apiextensions.validation import errors, status_errors, update_errors
from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Context, FieldPath, Resource
from server.registry.webhookclient import DEFAULT_PORT

CLEANUP: Final = "customresourcecleanup.apiextensions.k8s.io"


def _default(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = names.get("kind") or ""
    if not names.get("singular"):
        names["singular"] = kind.lower()
    if not names.get("listKind") and kind:
        names["listKind"] = f"{kind}List"
    if spec.get("conversion") is None:
        spec["conversion"] = {"strategy": "None"}
    webhook = spec["conversion"].get("webhook") or {}
    service = (webhook.get("clientConfig") or {}).get("service")
    if service is not None and service.get("port") is None:
        service["port"] = DEFAULT_PORT


class CustomResourceDefinitionStrategy(SpecStrategy):
    """Every storage version there ever was stays noted in the status."""

    allow_unconditional_update = False
    generation_of = ("spec",)

    def __init__(self, *, warns_of_formats: bool) -> None:
        self._warns_of_formats = warns_of_formats

    def default(self, obj: Object) -> None:
        _default(obj)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": None}
        _note_storage_version(obj)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        obj["status"] = dict(obj.get("status") or {})
        _note_storage_version(obj)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return errors(obj)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return update_errors(obj, old)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return format_warnings(obj) if self._warns_of_formats else []

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return format_warnings(obj, old) if self._warns_of_formats else []

    def hold_deletion(self, obj: Object, ctx: Context) -> bool:
        metadata = obj["metadata"]
        if metadata.get("deletionTimestamp"):
            return False
        metadata["deletionTimestamp"] = format_time(ctx.now)
        finalizers = metadata.setdefault("finalizers", [])
        if CLEANUP not in finalizers:
            finalizers.append(CLEANUP)
        set_condition(
            obj,
            {
                "type": "Terminating",
                "status": "True",
                "reason": "InstanceDeletionPending",
                "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            },
            ctx,
        )
        return True


class CustomResourceDefinitionStatusStrategy(StatusStrategy):
    """Conditions, accepted names and stored versions."""

    allow_unconditional_update = False
    reset_fields: frozenset[FieldPath] = frozenset({("metadata",), ("spec",)})
    keeps_metadata = True

    def default(self, obj: Object) -> None:
        _default(obj)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return status_errors(obj)


def set_condition(obj: Object, condition: Object, ctx: Context) -> None:
    """Add or replace a condition; lastTransitionTime stays while the status does. Models SetCRDCondition."""
    old = meta.condition(obj, condition["type"])
    status = obj.setdefault("status", {})
    kept = old is not None and old["status"] == condition["status"] and old.get("lastTransitionTime")
    new: dict[str, Any] = {**condition, "lastTransitionTime": kept or format_time(ctx.now)}
    conditions = status.get("conditions") or []
    if old is None:
        status["conditions"] = [*conditions, new]
    else:
        status["conditions"] = [new if c["type"] == condition["type"] else c for c in conditions]


def _note_storage_version(obj: Object) -> None:
    status = obj["status"]
    stored = status.get("storedVersions") or []
    for version in obj["spec"].get("versions") or ():
        if version.get("storage"):
            if version.get("name") not in stored:
                status["storedVersions"] = [*stored, version.get("name")]
            break


def resource(config: RegistryConfig) -> Resource:
    """customresourcedefinitions."""
    group = "apiextensions.k8s.io"
    return declare(
        group,
        "v1",
        "CustomResourceDefinition",
        namespaced=False,
        stored_as=(group, "v1beta1"),
        short_names=("crd", "crds"),
        categories=("api-extensions",),
        strategy=CustomResourceDefinitionStrategy(warns_of_formats=at_least(config, 34)),
        status=CustomResourceDefinitionStatusStrategy(),
    )
