"""JSONPaths of printer columns."""

from __future__ import annotations

from typing import Any

import pytest

from server.registry.custom_jsonpath import JSONPath

OBJ: dict[str, Any] = {
    "metadata": {"labels": {"a.b/c": "x"}},
    "spec": {"n": [1, 2, 3], "items": [{"name": "a", "v": 1}, {"name": "b", "v": 2}]},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.n", [[1, 2, 3]]),
        ("{.spec.n[0]}", [1]),
        (".spec.n[-1]", [3]),
        (".spec.n[*]", [1, 2, 3]),
        (".spec.n[1:]", [2, 3]),
        (".spec.items[*].name", ["a", "b"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[?(@.type=='Ready')].status", ["True"]),
        (".status.conditions[?(@.missing)].status", []),
        (".spec.items[?(@.v>1)].name", ["b"]),
        (r".metadata.labels.a\.b/c", ["x"]),
        (".metadata.labels['a.b/c']", ["x"]),
        ("..name", ["a", "b"]),
        (".spec.missing.deeper", []),
        (".spec.n.name", []),
    ],
)
def test_paths(path: str, found: list[Any]) -> None:
    assert JSONPath(path).find(OBJ) == found


@pytest.mark.parametrize("path", [".spec[", ".spec[?(", "$$"])
def test_what_cannot_be_read(path: str) -> None:
    with pytest.raises(ValueError, match="unrecognized character"):
        JSONPath(path)
