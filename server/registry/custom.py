"""From a CustomResourceDefinition to the Resources of its versions, which are served like any built-in kind.

Models apiextensions-apiserver/pkg/apiserver/customresource_handler.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from apimachinery import meta
from apimachinery.gvk import GroupVersionKind
from apimachinery.jsonvalue import go_value
from apimachinery.objects import Object, View
from apimachinery.structural import Structural, apply_defaults, prune
from server.registry.custom_jsonpath import JSONPath
from server.registry.custom_printer import printer
from server.registry.custom_strategy import CustomStatusStrategy, CustomStrategy, Rules, ScalePaths, nested, steps
from server.registry.declaration import storage_version_hash
from server.registry.rest import FieldPath, Resource, Subresource, Verb, status_subresource
from server.registry.scale import Scaler, scale_subresource

VERBS: Final[tuple[Verb, ...]] = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")

MakeRules = Callable[[Structural], "Rules | None"]
"""Checks of the CEL rules of a schema, None when it has none."""


def no_rules(schema: Structural) -> Rules | None:
    """Leaves x-kubernetes-validations alone."""
    return None


def resources(crd: View, make_rules: MakeRules = no_rules) -> list[Resource]:
    """The served versions of a definition under the names that were accepted, the storage version's form on disk."""
    kind = _Kind(crd, make_rules)
    return [kind.resource(v) for v in kind.versions if v.get("served")]


def selectable_paths(crd: View) -> tuple[str, ...]:
    """What objects can be selected by in any version: `spec.image`, sorted."""
    versions = crd["spec"].get("versions") or ()
    return tuple(sorted({label for v in versions for label in _labels(v)}))


def _labels(version: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple((f.get("jsonPath") or "").removeprefix(".") for f in version.get("selectableFields") or ())


class _Kind:
    """What the versions of one definition share."""

    def __init__(self, crd: View, make_rules: MakeRules) -> None:
        spec = crd["spec"]
        self.names = (crd.get("status") or {}).get("acceptedNames") or spec["names"]
        self.group: str = spec["group"]
        self.namespaced = spec.get("scope") == "Namespaced"
        self.versions: Sequence[Mapping[str, Any]] = spec.get("versions") or ()
        self.stored: str = next(v["name"] for v in self.versions if v.get("storage"))
        self.terminating = meta.is_deleting(crd)
        self.hash = storage_version_hash(self.group, self.stored, self.names["kind"])
        self.selectable = _selector(selectable_paths(crd))
        self.schemas = {v["name"]: _schema(v) for v in self.versions}
        self.rules = {name: make_rules(s) if s is not None else None for name, s in self.schemas.items()}
        self.replicas = {f"{self.group}/{v['name']}": _replicas(v) for v in self.versions}
        self.settled = int(crd["metadata"].get("generation") or 0) <= 1
        """Whether every stored object was written under this very definition."""

    def resource(self, version: Mapping[str, Any]) -> Resource:
        name: str = version["name"]
        gvk = GroupVersionKind(self.group, name, self.names["kind"])
        schema, rules = self.schemas[name], self.rules[name]
        declared = version.get("subresources") or {}
        has_status, scale = declared.get("status") is not None, _scale(version)
        subresources: list[Subresource] = []
        if has_status:
            status = CustomStatusStrategy(schema, scale=scale, rules=rules)
            subresources.append(status_subresource(gvk, status))
        if scale is not None:
            subresources.append(scale_subresource(_scaler(scale, self.replicas)))
        is_stored = name == self.stored
        return Resource(
            group=self.group,
            version=name,
            kind=gvk.kind,
            plural=self.names["plural"],
            singular=self.names.get("singular") or gvk.kind.lower(),
            namespaced=self.namespaced,
            strategy=CustomStrategy(schema, has_status=has_status, scale=scale, rules=rules),
            verbs=VERBS,
            terminating=self.terminating,
            short_names=tuple(self.names.get("shortNames") or ()),
            categories=tuple(self.names.get("categories") or ()),
            subresources=tuple(subresources),
            printer=printer(version.get("additionalPrinterColumns") or ()),
            selectable_fields=self.selectable,
            known_field_labels=_labels(version),
            storage_version_hash=self.hash,
            to_storage=None if is_stored else _renamed(f"{self.group}/{self.stored}"),
            from_storage=None if is_stored and self.settled else self._reader(gvk, schema),
            deprecated=_deprecation(version, gvk),
            list_kind=self.names.get("listKind") or f"{gvk.kind}List",
            schema=schema,
        )

    def _reader(self, gvk: GroupVersionKind, schema: Structural | None) -> Callable[[Object], Object]:
        """A stored object, perhaps of another version or an older schema, as this version shows it."""

        def read(obj: Object) -> Object:
            stored = obj["apiVersion"].rpartition("/")[2]
            apply_defaults(obj, self.schemas.get(stored))
            obj["apiVersion"] = gvk.api_version
            prune(obj, schema)
            return obj

        return read


def _schema(version: Mapping[str, Any]) -> Structural | None:
    raw = (version.get("schema") or {}).get("openAPIV3Schema")
    return Structural(raw) if raw is not None else None


def _scale(version: Mapping[str, Any]) -> ScalePaths | None:
    declared = (version.get("subresources") or {}).get("scale")
    return ScalePaths.of(declared) if declared else None


def _replicas(version: Mapping[str, Any]) -> FieldPath | None:
    scale = _scale(version)
    return steps(scale.spec) if scale is not None else None


def _scaler(scale: ScalePaths, versions: Mapping[str, FieldPath | None]) -> Scaler:
    def selector(obj: View) -> str:
        return (nested(obj, scale.selector, str)[0] or "") if scale.selector else ""

    return Scaler(steps(scale.spec), steps(scale.status), selector, versions)


def _selector(labels: tuple[str, ...]) -> Callable[[View], Mapping[str, str]] | None:
    if not labels:
        return None
    paths = [(label, JSONPath(f".{label}")) for label in labels]

    def selectable(obj: View) -> Mapping[str, str]:
        found = ((label, path.first(obj)) for label, path in paths)
        return {label: "" if value is None else go_value(value) for label, value in found}

    return selectable


def _renamed(api_version: str) -> Callable[[Object], Object]:
    def rename(obj: Object) -> Object:
        return {**obj, "apiVersion": api_version}

    return rename


def _deprecation(version: Mapping[str, Any], gvk: GroupVersionKind) -> str:
    if not version.get("deprecated"):
        return ""
    return version.get("deprecationWarning") or f"{gvk.api_version} {gvk.kind} is deprecated"
