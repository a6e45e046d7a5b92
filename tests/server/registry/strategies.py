"""Kinds driven by their strategies alone, as the generic store drives them: no storage, no server."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from apimachinery import field, validation
from apimachinery.names import NameGenerator
from apimachinery.objects import Object, View
from server.registry.rest import CellContext, Context, Resource, Strategy

NOW: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
CONTEXT: Final = Context(NOW, NameGenerator(1), namespace="default")
UID: Final = "5f1c0d3e-0000-4000-8000-000000000001"


def with_changes(obj: View, changes: Mapping[str, Any]) -> Object:
    """A copy with values set at dotted paths; numbers are list positions, None removes."""
    changed = copy.deepcopy(dict(obj))
    for path, value in changes.items():
        holder: Any = changed
        *parents, last = path.split(".")
        for name in parents:
            holder = holder[int(name)] if isinstance(holder, list) else holder.setdefault(name, {})
        key: Any = int(last) if isinstance(holder, list) else last
        if value is None:
            holder.pop(key, None)
        else:
            holder[key] = copy.deepcopy(value)
    return changed


def texts(found: list[field.Error]) -> list[str]:
    """Field errors as a message joins them."""
    return [str(e) for e in found]


class Kind:
    """One kind and its rules."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.strategy = resource.strategy

    def defaulted(self, obj: View) -> Object:
        """A copy with defaults."""
        found = copy.deepcopy(dict(obj))
        found.setdefault("metadata", {})
        self.strategy.default(found)
        return found

    def prepared(self, obj: View) -> Object:
        """A new object as it is when it is validated."""
        found = self.defaulted(obj)
        found["metadata"] |= {"uid": UID, "creationTimestamp": "2026-01-01T12:00:00Z"}
        if self.resource.namespaced:
            found["metadata"]["namespace"] = "default"
        self.strategy.prepare_for_create(found, CONTEXT)
        return found

    def refusals(self, obj: View) -> list[str]:
        """What a create is refused for."""
        found = self.prepared(obj)
        problems = validation.object_meta(
            found["metadata"],
            namespaced=self.resource.namespaced,
            name_function=lambda name, prefix: self.strategy.validate_name(name, prefix=prefix),
            path=field.Path("metadata"),
        )
        return texts(problems + self.strategy.validate(found, CONTEXT))

    def created(self, obj: View) -> Object:
        """A new object as it is stored; it must be valid."""
        assert self.refusals(obj) == []
        found = self.prepared(obj)
        self.strategy.canonicalize(found)
        return found

    def updated(self, old: View, changes: Mapping[str, Any], subresource: str = "") -> tuple[Object, list[str]]:
        """What an update makes of a stored object, and what it is refused for."""
        rules = self.rules(subresource)
        found = with_changes(old, changes)
        rules.default(found)
        found["metadata"]["generation"] = old["metadata"].get("generation")
        if found["metadata"]["generation"] is None:
            del found["metadata"]["generation"]
        context = CONTEXT._replace(subresource=subresource)
        rules.prepare_for_update(found, old, context)
        return found, texts(rules.validate_update(found, old, context))

    def rules(self, subresource: str = "") -> Strategy:
        """The rules of an endpoint."""
        if not subresource:
            return self.strategy
        found = self.resource.subresource(subresource)
        assert found is not None
        assert found.strategy is not None
        return found.strategy

    def warnings(self, obj: View) -> list[str]:
        """Warnings on create."""
        return self.strategy.warnings_on_create(self.prepared(obj), CONTEXT)

    def row(self, obj: View, now: datetime = NOW) -> dict[str, Any]:
        """Column → cell."""
        printer = self.resource.printer
        assert printer is not None
        cells = printer.cells(obj, CellContext(now))
        return dict(zip((c.name for c in printer.columns), cells, strict=True))
