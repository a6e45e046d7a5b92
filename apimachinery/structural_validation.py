"""What is wrong with a custom resource by its schema, in upstream's words.

Models kube-openapi/pkg/validation/validate and apiextensions-apiserver/pkg/apiserver/{validation,schema/listtype}. With
the stored object at hand, what it already had wrong and did not change is let pass (ratcheting).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from apimachinery import field, jsonvalue, serializer, validation
from apimachinery.goregexp import compile_go
from apimachinery.objects import View
from apimachinery.structural import Structural
from apimachinery.structural_formats import allows

_ABSENT: Final = object()
_RANGES: Final = {"int32": 31, "int64": 63, "uint32": 32, "uint64": 64}
_JUNCTORS: Final = ("anyOf", "oneOf", "allOf", "not")


def value_errors(obj: View, schema: Structural, old: View | None = None) -> list[field.Error]:
    """Values that the JSON schema does not allow."""
    return list(_value(obj, schema.raw, "", _ABSENT if old is None else old))


def object_errors(obj: View, schema: Structural, old: View | None = None) -> list[field.Error]:
    """What embedded objects and associative lists must keep to beyond their schema."""
    found = list(_embedded(obj, schema, field.Path(), root=True))
    return found + list(_lists(obj, schema, field.Path(), _ABSENT if old is None else old))


def _value(value: Any, raw: Mapping[str, Any], path: str, old: Any = _ABSENT) -> Iterator[field.Error]:
    if old is not _ABSENT and jsonvalue.equal(old, value):
        return
    yield from _type(value, raw, path)
    if value is None:
        yield from _enum(value, raw, path)
        return
    if any(raw.get(name) for name in _JUNCTORS):
        yield from _junctors(value, raw, path)
    if isinstance(value, str):
        yield from _string(value, raw, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, raw, path)
    elif isinstance(value, list):
        yield from _list(value, raw, path, old)
    yield from _enum(value, raw, path)
    if isinstance(value, dict):
        yield from _object(value, raw, path, old)


def json_type(value: Any) -> str:
    """What a value is called in errors."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _type(value: Any, raw: Mapping[str, Any], path: str) -> Iterator[field.Error]:
    wanted = raw.get("type") or ""
    if raw.get("x-kubernetes-int-or-string"):
        wanted = "integer,string"
    if not wanted or (value is None and raw.get("nullable")):
        return
    found = json_type(value)
    fits = found in wanted.split(",")
    if not fits and found == "integer":
        fits = wanted == "number"
    elif not fits and found == "number":
        fits = "integer" in wanted and float(value).is_integer()
    if not fits:
        yield _wrong_type(path, wanted, found)


def _wrong_type(path: str, wanted: str, found: str) -> field.Error:
    detail = f"{path} in body must be of type {wanted}: {serializer.go_quote(found)}"
    return field.Error("FieldValueTypeInvalid", _shown(path), found, detail)


def _shown(path: str) -> str:
    return path or "<nil>"


def _invalid(path: str, value: Any, words: str) -> field.Error:
    return field.Error("FieldValueInvalid", _shown(path), value, f"{path} in body {words}")


def _message(text: str) -> field.Error:
    return field.Error("FieldValueInvalid", "<nil>", "", text)


def _enum(value: Any, raw: Mapping[str, Any], path: str) -> Iterator[field.Error]:
    allowed = raw.get("enum") or ()
    if allowed and not any(jsonvalue.equal(value, a) for a in allowed):
        texts = [a if isinstance(a, str) else serializer.go_json(a) for a in allowed]
        yield field.Error(
            "FieldValueNotSupported",
            _shown(path),
            value,
            f"supported values: {', '.join(serializer.go_quote(t) for t in texts)}",
        )


