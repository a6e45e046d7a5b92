"""What the kinds of resource.k8s.io have in common: names, bounded lists, selectors, configuration, taints.

Models pkg/apis/resource/validation/validation.go. CEL selectors are checked for their presence and size, not compiled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from server.registry.core.podspec_volumes import csi_driver_name
from server.registry.generic import names

T = TypeVar("T")
Rule: TypeAlias = Callable[[T, Path], Iterable[Error]]

MAX_REQUESTS: Final = 32
MAX_CONFIGS: Final = 32
MAX_SELECTORS: Final = 32
MAX_BINDING_CONDITIONS: Final = 4
_MAX_EXPRESSION: Final = 10 * 1024
_MAX_PARAMETERS: Final = 10 * 1024
_MAX_POOL_NAME: Final = 253
_MAX_IDENTIFIER: Final = 32
_EFFECTS: Final = ("NoExecute", "NoSchedule", "None")
_OPERATORS: Final = ("Equal", "Exists")


def each(values: Sequence[T] | None, limit: int, rule: Rule[T], path: Path) -> list[Error]:
    """Errors of a list and of its items; of a list that is too long, only that."""
    values = values or ()
    if 0 <= limit < len(values):
        return [field.too_many(path, len(values), limit)]
    return [error for i, value in enumerate(values) for error in rule(value, path[i])]


def each_once(
    values: Sequence[T] | None, limit: int, rule: Rule[T], path: Path, key: Callable[[T], Hashable]
) -> list[Error]:
    """The same for a list whose items may not repeat."""
    values = values or ()
    found = each(values, limit, rule, path)
    if 0 <= limit < len(values):
        return found
    seen: set[Hashable] = set()
    for i, value in enumerate(values):
        if key(value) in seen:
            found.append(field.duplicate(path[i], key(value)))
        seen.add(key(value))
    return found


def each_key(
    values: Mapping[str, T] | None, limit: int, check_key: Rule[str], rule: Rule[T], path: Path
) -> list[Error]:
    """Errors of a map, its keys and its values."""
    values = values or {}
    if 0 <= limit < len(values):
        return [field.too_many(path, len(values), limit)]
    found: list[Error] = []
    for name in sorted(values):
        found += [*check_key(name, path.key(name)), *rule(values[name], path.key(name))]
    return found


def by_name(value: View) -> str:
    """What tells apart the items of most lists."""
    return value.get("name") or ""


def itself(value: str) -> str:
    """What tells apart names."""
    return value


def driver_name(name: str, path: Path) -> list[Error]:
    """Errors of a driver's name, which is like that of a CSI driver."""
    return csi_driver_name(name, path)


def label_name(name: str, path: Path) -> list[Error]:
    """Errors of the name of a request, a device or a counter."""
    return names(path, name, validation.dns1123_label)


def pool_name(name: str, path: Path) -> list[Error]:
    """Errors of a pool's name: DNS subdomains between slashes."""
    if not name:
        return [field.required(path)]
    found = [field.too_long(path, _MAX_POOL_NAME)] if len(name) > _MAX_POOL_NAME else []
    return found + [e for part in name.split("/") for e in names(path, part, validation.dns1123_subdomain)]


def qualified_name(name: str, path: Path) -> list[Error]:
    """Errors of the name of an attribute or a capacity: a C identifier, with a driver's domain before it if need be."""
    parts = name.split("/")
    if len(parts) == 1:
        return _identifier(name, path)
    if len(parts) > 2:
        return []
    domain, identifier = parts
    found = driver_name(domain, path) if domain else [field.invalid(path, "", "the domain must not be empty")]
    if not identifier:
        return [*found, field.invalid(path, "", "the name must not be empty")]
    return found + _identifier(identifier, path)


def fully_qualified_name(name: str, path: Path) -> list[Error]:
    """Errors of an attribute's name that has to have a domain."""
    found = qualified_name(name, path)
    if "/" not in name:
        detail = "a fully qualified name must be a domain and a name separated by a slash"
        found.append(field.invalid(path, name, detail))
    return found


def _identifier(name: str, path: Path) -> list[Error]:
    found = [field.too_long(path, _MAX_IDENTIFIER)] if len(name) > _MAX_IDENTIFIER else []
    return found + names(path, name, validation.c_identifier)


def selectors(values: Sequence[View] | None, path: Path) -> list[Error]:
    """Errors of the selectors of a request or a class."""
    return each(values, MAX_SELECTORS, _selector, path)


def _selector(selector: View, path: Path) -> list[Error]:
    cel, at = selector.get("cel"), path / "cel"
    if cel is None:
        return [field.required(at)]
    expression = cel.get("expression") or ""
    if len(expression) > _MAX_EXPRESSION:
        return [field.too_long(at / "expression", _MAX_EXPRESSION)]
    return [] if expression else [field.required(at / "expression")]


def configuration(config: View, path: Path) -> list[Error]:
    """Errors of a driver's configuration."""
    opaque, at = config.get("opaque"), path / "opaque"
    if opaque is None:
        return [field.required(at)]
    found = driver_name(opaque.get("driver") or "", at / "driver")
    return found + raw_object(opaque.get("parameters"), at / "parameters", _MAX_PARAMETERS)


def raw_object(value: Any, path: Path, limit: int) -> list[Error]:
    """Errors of embedded JSON, which has to be an object of a limited size."""
    if value is None:
        return [field.required(path)]
    if len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) > limit:
        return [field.too_long(path, limit)]
    return [] if isinstance(value, dict) else [field.invalid(path, "<value omitted>", "must be a valid JSON object")]


def binding_conditions(holder: View, path: Path) -> list[Error]:
    """Errors of the conditions that a device waits for before pods are bound."""
    return [
        error
        for name in ("bindingConditions", "bindingFailureConditions")
        for error in each(holder.get(name), MAX_BINDING_CONDITIONS, validation.label_name, path / name)
    ]


def taint(value: View, path: Path) -> list[Error]:
    """Errors of a taint of a device."""
    found = validation.label_name(value.get("key") or "", path / "key")
    if value.get("value"):
        found += names(path / "value", value["value"], validation.label_value)
    effect = value.get("effect") or ""
    if not effect:
        found.append(field.required(path / "effect"))
    elif effect not in _EFFECTS:
        found.append(field.not_supported(path / "effect", effect, _EFFECTS))
    return found


def toleration(value: View, path: Path) -> list[Error]:
    """Errors of a toleration of a request."""
    found = validation.label_name(value["key"], path / "key") if value.get("key") else []
    operator, text = value.get("operator") or "", value.get("value") or ""
    if operator == "Exists":
        if text:
            found.append(field.invalid(path / "value", text, "must be empty for operator `Exists`"))
    elif operator == "Equal":
        found += names(path / "value", text, validation.label_value)
    elif not operator:
        found.append(field.required(path / "operator"))
    else:
        found.append(field.not_supported(path / "operator", operator, _OPERATORS))
    effect = value.get("effect") or ""
    if effect and effect not in _EFFECTS:
        found.append(field.not_supported(path / "effect", effect, _EFFECTS))
    return found
