"""Strategic merge patches: merge by the keys that a schema declares, with directives in the patch.

Models apimachinery/pkg/util/strategicpatch/patch.go (StrategicMergeMapPatch), v1.36.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any, Final

from apimachinery import jsonvalue, serializer
from apimachinery.objects import Object, View
from apimachinery.schema import FieldSchema

DIRECTIVE: Final = "$patch"
RETAIN_KEYS: Final = "$retainKeys"
DELETE_FROM_PRIMITIVE_LIST: Final = "$deleteFromPrimitiveList"
SET_ELEMENT_ORDER: Final = "$setElementOrder"

_QUOTED_DIRECTIVE: Final = b'"$patch"'
_PRIMITIVE_LIST: Final = "invalid patch format of primitive list"
_ELEMENT_ORDER: Final = "invalid patch format of setElementOrder list"
_RETAINED: Final = "invalid patch format of retainKeys"


class PatchError(ValueError):
    """A patch that cannot be merged: the server answers 500 with the bare text."""


class BadPatchFormat(PatchError):
    """A malformed directive: the server answers 400."""


class UnprocessablePatch(PatchError):
    """A patch that asks for what is not supported: the server answers 422."""


def apply(original: View, patch: View, schema: FieldSchema, *, shared: Set[str] = frozenset()) -> Object:
    """The merged object; neither argument is changed; raises PatchError.

    What the patch leaves alone of the `shared` fields is not copied.
    """
    if any(name.startswith("$") for name in patch):
        shared = frozenset()
    kept = {name: original[name] for name in original.keys() & shared - patch.keys()}
    changing = {name: value for name, value in original.items() if name not in kept}
    return {**_merge_map(_copy(changing), _copy(patch), schema), **kept}


def _copy(value: View) -> Object:
    copied: Object = serializer.loads(serializer.dumps(value))
    return copied


def _merge_map(original: Object, patch: Object, schema: FieldSchema | None) -> Object:
    if DIRECTIVE in patch:
        return _map_directive(patch)
    _retain_keys(original, patch)
    _merge_ordered_lists(original, patch, schema)
    for name, value in patch.items():
        deletes = name.startswith(DELETE_FROM_PRIMITIVE_LIST)
        key = _directive_field(name, DELETE_FROM_PRIMITIVE_LIST, _PRIMITIVE_LIST) if deletes else name
        if value is None:
            original.pop(key, None)
        elif key not in original or type(original[key]) is not type(value):
            if not deletes:
                _drop_nulls(value)
                _set_without_directives(original, key, value)
        elif isinstance(value, dict):
            field = _field(schema, key)
            strategy = _strategy(field)
            original[key] = value if strategy == "replace" else _merge_map(original[key], value, field)
        elif isinstance(value, list):
            original[key] = _merge_list(original[key], value, _field(schema, key), deletes=deletes)
        else:
            original[key] = value
    return original


def _map_directive(patch: Object) -> Object:
    directive = patch[DIRECTIVE]
    if directive == "replace":
        del patch[DIRECTIVE]
        return patch
    if directive == "delete":
        return {}
    raise _unknown_directive(directive, patch)


def _retain_keys(original: Object, patch: Object) -> None:
    if RETAIN_KEYS not in patch:
        return
    kept = patch.pop(RETAIN_KEYS)
    if not isinstance(kept, list):
        raise BadPatchFormat(_RETAINED)
    for key, value in patch.items():
        directive = key.startswith((DELETE_FROM_PRIMITIVE_LIST, SET_ELEMENT_ORDER))
        if value is not None and not directive and key not in kept:
            raise BadPatchFormat(_RETAINED)
    for key in list(original):
        if key not in kept:
            del original[key]


def _merge_ordered_lists(original: Object, patch: Object, schema: FieldSchema | None) -> None:
    """Merge every list that has a $setElementOrder, and take both out of the patch."""
    for name in [name for name in patch if name.startswith(SET_ELEMENT_ORDER)]:
        order = patch.pop(name)
        if not isinstance(order, list):
            raise _wrong_type([], order)
        key = _directive_field(name, SET_ELEMENT_ORDER, _ELEMENT_ORDER)
        live, wanted = original.get(key), patch.get(key)
        for value in ([live] if key in original else []) + ([wanted] if key in patch else []):
            if not isinstance(value, list):
                raise _wrong_type([], value)
        field = _field(schema, key)
        merge_key = field.patch_merge_key if field is not None else ""
        _check_order(wanted or [], order, merge_key)
        if live is None and wanted is None:
            continue
        if live is None or wanted is None:
            merged = live if wanted is None else _without_directives(wanted)
        else:
            merged = _merge_list(list(live), wanted, field, deletes=False)
        _element_type(live or [], wanted or [])
        original[key] = _ordered(merged or [], order, live or [], merge_key)
        patch.pop(key, None)


def _merge_list(original: list[Any], patch: list[Any], field: FieldSchema | None, *, deletes: bool) -> list[Any]:
    if _strategy(field) != "merge":
        return patch
    if not original and not patch:
        return original
    merge_key = field.patch_merge_key if field is not None else ""
    live = list(original)
    if _element_type(original, patch) is not dict:
        if deletes:
            return [v for v in original if not _among(v, patch)]
        merged = _deduplicated(original + patch)
        return _ordered(merged, patch, live, "")
    if not merge_key:
        raise PatchError("cannot merge lists without merge key for type struct")
    original, patch = _list_directives(original, patch, merge_key)
    live = list(original)
    for element in patch:
        if merge_key not in element:
            raise _no_merge_key(element, merge_key)
        at = _position(original, merge_key, element[merge_key])
        if at is None:
            original.append(element)
        else:
            original[at] = _merge_map(original[at], element, field.items if field is not None else None)
    return _ordered(original, patch, live, merge_key)


def _list_directives(original: list[Any], patch: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    """Both lists after the elements with a $patch have had their effect."""
    plain, replace = [], False
    for element in patch:
        if DIRECTIVE not in element:
            plain.append(element)
            continue
        directive = element[DIRECTIVE]
        if directive == "delete":
            if merge_key not in element:
                raise _no_merge_key(element, merge_key)
            while (at := _position(original, merge_key, element[merge_key])) is not None:
                del original[at]
        elif directive == "replace":
            replace = True
        elif directive == "merge":
            raise PatchError("merging lists cannot yet be specified in the patch")
        else:
            raise _unknown_directive(directive, element)
    return (plain, []) if replace else (original, plain)


def _ordered(merged: list[Any], order: list[Any], live: list[Any], merge_key: str) -> list[Any]:
    """Elements of the patch in its order, the others in the live order, interleaved where the live order allows."""
    if merge_key:
        for element in (*merged, *order, *live):
            if not isinstance(element, dict):
                raise _wrong_type({}, element)
            if merge_key not in element:
                raise _no_merge_key(element, merge_key)
    in_order, in_live = _finder(order, merge_key), _finder(live, merge_key)
    wanted = [v for v in merged if in_order(v) is not None]
    others = [v for v in merged if in_order(v) is None]
    wanted.sort(key=lambda v: in_order(v) or 0)
    others.sort(key=lambda v: in_live(v) or 0)
    result: list[Any] = []
    while wanted and others:
        other, want = in_live(others[0]), in_live(wanted[0])
        first = others if other is not None and want is not None and other < want else wanted
        result.append(first.pop(0))
    return result + wanted + others


def _check_order(patch: list[Any], order: list[Any], merge_key: str) -> None:
    """The patch's elements must appear in the order list, in its order."""
    if not patch or not order:
        return
    kept = patch
    if merge_key:
        for element in patch:
            if not isinstance(element, dict):
                raise _wrong_type({}, element)
        kept = [v for v in patch if v.get(DIRECTIVE) != "delete"]
    at = 0
    for element in kept:
        if isinstance(element, dict) and DIRECTIVE in element:
            continue
        while at < len(order) and not _same(element, order[at], merge_key):
            at += 1
        if at >= len(order):
            raise PatchError(
                f"the order in patch list:\n{jsonvalue.go_value(patch)}\n"
                f" doesn't match {SET_ELEMENT_ORDER} list:\n{jsonvalue.go_value(order)}"
            )
        at += 1


