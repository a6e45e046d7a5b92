"""One policy rule and what it allows. Models pkg/apis/rbac/v1/evaluation_helpers.go and rbac.go (RuleAllows)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apimachinery.objects import Object
from server.authorization.interfaces import Attributes

ALL: Final = "*"
_LISTS: Final = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")


@dataclass(frozen=True, slots=True)
class Rule:
    """A PolicyRule; `source` is the wire object it was read from."""

    verbs: frozenset[str]
    api_groups: frozenset[str]
    resources: frozenset[str]
    resource_names: frozenset[str]
    non_resource_urls: tuple[str, ...]
    source: Mapping[str, Any]

    @classmethod
    def read(cls, source: Mapping[str, Any]) -> Rule:
        """From a wire object, where every list may be absent or null."""
        verbs, groups, resources, names, paths = (tuple(source.get(key) or ()) for key in _LISTS)
        return cls(frozenset(verbs), frozenset(groups), frozenset(resources), frozenset(names), paths, source)

    def allows(self, attributes: Attributes) -> bool:
        """Whether the rule permits what is asked."""
        if ALL not in self.verbs and attributes.verb not in self.verbs:
            return False
        if not attributes.resource_request:
            return any(path_matches(pattern, attributes.path) for pattern in self.non_resource_urls)
        return (
            (ALL in self.api_groups or attributes.api_group in self.api_groups)
            and self._resource_matches(attributes.resource, attributes.subresource)
            and (not self.resource_names or attributes.name in self.resource_names)
        )

    def _resource_matches(self, resource: str, subresource: str) -> bool:
        if ALL in self.resources:
            return True
        if not subresource:
            return resource in self.resources
        return f"{resource}/{subresource}" in self.resources or f"*/{subresource}" in self.resources

    def to_object(self) -> Object:
        """The wire form without empty lists, in the order of the API type."""
        return {key: list(self.source[key]) for key in _LISTS if self.source.get(key)}


def read_rules(sources: Iterable[Mapping[str, Any]] | None) -> tuple[Rule, ...]:
    """The rules of a Role or ClusterRole; none for null."""
    return tuple(Rule.read(source) for source in sources or ())


def path_matches(pattern: str, path: str) -> bool:
    """Whether a nonResourceURL covers a path: `*`, the path itself, or a prefix with a trailing star."""
    return pattern in (ALL, path) or (pattern.endswith(ALL) and path.startswith(pattern.rstrip(ALL)))
