"""Merging an applied configuration into an object, and taking fields out of it again.

Models structured-merge-diff/typed/merge.go and remove.go, and EnsureNamedFieldsAreMembers of fieldpath/set.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from server.fieldmanager.fieldset import LEAF, SELF, Set
from server.fieldmanager.types import ListType, MapType, Type

_ABSENT: Final = object()


def merge(of: Type, live: Any, applied: Any) -> Any:
    """`live` with everything that `applied` says; shares what it keeps with both."""
    shape = applied if applied is not None else live
    if type(shape) is dict and of.map is not None and not of.map.atomic:
        before = live if type(live) is dict else {}
        return _merge_maps(of.map, before, applied or {}) if before or applied else applied
    if type(shape) is list and of.list is not None and not of.list.atomic:
        items = live if type(live) is list else []
        return _merge_lists(of.list, items, applied or []) if items or applied else applied
    return applied


def _merge_maps(of: MapType, live: Mapping[str, Any], applied: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(live)
    for name, value in applied.items():
        before = out.get(name, _ABSENT)
        declared = of.fields[name]
        child = declared[1] if declared is not None else of.element
        out[name] = value if before is _ABSENT or child is None else merge(child, before, value)
    return out


def _merge_lists(of: ListType, live: list[Any], applied: list[Any]) -> list[Any]:
    """Items of both; shared items stand in the applied order, the others keep their place among them."""
    new = {of.path_element(item): item for item in applied}
    old_elements = [of.path_element(item) for item in live]
    old: dict[str, Any] = {}
    for path_element, item in zip(old_elements, live, strict=True):
        old[path_element] = None if path_element in old else item
    new_elements = list(new)
    shared = [e for e in new_elements if e in old]
    out: list[Any] = []
    merged: set[str] = set()

    def take(path_element: str) -> None:
        merged.add(path_element)
        before = old.get(path_element)
        out.append(new[path_element] if before is None else merge(of.element, before, new[path_element]))

    left = right = 0
    next_shared = 0
    while left < len(old_elements) or right < len(new_elements):
        if left < len(old_elements) and right < len(new_elements):
            path_element = old_elements[left]
            if path_element == new_elements[right]:
                take(path_element)
                left, right, next_shared = left + 1, right + 1, next_shared + 1
                continue
            if path_element in new and next_shared < len(shared) and shared[next_shared] != path_element:
                left += 1
                continue
        if left < len(old_elements):
            path_element = old_elements[left]
            if path_element not in new:
                out.append(live[left])
                left += 1
                continue
            if path_element in merged:
                left += 1
        if right < len(new_elements):
            path_element = new_elements[right]
            take(path_element)
            right += 1
            if next_shared < len(shared) and shared[next_shared] == path_element:
                next_shared += 1
    return out


def remove_items(of: Type, value: Any, unwanted: Set) -> Any:
    """The value without the paths of a set; a container that loses everything becomes null."""
    if type(value) is dict:
        if not value or of.map is None or of.map.atomic:
            return None
        return _remove_fields(of.map, value, unwanted) or None
    if type(value) is list:
        if not value or of.list is None or of.list.atomic:
            return None
        kept = []
        for item in value:
            node = unwanted.get(of.list.path_element(item))
            if node is None:
                kept.append(item)
            elif node and SELF not in node:
                kept.append(remove_items(of.list.element, item, node))
        return kept or None
    return value


def _remove_fields(of: MapType, value: Mapping[str, Any], unwanted: Set) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, child in value.items():
        node = unwanted.get(f"f:{name}")
        if node is None:
            out[name] = child
        elif node and SELF not in node:
            declared = of.fields[name]
            child_type = declared[1] if declared is not None else of.element
            out[name] = remove_items(child_type, child, node) if child_type is not None else child
    return out


def extract_items(of: Type, value: Any, wanted: Set) -> Any:
    """Only the paths of a set; null where nothing is left."""
    if type(value) is dict:
        if not value or of.map is None:
            return None
        if of.map.atomic:
            return value
        out = {}
        for name, child in value.items():
            node = wanted.get(f"f:{name}")
            if node is not None:
                declared = of.map.fields[name]
                child_type = declared[1] if declared is not None else of.map.element
                out[name] = child if not node or child_type is None else extract_items(child_type, child, node)
        return out or None
    if type(value) is list:
        if not value or of.list is None:
            return None
        if of.list.atomic:
            return value
        kept = []
        for item in value:
            node = wanted.get(of.list.path_element(item))
            if node is not None:
                kept.append(extract_items(of.list.element, item, node) if node else item)
        return kept or None
    return value


def with_named_fields(of: Type | None, tree: Set) -> Set:
    """The set with every declared field that has something below it as a member itself."""
    out: dict[str, Set] = {}
    for path_element, node in tree.items():
        if path_element == SELF or not node:
            out[path_element] = node
            continue
        named, child = _child(of, path_element)
        below = with_named_fields(child, node)
        out[path_element] = {SELF: LEAF, **below} if named and SELF not in below else below
    return out


def _child(of: Type | None, path_element: str) -> tuple[bool, Type | None]:
    if of is None:
        return False, None
    if path_element.startswith("f:") and of.map is not None:
        declared = of.map.fields[path_element[2:]]
        return (True, declared[1]) if declared is not None else (False, of.map.element)
    if path_element.startswith("k:") and of.list is not None:
        return False, of.list.element
    return False, None
