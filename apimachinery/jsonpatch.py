"""JSON patches (RFC 6902) as gopkg.in/evanphx/json-patch.v4 applies them, negative indices included."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from apimachinery import jsonvalue, serializer
from apimachinery.decode import diagnose, reader
from apimachinery.objects import Object

MAX_OPERATIONS: Final = 10000
MAX_COPIED_BYTES: Final = 3 * 1024 * 1024
_FIELDS: Final = ("op", "path", "from", "value")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_ABSENT: Final = object()


class BadPatch(ValueError):
    """A body that is no JSON patch: the server answers 400 with this text."""


class PatchFailed(ValueError):
    """A patch that does not apply: the server answers 422 with a text of its own."""


def decode(body: bytes, *, strict: bool) -> tuple[list[Object], tuple[str, ...]]:
    """The operations and, when `strict`, what is wrong with their fields, for `json patch …`; raises BadPatch."""
    try:
        tree = reader.read(body)
    except reader.SyntaxFault as e:
        raise BadPatch(f"error decoding patch: {e}" if strict else str(e)) from None
    problems: list[str] = []
    if strict:
        error = _judge(tree, problems)
        if error:
            raise BadPatch(f"error decoding patch: {error}")
    operations = reader.plain(tree)
    if operations is None:
        return [], ()
    if not isinstance(operations, list):
        raise BadPatch(f"json: cannot unmarshal {diagnose.word(operations)} into Go value of type jsonpatch.Patch")
    for operation in operations:
        if not isinstance(operation, dict | None):
            raise BadPatch(
                f"json: cannot unmarshal {diagnose.word(operation)} into Go value of type jsonpatch.Operation"
            )
    return [operation or {} for operation in operations], tuple(dict.fromkeys(problems))


def _judge(tree: Any, problems: list[str]) -> str:
    if tree is None:
        return ""
    if not isinstance(tree, list) or isinstance(tree, reader.Pairs):
        return f"json: cannot unmarshal {diagnose.word(tree)} into Go value of type []handlers.jsonPatchOp"
    first = ""
    for i, operation in enumerate(tree):
        if operation is None:
            continue
        if not isinstance(operation, reader.Pairs):
            word = diagnose.word(operation)
            first = first or f"json: cannot unmarshal {word} into Go value of type handlers.jsonPatchOp"
            continue
        seen = set()
        for name, value in operation:
            if name not in _FIELDS:
                problems.append(f'unknown field "[{i}].{name}"')
                continue
            if name in seen:
                problems.append(f'duplicate field "[{i}].{name}"')
            seen.add(name)
            is_text = isinstance(value, str) and not isinstance(value, reader.Number)
            if name != "value" and value is not None and not is_text:
                word, field = diagnose.word(value), f"jsonPatchOp.{name}"
                first = first or f"json: cannot unmarshal {word} into Go struct field {field} of type string"
    return first


def apply(document: Any, operations: Iterable[Object], *, max_copied: int = MAX_COPIED_BYTES) -> Any:
    """The patched document; neither argument is changed; raises PatchFailed at the first operation that fails.

    The keys of the objects that the operations went through come out sorted.
    """
    patcher = _Patcher(jsonvalue.copy(document), max_copied)
    for operation in operations:
        kind = operation.get("op")
        run = _OPERATIONS.get(kind) if isinstance(kind, str) else None
        if run is None:
            raise PatchFailed(f"Unexpected kind: {kind if isinstance(kind, str) else 'unknown'}")
        run(patcher, operation)
    patcher.sort()
    return patcher.root


class _Patcher:
    def __init__(self, root: Any, max_copied: int) -> None:
        self.root = root
        self.room = max_copied
        self.entered: dict[int, Object] = {}

    def add(self, operation: Object) -> None:
        container, key = self._find(operation, "path")
        _add(container, key, jsonvalue.copy(operation.get("value")))

    def remove(self, operation: Object) -> None:
        container, key = self._find(operation, "path")
        _remove(container, key)

    def replace(self, operation: Object) -> None:
        value = jsonvalue.copy(operation.get("value"))
        if operation.get("path") == "":
            if not isinstance(value, dict | list):
                raise PatchFailed("replace operation value must be object or array")
            self.root = value
            return
        container, key = self._find(operation, "path")
        _get(container, key)
        container[_index(container, key) if isinstance(container, list) else key] = value

    def move(self, operation: Object) -> None:
        container, key = self._find(operation, "from")
        value = _get(container, key)
        _remove(container, key)
        container, key = self._find(operation, "path")
        _add(container, key, value)

    def test(self, operation: Object) -> None:
        expected = operation.get("value")
        if operation.get("path") == "":
            found = self.root
        else:
            container, key = self._find(operation, "path")
            found = container.get(key) if isinstance(container, dict) else _get(container, key)
        if not jsonvalue.equal(found, expected):
            raise PatchFailed(f"testing value {operation.get('path')} failed: test failed")

    def copy(self, operation: Object) -> None:
        container, key = self._find(operation, "from")
        value = jsonvalue.copy(_get(container, key))
        self.room -= len(serializer.dumps(value))
        if self.room < 0:
            raise PatchFailed("the accumulated size of copy operations exceeded the limit")
        container, key = self._find(operation, "path")
        _add(container, key, value)

    def sort(self) -> None:
        """Sort the keys of every object that an operation went through, as Go writes what it holds as a map."""
        for entered in self.entered.values():
            members = sorted(entered.items())
            entered.clear()
            entered.update(members)

    def _enter(self, container: Any) -> None:
        if isinstance(container, dict):
            self.entered[id(container)] = container

    def _find(self, operation: Object, field: str) -> tuple[Any, str]:
        """The container that a pointer ends in, and the last part of the pointer."""
        pointer = operation.get(field)
        if not isinstance(pointer, str):
            raise PatchFailed(f"operation missing {field} field: missing value")
        parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]
        container = self.root
        self._enter(container)
        for part in parts[1:-1]:
            container = _get(container, part)
            self._enter(container)
        if len(parts) < 2 or not isinstance(container, dict | list):
            raise PatchFailed(f'doc is missing path: "{pointer}": missing value')
        return container, parts[-1]


def _get(container: Any, key: str) -> Any:
    if isinstance(container, list):
        return container[_index(container, key)]
    found = container.get(key, _ABSENT) if isinstance(container, dict) else _ABSENT
    if found is _ABSENT:
        raise PatchFailed(f"unable to get nonexistent key: {key}: missing value")
    return found


def _add(container: Any, key: str, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    elif key == "-":
        container.append(value)
    else:
        container.insert(_index(container, key, room=1), value)


def _remove(container: Any, key: str) -> None:
    if isinstance(container, dict):
        if key not in container:
            raise PatchFailed(f"Unable to remove nonexistent key: {key}: missing value")
        del container[key]
    else:
        del container[_index(container, key)]


def _index(container: list[Any], key: str, *, room: int = 0) -> int:
    size = len(container) + room
    if not _INTEGER.fullmatch(key):
        raise PatchFailed(f"value was not a proper array index: '{key}'")
    index = int(key)
    if not -size <= index < size:
        raise PatchFailed(f"Unable to access invalid index: {index}: invalid index referenced")
    return index + size if index < 0 else index


_OPERATIONS: Final[dict[str, Callable[[_Patcher, Object], None]]] = {
    "add": _Patcher.add,
    "remove": _Patcher.remove,
    "replace": _Patcher.replace,
    "move": _Patcher.move,
    "test": _Patcher.test,
    "copy": _Patcher.copy,
}
