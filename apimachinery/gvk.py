"""Groups, versions, kinds and resources. Models apimachinery/pkg/runtime/schema."""

from __future__ import annotations

from typing import NamedTuple, Self


class GroupVersion(NamedTuple):
    """An API group and version; the core group is the empty string."""

    group: str
    version: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """`apps/v1` or `v1`; raises ValueError for anything with more than one slash."""
        if text.count("/") > 1:
            raise ValueError(f"unexpected GroupVersion string: {text}")
        group, _, version = text.rpartition("/")
        return cls(group, version)

    def __str__(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


class GroupKind(NamedTuple):
    """A kind of a group, in any version: prints as `DaemonSet.apps`."""

    group: str
    kind: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """`DaemonSet.apps` or `Pod`."""
        kind, _, group = text.partition(".")
        return cls(group, kind)

    def __str__(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind


class GroupResource(NamedTuple):
    """A resource of a group, in any version: prints as `daemonsets.apps`."""

    group: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """`daemonsets.apps` or `pods`."""
        resource, _, group = text.partition(".")
        return cls(group, resource)

    def empty(self) -> bool:
        """Whether neither group nor resource is set."""
        return not self.group and not self.resource

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


class GroupVersionKind(NamedTuple):
    """A kind in one version."""

    group: str
    version: str
    kind: str

    @property
    def group_version(self) -> GroupVersion:
        """Its group and version."""
        return GroupVersion(self.group, self.version)

    @property
    def group_kind(self) -> GroupKind:
        """Its group and kind."""
        return GroupKind(self.group, self.kind)

    @property
    def api_version(self) -> str:
        """What stands in an object's apiVersion."""
        return str(self.group_version)

    def __str__(self) -> str:
        return f"{self.api_version}, Kind={self.kind}"


class GroupVersionResource(NamedTuple):
    """A resource in one version."""

    group: str
    version: str
    resource: str

    @property
    def group_version(self) -> GroupVersion:
        """Its group and version."""
        return GroupVersion(self.group, self.version)

    @property
    def group_resource(self) -> GroupResource:
        """Its group and resource."""
        return GroupResource(self.group, self.resource)
