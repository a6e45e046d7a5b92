"""Node: defaults, strategies and printing. Models pkg/registry/core/node and printNode."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from server.registry.addresses import cidr_warnings
from server.registry.config import RegistryConfig
from server.registry.core import node_validation
from server.registry.core.resourcelist import round_up
from server.registry.declaration import PROXY_VERBS, at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.printing import NONE, UNKNOWN, age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource, Subresource

ROLE_PREFIX: Final = "node-role.kubernetes.io/"
ROLE_LABEL: Final = "kubernetes.io/role"


def default_node(obj: Object) -> None:
    """podCIDR and podCIDRs agree, and what is there can be allocated."""
    spec = obj.setdefault("spec", {})
    first, cidrs = spec.get("podCIDR") or "", spec.get("podCIDRs") or []
    if first and (not cidrs or cidrs[0] != first):
        spec["podCIDRs"] = [first]
    elif cidrs:
        spec["podCIDR"] = cidrs[0]
    status = obj.setdefault("status", {})
    round_up(status, "capacity", "allocatable")
    if status.get("allocatable") is None and status.get("capacity"):
        status["allocatable"] = dict(status["capacity"])


class NodeStrategy(SpecStrategy):
    """Nodes may be created with their status."""

    def default(self, obj: Object) -> None:
        default_node(obj)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        obj["spec"].pop("configSource", None)
        obj.get("status", {}).pop("config", None)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        if not old.get("spec", {}).get("configSource"):
            obj["spec"].pop("configSource", None)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + node_validation.validate(obj, ctx)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return self.validate(obj, ctx) + node_validation.validate_update(obj, old)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        spec = obj["spec"]
        found = ["spec.configSource: the feature is removed"] if spec.get("configSource") is not None else []
        if spec.get("externalID"):
            found.append("spec.externalID: this field is deprecated, and is unused by Kubernetes")
        cidrs = field.Path("spec") / "podCIDRs"
        return found + [w for i, cidr in enumerate(spec.get("podCIDRs") or ()) for w in cidr_warnings(cidrs[i], cidr)]

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)


class NodeStatusStrategy(StatusStrategy):
    """What kubelets report."""

    def default(self, obj: Object) -> None:
        default_node(obj)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        if not old.get("status", {}).get("config"):
            obj.get("status", {}).pop("config", None)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return node_validation.validate_update(obj, old)


def node_status(obj: View) -> str:
    """`Ready`, `NotReady` or `Unknown`, with `,SchedulingDisabled` on cordoned nodes."""
    ready = meta.condition(obj, "Ready")
    status = "Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"
    return f"{status},SchedulingDisabled" if obj.get("spec", {}).get("unschedulable") else status


def node_roles(obj: View) -> str:
    """The roles that labels give, sorted; `<none>` when there are none."""
    found = set()
    for key, value in meta.labels(obj).items():
        if key.startswith(ROLE_PREFIX) and len(key) > len(ROLE_PREFIX):
            found.add(key.removeprefix(ROLE_PREFIX))
        elif key == ROLE_LABEL and value:
            found.add(value)
    return ",".join(sorted(found)) or NONE


def _address(obj: View, kind: str) -> str:
    addresses = obj.get("status", {}).get("addresses") or ()
    return next((a.get("address", "") for a in addresses if a.get("type") == kind), NONE)


def _printer(config: RegistryConfig) -> Printer:
    status, info = "io.k8s.api.core.v1.NodeStatus", "io.k8s.api.core.v1.NodeSystemInfo"
    columns = (
        NAME,
        Column("Status", description="The status of the node"),
        Column("Roles", description="The roles of the node"),
        AGE,
        Column("Version", doc=f"{info}.kubeletVersion"),
        Column("Internal-IP", priority=1, doc=f"{status}.addresses"),
        Column("External-IP", priority=1, doc=f"{status}.addresses"),
        Column("OS-Image", priority=1, doc=f"{info}.osImage"),
        Column("Kernel-Version", priority=1, doc=f"{info}.kernelVersion"),
        Column("Container-Runtime", priority=1, doc=f"{info}.containerRuntimeVersion"),
    )
    shows_architecture = at_least(config, 36)

    def cells(obj: View, ctx: CellContext) -> list[Any]:
        system = obj.get("status", {}).get("nodeInfo") or {}
        kernel = system.get("kernelVersion") or UNKNOWN
        if shows_architecture and system.get("architecture"):
            kernel += f" ({system['architecture']})"
        return [
            meta.name(obj),
            node_status(obj),
            node_roles(obj),
            age(obj, ctx),
            system.get("kubeletVersion") or "",
            _address(obj, "InternalIP"),
            _address(obj, "ExternalIP"),
            system.get("osImage") or UNKNOWN,
            kernel,
            system.get("containerRuntimeVersion") or UNKNOWN,
        ]

    return Printer(columns, cells)


def _selectable(obj: View) -> dict[str, str]:
    return {"spec.unschedulable": "true" if obj.get("spec", {}).get("unschedulable") else "false"}


def resource(config: RegistryConfig) -> Resource:
    """nodes."""
    options = GroupVersionKind("", "v1", "NodeProxyOptions")
    return declare(
        "",
        "v1",
        "Node",
        namespaced=False,
        short_names=("no",),
        strategy=NodeStrategy(),
        status=NodeStatusStrategy(),
        subresources=(Subresource("proxy", options, PROXY_VERBS, handler="proxy", accepts_body=False),),
        printer=_printer(config),
        selectable_fields=_selectable,
        known_field_labels=("metadata.name", "spec.unschedulable"),
    )