def _junctors(value: Any, raw: Mapping[str, Any], path: str) -> Iterator[field.Error]:
    quoted = f'"{path}"'
    if any_of := raw.get("anyOf"):
        tried = [list(_value(value, schema, path)) for schema in any_of]
        if all(tried):
            yield _message(f"{quoted} must validate at least one schema (anyOf)")
            yield from tried[0]
    if one_of := raw.get("oneOf"):
        tried = [list(_value(value, schema, path)) for schema in one_of]
        valid = sum(not t for t in tried)
        if valid != 1:
            why = f"Found {valid} valid alternatives" if valid else "Found none valid"
            yield _message(f"{quoted} must validate one and only one schema (oneOf). {why}")
            yield from () if valid else tried[0]
    if all_of := raw.get("allOf"):
        tried = [list(_value(value, schema, path)) for schema in all_of]
        for found in tried:
            yield from found
        if any(tried):
            none = ". None validated" if all(tried) else ""
            yield _message(f"{quoted} must validate all the schemas (allOf){none}")
    if raw.get("not") is not None and not list(_value(value, raw["not"], path)):
        yield _message(f"{quoted} must not validate the schema (not)")


def _string(value: str, raw: Mapping[str, Any], path: str) -> Iterator[field.Error]:
    length, longest, shortest = len(value), raw.get("maxLength"), raw.get("minLength")
    if longest is not None and length > longest:
        noun = "byte" if longest == 1 else "bytes"
        yield field.Error("FieldValueTooLong", _shown(path), "", f"may not be more than {longest} {noun}")
    elif shortest is not None and length < shortest:
        yield _invalid(path, value, f"should be at least {shortest} chars long")
    elif (pattern := raw.get("pattern")) and compile_go(pattern).search(value) is None:
        yield _invalid(path, value, f"should match '{pattern}'")
    if (format_ := raw.get("format")) and not allows(format_, value):
        detail = f"{path} in body must be of type {format_}: {serializer.go_quote(value)}"
        yield field.Error("FieldValueTypeInvalid", _shown(path), value, detail)


def _number(value: float, raw: Mapping[str, Any], path: str) -> Iterator[field.Error]:
    kind, format_ = raw.get("type") or "", raw.get("format") or ""
    if kind == "integer" and (bits := _RANGES.get(format_)) is not None:
        low = 0 if format_.startswith("u") else -(1 << bits)
        if not low <= value < 1 << bits:
            yield _message(f"Checked value must be of type integer with format {format_} in {path}")
    if (step := raw.get("multipleOf")) and not _is_multiple(value, step):
        yield _invalid(path, value, f"should be a multiple of {_bare(step)}")
    if (most := raw.get("maximum")) is not None:
        if raw.get("exclusiveMaximum") and value >= most:
            yield _invalid(path, value, f"should be less than {_bare(most)}")
        elif value > most:
            yield _invalid(path, value, f"should be less than or equal to {_bare(most)}")
    if (least := raw.get("minimum")) is not None:
        if raw.get("exclusiveMinimum") and value <= least:
            yield _invalid(path, value, f"should be greater than {_bare(least)}")
        elif value < least:
            yield _invalid(path, value, f"should be greater than or equal to {_bare(least)}")


def _is_multiple(value: float, step: float) -> bool:
    quotient = value / step
    return math.isclose(quotient, round(quotient), rel_tol=0, abs_tol=1e-9)


def _bare(number: float) -> str:
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e21 else repr(number)


def _list(value: Sequence[Any], raw: Mapping[str, Any], path: str, old: Any) -> Iterator[field.Error]:
    items = raw.get("items")
    if isinstance(items, Mapping):
        before = _correlated(value, old, raw)
        for i, element in enumerate(value):
            yield from _value(element, items, f"{path}[{i}]", before[i])
    count = len(value)
    if (least := raw.get("minItems")) is not None and count < least:
        yield _invalid(path, count, f"should have at least {least} items")
    if (most := raw.get("maxItems")) is not None and count > most:
        yield field.too_many(field.Path(path), count, most)
    if raw.get("uniqueItems") and _first_duplicate(value) is not None:
        yield _invalid(path, value, "shouldn't contain duplicates")


