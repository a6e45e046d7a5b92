"""ComponentStatus: never stored, always healthy here. Models pkg/registry/core/componentstatus."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import READ_ONLY, declare
from server.registry.rest import NAME, CellContext, Column, Printer, Resource

COMPONENTS: Final = ("controller-manager", "scheduler", "etcd-0")
DEPRECATION: Final = "v1 ComponentStatus is deprecated in v1.19+"
"""The warning of every request."""


def items() -> list[Object]:
    """Every component, as items of a list."""
    return [
        {
            "metadata": {"name": name},
            "conditions": [{"type": "Healthy", "status": "True", "message": "ok"}],
        }
        for name in COMPONENTS
    ]


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    status, message, error = "Unknown", "", ""
    for condition in obj.get("conditions") or ():
        if condition.get("type") == "Healthy":
            status = {"True": "Healthy", "False": "Unhealthy"}.get(condition.get("status", ""), "Unhealthy")
            message, error = condition.get("message") or "", condition.get("error") or ""
            break
    return [meta.name(obj), status, message, error]


def resource(config: RegistryConfig) -> Resource:
    """componentstatuses."""
    columns = (
        NAME,
        Column("Status", description="Status of the component conditions"),
        Column("Message", description="Message of the component conditions"),
        Column("Error", description="Error of the component conditions"),
    )
    return declare(
        "",
        "v1",
        "ComponentStatus",
        namespaced=False,
        plural="componentstatuses",
        verbs=READ_ONLY,
        short_names=("cs",),
        deprecated="v1 ComponentStatus is deprecated in v1.19+",
        printer=Printer(columns, _cells),
        virtual="componentstatuses",
    )
