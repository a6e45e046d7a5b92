"""VolumeAttachment. Models pkg/registry/storage/volumeattachment and pkg/apis/storage/validation."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value
from server.registry.core.persistentvolume_validation import validate_spec
from server.registry.core.podspec_volumes import csi_driver_name
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy, names
from server.registry.printing import age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource

MAX_METADATA: Final = 256 * 1024
MAX_MESSAGE: Final = 1024
_ONE_OF: Final = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
_NOT_INLINE: Final = ("claimRef", "capacity", "nodeAffinity", "storageClassName")
_SPEC: Final = field.Path("spec")
_STATUS: Final = field.Path("status")


class VolumeAttachmentStrategy(SpecStrategy):
    """That a volume should be attached to a node; the spec never changes."""

    allow_unconditional_update = False
    returns_deleted_object = True
    new_status = {"attached": False}  # noqa: RUF012 - copied for each object

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        spec = obj["spec"]
        found = super().validate(obj, ctx) + _errors(obj)
        found += csi_driver_name(spec.get("attacher") or "", _SPEC / "attacher")
        name = (spec.get("source") or {}).get("persistentVolumeName")
        if name is not None:
            path = _SPEC / "source" / "persistentVolumeName"
            found += names(path, name, validation.dns1123_subdomain)
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx) + _errors(obj)
        if obj["spec"] != old["spec"]:
            shown = internal_value("VolumeAttachmentSpec", obj["spec"])
            found.append(field.invalid(_SPEC, shown, validation.FIELD_IMMUTABLE))
        return found


class VolumeAttachmentStatusStrategy(StatusStrategy):
    """What the attacher did."""

    allow_unconditional_update = False
    keeps_metadata = True

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return super().validate_update(obj, old, ctx) + _errors(obj)


def _errors(obj: View) -> list[field.Error]:
    spec, status = obj["spec"], obj.get("status") or {}
    found = [] if spec.get("attacher") else [field.required(_SPEC / "attacher")]
    found += _source(spec.get("source") or {}, _SPEC / "source")
    found += names(_SPEC / "nodeName", spec.get("nodeName") or "", validation.dns1123_subdomain)
    metadata = status.get("attachmentMetadata") or {}
    if sum(len(k.encode()) + len(v.encode()) for k, v in metadata.items()) > MAX_METADATA:
        found.append(field.too_long(_STATUS / "attachmentMetadata", MAX_METADATA))
    for name in ("attachError", "detachError"):
        error = status.get(name) or {}
        if len((error.get("message") or "").encode()) > MAX_MESSAGE:
            found.append(field.too_long(_STATUS / name / "message", MAX_METADATA))
        code = error.get("errorCode")
        if code is not None and code < 0:
            detail = validation.inclusive_range(0, 2**31 - 1)
            found.append(field.invalid(_STATUS / name / "errorCode", code, detail))
    return found


def _source(source: View, path: field.Path) -> list[field.Error]:
    inline, name = source.get("inlineVolumeSpec"), source.get("persistentVolumeName")
    if inline is not None:
        return [field.forbidden(path, _ONE_OF)] if name is not None else _inline(inline, path / "inlineVolumeSpec")
    if name is None:
        return [field.required(path, _ONE_OF)]
    if not name:
        return [field.required(path / "persistentVolumeName", "must specify non empty persistentVolumeName")]
    return []


def _inline(spec: View, path: field.Path) -> list[field.Error]:
    context = "in the context of inline volumes"
    found = [field.forbidden(path / n, f"may not be specified {context}") for n in _NOT_INLINE if spec.get(n)]
    if spec.get("csi") is None:
        found.append(field.required(path / "csi", f"has to be specified {context}"))
    rest = {k: v for k, v in spec.items() if k not in _NOT_INLINE}
    return found + [e for e in validate_spec(rest, path) if not e.path.startswith(str(path / "capacity"))]


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec = obj["spec"]
    return [
        meta.name(obj),
        spec.get("attacher", ""),
        (spec.get("source") or {}).get("persistentVolumeName") or "",
        spec.get("nodeName", ""),
        bool((obj.get("status") or {}).get("attached")),
        age(obj, ctx),
    ]


def resource(config: RegistryConfig) -> Resource:
    """volumeattachments."""
    kind = "io.k8s.api.storage.v1.VolumeAttachment"
    columns = (
        NAME,
        Column("Attacher", format="name", doc=f"{kind}Spec.attacher"),
        Column("PV", doc=f"{kind}Source.persistentVolumeName"),
        Column("Node", doc=f"{kind}Spec.nodeName"),
        Column("Attached", type="boolean", doc=f"{kind}Status.attached"),
        AGE,
    )
    return declare(
        "storage.k8s.io",
        "v1",
        "VolumeAttachment",
        namespaced=False,
        strategy=VolumeAttachmentStrategy(),
        status=VolumeAttachmentStatusStrategy(),
        printer=Printer(columns, _cells),
    )