def _correlated(value: Sequence[Any], old: Any, raw: Mapping[str, Any]) -> list[Any]:
    """For each element the one it was before: by key in associative lists, nothing in any other."""
    keys = raw.get("x-kubernetes-list-map-keys")
    if raw.get("x-kubernetes-list-type") != "map" or not keys or not isinstance(old, list):
        return [_ABSENT] * len(value)
    before = {_identity(e, keys): e for e in old if isinstance(e, dict)}
    return [before.get(_identity(e, keys), _ABSENT) if isinstance(e, dict) else _ABSENT for e in value]


def _identity(element: Mapping[str, Any], keys: Iterable[str]) -> bytes:
    return serializer.canonical({k: element.get(k) for k in keys})


def _object(value: Mapping[str, Any], raw: Mapping[str, Any], path: str, old: Any) -> Iterator[field.Error]:
    count = len(value)
    if (least := raw.get("minProperties")) is not None and count < least:
        yield _invalid(path, count, f"should have at least {least} properties")
        return
    if (most := raw.get("maxProperties")) is not None and count > most:
        yield field.too_many(field.Path(path), count, most)
        return
    properties, additional = raw.get("properties") or {}, raw.get("additionalProperties")
    before = old if isinstance(old, Mapping) else {}
    for name, element in value.items():
        schema = properties.get(name, additional)
        if isinstance(schema, Mapping):
            where = f"{path}.{name}" if path else name
            yield from _value(element, schema, where, before.get(name, _ABSENT))
    for name in raw.get("required") or ():
        if name not in value:
            yield field.required(field.Path(f"{path}.{name}" if path else name))


def _lists(value: Any, schema: Structural, path: field.Path, old: Any) -> Iterator[field.Error]:
    """Sets without duplicates, associative lists without two elements of the same keys."""
    if old is not _ABSENT and jsonvalue.equal(old, value):
        return
    if isinstance(value, dict):
        before = old if isinstance(old, Mapping) else {}
        for name, element in value.items():
            child = schema.child(name)
            if child is not None and isinstance(element, dict | list):
                below = path / name if name in schema.fields else path.key(name)
                yield from _lists(element, child, below, before.get(name, _ABSENT))
        return
    if schema.items is None:
        return
    if schema.list_type == "map":
        yield from _duplicate_keys(value, schema, path)
    elif schema.list_type == "set" and (i := _first_duplicate(value)) is not None:
        yield field.duplicate(path[i], value[i])
    old_elements = _correlated(value, old, schema.raw)
    for i, element in enumerate(value):
        if isinstance(element, dict | list):
            yield from _lists(element, schema.items, path[i], old_elements[i])


def _duplicate_keys(value: Sequence[Any], schema: Structural, path: field.Path) -> Iterator[field.Error]:
    seen: set[bytes] = set()
    for i, element in enumerate(value):
        if not isinstance(element, dict):
            continue
        shown = {k: element[k] for k in schema.list_map_keys if k in element}
        key = serializer.canonical(shown)
        if key in seen:
            yield field.duplicate(path[i], shown)
        seen.add(key)


def _first_duplicate(value: Sequence[Any]) -> int | None:
    seen: set[bytes] = set()
    for i, element in enumerate(value):
        key = serializer.canonical(element)
        if key in seen:
            return i
        seen.add(key)
    return None


def _embedded(value: Any, schema: Structural, path: field.Path, *, root: bool = False) -> Iterator[field.Error]:
    """Embedded objects have a kind, an apiVersion and sound metadata."""
    if isinstance(value, dict):
        if schema.embedded_resource and not root:
            for name in ("apiVersion", "kind"):
                if not value.get(name):
                    yield field.required(path / name, "must not be empty")
            metadata = value.get("metadata")
            if isinstance(metadata, dict):
                yield from validation.labels(metadata.get("labels"), path / "metadata" / "labels")
                yield from validation.annotations(metadata.get("annotations"), path / "metadata" / "annotations")
        for name, element in value.items():
            child = schema.child(name)
            if child is not None and isinstance(element, dict | list):
                yield from _embedded(element, child, path / name if name in schema.fields else path.key(name))
    elif isinstance(value, list) and schema.items is not None:
        for i, element in enumerate(value):
            yield from _embedded(element, schema.items, path[i])
