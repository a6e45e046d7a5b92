"""What is wrong with a node. Models ValidateNode and ValidateNodeUpdate of pkg/apis/core/validation.

Taints are reported below `metadata.taints`, where upstream looks for them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import View
from server.registry.addresses import dual_stack, legacy_cidr
from server.registry.core.resourcelist import amount_errors
from server.registry.generic import go_struct
from server.registry.rest import Context

EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
AVOID_PODS: Final = "scheduler.alpha.kubernetes.io/preferAvoidPods"
_METADATA: Final = field.Path("metadata")
_SPEC: Final = field.Path("spec")
_STATUS: Final = field.Path("status")


def validate(obj: View, ctx: Context) -> list[field.Error]:
    """Everything wrong with a new node beyond its metadata."""
    spec = obj.get("spec") or {}
    found = _annotations(obj) + taints(spec.get("taints") or ()) + _resources(obj)
    return found + _pod_cidrs(spec.get("podCIDRs") or [], ctx)


def validate_update(obj: View, old: View) -> list[field.Error]:
    """Everything wrong with a change, through the main endpoint or status."""
    spec, stored = obj.get("spec") or {}, old.get("spec") or {}
    found = _annotations(obj) + _resources(obj)
    seen: list[Any] = []
    for i, address in enumerate((obj.get("status") or {}).get("addresses") or ()):
        if address in seen:
            shown = go_struct(Type=address.get("type", ""), Address=address.get("address", ""))
            found.append(field.duplicate((_STATUS / "addresses")[i], shown))
        seen.append(address)
    found += _pod_cidr_change(spec.get("podCIDRs") or [], stored.get("podCIDRs") or [])
    if stored.get("providerID") and stored["providerID"] != spec.get("providerID"):
        detail = 'node updates may not change providerID except from "" to valid'
        found.append(field.forbidden(_SPEC / "providerID", detail))
    found += taints(spec.get("taints") or ())
    if (spec.get("externalID") or "") != (stored.get("externalID") or ""):
        found.append(field.forbidden(_SPEC / "externalID", "may not be updated"))
    return found


def taints(found: Sequence[View], path: field.Path = _METADATA / "taints") -> list[field.Error]:
    """Errors of a list of taints, unique by key and effect."""
    errors: list[field.Error] = []
    seen: set[tuple[str, str]] = set()
    for i, taint in enumerate(found):
        at = path[i]
        key, value, effect = taint.get("key") or "", taint.get("value") or "", taint.get("effect") or ""
        errors += validation.label_name(key, at / "key")
        if problems := validation.label_value(value):
            errors.append(field.invalid(at / "value", value, ";".join(problems)))
        if not effect:
            errors.append(field.required(at / "effect"))
        elif effect not in EFFECTS:
            errors.append(field.not_supported(at / "effect", effect, EFFECTS))
        if (key, effect) in seen:
            shown = go_struct(Key=key, Value=value, Effect=effect, TimeAdded=taint.get("timeAdded"))
            errors.append(field.duplicate(at, shown, "taints must be unique by key and effect pair"))
        seen.add((key, effect))
    return errors


def _resources(obj: View) -> list[field.Error]:
    status = obj.get("status") or {}
    return [e for part in ("capacity", "allocatable") for e in amount_errors(status.get(part), _STATUS / part)]


def _pod_cidrs(cidrs: list[str], ctx: Context) -> list[field.Error]:
    path = _SPEC / "podCIDRs"
    found = [e for i, cidr in enumerate(cidrs) for e in legacy_cidr(path[i], cidr, ctx.version)]
    if len(cidrs) < 2:
        return found
    if not dual_stack(cidrs) or len(cidrs) > 2:
        found.append(field.invalid(path, cidrs, "may specify no more than one CIDR for each IP family"))
    found += [field.duplicate(path[i], cidr) for i, cidr in enumerate(cidrs) if cidr in cidrs[:i]]
    return found


def _pod_cidr_change(new: list[str], old: list[str]) -> list[field.Error]:
    error = field.forbidden(_SPEC / "podCIDRs", 'node updates may not change podCIDR except from "" to valid')
    if not old:
        return []
    if len(old) != len(new):
        return [error]
    return [error for a, b in zip(old, new, strict=True) if a != b]


def _annotations(obj: View) -> list[field.Error]:
    text = meta.annotations(obj).get(AVOID_PODS)
    if not text:
        return []
    path = _METADATA / "annotations"
    try:
        avoids = json.loads(text)
    except json.JSONDecodeError as e:
        return [field.invalid(path / "AvoidPods", AVOID_PODS, str(e))]
    found = []
    for i, entry in enumerate(avoids.get("preferAvoidPods") or ()):
        at = (path / AVOID_PODS)[i] / "podSignature"
        if not (entry.get("podSignature") or {}).get("podController"):
            found.append(field.required(at))
        elif entry["podSignature"]["podController"].get("controller") is not True:
            found.append(field.invalid(at / "podController", False, "must point to a controller"))
    return found
