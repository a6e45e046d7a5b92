"""What admission plugins see of a request. Models apiserver/pkg/admission/attributes.go."""

from __future__ import annotations

from dataclasses import dataclass, field

from apimachinery.gvk import GroupKind, GroupResource, GroupVersionKind
from apimachinery.objects import Object, View
from server.admission.interfaces import Operation
from server.authentication.interfaces import User
from server.endpoints.request import Warnings
from server.registry.rest import Resource


@dataclass(slots=True, kw_only=True)
class Attributes:
    """One operation on one object; for a connect, `object` is the options and there is no old object.

    On CREATE `name` may be empty while metadata.generateName is set. On DELETE `object` is None and `old_object` is
    what goes.
    """

    resource: Resource
    operation: Operation
    user: User
    kind: GroupVersionKind
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    object: Object | None = None
    old_object: View | None = None
    options: View = field(default_factory=dict)
    dry_run: bool = False
    warnings: Warnings = field(default_factory=Warnings)
    annotations: dict[str, str] = field(default_factory=dict)
    """Audit annotations, by `<plugin>.admission.k8s.io/<key>`."""

    @property
    def qualified(self) -> str:
        """The resource as plugins name it: `pods`, `daemonsets.apps`, …"""
        return self.resource.qualified

    @property
    def group_resource(self) -> GroupResource:
        """Group and plural of the resource."""
        return self.resource.group_resource

    @property
    def group_kind(self) -> GroupKind:
        """Group and kind of the object."""
        return self.kind.group_kind

    def is_(self, resource: str, subresource: str = "") -> bool:
        """Whether this is about `pods`, `daemonsets.apps`, …, and this very subresource."""
        return self.subresource == subresource and self.qualified == resource

    @property
    def error_name(self) -> str:
        """The name for `pods "x" is forbidden`: the object's name, else its generateName."""
        metadata = (self.object or {}).get("metadata") or {}
        return self.name or metadata.get("name") or metadata.get("generateName") or ""
