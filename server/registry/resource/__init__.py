"""resource.k8s.io: dynamic resource allocation."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.printing import age
from server.registry.resource import deviceclass, resourceclaim, resourceslice
from server.registry.rest import AGE, NAME, CellContext, Column, Printer, Resource


class DeviceTaintRuleStrategy(SpecStrategy):
    """As its siblings it answers a deletion with what was deleted."""

    returns_deleted_object = True


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    if not at_least(config, 34):
        return []
    group = "resource.k8s.io"
    stored = (group, "v1beta2" if config.version == (1, 34) else "v1")
    found = [
        deviceclass.resource(config, stored),
        *resourceclaim.resources(config, stored),
        resourceslice.resource(config, stored),
    ]
    if at_least(config, 37):
        found.append(
            declare(
                group,
                "v1",
                "DeviceTaintRule",
                namespaced=False,
                stored_as=(group, "v1beta2"),
                strategy=DeviceTaintRuleStrategy(),
                status=StatusStrategy(),
                printer=Printer((NAME, *_TAINT, AGE), _taint_cells),
            )
        )
    return found


_TAINT: Final = tuple(
    Column(name, doc=f"io.k8s.api.resource.v1.DeviceTaint.{key}")
    for name, key in (("Key", "key"), ("Value", "value"), ("Effect", "effect"), ("TimeAdded", "timeAdded"))
)


def _taint_cells(rule: View, ctx: CellContext) -> list[Any]:
    taint = (rule.get("spec") or {}).get("taint") or {}
    added = taint.get("timeAdded")
    shown = [taint.get(key) or "" for key in ("key", "value", "effect")]
    return [meta.name(rule), *shown, ctx.age(added) if added else "", age(rule, ctx)]
