"""What of a pod may change after it was created. Models pkg/apis/core/validation (ValidatePodUpdate, ValidatePodResize,
ValidatePodEphemeralContainersUpdate)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery import field, validation
from apimachinery.field import Error, Path, Raw
from apimachinery.objects import Object, View
from apimachinery.quantity import Quantity
from apimachinery.serializer import go_json, go_quote
from server.registry.core.internal import internal_diff, internal_value, to_internal
from server.registry.core.pod_qos import qos_class
from server.registry.core.podspec_annotations import MIRROR
from server.registry.core.podspec_scheduling import validate_tolerations

_SPEC: Final = Path("spec")
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_UPDATABLE: Final = ",".join(
    (
        "`spec.containers[*].image`",
        "`spec.initContainers[*].image`",
        "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    )
)


def validate_spec_update(new: View, old: View) -> list[Error]:
    """Field errors of a changed spec; the rules of new pods have been asked already."""
    found: list[Error] = []
    for part in ("containers", "initContainers"):
        errors, stop = _images(new.get(part) or [], old.get(part) or [], _SPEC / part)
        found += errors
        if stop:
            return found
    errors, stop = _deadline(new.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds"))
    found += errors
    if stop:
        return found
    found += _tolerations(new.get("tolerations") or [], old.get("tolerations") or [], _SPEC / "tolerations")
    known = {g.get("name") for g in old.get("schedulingGates") or ()}
    for i, gate in enumerate(new.get("schedulingGates") or ()):
        if gate.get("name") not in known:
            detail = f"only deletion is allowed, but found new scheduling gate '{gate.get('name') or ''}'"
            found.append(field.forbidden((_SPEC / "schedulingGates")[i] / "name", detail))
    if new == old:
        return found
    munged = _without_allowed_changes(new, old)
    if old.get("schedulingGates"):
        found += _gated(munged, old)
    if munged != old:
        diff = internal_diff("PodSpec", old, munged)
        found.append(field.forbidden(_SPEC, f"pod updates may not change fields other than {_UPDATABLE}\n{diff}"))
    return found


def _images(new: list[View], old: list[View], path: Path) -> tuple[list[Error], bool]:
    if len(new) != len(old):
        return [field.forbidden(path, "pod updates may not add or remove containers")], True
    found: list[Error] = []
    for i, container in enumerate(new):
        image = container.get("image") or ""
        if not image:
            found.append(field.required(path[i] / "image"))
        if image != image.strip():
            found.append(field.invalid(path[i] / "image", image, "must not have leading or trailing whitespace"))
    return found, False


def _deadline(new: int | None, old: int | None) -> tuple[list[Error], bool]:
    path = _SPEC / "activeDeadlineSeconds"
    if new is None:
        detail = "must not update from a positive integer to nil value"
        return ([] if old is None else [field.invalid(path, None, detail)]), False
    if problems := validation.in_range(new, 0, 2**31 - 1):
        return [field.invalid(path, new, p) for p in problems], True
    if old is not None and old < new:
        return [field.invalid(path, new, "must be less than or equal to previous value")], True
    return [], False


def _tolerations(new: list[View], old: list[View], path: Path) -> list[Error]:
    def without_seconds(toleration: View) -> Object:
        return {k: v for k, v in toleration.items() if k != "tolerationSeconds" and v}

    given = [without_seconds(t) for t in new]
    if any(without_seconds(t) not in given for t in old):
        return [field.forbidden(path, "existing toleration can not be modified except its tolerationSeconds")]
    return validate_tolerations(new, path)


def _without_allowed_changes(new: View, old: View) -> Object:
    munged = dict(new)
    for part in ("containers", "initContainers"):
        if new.get(part):
            pairs = zip(new[part], old[part], strict=True)
            munged[part] = [_keep(dict(container), before, "image") for container, before in pairs]
    _keep(munged, old, "activeDeadlineSeconds")
    _keep(munged, old, "schedulingGates")
    _keep(munged, old, "tolerations")
    grace = old.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0 and munged.get("terminationGracePeriodSeconds") == 1:
        munged["terminationGracePeriodSeconds"] = grace
    return munged


def _keep(holder: Object, old: View, name: str) -> Object:
    if name in old:
        holder[name] = old[name]
    else:
        holder.pop(name, None)
    return holder


def _gated(munged: Object, old: View) -> list[Error]:
    """A pod that is not to be scheduled yet may narrow where it goes; takes what it may change out of `munged`."""
    found: list[Error] = []
    selector: Mapping[str, str] = munged.get("nodeSelector") or {}
    before: Mapping[str, str] = old.get("nodeSelector") or {}
    if any(selector.get(k) != v for k, v in before.items()):
        detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
        found.append(field.invalid(_SPEC / "nodeSelector", dict(selector) or None, detail))
    _keep(munged, old, "nodeSelector")
    affinity, stored = munged.get("affinity") or {}, old.get("affinity") or {}
    node, stored_node = affinity.get("nodeAffinity"), stored.get("nodeAffinity")
    if node != stored_node:
        found += _node_affinity(node or {}, stored_node or {})
        merged = {k: v for k, v in {**affinity, "nodeAffinity": stored_node}.items() if v is not None}
        if merged or stored:
            munged["affinity"] = merged
        else:
            munged.pop("affinity", None)
    return found


def _node_affinity(new: View, old: View) -> list[Error]:
    path = _SPEC / "affinity" / "nodeAffinity" / _REQUIRED / "nodeSelectorTerms"
    before = (old.get(_REQUIRED) or {}).get("nodeSelectorTerms") or []
    terms = (new.get(_REQUIRED) or {}).get("nodeSelectorTerms") or []
    if before and len(before) != len(terms):
        detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        shown = Raw(go_json([to_internal("NodeSelectorTerm", t) for t in terms] or None, sort=False))
        return [field.invalid(path, shown, detail)]
    detail = "only additions are allowed (no mutations or deletions)"
    pairs = enumerate(zip(terms, before, strict=False))
    return [
        field.invalid(path[i], internal_value("NodeSelectorTerm", term), detail)
        for i, (term, was) in pairs
        if not _only_adds(term, was)
    ]


def _only_adds(new: View, old: View) -> bool:
    parts = ("matchExpressions", "matchFields")
    if not any(old.get(p) for p in parts):
        return not any(new.get(p) for p in parts)
    return all((new.get(p) or [])[: len(old.get(p) or [])] == (old.get(p) or []) for p in parts)


def validate_ephemeral_containers_update(new: View, old: View) -> list[Error]:
    """Ephemeral containers may only be added."""
    path = _SPEC / "ephemeralContainers"
    given = {c.get("name"): c for c in (new.get("spec") or {}).get("ephemeralContainers") or ()}
    found: list[Error] = []
    for container in (old.get("spec") or {}).get("ephemeralContainers") or ():
        name = container.get("name") or ""
        shown = f"existing ephemeral containers {go_quote(name)} may not be"
        if name not in given:
            found.append(field.forbidden(path, f"{shown} removed\n"))
        elif given[name] != container:
            diff = internal_diff("EphemeralContainer", container, given[name])
            found.append(field.forbidden(path, f"{shown} changed\n{diff}"))
    return found


def refusal_of_static_pods(old: View, detail: str) -> list[Error]:
    """A mirror of a static pod cannot be changed through the API."""
    annotations = (old.get("metadata") or {}).get("annotations") or {}
    return [Error("FieldValueForbidden", "", "", detail)] if MIRROR in annotations else []


def validate_resize(new: View, old: View) -> list[Error]:
    """Only cpu and memory of app containers and sidecars may change, none may be removed, and the QoS class stays."""
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    found = refusal_of_static_pods(old, "static pods cannot be resized")
    if (before.get("os") or {}).get("name") == "windows":
        found = [Error("FieldValueForbidden", "", "", "windows pods cannot be resized")]
    own = [s.get("resources") or {} for s in (spec, before)]
    if any(r.get("requests") or r.get("limits") for r in own):
        found = [Error("FieldValueForbidden", "", "", "pods with pod-level resources cannot be resized")]
    if found:
        return found
    was = (old.get("status") or {}).get("qosClass") or qos_class(old)
    if was != qos_class(new):
        detail = "Pod QOS Class may not change as a result of resizing"
        found.append(field.invalid(_SPEC, (new.get("status") or {}).get("qosClass") or "", detail))
    for status in (old.get("status") or {}).get("containerStatuses") or ():
        if (status.get("state") or {}).get("running") is not None:
            if status.get("resources") is None:
                found.append(field.forbidden(_SPEC, "Pod running on node without support for resize"))
            break
    if reordered := _reordered(spec, before):
        return found + reordered
    for part in ("initContainers", "containers"):
        for i, (container, stored) in enumerate(zip(spec.get(part) or (), before.get(part) or (), strict=True)):
            if part == "containers" or stored.get("restartPolicy") == "Always":
                found += _container_resize(container, stored, (_SPEC / part)[i] / "resources")
    munged: dict[str, Any] = {**spec}
    for part, sidecars in (("containers", ""), ("initContainers", " for sidecar containers")):
        kept = []
        for container, stored in zip(spec.get(part) or (), before.get(part) or (), strict=True):
            allowed = part == "containers" or container.get("restartPolicy") == "Always"
            kept.append(_with_compute_of(container, stored) if allowed else container)
            if kept[-1] != stored:
                detail = f"only cpu and memory resources{sidecars} are mutable"
                if not allowed:
                    detail = "resources for non-sidecar init containers are immutable"
                found.append(field.forbidden(_SPEC, detail))
        if spec.get(part):
            munged[part] = kept
    if not found and munged != before:
        found.append(field.forbidden(_SPEC, "only cpu and memory resources are mutable"))
    return found


def _reordered(new: View, old: View) -> list[Error]:
    """A resize keeps every container where it is."""
    found = []
    for part in ("containers", "initContainers"):
        given, stored = new.get(part) or (), old.get(part) or ()
        if len(given) != len(stored):
            found.append(field.forbidden(_SPEC / part, f"{part} may not be added or removed on resize"))
            continue
        for i, (container, before) in enumerate(zip(given, stored, strict=True)):
            if container.get("name") != before.get("name"):
                detail = f"{part} may not be renamed or reordered on resize"
                found.append(field.forbidden((_SPEC / part)[i] / "name", detail))
    return found


def _container_resize(new: View, old: View, path: Path) -> list[Error]:
    resources, before = new.get("resources") or {}, old.get("resources") or {}
    found = [
        field.forbidden(path / kind, f"resource {kind} cannot be removed")
        for kind in ("requests", "limits")
        if (before.get(kind) or {}).keys() - (resources.get(kind) or {}).keys()
    ]
    policies = (p for p in new.get("resizePolicy") or () if p.get("resourceName") == "memory")
    memory = next(policies, None)
    if memory is not None and memory.get("restartPolicy") == "RestartContainer":
        return found
    limit, stored = ((r.get("limits") or {}).get("memory") for r in (resources, before))
    at = (path / "limits").key("memory")
    if limit is not None and stored is None:
        found.append(field.forbidden(at, "memory limits cannot be added unless resizePolicy is RestartContainer"))
    return found


def _with_compute_of(container: View, stored: View) -> Object:
    """The container with the stored one's cpu and memory."""
    resources: Object = {}
    for kind in ("limits", "requests"):
        before = (stored.get("resources") or {}).get(kind)
        if before is None:
            continue
        given = dict((container.get("resources") or {}).get(kind) or {})
        for name in ("cpu", "memory"):
            given.pop(name, None)
            if name in before:
                given[name] = before[name]
        same = {k: Quantity.parse(v) for k, v in given.items()} == {k: Quantity.parse(v) for k, v in before.items()}
        resources[kind] = before if same else given
    return {**container, "resources": resources}
