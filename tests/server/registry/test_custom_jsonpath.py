"""JSONPaths of printer columns."""

from __future__ import annotations

import re
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
        (r".metadata.labels['a\.b/c']", ["x"]),
        (".metadata.labels['a.b/c']", []),
        ("..name", ["a", "b"]),
        (".spec.n[0,2]", [1, 3]),
        (".spec.items[*]['name','v']", ["a", "b", 1, 2]),
        (".spec.n[::2]", [1, 3]),
        (".spec.n[-2:]", [2, 3]),
        (".spec.n[2:2]", []),
        (".spec.n[3]", []),
        (".spec.n[0:9]", []),
        (".spec.n[2:1]", []),
        (".spec.n[0:3:0]", []),
        (".spec[*]", []),
        (".status.*[0].type", ["Ready"]),
        (".status.*.type", []),
        (".spec.n[0]x", []),
        (".", []),
        (".spec.", []),
        (".spec .n", [[1, 2, 3]]),
        (".spec.n}.spec", [[1, 2, 3]]),
        (".spec.n[?(@>=2)]", [2, 3]),
        (".spec.n[?( @ < 2 )]", [1]),
        (".spec.n[?(2<@)]", [3]),
        (".spec.n[?(@=2)]", []),
        (".spec.n[?(@>1.5)]", []),
        (".spec.items[?(@.v!=1)].name", ["b"]),
        (".spec.items[?(@.v<=@.v)].name", ["a", "b"]),
        (".spec.items[?(@.name>'a')].v", [2]),
        (".spec.items[?(@.name==1)].v", []),
        (".spec.items[?(@.name==')')].v", []),
        (".spec[?(@.n)]", []),
        ('.spec.items[?(@.name in "a")].v', [1, 2]),
        (".spec.items[?(@.flag==true)]", []),
        (".spec.missing.deeper", []),
        (".spec.n.name", []),
    ],
)
def test_paths(path: str, found: list[Any]) -> None:
    assert JSONPath(path).find(OBJ) == found


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (".spec[", "unterminated array"),
        (".spec[?(@.a", "unterminated filter"),
        (".spec[?(@.a)", "unclosed array expect ]"),
        ('.spec["a"]', "invalid array index"),
        (".spec[a]", "invalid array index"),
        ("....a", "invalid multiple recursive descent"),
        (".a-#", None),
        (".a[0]#", "unrecognized character"),
    ],
)
def test_what_cannot_be_read(path: str, problem: str | None) -> None:
    if problem is None:
        assert JSONPath(path).find(OBJ) == []
        return
    with pytest.raises(ValueError, match=re.escape(problem)):
        JSONPath(path)
