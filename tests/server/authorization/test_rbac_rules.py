"""What a policy rule allows."""

from __future__ import annotations

from typing import Any

import pytest

from server.authentication.interfaces import User
from server.authorization.interfaces import Attributes
from server.authorization.rbac_rules import Rule, path_matches

JANE = User("jane")


def rule(verbs: str, groups: str = "", resources: str = "", names: str = "", paths: str = "") -> Rule:
    source: dict[str, Any] = {"verbs": verbs.split(), "resources": resources.split(), "resourceNames": names.split()}
    source["apiGroups"] = [""] if not groups else groups.split()
    source["nonResourceURLs"] = paths.split()
    return Rule.read(source)


@pytest.mark.parametrize(
    ("given", "asked", "allowed"),
    [
        (rule("get", resources="pods"), Attributes(JANE, "get", resource="pods"), True),
        (rule("get", resources="pods"), Attributes(JANE, "list", resource="pods"), False),
        (rule("*", resources="pods"), Attributes(JANE, "anything", resource="pods"), True),
        (rule("get", resources="pods"), Attributes(JANE, "get", api_group="apps", resource="pods"), False),
        (rule("get", "*", "pods"), Attributes(JANE, "get", api_group="apps", resource="pods"), True),
        (rule("get", resources="pods"), Attributes(JANE, "get", resource="pods", subresource="log"), False),
        (rule("get", resources="pods/log"), Attributes(JANE, "get", resource="pods", subresource="log"), True),
        (rule("get", resources="pods/log"), Attributes(JANE, "get", resource="pods"), False),
        (rule("get", "*", "*/scale"), Attributes(JANE, "get", resource="x", subresource="scale"), True),
        (rule("get", "*", "*/scale"), Attributes(JANE, "get", resource="x", subresource="status"), False),
        (rule("get", "*", "pods/*"), Attributes(JANE, "get", resource="pods", subresource="log"), False),
        (rule("get", "*", "*"), Attributes(JANE, "get", resource="x", subresource="y"), True),
        (rule("get", resources="pods", names="a b"), Attributes(JANE, "get", resource="pods", name="a"), True),
        (rule("get", resources="pods", names="a b"), Attributes(JANE, "get", resource="pods", name="c"), False),
        (rule("list", resources="pods", names="a"), Attributes(JANE, "list", resource="pods"), False),
        (rule("get", paths="/metrics"), Attributes(JANE, "get", resource_request=False, path="/metrics"), True),
        (rule("get", paths="/metrics"), Attributes(JANE, "get", resource_request=False, path="/metrics/x"), False),
        (rule("get", paths="/healthz/*"), Attributes(JANE, "get", resource_request=False, path="/healthz/x"), True),
        (rule("get", "*", "*"), Attributes(JANE, "get", resource_request=False, path="/metrics"), False),
    ],
)
def test_a_rule_allows_what_it_says(given: Rule, asked: Attributes, allowed: bool) -> None:
    assert given.allows(asked) is allowed


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [("*", "/x", True), ("/a*", "/abc", True), ("/a/*", "/a", False), ("/a", "/a", True), ("/a", "/a/", False)],
)
def test_paths_match_exactly_or_by_prefix(pattern: str, path: str, matches: bool) -> None:
    assert path_matches(pattern, path) is matches


def test_null_lists_are_empty() -> None:
    found = Rule.read({"verbs": None, "resources": None})
    assert not found.allows(Attributes(JANE, "get", resource="pods"))
    assert found.to_object() == {}
