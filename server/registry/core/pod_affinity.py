"""matchLabelKeys become part of the selectors when a pod is created. Models pkg/registry/core/pod/strategy.go
(mutatePodAffinity, mutateTopologySpreadConstraints)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apimachinery.objects import Object


def merge_label_keys(pod: Object) -> None:
    """Write the pod's own values of matchLabelKeys and mismatchLabelKeys into the label selectors, in place."""
    labels: Mapping[str, str] = pod["metadata"].get("labels") or {}
    spec = pod["spec"]
    affinity = spec.get("affinity") or {}
    for name in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(name) or {}
        for term in terms.get("preferredDuringSchedulingIgnoredDuringExecution") or ():
            _merge_term(term.get("podAffinityTerm") or {}, labels)
        for term in terms.get("requiredDuringSchedulingIgnoredDuringExecution") or ():
            _merge_term(term, labels)
    for constraint in spec.get("topologySpreadConstraints") or ():
        _merge(constraint, constraint.get("matchLabelKeys") or (), "In", labels)


def _merge_term(term: Object, labels: Mapping[str, str]) -> None:
    _merge(term, term.get("matchLabelKeys") or (), "In", labels)
    _merge(term, term.get("mismatchLabelKeys") or (), "NotIn", labels)


def _merge(holder: Object, keys: Iterable[str], operator: str, labels: Mapping[str, str]) -> None:
    selector = holder.get("labelSelector")
    if selector is None:
        return
    for key in keys:
        if key in labels:
            expressions = selector.setdefault("matchExpressions", [])
            expressions.append({"key": key, "operator": operator, "values": [labels[key]]})
