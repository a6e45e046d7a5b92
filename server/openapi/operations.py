"""What the documents say of each path: its operations, in neither version's dress.

Models apiserver/pkg/endpoints/installer.go (registerResourceHandlers) and kube-openapi/pkg/builder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from apimachinery.gvk import GroupVersionKind
from server.openapi.parameters import (
    CONNECT_OPTIONS,
    CREATE,
    DELETE,
    DELETE_COLLECTION,
    LIST,
    LOG,
    NAMESPACE,
    PATCH,
    PATH,
    PRETTY,
    Parameter,
    name_of,
)
from server.registry.rest import Resource, Subresource

Method = Literal["get", "put", "post", "delete", "options", "head", "patch"]

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
TYPES: Final = (JSON, YAML, PROTOBUF)
STREAM_TYPES: Final = (*TYPES, f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")
ANY: Final = ("*/*",)
PATCH_TYPES: Final = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
_PROXY_METHODS: Final[tuple[Method, ...]] = ("get", "put", "post", "delete", "options", "head", "patch")
_OK: Final = "OK"
_ARTICLES: Final = frozenset("AEIOUaeiou")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of a path. `schema` of a response is a definition name, empty for a plain string."""

    method: Method
    id: str
    description: str
    tag: str
    responses: Mapping[int, tuple[str, str]]
    parameters: tuple[Parameter, ...] = ()
    action: str = ""
    gvk: GroupVersionKind | None = None
    body: str = ""
    body_required: bool = True
    consumes: tuple[str, ...] = ANY
    produces: tuple[str, ...] = TYPES


@dataclass(frozen=True, slots=True)
class PathItem:
    """A path with the parameters that all its operations share, sorted by name."""

    path: str
    parameters: tuple[Parameter, ...]
    operations: tuple[Operation, ...]


def path_item(path: str, operations: Iterable[Operation]) -> PathItem:
    """The item of these operations, what they have in common lifted to the path."""
    found = tuple(operations)
    shared = set.intersection(*(set(o.parameters) for o in found))
    order = sorted(shared, key=lambda p: (p.name, p.place))
    return PathItem(path, tuple(order), tuple(_without(o, shared) for o in found))


def _without(operation: Operation, shared: set[Parameter]) -> Operation:
    left = sorted((p for p in operation.parameters if p not in shared), key=lambda p: (p.name, p.place))
    return replace(operation, parameters=tuple(left))


def resource_paths(resource: Resource, version: tuple[int, int]) -> Iterator[PathItem]:
    """Every path of a resource and its subresources."""
    yield from _Paths(resource, version).items()


