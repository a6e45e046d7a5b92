"""What a kind is to the server: its names, verbs and columns (Resource) and its rules (Strategy).

Models apiserver/pkg/registry/rest and generic/registry/store.go.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from apimachinery import field as fields
from apimachinery import timestamp
from apimachinery.gvk import GroupKind, GroupResource, GroupVersion, GroupVersionKind
from apimachinery.names import NameGenerator
from apimachinery.objects import Object, View

if TYPE_CHECKING:
    from server.registry.scale import Scaler

Verb = Literal["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
ALL_VERBS: tuple[Verb, ...] = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")

Propagation = Literal["Background", "Foreground", "Orphan", "Unsupported"]
FieldPath: TypeAlias = tuple[str, ...]


class Context(NamedTuple):
    """What a rule may know of the request it judges; `now` is the cluster's time."""

    now: datetime
    names: NameGenerator
    namespace: str = ""
    user: str = ""
    groups: tuple[str, ...] = ()
    subresource: str = ""
    dry_run: bool = False
    version: tuple[int, int] = (1, 36)
    sent: str = ""
    """The text of the resource's verbatim field in a body, when it is not what the value is encoded as."""
    stored: View | None = None
    """The object before an update as storage keeps it, for resources with a verbatim field."""


class Strategy:
    """A kind's rules, asked in this order on create: default, prepare_for_create, validate, warnings, canonicalize.

    Every method but `begin_*` is pure. `old` is what is stored and must not be changed; `obj` is yours.
    """

    allow_create_on_update: bool = False
    allow_unconditional_update: bool = True
    returns_deleted_object: bool = False
    default_propagation: Propagation = "Background"
    generate_name_suffix: bool = True
    reset_fields: frozenset[FieldPath] = frozenset({("status",)})
    """Top paths that this endpoint ignores, and that managedFields therefore never own through it."""

    def default(self, obj: Object) -> None:
        """Fill defaults of the served version in place; also run on what is read from a patch result."""

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        """Reset what clients may not set on create."""

    def validate(self, obj: View, ctx: Context) -> list[fields.Error]:
        """Everything wrong with a new object, beyond the common metadata rules."""
        return []

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        """Texts for Warning headers."""
        return []

    def canonicalize(self, obj: Object) -> None:
        """Bring equal meanings to one form, after validation."""

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        """Restore what this endpoint may not change and raise metadata.generation where due."""

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[fields.Error]:
        """Everything wrong with the change, beyond the common metadata rules; by default what validate finds."""
        return self.validate(obj, ctx)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        """Texts for Warning headers."""
        return []

    def warnings_on_delete(self, *, propagation_given: bool) -> list[str]:
        """Texts for Warning headers, whatever there is to delete.

        `propagation_given` when the client said what happens to dependents.
        """
        return []

    def check_delete(self, name: str) -> None:
        """Refuse to delete an object that is named in the request; those of a collection are not asked. Forbidden."""

    def validate_name(self, name: str, *, prefix: bool) -> list[str]:
        """What is wrong with metadata.name; `prefix` when it is a generateName. A DNS subdomain by default."""
        from apimachinery import validation

        return validation.dns1123_subdomain(name.removesuffix("-") + "a" if prefix and name.endswith("-") else name)

    graceful: bool = False
    """Whether check_graceful_delete may give a grace; a pending deletion can then only be shortened."""

    def check_graceful_delete(self, obj: Object, grace: int | None, ctx: Context) -> int | None:
        """Seconds of grace for this deletion: None when the kind is removed at once and knows no grace."""
        return None

    def hold_deletion(self, obj: Object, ctx: Context) -> bool:
        """Whether something of the kind's own, beside metadata.finalizers, keeps the object until it is cleared.

        If so, mark `obj` for deletion in place; also asked on repeated deletions. Namespaces do this.
        """
        return False

    async def begin_create(self, obj: Object, ctx: Context) -> Transaction | None:
        """Allocate what the object needs outside itself, after prepare_for_create and before validate."""
        return None

    async def begin_update(self, obj: Object, old: View, ctx: Context) -> Transaction | None:
        """As begin_create, for an update."""
        return None

    async def after_delete(self, obj: View, ctx: Context) -> None:
        """Release what begin_create took."""


class Transaction:
    """An allocation that the write decides: `commit` after it is stored, `revert` when it is refused or dry."""

    async def commit(self) -> None:
        """Keep it."""

    async def revert(self) -> None:
        """Give it back."""


class CellContext:
    """What printing needs beside the object: the moment that ages count to."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def age(self, moment: str | None) -> str:
        """How long ago a time was, `<unknown>` without one."""
        return timestamp.age(moment, self._now)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the server-side Table; `priority` 1 is shown by -o wide only.

    `doc` names the schema field that describes it (`io.k8s.api.apps.v1.DaemonSetStatus.numberReady`);
    `description` is used where there is none.
    """

    name: str
    type: str = "string"
    format: str = ""
    priority: int = 0
    doc: str = ""
    description: str = ""


