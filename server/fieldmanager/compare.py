"""Which fields a change adds, modifies and removes. Models structured-merge-diff/typed/compare.go and tofieldset.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from server.fieldmanager.fieldset import LEAF, SELF, Set, recursive_difference
from server.fieldmanager.types import ListType, MapType, Type

_ABSENT: Final = object()
_CONTAINERS: Final = frozenset({dict, list})


class Comparison(NamedTuple):
    """The fields that two objects differ in; no field is in two of the sets."""

    added: Set
    modified: Set
    removed: Set

    def exclude(self, ignored: Set) -> Comparison:
        """The comparison without the ignored paths and all below them."""
        if not ignored:
            return self
        return Comparison(*(recursive_difference(part, ignored) for part in self))


SAME: Final = Comparison(LEAF, LEAF, LEAF)


def compare(of: Type, old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """What changed between two objects of a type; raises ElementError for list items without a path element."""
    if of.map is None or old == new:
        return SAME
    added, modified, removed = _compare_maps(of.map, old, new)
    return Comparison(added or LEAF, modified or LEAF, removed or LEAF)


def presence(of: Type, value: Any) -> Set:
    """The node of a value that was not there before: every field and item below it, and itself."""
    shape = type(value)
    if shape is dict:
        map_type = of.map
        if map_type is None or not value or map_type.atomic:
            return LEAF
        out: dict[str, Set] = {SELF: LEAF}
        fields = map_type.fields
        element = map_type.element
        for name, child in value.items():
            declared = fields[name]
            if declared is None:
                out[f"f:{name}"] = presence(element, child) if element is not None else LEAF
            elif type(child) in _CONTAINERS:
                out[declared[0]] = presence(declared[1], child)
            else:
                out[declared[0]] = LEAF
        return out
    if shape is list:
        list_type = of.list
        if list_type is None or not value or list_type.atomic:
            return LEAF
        out = {SELF: LEAF}
        item_type = list_type.element
        for item in value:
            path_element = list_type.path_element(item)
            out[path_element] = LEAF if path_element in out else presence(item_type, item)
        return out
    return LEAF


def _compare(of: Type, old: Any, new: Any) -> tuple[Set | None, Set | None, Set | None]:
    """Added, modified and removed nodes of two different values, None for nothing."""
    if _shape(of, old) == _shape(of, new) or old is None or new is None:
        shape = new if new is not None else old
        if type(shape) is dict and of.map is not None:
            if of.map.atomic or not (old or new):
                return None, LEAF, None
            return _compare_maps(of.map, old or {}, new or {})
        if type(shape) is list and of.list is not None:
            if of.list.atomic or not (old or new):
                return None, LEAF, None
            return _compare_lists(of.list, old or [], new or [])
        return None, LEAF, None
    added = _below(presence(of, new))
    removed = _below(presence(of, old))
    return added or None, LEAF, removed or None


def _shape(of: Type, value: Any) -> str:
    if type(value) is dict:
        return "map" if of.map is not None else ""
    if type(value) is list:
        return "list" if of.list is not None else ""
    return "scalar"


def _below(node: Set) -> Set:
    return {k: v for k, v in node.items() if k != SELF}


def _compare_maps(
    of: MapType, old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[Set | None, Set | None, Set | None]:
    added: dict[str, Set] = {}
    modified: dict[str, Set] = {}
    removed: dict[str, Set] = {}
    fields = of.fields
    for name, value in new.items():
        before = old.get(name, _ABSENT)
        if before is value or (before is not _ABSENT and before == value):
            continue
        declared = fields[name]
        path_element, child = declared if declared is not None else (f"f:{name}", of.element)
        if before is _ABSENT:
            added[path_element] = presence(child, value) if child is not None else LEAF
        elif child is None:
            modified[path_element] = LEAF
        else:
            _note(path_element, _compare(child, before, value), added, modified, removed)
    for name, value in old.items():
        if name not in new:
            declared = fields[name]
            path_element, child = declared if declared is not None else (f"f:{name}", of.element)
            removed[path_element] = presence(child, value) if child is not None else LEAF
    return added or None, modified or None, removed or None


def _compare_lists(of: ListType, old: list[Any], new: list[Any]) -> tuple[Set | None, Set | None, Set | None]:
    added: dict[str, Set] = {}
    modified: dict[str, Set] = {}
    removed: dict[str, Set] = {}
    before = _by_element(of, old)
    after = _by_element(of, new)
    for path_element, items in after.items():
        earlier = before.get(path_element, [])
        if len(items) == 1 and len(earlier) <= 1:
            if not earlier:
                added[path_element] = presence(of.element, items[0])
            elif earlier[0] != items[0]:
                _note(path_element, _compare(of.element, earlier[0], items[0]), added, modified, removed)
        elif len(items) >= 2 and len(earlier) >= 2:
            if items != earlier:
                modified[path_element] = LEAF
        elif len(items) >= 2:
            added[path_element] = LEAF
            if earlier:
                removed[path_element] = presence(of.element, earlier[0])
        else:
            added[path_element] = presence(of.element, items[0])
            removed[path_element] = LEAF
    for path_element, items in before.items():
        if path_element not in after:
            removed[path_element] = presence(of.element, items[0]) if len(items) == 1 else LEAF
    return added or None, modified or None, removed or None


def _by_element(of: ListType, items: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in items:
        found.setdefault(of.path_element(item), []).append(item)
    return found


def _note(
    path_element: str,
    parts: tuple[Set | None, Set | None, Set | None],
    added: dict[str, Set],
    modified: dict[str, Set],
    removed: dict[str, Set],
) -> None:
    for part, into in zip(parts, (added, modified, removed), strict=True):
        if part is not None:
            into[path_element] = part


def to_field_set(of: Type, value: Any) -> Set:
    """Every leaf and every item that a value mentions; containers only where they are empty, null or free keys."""
    if type(value) is dict and of.map is not None and not of.map.atomic:
        return _map_fields(of.map, value)
    if type(value) is list and of.list is not None and not of.list.atomic:
        return _list_items(of.list, value)
    return LEAF


def _map_fields(of: MapType, value: Mapping[str, Any]) -> Set:
    out: dict[str, Set] = {}
    for name, child in value.items():
        declared = of.fields[name]
        path_element, child_type = declared if declared is not None else (f"f:{name}", of.element)
        if child_type is None or child is None or child == {}:
            out[path_element] = LEAF
            continue
        node = to_field_set(child_type, child)
        if node:
            out[path_element] = {SELF: LEAF, **node} if declared is None else node
        elif declared is None or _is_leaf(child_type, child):
            out[path_element] = LEAF
    return out


def _is_leaf(of: Type, value: Any) -> bool:
    if type(value) is list and of.list is not None:
        return of.list.atomic
    return not (type(value) is dict and of.map is not None) or of.map.atomic


def _list_items(of: ListType, value: list[Any]) -> Set:
    out: dict[str, Set] = {}
    for item in value:
        path_element = of.path_element(item)
        if path_element in out:
            out[path_element] = LEAF
        else:
            node = to_field_set(of.element, item)
            out[path_element] = {SELF: LEAF, **node} if node else LEAF
    return out
