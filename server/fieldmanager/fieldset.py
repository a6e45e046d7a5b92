"""Sets of field paths, held in their wire form. Models structured-merge-diff/fieldpath.

A set is a tree of dicts exactly as `fieldsV1` shows it: keys are path elements (`f:<field>`, `k:{<key fields>}`,
`v:<value>`, `i:<index>`); a path belongs to the set when its node is empty or holds `.`. Sets are never changed once
made, so trees may share nodes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from apimachinery import serializer
from apimachinery.serializer import go_json, go_quote

Set: TypeAlias = Mapping[str, Any]
SortKey: TypeAlias = tuple[int, Any]

LEAF: Final[Set] = {}
"""The node of a path that belongs to a set and has nothing below it; also the empty set."""
SELF: Final = "."

_PLAIN: Final = re.compile(r"[A-Za-z0-9 !#$%'()*+,./:;=?@^_`{|}~\[\]-]*").fullmatch
_SORTS_BY_VALUE: Final = re.compile(r'(?:^|\n)(?:k:\{[^\n]*":-?\d|v:-?\d|i:|[kv]:[^\n]*[ !\\])').search
"""Whether some list items do not sort as their text does: numbers, and characters before the closing quote."""
_NUMBERS: Final = re.compile(rb'"(?:k:\{[^}]*?\\":-?\d|v:-?\d|i:)').findall
_ODD: Final = re.compile(rb'"k:\{[^}]*[ !]|"v:\\"[^"]*[ !]|\\\\').search
"""The same two on a whole tree as JSON; a single number sorts anywhere."""


def has(tree: Set, path: tuple[str, ...]) -> bool:
    """Whether the path, given as elements, belongs to the set."""
    node: Any = tree
    for element in path:
        node = node.get(element)
        if node is None:
            return False
    return not node or SELF in node


def is_member(node: Set) -> bool:
    """Whether the path of this node belongs to the set."""
    return not node or SELF in node


def from_paths(*paths: tuple[str, ...]) -> Set:
    """The set of these paths, given as elements."""
    tree: Set = LEAF
    for path in paths:
        node: Set = LEAF
        for element in reversed(path):
            node = {element: node}
        tree = union(tree, node)
    return tree


def fields(*paths: tuple[str, ...]) -> Set:
    """The set of these paths, given as field names."""
    return from_paths(*(tuple(f"f:{name}" for name in path) for path in paths))


def union(a: Set, b: Set) -> Set:
    """Every path of either set."""
    if not a:
        return b
    if not b:
        return a
    out = dict(a)
    for element, theirs in b.items():
        ours = out.get(element)
        if ours is None:
            out[element] = theirs
        elif ours is not theirs and element != SELF:
            out[element] = _union_node(ours, theirs)
    return out


def _union_node(a: Set, b: Set) -> Set:
    if a and b:
        return union(a, b)
    children = a or b
    return children if not children or SELF in children else {SELF: LEAF, **children}


def intersection(a: Set, b: Set) -> Set:
    """The paths that are in both sets."""
    out: dict[str, Any] = {}
    for element, ours in a.items():
        theirs = b.get(element)
        if theirs is None or element == SELF:
            continue
        member = (not ours or SELF in ours) and (not theirs or SELF in theirs)
        _put(out, element, member, intersection(ours, theirs) if ours and theirs else LEAF)
    return out


def difference(a: Set, b: Set) -> Set:
    """The paths of `a` that are not in `b`; a path in `b` takes nothing away from below it."""
    if not b:
        return a
    out: dict[str, Any] = {}
    for element, ours in a.items():
        theirs = b.get(element)
        if element == SELF:
            continue
        if theirs is None:
            out[element] = ours
            continue
        member = (not ours or SELF in ours) and not (not theirs or SELF in theirs)
        _put(out, element, member, _children(difference(ours, theirs)) if ours else LEAF)
    return out


def recursive_difference(a: Set, b: Set) -> Set:
    """The paths of `a` that are neither in `b` nor below a path of `b`."""
    if not b:
        return a
    out: dict[str, Any] = {}
    for element, ours in a.items():
        theirs = b.get(element)
        if element == SELF:
            continue
        if theirs is None:
            out[element] = ours
        elif theirs and SELF not in theirs:
            _put(
                out, element, not ours or SELF in ours, _children(recursive_difference(ours, theirs)) if ours else LEAF
            )
    return out


def leaves(tree: Set) -> Set:
    """The paths of the set with no other path of it below them."""
    out: dict[str, Any] = {}
    for element, node in tree.items():
        if element != SELF:
            below = leaves(node)
            if below or not _children(node):
                out[element] = below
    return out


def _children(node: Set) -> Set:
    return {k: v for k, v in node.items() if k != SELF} if SELF in node else node


def _put(out: dict[str, Any], element: str, member: bool, children: Set) -> None:
    if children:
        out[element] = {SELF: LEAF, **children} if member else children
    elif member:
        out[element] = LEAF


def paths(tree: Set) -> Iterator[tuple[str, ...]]:
    """Every path in upstream's order: at each level the members first, then what is below."""
    ordered = sorted((e for e in tree if e != SELF), key=sort_key)
    for element in ordered:
        if is_member(tree[element]):
            yield (element,)
    for element in ordered:
        for rest in paths(tree[element]):
            yield (element, *rest)


