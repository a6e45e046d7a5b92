"""Objects by key and by any number of indexes. Models client-go/tools/cache/thread_safe_store.go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from apimachinery import meta
from apimachinery.objects import View

IndexFunc = Callable[[View], Iterable[str]]

BY_NAMESPACE: Final = "namespace"
BY_CONTROLLER_UID: Final = "controller-uid"
BY_NODE: Final = "spec.nodeName"
_NONE: Final[Mapping[str, View]] = {}


def by_namespace(obj: View) -> Iterable[str]:
    """The object's namespace."""
    return (meta.namespace(obj),)


def by_controller_uid(obj: View) -> Iterable[str]:
    """The UID of the controlling owner; `/namespace` for an object that nobody controls."""
    ref = meta.controller_of(obj)
    return (ref["uid"],) if ref else (f"/{meta.namespace(obj)}",)


def by_node(pod: View) -> Iterable[str]:
    """The node that the pod is bound to."""
    node = (pod.get("spec") or {}).get("nodeName")
    return (node,) if node else ()


class Indexer:
    """What a reflector keeps: shared, read-only decoded objects. Callers must not change them."""

    def __init__(self) -> None:
        self._items: dict[str, View] = {}
        self._functions: dict[str, IndexFunc] = {}
        self._indexes: dict[str, dict[str, dict[str, View]]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def add_index(self, name: str, function: IndexFunc) -> None:
        """Index by what the function gives; a name already taken keeps its function."""
        if name in self._functions:
            return
        self._functions[name] = function
        index: dict[str, dict[str, View]] = {}
        self._indexes[name] = index
        for key, obj in self._items.items():
            for value in function(obj):
                index.setdefault(value, {})[key] = obj

    def get(self, key: str) -> View | None:
        """The object of a `namespace/name` or `name` key."""
        return self._items.get(key)

    def by_index(self, name: str, value: str) -> list[View]:
        """The objects under a value of an index, a snapshot."""
        return list(self._indexes[name].get(value, _NONE).values())

    def count(self, name: str, value: str) -> int:
        """How many objects are under a value of an index."""
        return len(self._indexes[name].get(value, _NONE))

    def values(self) -> list[View]:
        """Everything, a snapshot."""
        return list(self._items.values())

    def put(self, key: str, obj: View) -> View | None:
        """Add or replace; the object it replaces."""
        old = self._items.get(key)
        self._items[key] = obj
        for name, function in self._functions.items():
            index = self._indexes[name]
            new_values = function(obj)
            if old is not None:
                for value in function(old):
                    if value not in new_values:
                        self._drop(index, value, key)
            for value in new_values:
                index.setdefault(value, {})[key] = obj
        return old

    def remove(self, key: str) -> View | None:
        """Remove; the object that was there."""
        old = self._items.pop(key, None)
        if old is not None:
            for name, function in self._functions.items():
                for value in function(old):
                    self._drop(self._indexes[name], value, key)
        return old

    @staticmethod
    def _drop(index: dict[str, dict[str, View]], value: str, key: str) -> None:
        entries = index.get(value)
        if entries is not None:
            entries.pop(key, None)
            if not entries:
                del index[value]