Cells: TypeAlias = Callable[[View, CellContext], list[Any]]
RowConditions: TypeAlias = Callable[[View], list[Object]]
SelectableFields: TypeAlias = Callable[[View], Mapping[str, str]]

NAME = Column("Name", format="name", doc="io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.name")
AGE = Column("Age", doc="io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.creationTimestamp")


@dataclass(frozen=True, slots=True)
class Printer:
    """How a kind is printed: one cell a column."""

    columns: tuple[Column, ...]
    cells: Cells
    conditions: RowConditions | None = None
    order: Callable[[View], Any] | None = None
    """The sort key of rows, for kinds whose Table is not in the order of their list."""


Connect: TypeAlias = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Subresource:
    """A subresource. With `strategy` it is a view on the whole object (status, finalize, approval, …);
    with `handler` it does its own work (binding, eviction, token, log, exec, scale)."""

    name: str
    kind: GroupVersionKind
    verbs: tuple[str, ...] = ("get", "patch", "update")
    strategy: Strategy | None = None
    handler: str = ""
    """Name of the handler in server/endpoints/subresources.py."""
    accepts_body: bool = True
    scaler: Scaler | None = None
    """Where the object keeps what the scale subresource shows."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource in one served version. Two resources with the same `storage` share their objects."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    strategy: Strategy = field(default_factory=Strategy)
    verbs: tuple[Verb, ...] = ALL_VERBS
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = ()
    printer: Printer | None = None
    selectable_fields: SelectableFields | None = None
    """Beyond metadata.name and metadata.namespace; keys are the labels a field selector may use."""
    known_field_labels: tuple[str, ...] | None = None
    """None: the generic error text for unknown field labels; else the kind has its own conversion of field labels."""
    definition: str = ""
    """OpenAPI definition name, `io.k8s.api.apps.v1.DaemonSet`; empty for custom resources."""
    storage_version_hash: str = ""
    storage: GroupResource | None = None
    """Where objects are kept when it is not this very resource."""
    to_storage: Callable[[Object], Object] | None = None
    from_storage: Callable[[Object], Object] | None = None
    ttl: Callable[[View], int] | None = None
    deprecated: str = ""
    """A Warning for every request to it: `v1 Endpoints is deprecated in v1.33+; use …`."""
    list_kind: str = ""
    verbatim: str = ""
    """A field that is kept as its client wrote it: the same JSON in other white space is another value."""
    table_convertor: bool = True
    derived_annotations: tuple[str, ...] = ()
    """Annotations that show a field of the internal type; an object's metadata alone has none of them."""
    schema: Any = None
    """Structural schema of a custom resource; None for built-in kinds, whose definition says it."""
    terminating: bool = False
    """The definition of a custom resource is being deleted: what is there is still served, nothing new is taken."""
    virtual: str = ""
    """Name of the handler for kinds that are never stored (reviews, TokenRequest)."""

    gvk: GroupVersionKind = field(init=False, compare=False, repr=False)
    group_version: GroupVersion = field(init=False, compare=False, repr=False)
    group_kind: GroupKind = field(init=False, compare=False, repr=False)
    group_resource: GroupResource = field(init=False, compare=False, repr=False)
    qualified: str = field(init=False, compare=False, repr=False)
    """The resource as it is named among others: `pods`, `daemonsets.apps`, …"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "gvk", GroupVersionKind(self.group, self.version, self.kind))
        object.__setattr__(self, "group_version", GroupVersion(self.group, self.version))
        object.__setattr__(self, "group_kind", GroupKind(self.group, self.kind))
        object.__setattr__(self, "group_resource", GroupResource(self.group, self.plural))
        object.__setattr__(self, "qualified", str(self.group_resource))

    @property
    def storage_resource(self) -> GroupResource:
        """Group and plural under which objects are kept."""
        return self.storage or self.group_resource

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of this name, or None."""
        return next((s for s in self.subresources if s.name == name), None)


def status_subresource(gvk: GroupVersionKind, strategy: Strategy) -> Subresource:
    """The usual status subresource."""
    return Subresource("status", gvk, strategy=strategy)


def keep_metadata_and(obj: Object, old: View, *names: str) -> None:
    """For subresource strategies: restore the named top-level fields from what is stored."""
    for name in names:
        if name in old:
            obj[name] = old[name]
        else:
            obj.pop(name, None)


def bump_generation(obj: Object, old: View, parts: Sequence[str] = ("spec",)) -> None:
    """generation+1 when one of the parts changed, else the stored generation."""
    stored = int(old.get("metadata", {}).get("generation", 0))
    changed = any(obj.get(p) != old.get(p) for p in parts)
    obj["metadata"]["generation"] = stored + 1 if changed else stored