def _same(left: Any, right: Any, merge_key: str) -> bool:
    if not merge_key:
        return jsonvalue.equal(left, right)
    for value in (left, right):
        if not isinstance(value, dict):
            raise _wrong_type({}, value)
        if merge_key not in value:
            raise _no_merge_key(value, merge_key)
    return jsonvalue.equal(left[merge_key], right[merge_key])


def _finder(values: list[Any], merge_key: str) -> Callable[[Any], int | None]:
    """What gives the place of a value's like among these values, None for none."""
    places: dict[str, int] = {}
    for i, value in enumerate(values):
        key = value.get(merge_key) if merge_key and isinstance(value, dict) else value
        if type(key) is not str:
            return lambda wanted: _index(values, wanted, merge_key)
        places.setdefault(key, i)

    def find(wanted: Any) -> int | None:
        key = wanted[merge_key] if merge_key else wanted
        return places.get(key) if type(key) is str else None

    return find


def _index(values: list[Any], value: Any, merge_key: str) -> int | None:
    if merge_key:
        return _position(values, merge_key, value[merge_key])
    return next((i for i, v in enumerate(values) if jsonvalue.equal(v, value)), None)


def _position(values: list[Any], merge_key: str, key: Any) -> int | None:
    for i, value in enumerate(values):
        if not isinstance(value, dict):
            raise PatchError(f"value for key {i} is not a map")
        if merge_key in value and jsonvalue.equal(value[merge_key], key):
            return i
    return None


