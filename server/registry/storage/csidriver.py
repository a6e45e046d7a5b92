"""CSIDriver. Models pkg/registry/storage/csidriver and pkg/apis/storage/validation."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import UNSET, age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource

FS_GROUP_POLICIES: Final = ("File", "None", "ReadWriteOnceWithFSType")
LIFECYCLE_MODES: Final = ("Persistent", "Ephemeral")
MIN_EXPIRATION: Final = 600
_DEFAULTS: Final[dict[str, Any]] = {
    "attachRequired": True,
    "podInfoOnMount": False,
    "storageCapacity": False,
    "fsGroupPolicy": "ReadWriteOnceWithFSType",
    "requiresRepublish": False,
    "seLinuxMount": False,
}
_COUNTED: Final = ("tokenRequests", "requiresRepublish", "seLinuxMount", "nodeAllocatableUpdatePeriodSeconds")
_SPEC: Final = field.Path("spec")


class CSIDriverStrategy(BuiltinStrategy):
    """The generation counts changes of what may change."""

    allow_unconditional_update = False
    returns_deleted_object = True

    def default(self, obj: Object) -> None:
        spec = obj.setdefault("spec", {})
        for name, value in _DEFAULTS.items():
            if spec.get(name) is None:
                spec[name] = value
        if not spec.get("volumeLifecycleModes"):
            spec["volumeLifecycleModes"] = ["Persistent"]

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        spec, stored = obj["spec"], old["spec"]
        if any(spec.get(name) != stored.get(name) for name in _COUNTED):
            obj["metadata"]["generation"] = meta.generation(old) + 1

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        spec = obj["spec"]
        found = super().validate(obj, ctx)
        policy = spec.get("fsGroupPolicy")
        if policy not in FS_GROUP_POLICIES:
            found.append(field.not_supported(_SPEC / "fsGroupPolicy", policy, FS_GROUP_POLICIES))
        found += _token_requests(spec)
        for mode in spec.get("volumeLifecycleModes") or ():
            if mode not in LIFECYCLE_MODES:
                found.append(field.not_supported(_SPEC / "volumeLifecycleModes", mode, LIFECYCLE_MODES))
        period = spec.get("nodeAllocatableUpdatePeriodSeconds")
        if period is not None and period < 10:
            path = _SPEC / "nodeAllocatableUpdatePeriodSeconds"
            found.append(field.invalid(path, period, "must be greater than or equal to 10 seconds"))
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = self.validate(obj, ctx)
        for name, shown in (("attachRequired", "attachedRequired"), ("volumeLifecycleModes", "volumeLifecycleModes")):
            new, stored = obj["spec"].get(name), old["spec"].get(name)
            if new != stored:
                found.append(field.invalid(_SPEC / shown, new, validation.FIELD_IMMUTABLE))
        return found


def _token_requests(spec: View) -> list[field.Error]:
    found: list[field.Error] = []
    seen = set()
    for i, request in enumerate(spec.get("tokenRequests") or ()):
        path = (_SPEC / "tokenRequests")[i]
        audience, seconds = request.get("audience") or "", request.get("expirationSeconds")
        if audience in seen:
            found.append(field.duplicate(path / "audience", audience))
            continue
        seen.add(audience)
        at = path / "expirationSeconds"
        if seconds is not None and seconds < MIN_EXPIRATION:
            found.append(field.invalid(at, seconds, "may not specify a duration less than 10 minutes"))
        if seconds is not None and seconds > 1 << 32:
            found.append(field.invalid(at, seconds, "may not specify a duration larger than 2^32 seconds"))
    return found


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec = obj["spec"]
    requests = spec.get("tokenRequests")
    return [
        meta.name(obj),
        bool(spec.get("attachRequired", True)),
        bool(spec.get("podInfoOnMount")),
        bool(spec.get("storageCapacity")),
        UNSET if requests is None else ",".join(r.get("audience", "") for r in requests),
        bool(spec.get("requiresRepublish")),
        ",".join(spec.get("volumeLifecycleModes") or ()) or "<none>",
        age(obj, ctx),
    ]


def resource(config: RegistryConfig) -> Resource:
    """csidrivers."""
    spec = "io.k8s.api.storage.v1.CSIDriverSpec"
    columns = (
        NAME,
        Column("AttachRequired", type="boolean", doc=f"{spec}.attachRequired"),
        Column("PodInfoOnMount", type="boolean", doc=f"{spec}.podInfoOnMount"),
        Column("StorageCapacity", type="boolean", doc=f"{spec}.storageCapacity"),
        Column("TokenRequests", doc=f"{spec}.tokenRequests"),
        Column("RequiresRepublish", type="boolean", doc=f"{spec}.requiresRepublish"),
        Column("Modes", doc=f"{spec}.volumeLifecycleModes"),
        AGE,
    )
    return declare(
        "storage.k8s.io",
        "v1",
        "CSIDriver",
        namespaced=False,
        strategy=CSIDriverStrategy(),
        printer=Printer(columns, _cells),
    )
