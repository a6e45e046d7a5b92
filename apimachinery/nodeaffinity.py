"""Node selectors and required node affinity, compiled once and asked often. Models component-helpers/nodeaffinity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apimachinery import meta
from apimachinery.objects import View

NodeMatcher = Callable[[View], bool]
_Requirement = Callable[[Mapping[str, str]], bool]


def required_node_affinity(spec: View) -> NodeMatcher:
    """Whether a node fits a pod spec's nodeSelector and required node affinity."""
    selector: Mapping[str, str] = spec.get("nodeSelector") or {}
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    terms = node_selector(required) if required is not None else None
    if not selector and terms is None:
        return lambda _: True
    wanted = tuple(selector.items())

    def matches(node: View) -> bool:
        labels = meta.labels(node)
        return all(labels.get(k) == v for k, v in wanted) and (terms is None or terms(node))

    return matches


def node_selector(selector: View) -> NodeMatcher:
    """Whether a node matches any term of a NodeSelector; one without usable terms matches nothing."""
    terms = [node_selector_term(t) for t in selector.get("nodeSelectorTerms") or ()]
    return lambda node: any(term(node) for term in terms)


def node_selector_term(term: View) -> NodeMatcher:
    """Whether a node meets every expression and field of a term; an empty term matches nothing."""
    expressions = [_requirement(e) for e in term.get("matchExpressions") or ()]
    fields = [_requirement(f) for f in term.get("matchFields") or ()]
    if not expressions and not fields:
        return lambda _: False

    def matches(node: View) -> bool:
        if expressions:
            labels = meta.labels(node)
            if not all(e(labels) for e in expressions):
                return False
        if fields:
            own = {"metadata.name": meta.name(node)}
            return all(f(own) for f in fields)
        return True

    return matches


def _requirement(requirement: View) -> _Requirement:
    key: str = requirement["key"]
    values: list[Any] = requirement.get("values") or []
    match requirement["operator"]:
        case "In":
            among = frozenset(values)
            return lambda labels: labels.get(key) in among
        case "NotIn":
            excluded = frozenset(values)
            return lambda labels: labels.get(key) not in excluded
        case "Exists":
            return lambda labels: key in labels
        case "DoesNotExist":
            return lambda labels: key not in labels
        case "Gt":
            return lambda labels: _compare(labels.get(key), values, greater=True)
        case "Lt":
            return lambda labels: _compare(labels.get(key), values, greater=False)
        case _:
            return lambda _: False


def _compare(text: str | None, values: list[Any], *, greater: bool) -> bool:
    try:
        have, bound = int(text or ""), int(values[0])
    except (ValueError, IndexError):
        return False
    return have > bound if greater else have < bound