def sort_key(element: str) -> SortKey:
    """The order of path elements: fields by name, then keys, values and indexes by their values."""
    kind, text = element[:2], element[2:]
    if kind == "f:":
        return 0, text
    if kind == "k:":
        key = serializer.loads(text)
        return 1, [(name, _value_key(key[name])) for name in sorted(key)]
    if kind == "v:":
        return 2, _value_key(serializer.loads(text))
    return 3, int(text)


def _value_key(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, str):
        return 1, value
    return 3, go_json(value)


def canonical(tree: Set) -> Set:
    """The set with its elements in serialization order, `.` first."""
    return _canonical(serializer.canonical(tree))


@lru_cache(maxsize=512)
def _canonical(text: bytes) -> Set:
    """The canonical set of one with sorted keys: a controller owns the same fields of every object that it makes."""
    found: dict[str, Any] = serializer.loads(text)
    if (_may_have_numbers(text) and len(_NUMBERS(text)) > 1) or (_may_be_odd(text) and _ODD(text)):
        _sort_by_value(found)
    return found


def _may_have_numbers(text: bytes) -> bool:
    return text.count(b'\\":') != text.count(b'\\":\\"') or b'"v:' in text or b'"i:' in text


def _may_be_odd(text: bytes) -> bool:
    return b" " in text or b"!" in text or b"\\\\" in text


def _sort_by_value(tree: dict[str, Any]) -> None:
    for node in tree.values():
        if node:
            _sort_by_value(node)
    if len(tree) > 1 and next(reversed(tree))[:2] != "f:" and _SORTS_BY_VALUE("\n".join(tree)):
        ordered = sorted(tree.items(), key=lambda item: (-1, "") if item[0] == SELF else sort_key(item[0]))
        tree.clear()
        tree.update(ordered)


def value_text(value: Any) -> str:
    """A scalar as it stands inside a path element: compact JSON with Go's escapes."""
    if isinstance(value, str) and _PLAIN(value):
        return f'"{value}"'
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return go_json(value)


def key_element(names: tuple[str, ...], values: list[Any]) -> str:
    """The element of a list item with these key fields; `names` are sorted."""
    if len(names) == 1:
        return f'k:{{"{names[0]}":{value_text(values[0])}}}'
    return "k:{" + ",".join(f'"{n}":{value_text(v)}' for n, v in zip(names, values, strict=True)) + "}"


def value_element(value: Any) -> str:
    """The element of a set item."""
    return f"v:{value_text(value)}"


def path_text(path: tuple[str, ...]) -> str:
    """A path as errors print it: `.spec.containers[name="c"].image`, `.metadata.finalizers[="x"]`."""
    return "".join(map(element_text, path))


def element_text(element: str) -> str:
    """One path element as errors print it."""
    kind, text = element[:2], element[2:]
    if kind == "f:":
        return f".{text}"
    if kind == "k:":
        key = serializer.loads(text)
        return "[" + ",".join(f"{name}={_printed(key[name])}" for name in sorted(key)) + "]"
    return f"[={_printed(serializer.loads(text))}]" if kind == "v:" else f"[{text}]"


def _printed(value: Any) -> str:
    return go_quote(value) if isinstance(value, str) else go_json(value)


def parse(tree: Any) -> Set:
    """A set from what a client sent as `fieldsV1`, elements brought to their one spelling; raises ValueError."""
    if not isinstance(tree, dict):
        raise ValueError("expected a map of path elements")  # noqa: TRY004 - bad data, not a bad call
    return {_parse_element(element): parse(node) for element, node in tree.items()}


def _parse_element(element: str) -> str:
    kind, text = element[:2], element[2:]
    if kind == "f:" or element == SELF:
        return element
    try:
        if kind == "k:":
            key = json.loads(text)
            if isinstance(key, dict) and key:
                names = tuple(sorted(key))
                return key_element(names, [key[n] for n in names])
        elif kind == "v:":
            return value_element(json.loads(text))
        elif kind == "i:":
            return f"i:{int(text)}"
    except ValueError as problem:
        raise ValueError(f"invalid path element {element!r}") from problem
    raise ValueError(f"invalid path element {element!r}")
