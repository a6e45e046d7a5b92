"""Every object that a real API server answered with is already in its served form."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apimachinery.decode import codec
from apimachinery.gvk import GroupVersion, GroupVersionKind

REFERENCE = Path(os.environ.get("MOCKUBE_REFERENCE", Path(__file__).parents[4] / "shared" / "reference"))
ANSWERS = sorted((REFERENCE / "answers").glob("*.json"))
MICRO_TIMES = ("acquireTime", "eventTime", "renewTime")

pytestmark = pytest.mark.reference


def _objects(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        api_version, kind = value.get("apiVersion"), value.get("kind")
        if isinstance(api_version, str) and isinstance(kind, str):
            gvk = GroupVersionKind(*GroupVersion.parse(api_version), kind)
            if gvk in codec().definitions.kinds:
                yield codec().definitions.for_gvk(gvk), value
                return
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from _objects(child)


def _with_times(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _with_times(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_with_times(v, key) for v in value]
    if value == "<time>":
        return "2026-01-02T03:04:05.000000Z" if key in MICRO_TIMES else "2026-01-02T03:04:05Z"
    return value


@pytest.mark.parametrize("path", ANSWERS, ids=lambda p: p.stem)
def test_served_objects_are_stable(path: Path) -> None:
    for definition, recorded in _objects(json.loads(path.read_bytes())):
        served = _with_times(recorded)
        assert codec().roundtrip(copy.deepcopy(served), definition) == served
