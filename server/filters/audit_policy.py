"""Which requests are audited, and how much of them. Models apiserver/pkg/audit/policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from apimachinery import serializer
from server.authentication.interfaces import User
from server.endpoints.request import Request

Level: TypeAlias = Literal["None", "Metadata", "Request", "RequestResponse"]
Stage: TypeAlias = Literal["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"]

LEVELS: Final = ("None", "Metadata", "Request", "RequestResponse")
SECRET_BODIES: Final = frozenset({"secrets", "serviceaccounts/token", "tokenreviews"})
"""Resources whose bodies are never written down, whatever a policy says."""

_Texts: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(lambda v: () if v is None else v)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, defer_build=True)


class GroupResources(_Document):
    """Resources of one API group; none named means all."""

    group: str = ""
    resources: _Texts = ()
    resource_names: _Texts = ()

    def matches(self, group: str, resource: str, subresource: str, name: str) -> bool:
        """Whether a request on a resource falls under it; `pods/*` and `*/status` are understood."""
        if group != self.group:
            return False
        if not self.resources:
            return True
        combined = f"{resource}/{subresource}" if subresource else resource
        wanted = {combined, "*", *((f"{resource}/*", f"*/{subresource}") if subresource else ())}
        return bool(wanted & set(self.resources)) and (not self.resource_names or name in self.resource_names)


class Rule(_Document):
    """The first rule that matches a request says how it is audited."""

    level: Level
    users: _Texts = ()
    user_groups: _Texts = ()
    verbs: _Texts = ()
    namespaces: _Texts = ()
    resources: tuple[GroupResources, ...] = ()
    non_resource_urls: _Texts = Field((), alias="nonResourceURLs")
    omit_stages: tuple[Stage, ...] = ()
    omit_managed_fields: bool | None = None

    def matches(self, user: User, request: Request) -> bool:
        """Whether it is about this user's request."""
        info = request.info
        if self.users and user.name not in self.users:
            return False
        if self.user_groups and not set(self.user_groups) & set(user.groups):
            return False
        if info is None or (self.verbs and info.verb not in self.verbs):
            return info is None and not self.verbs
        if not info.resource_request:
            if self.non_resource_urls:
                return any(_path_matches(p, info.path) for p in self.non_resource_urls)
            return not self.namespaces and not self.resources
        if self.non_resource_urls:
            return False
        if self.namespaces and info.namespace not in self.namespaces:
            return False
        return not self.resources or any(
            r.matches(info.api_group, info.resource, info.subresource, info.name) for r in self.resources
        )


class Policy(_Document):
    """An audit.k8s.io/v1 Policy."""

    api_version: str = "audit.k8s.io/v1"
    kind: str = "Policy"
    rules: tuple[Rule, ...] = ()
    omit_stages: tuple[Stage, ...] = ()
    omit_managed_fields: bool = False

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a YAML file; ValueError in one line."""
        try:
            return cls.model_validate(serializer.yaml_loads(path.read_bytes()))
        except (ValidationError, yaml.YAMLError) as e:
            raise ValueError(f"loading audit policy file: {path}: {e}") from None

    def judge(self, user: User, request: Request) -> tuple[Level, frozenset[str], bool]:
        """Level, stages to leave out, and whether managedFields are left out; nobody's rule means level None."""
        for rule in self.rules:
            if rule.matches(user, request):
                omit = self.omit_managed_fields if rule.omit_managed_fields is None else rule.omit_managed_fields
                return _capped(rule.level, request), frozenset({*self.omit_stages, *rule.omit_stages}), omit
        return "None", frozenset(self.omit_stages), self.omit_managed_fields


METADATA: Final = Policy.model_construct(rules=(Rule.model_construct(level="Metadata"),))
"""What is audited without a policy file."""


def _capped(level: Level, request: Request) -> Level:
    info = request.info
    if info is not None and info.resource_request and level in ("Request", "RequestResponse"):
        combined = f"{info.resource}/{info.subresource}" if info.subresource else info.resource
        if SECRET_BODIES & {combined, info.resource}:
            return "Metadata"
    return level


def _path_matches(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))


def without_managed_fields(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an object, or of a list's items, without metadata.managedFields."""
    found = dict(obj)
    if isinstance(found.get("metadata"), dict):
        found["metadata"] = {k: v for k, v in found["metadata"].items() if k != "managedFields"}
    items: Iterable[Any] | None = found.get("items")
    if isinstance(items, list):
        found["items"] = [without_managed_fields(i) if isinstance(i, dict) else i for i in items]
    return found
