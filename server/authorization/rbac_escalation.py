"""Nobody grants what he does not hold. Models pkg/registry/rbac/validation/{rule,policy_comparator}.go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from apimachinery.serializer import go_quote
from server.authentication.interfaces import User
from server.authorization.rbac_rules import ALL, Rule, path_matches

FULL_AUTHORITY: Final = (
    Rule.read({"verbs": [ALL], "apiGroups": [ALL], "resources": [ALL]}),
    Rule.read({"verbs": [ALL], "nonResourceURLs": [ALL]}),
)

_PRINTED: Final = (
    ("apiGroups", "APIGroups"),
    ("resources", "Resources"),
    ("nonResourceURLs", "NonResourceURLs"),
    ("resourceNames", "ResourceNames"),
    ("verbs", "Verbs"),
)


def missing_rules(held: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """What of the wanted rules no held rule covers, broken down to one verb on one resource each."""
    return [part for rule in wanted for part in _break_down(rule) if not any(_covers(owner, part) for owner in held)]


def refusal(user: User, missing: Sequence[Rule], resolution_error: str = "") -> str:
    """Upstream's words for an attempt to grant more than is held."""
    lines = sorted({compact_string(source) for source in _compact(missing)})
    text = (
        f"user {go_quote(user.name)} (groups={_quoted(user.groups)}) is attempting to grant RBAC permissions"
        f" not currently held:\n" + "\n".join(lines)
    )
    return f"{text}; resolution errors: [{resolution_error}]" if resolution_error else text


def compact_string(source: Mapping[str, Any]) -> str:
    """A rule on one line: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`."""
    return "{" + ", ".join(f"{word}:{_quoted(source[key])}" for key, word in _PRINTED if source.get(key)) + "}"


def _quoted(texts: Iterable[str]) -> str:
    return f"[{' '.join(go_quote(t) for t in texts)}]"


def _break_down(rule: Rule) -> Iterator[Rule]:
    source = rule.source
    verbs, names = source.get("verbs") or (), source.get("resourceNames") or ()
    for group in source.get("apiGroups") or ():
        for resource in source.get("resources") or ():
            for verb in verbs:
                part = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                if not names:
                    yield Rule.read(part)
                for name in names:
                    yield Rule.read({**part, "resourceNames": [name]})
    for path in source.get("nonResourceURLs") or ():
        for verb in verbs:
            yield Rule.read({"nonResourceURLs": [path], "verbs": [verb]})


def _covers(owner: Rule, part: Rule) -> bool:
    return (
        (ALL in owner.verbs or part.verbs <= owner.verbs)
        and (ALL in owner.api_groups or part.api_groups <= owner.api_groups)
        and all(_resource_covered(owner, r) for r in part.resources)
        and all(any(path_matches(own, p) for own in owner.non_resource_urls) for p in part.non_resource_urls)
        and (not owner.resource_names or (bool(part.resource_names) and part.resource_names <= owner.resource_names))
    )


def _resource_covered(owner: Rule, resource: str) -> bool:
    if ALL in owner.resources or resource in owner.resources:
        return True
    _, slash, subresource = resource.partition("/")
    return bool(slash) and f"*/{subresource}" in owner.resources


def _compact(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Rules on the same resource become one with all their verbs."""
    merged: dict[tuple[str, str, tuple[str, ...]], dict[str, Any]] = {}
    rest: list[dict[str, Any]] = []
    for rule in rules:
        source = {key: list(value) for key, value in rule.source.items()}
        if rule.non_resource_urls:
            rest.append(source)
            continue
        key = (source["apiGroups"][0], source["resources"][0], tuple(source.get("resourceNames", ())))
        if key in merged:
            merged[key]["verbs"] += source["verbs"]
        else:
            merged[key] = source
    return [*rest, *merged.values()]
