"""autoscaling/v1 Scale: a view on the replica count of any kind.

Models the ScaleREST of pkg/registry/apps/*/storage and apimachinery/pkg/util/managedfields/scalehandler.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from apimachinery import labels, meta, validation
from apimachinery.field import Error, Path
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from server.fieldmanager import fieldset
from server.fieldmanager.managed_fields import Entry, Managers, decode, encode
from server.registry.printing import age
from server.registry.rest import AGE, NAME, CellContext, Column, FieldPath, Printer, Resource, Subresource

KIND: Final = GroupVersionKind("autoscaling", "v1", "Scale")
_DEFINITION: Final = "io.k8s.api.autoscaling.v1.Scale"
_REPLICAS: Final = ("spec", "replicas")


def label_selector(obj: View) -> str:
    """The text of a LabelSelector in spec.selector."""
    return str(labels.LabelSelector.from_object((obj.get("spec") or {}).get("selector")))


def plain_selector(obj: View) -> str:
    """The text of a map in spec.selector; empty when there is none."""
    selector = (obj.get("spec") or {}).get("selector") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))


@dataclass(frozen=True, slots=True)
class Scaler:
    """Where a kind keeps what its Scale shows."""

    spec_replicas: FieldPath = _REPLICAS
    status_replicas: FieldPath = ("status", "replicas")
    selector: Callable[[View], str] = label_selector
    other_versions: Mapping[str, FieldPath | None] = field(default_factory=dict)
    """apiVersion → path of the replicas in the kind's other versions, None where these cannot be scaled."""

    def replicas(self, obj: View) -> int | None:
        """The wanted replicas, None when the object does not say."""
        found = _at(obj, self.spec_replicas)
        return int(found) if found is not None else None

    def show(self, obj: View) -> Object:
        """The Scale of an object; spec.replicas is left out when the object does not say."""
        metadata = {
            name: obj["metadata"][name]
            for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
            if name in obj["metadata"]
        }
        status: Object = {"replicas": int(_at(obj, self.status_replicas) or 0)}
        if selector := self.selector(obj):
            status["selector"] = selector
        replicas = self.replicas(obj)
        spec = {} if not replicas else {"replicas": replicas}
        return {"kind": KIND.kind, "apiVersion": KIND.api_version, "metadata": metadata, "spec": spec, "status": status}

    def set_replicas(self, obj: Object, replicas: int) -> None:
        """Write the wanted replicas into an object."""
        holder = obj
        for name in self.spec_replicas[:-1]:
            holder = holder.setdefault(name, {})
        holder[self.spec_replicas[-1]] = replicas

    def paths(self, api_version: str) -> Mapping[str, FieldPath | None]:
        """apiVersion → path of the replicas, in every version of the kind; `api_version` is the served one."""
        return {**self.other_versions, api_version: self.spec_replicas}


WORKLOAD: Final = Scaler()
"""The workloads of apps/v1."""


def scale_subresource(scaler: Scaler = WORKLOAD) -> Subresource:
    """The scale subresource of a kind."""
    return Subresource("scale", KIND, handler="scale", scaler=scaler)


def validate_scale(scale: View) -> list[Error]:
    """Replicas are not negative."""
    return validation.non_negative(int((scale.get("spec") or {}).get("replicas") or 0), Path("spec") / "replicas")


def _at(obj: View, path: FieldPath) -> Any:
    found: Any = obj
    for name in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def _tree(path: FieldPath) -> fieldset.Set:
    return fieldset.fields(path)


def _element(path: FieldPath) -> tuple[str, ...]:
    return tuple(f"f:{name}" for name in path)


def managed_fields_of_scale(obj: View, paths: Mapping[str, FieldPath | None]) -> list[Object]:
    """Who owns an object's replicas, as managedFields of its Scale."""
    found: Managers = {}
    for manager, entry in decode(meta.metadata(obj).get("managedFields") or (), trusted=True).items():
        path = paths.get(entry.api_version)
        if path is not None and fieldset.has(entry.fields, _element(path)):
            found[manager] = Entry(_tree(_REPLICAS), KIND.api_version, entry.time)
    return encode(found)


def managed_fields_of_parent(
    obj: View, scale: View, paths: Mapping[str, FieldPath | None], api_version: str
) -> list[Object]:
    """An object's managedFields after its Scale changed: who owns the replicas there owns them in the object.

    An entry that comes from the Scale has no time, for the object knew none of it.
    """
    parents = decode(meta.metadata(obj).get("managedFields") or (), trusted=True)
    owners = decode(meta.metadata(scale).get("managedFields") or (), trusted=True)
    found: Managers = {}
    for manager, entry in parents.items():
        if entry.api_version not in paths:
            continue
        path = paths[entry.api_version]
        if path is None or not fieldset.has(entry.fields, _element(path)):
            found[manager] = entry
        elif manager in owners:
            found[manager] = entry
            del owners[manager]
        elif left := fieldset.difference(entry.fields, _tree(path)):
            found[manager] = Entry(left, entry.api_version, entry.time)
    replicas = paths[api_version]
    for manager, entry in owners.items():
        if replicas is not None and fieldset.has(entry.fields, _element(_REPLICAS)):
            before = parents.get(manager)
            found[manager] = Entry(_tree(replicas), api_version, before.time if before is not None else "")
    return encode(found)


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    return [meta.name(obj), spec.get("replicas") or 0, status.get("replicas") or 0, age(obj, ctx)]


RESOURCE: Final = Resource(
    KIND.group,
    KIND.version,
    KIND.kind,
    "scales",
    "scale",
    namespaced=True,
    definition=_DEFINITION,
    printer=Printer(
        (
            replace(NAME, format=""),
            Column("Desired", "integer", doc="io.k8s.api.autoscaling.v1.ScaleSpec.replicas"),
            Column("Available", "integer", doc="io.k8s.api.autoscaling.v1.ScaleStatus.replicas"),
            AGE,
        ),
        _cells,
    ),
)
"""How a Scale is shown."""
