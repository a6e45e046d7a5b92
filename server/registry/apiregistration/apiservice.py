"""APIService: who answers for a group version. Models kube-aggregator/pkg/registry/apiservice and its validation."""

from __future__ import annotations

import base64
from typing import Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import PathSegmentNames, SpecStrategy, StatusStrategy, names
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource
from server.registry.webhookclient import DEFAULT_PORT

AVAILABLE: Final = "Available"
MAX_GROUP_PRIORITY: Final = 20000
MAX_VERSION_PRIORITY: Final = 1000
STATUSES: Final = ("False", "True", "Unknown")
_SPEC: Final = field.Path("spec")


def local_condition(ctx: Context) -> Object:
    """The condition of an APIService that this server answers for."""
    return {
        "type": AVAILABLE,
        "status": "True",
        "lastTransitionTime": format_time(ctx.now),
        "reason": "Local",
        "message": "Local APIServices are always available",
    }


class APIServiceStrategy(PathSegmentNames, SpecStrategy):
    """Named after the group version; those without a Service are available at once."""

    allow_unconditional_update = False

    def default(self, obj: Object) -> None:
        service = obj.setdefault("spec", {}).get("service")
        if service is not None and service.get("port") is None:
            service["port"] = DEFAULT_PORT

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        if (obj.get("spec") or {}).get("service") is None:
            obj["status"] = {"conditions": [local_condition(ctx)]}

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        spec, name = obj.get("spec") or {}, meta.name(obj)
        wanted = f"{spec.get('version') or ''}.{spec.get('group') or ''}"
        found: list[field.Error] = []
        if name != wanted:
            detail = f'must be `spec.version+"."+spec.group`: "{wanted}"'
            found.append(field.invalid(field.Path("metadata") / "name", name, detail))
        return found + _spec(spec)


class APIServiceStatusStrategy(StatusStrategy):
    """What the availability of the Service is."""

    allow_unconditional_update = False
    keeps_metadata = True

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        path = field.Path("status") / "conditions"
        return [
            field.not_supported(path[i] / "status", condition.get("status") or "", STATUSES)
            for i, condition in enumerate((obj.get("status") or {}).get("conditions") or ())
            if condition.get("status") not in STATUSES
        ]


def _spec(spec: View) -> list[field.Error]:
    group, version, service = spec.get("group") or "", spec.get("version") or "", spec.get("service")
    found: list[field.Error] = []
    if not group and version != "v1":
        detail = "only v1 may have an empty group and it better be legacy kube"
        found.append(field.required(_SPEC / "group", detail))
    if group:
        found += names(_SPEC / "group", group, validation.dns1123_subdomain)
    found += names(_SPEC / "version", version, validation.dns1035_label)
    for name, limit in (("groupPriorityMinimum", MAX_GROUP_PRIORITY), ("versionPriority", MAX_VERSION_PRIORITY)):
        value = spec.get(name) or 0
        if not 0 < value <= limit:
            found.append(field.invalid(_SPEC / name, value, f"must be positive and less than {limit}"))
    bundle, insecure = base64.b64decode(spec.get("caBundle") or ""), bool(spec.get("insecureSkipTLSVerify"))
    if service is None:
        if bundle:
            detail = "local APIServices may not have a caBundle"
            found.append(field.invalid(_SPEC / "caBundle", f"{len(bundle)} bytes", detail))
        if insecure:
            detail = "local APIServices may not have insecureSkipTLSVerify"
            found.append(field.invalid(_SPEC / "insecureSkipTLSVerify", insecure, detail))
        return found
    path = _SPEC / "service"
    found += [field.required(path / name) for name in ("namespace", "name") if not service.get(name)]
    port = service.get("port") or 0
    if problems := validation.valid_port_num(port):
        found.append(field.invalid(path / "port", port, f"port is not valid: {','.join(problems)}"))
    if insecure and bundle:
        detail = "may not be true if caBundle is present"
        found.append(field.invalid(_SPEC / "insecureSkipTLSVerify", insecure, detail))
    return found


def _service(obj: View) -> str:
    service = obj["spec"].get("service")
    return "Local" if service is None else f"{service.get('namespace', '')}/{service.get('name', '')}"


def _available(obj: View) -> str:
    condition = meta.condition(obj, AVAILABLE)
    if condition is None:
        return "Unknown"
    status, reason = condition.get("status", ""), condition.get("reason")
    return f"{status} ({reason})" if reason and status != "True" else status


def resource(config: RegistryConfig) -> Resource:
    """apiservices."""
    service = Column("Service", description="The reference to the service that hosts this API endpoint.")
    available = Column("Available", description="Whether this service is available.")
    return declare(
        "apiregistration.k8s.io",
        "v1",
        "APIService",
        namespaced=False,
        categories=("api-extensions",),
        strategy=APIServiceStrategy(),
        status=APIServiceStatusStrategy(),
        printer=simple((service, _service), (available, _available)),
    )