class _Paths:
    def __init__(self, resource: Resource, version: tuple[int, int]) -> None:
        self.resource = resource
        self.version = version
        self.kind = resource.kind
        self.schema = resource.definition or definition_of(resource.gvk)
        self.list_schema = f"{self.schema}List"
        self.tag = group_version_tag(resource.group, resource.version)
        self.prefix = camel(self.tag)
        self.root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
        self.scope = "Namespaced" if resource.namespaced else ""
        where = f"{self.root}/namespaces/{{namespace}}" if resource.namespaced else self.root
        self.collection = f"{where}/{resource.plural}"
        self.scoped = (NAMESPACE,) if resource.namespaced else ()
        self.list = tuple(p for p in LIST if p.since <= version)
        self.delete = tuple(p for p in DELETE if p.since <= version)
        self.delete_collection = tuple(p for p in DELETE_COLLECTION if p.since <= version)
        self.is_custom = resource.schema is not None or not resource.definition

    def _named(self, gvk: GroupVersionKind) -> tuple[Parameter, ...]:
        """The parameters that lead to one object; the name is said to be that of what is read or written there."""
        return (*self.scoped, name_of(gvk.kind))

    def items(self) -> Iterator[PathItem]:
        yield from self._collection()
        yield from self._item()
        for subresource in self.resource.subresources:
            yield from self._subresource(subresource)
        yield from self._watches()

    def _operation(
        self,
        method: Method,
        verb: str,
        name: str,
        description: str,
        action: str,
        parameters: tuple[Parameter, ...],
        responses: Mapping[int, tuple[str, str]],
        *,
        gvk: GroupVersionKind | None = None,
        body: str = "",
        body_required: bool = True,
        consumes: tuple[str, ...] = ANY,
        produces: tuple[str, ...] = TYPES,
    ) -> Operation:
        return Operation(
            method,
            f"{verb}{self.prefix}{name}",
            description,
            self.tag,
            responses,
            parameters,
            action,
            gvk or self.resource.gvk,
            body,
            body_required,
            consumes,
            produces,
        )

    def _listing(self, name: str, parameters: tuple[Parameter, ...]) -> Operation:
        watches = "list or watch" if "watch" in self.resource.verbs else "list"
        return self._operation(
            "get",
            "list",
            name,
            f"{watches} objects of kind {self.kind}",
            "list",
            (*parameters, *self.list, PRETTY),
            {200: (_OK, self.list_schema)},
            produces=STREAM_TYPES,
        )

    def _collection(self) -> Iterator[PathItem]:
        verbs = self.resource.verbs
        name = f"{self.scope}{self.kind}"
        found = []
        if "list" in verbs:
            found.append(self._listing(name, self.scoped))
        if "create" in verbs:
            found.append(
                self._operation(
                    "post",
                    "create",
                    name,
                    f"create{article(self.kind)}{self.kind}",
                    "post",
                    (*self.scoped, *CREATE, PRETTY),
                    created(self.schema),
                    body=self.schema,
                )
            )
        if "deletecollection" in verbs:
            found.append(
                self._operation(
                    "delete",
                    "delete",
                    f"Collection{name}",
                    f"delete collection of {self.kind}",
                    "deletecollection",
                    (*self.scoped, *self.delete_collection, PRETTY),
                    {200: (_OK, f"{META}Status")},
                    body=f"{META}DeleteOptions",
                    body_required=False,
                )
            )
        if found:
            yield path_item(self.collection, found)
        if self.resource.namespaced and "list" in verbs:
            everywhere = self._listing(f"{self.kind}ForAllNamespaces", ())
            yield path_item(f"{self.root}/{self.resource.plural}", [everywhere])

    def _item(self) -> Iterator[PathItem]:
        found = self._object_operations(self.resource.verbs, "", self.schema, self.resource.gvk)
        if "delete" in self.resource.verbs:
            deleted = self.schema if self.resource.strategy.returns_deleted_object else f"{META}Status"
            found.append(
                self._operation(
                    "delete",
                    "delete",
                    f"{self.scope}{self.kind}",
                    f"delete{article(self.kind)}{self.kind}",
                    "delete",
                    (*self._named(self.resource.gvk), *self.delete, PRETTY),
                    {200: (_OK, deleted), 202: ("Accepted", deleted)},
                    body=f"{META}DeleteOptions",
                    body_required=False,
                )
            )
        if found:
            yield path_item(f"{self.collection}/{{name}}", found)

    def _object_operations(
        self, verbs: tuple[str, ...], sub: str, schema: str, gvk: GroupVersionKind, *, read: str = ""
    ) -> list[Operation]:
        """get, put, post and patch of an object or of its subresource `sub`."""
        name = f"{self.scope}{self.kind}{sub.capitalize()}"
        subject = f"{sub} of the specified {self.kind}" if sub else f"the specified {self.kind}"
        named = self._named(gvk)
        found = []
        if "get" in verbs:
            found.append(
                self._operation(
                    "get",
                    "read",
                    name,
                    f"read {subject}",
                    "get",
                    (*named, PRETTY),
                    {200: (_OK, schema)},
                    gvk=gvk,
                )
            )
        if "update" in verbs:
            found.append(
                self._operation(
                    "put",
                    "replace",
                    name,
                    f"replace {subject}",
                    "put",
                    (*named, *CREATE, PRETTY),
                    updated(schema),
                    gvk=gvk,
                    body=schema,
                )
            )
        if "create" in verbs and sub:
            found.append(
                self._operation(
                    "post",
                    "create",
                    name,
                    f"create {sub} of{article(self.kind)}{self.kind}",
                    "post",
                    (*named, *CREATE, PRETTY),
                    created(schema),
                    gvk=gvk,
                    body=schema,
                )
            )
        if "patch" in verbs:
            types = tuple(t for t in PATCH_TYPES if not (self.is_custom and "strategic" in t))
            found.append(
                self._operation(
                    "patch",
                    "patch",
                    name,
                    f"partially update {subject}",
                    "patch",
                    (*named, *PATCH, PRETTY),
                    updated(schema),
                    gvk=gvk,
                    body=f"{META}Patch",
                    consumes=types,
                )
            )
        return found

    def _subresource(self, subresource: Subresource) -> Iterator[PathItem]:
        path = f"{self.collection}/{{name}}/{subresource.name}"
        gvk = subresource.kind
        if gvk.kind in CONNECT_OPTIONS:
            yield from self._connect(path, subresource)
        elif subresource.handler == "log":
            [operation] = self._object_operations(("get",), subresource.name, "", gvk)
            options = tuple(p for p in LOG if p.since <= self.version)
            log = replace(operation, parameters=(*operation.parameters, *options), produces=("text/plain", *TYPES))
            yield path_item(path, [log])
        else:
            schema = self.schema if gvk == self.resource.gvk else definition_of(gvk)
            yield path_item(path, self._object_operations(subresource.verbs, subresource.name, schema, gvk))

    def _connect(self, path: str, subresource: Subresource) -> Iterator[PathItem]:
        proxied = subresource.name == "proxy"
        options = CONNECT_OPTIONS[subresource.kind.kind]
        methods: tuple[Method, ...] = _PROXY_METHODS if proxied else ("get", "post")
        forms = (("", path, ()), ("WithPath", f"{path}/{{path}}", (PATH,))) if proxied else (("", path, ()),)
        for suffix, where, more in forms:
            found = [
                self._operation(
                    method,
                    "connect",
                    f"{method.capitalize()}{self.scope}{self.kind}{subresource.name.capitalize()}{suffix}",
                    f"connect {method.upper()} requests to {subresource.name} of {self.kind}",
                    "connect",
                    (*self._named(subresource.kind), *options, *more),
                    {200: (_OK, "")},
                    gvk=subresource.kind,
                    produces=ANY,
                )
                for method in methods
            ]
            yield path_item(where, found)

    def _watches(self) -> Iterator[PathItem]:
        """The old paths with /watch/ in them."""
        if "watch" not in self.resource.verbs:
            return
        root = f"{self.root}/watch"
        collection = root + self.collection.removeprefix(self.root)
        yield self._watch(collection, f"{self.scope}{self.kind}List", self.scoped)
        if self.resource.namespaced:
            yield self._watch(f"{root}/{self.resource.plural}", f"{self.kind}ListForAllNamespaces", ())
        text = (
            f"watch changes to an object of kind {self.kind}. deprecated: use the 'watch' parameter with a list "
            "operation instead, filtered to a single item with the 'fieldSelector' parameter."
        )
        one = self._watch_operation(f"{self.scope}{self.kind}", text, "watch", self._named(self.resource.gvk))
        yield path_item(f"{collection}/{{name}}", [one])

    def _watch(self, path: str, name: str, parameters: tuple[Parameter, ...]) -> PathItem:
        text = (
            f"watch individual changes to a list of {self.kind}. deprecated: use the 'watch' parameter with a list "
            "operation instead."
        )
        return path_item(path, [self._watch_operation(name, text, "watchlist", parameters)])

    def _watch_operation(self, name: str, text: str, action: str, parameters: tuple[Parameter, ...]) -> Operation:
        return self._operation(
            "get",
            "watch",
            name,
            text,
            action,
            (*parameters, *self.list, PRETTY),
            {200: (_OK, f"{META}WatchEvent")},
            produces=STREAM_TYPES,
        )