def _among(value: Any, values: list[Any]) -> bool:
    return any(jsonvalue.equal(value, v) for v in values)


def _deduplicated(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not _among(value, found):
            found.append(value)
    return found


def _element_type(*lists: list[Any]) -> type:
    found: type | None = None
    for values in lists:
        for value in values:
            if found is None:
                found = type(value)
                if found is list:
                    raise UnprocessablePatch("lists of lists are not supported")
            elif type(value) is not found:
                raise PatchError(f"list element types are not identical: {jsonvalue.go_value(list(lists))}")
    if found is None:
        raise PatchError("no elements in any of the given slices")
    return found


def _strategy(field: FieldSchema | None) -> str:
    strategies = field.patch_strategy if field is not None else ()
    return next((s for s in strategies if s != "retainKeys"), "")


def _field(schema: FieldSchema | None, key: str) -> FieldSchema | None:
    """The schema of a field; None below raw JSON, where everything merges and lists are replaced."""
    if schema is None:
        return None
    if schema.type == "map":
        return schema.values
    if schema.type == "object" and key in schema.fields:
        return schema.fields[key]
    if schema.type == "object" and schema.fields:
        struct = schema.ref.rpartition(".")[2]
        raise PatchError(f'unable to find api field in struct {struct} for the json field "{key}"')
    return None


def _set_without_directives(target: Object, key: str, value: Any) -> None:
    if isinstance(value, dict) and DIRECTIVE in value:
        target.pop(key, None)
    else:
        target[key] = _without_directives(value)


def _without_directives(value: Any) -> Any:
    """The value, which is given up, without any object that holds a $patch."""
    return _pruned(value) if _QUOTED_DIRECTIVE in serializer.dumps(value) else value


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _pruned(v) for k, v in value.items() if not _is_directive(v)}
    if isinstance(value, list):
        return [_pruned(v) for v in value if not _is_directive(v)]
    return value


def _is_directive(value: Any) -> bool:
    return isinstance(value, dict) and DIRECTIVE in value


def _drop_nulls(value: Any) -> None:
    if isinstance(value, dict):
        for key in [k for k, v in value.items() if v is None]:
            del value[key]
        for child in value.values():
            _drop_nulls(child)
    elif isinstance(value, list):
        for child in value:
            _drop_nulls(child)


def _directive_field(name: str, prefix: str, error: str) -> str:
    head, slash, field = name.partition("/")
    if not slash or head != prefix:
        raise BadPatchFormat(error)
    return field


def _unknown_directive(directive: Any, patch: Object) -> PatchError:
    return PatchError(f"unknown patch type: {jsonvalue.go_value(directive)} in map: {jsonvalue.go_value(patch)}")


def _no_merge_key(element: Object, merge_key: str) -> PatchError:
    return PatchError(f"map: {jsonvalue.go_value(element)} does not contain declared merge key: {merge_key}")


def _wrong_type(expected: Any, actual: Any) -> PatchError:
    return PatchError(f"expected a {jsonvalue.type_name(expected)}, but received a {jsonvalue.type_name(actual)}")
