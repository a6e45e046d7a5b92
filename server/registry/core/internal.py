"""Objects as Kubernetes' internal types print them: Go field names, zero values included.

Field errors show whole structures in this form, and so does the difference that a refused pod update prints.
Models the conversions between v1 and the internal types of pkg/apis.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from apimachinery.field import Raw
from apimachinery.objects import View
from apimachinery.serializer import go_json
from server.registry.core.internal_types import TYPES

_ON_THE_HOST: Final = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")
_ZERO: Final[Mapping[str, Any]] = {"": "", "int": 0, "bool": False, "quantity": "0", "*": None}


@cache
def _fields(name: str) -> tuple[tuple[str, str, str], ...]:
    """Go name, JSON name and type of each field, those of embedded structures in their place."""
    found: list[tuple[str, str, str]] = []
    for word in TYPES[name].split():
        if word.startswith("+"):
            found += _fields(word[1:])
            continue
        names, _, kind = word.partition(":")
        go, _, key = names.partition("=")
        found.append((go, key or _json_name(go), kind))
    return tuple(found)


def _json_name(go: str) -> str:
    upper = re.match("[A-Z]+", go)
    length = len(upper.group()) if upper else 0
    if length > 1 and length < len(go):
        length -= 1
    return go[:length].lower() + go[length:]


def to_internal(kind: str, value: View) -> dict[str, Any]:
    """A v1 structure in the internal form of a type."""
    if kind == "any":
        return {key[:1].upper() + key[1:]: value[key] for key in value}
    if kind == "selector":
        return _selector(value)
    if kind == "PodSpec" and any(value.get(name) is not None for name in _ON_THE_HOST):
        moved = {name: value[name] for name in _ON_THE_HOST if value.get(name) is not None}
        value = {**value, "securityContext": {**(value.get("securityContext") or {}), **moved}}
    return {go: _convert(kind_, value.get(key)) for go, key, kind_ in _fields(kind)}


def _selector(value: View) -> dict[str, Any]:
    """A LabelSelector, whose fields have JSON names."""
    shown: dict[str, Any] = {}
    if value.get("matchLabels"):
        shown["matchLabels"] = dict(sorted(value["matchLabels"].items()))
    if value.get("matchExpressions"):
        names = ("key", "operator", "values")
        shown["matchExpressions"] = [{n: e[n] for n in names if n in e} for e in value["matchExpressions"]]
    return shown


def _convert(kind: str, value: Any) -> Any:
    if isinstance(value, dict) and kind == "*":
        return dict(sorted(value.items()))
    if kind in _ZERO:
        return _ZERO[kind] if value is None else value
    if kind.startswith("[]"):
        return [to_internal(kind[2:], v) for v in value] if value else None
    if kind.startswith("*"):
        return None if value is None else to_internal(kind[1:], value)
    return to_internal(kind, value or {})


def internal_value(kind: str, value: View | None) -> Raw:
    """How a field error prints a structure."""
    return Raw("null") if value is None else Raw(go_json(to_internal(kind, value), sort=False))


def internal_template(template: View) -> Raw:
    """How a field error prints a PodTemplateSpec, whose metadata is embedded."""
    shown = {**(template.get("metadata") or {}), "Spec": to_internal("PodSpec", template.get("spec") or {})}
    return Raw(go_json(shown, sort=False))


def internal_diff(kind: str, old: View, new: View) -> str:
    """The lines in which two structures differ, as a unified diff without its head."""
    texts = [json.dumps(to_internal(kind, v), indent=1, ensure_ascii=False).splitlines() for v in (old, new)]
    lines = list(difflib.unified_diff(texts[0], texts[1], lineterm="", n=3))
    return "".join(f"{line}\n" for line in lines[2:])