def created(schema: str) -> Mapping[int, tuple[str, str]]:
    """What a POST answers."""
    return {200: (_OK, schema), 201: ("Created", schema), 202: ("Accepted", schema)}


def updated(schema: str) -> Mapping[int, tuple[str, str]]:
    """What a PUT or PATCH answers."""
    return {200: (_OK, schema), 201: ("Created", schema)}


def article(noun: str) -> str:
    """` a ` or ` an ` before a noun, a blank before a plural."""
    if noun.endswith("s") and not noun.endswith("ss"):
        return " "
    return " an " if noun[0] in _ARTICLES else " a "


def group_version_tag(group: str, version: str) -> str:
    """`apps_v1`, `core_v1`, `rbacAuthorization_v1`: the tag of a group version's operations; a group alone, `apps`."""
    words = group.removesuffix(".k8s.io").split(".") if group else ["core"]
    name = words[0] + "".join(w.capitalize() for w in words[1:])
    return f"{name}_{version}" if version else name


def camel(tag: str) -> str:
    """`AppsV1` of `apps_v1`."""
    return "".join(word[:1].upper() + word[1:] for word in tag.split("_"))


def definition_of(gvk: GroupVersionKind) -> str:
    """The definition name of a kind: k8s.io's own by their Go package, any other by its reversed group."""
    group = gvk.group
    if not group or "." not in group or group.endswith(".k8s.io"):
        package = {
            "": "io.k8s.api.core",
            "apiextensions.k8s.io": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
            "apiregistration.k8s.io": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
        }.get(group, f"io.k8s.api.{group.partition('.')[0]}")
        return f"{package}.{gvk.version}.{gvk.kind}"
    return f"{'.'.join(reversed(group.split('.')))}.{gvk.version}.{gvk.kind}"
