"""Our documents against those of a real API server."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from apimachinery import serializer
from apimachinery.clock import ManualClock
from server.openapi.builder import Builder
from server.openapi.service import OpenAPIService
from server.registry import builtin
from server.registry.config import RegistryConfig
from server.registry.rest import Resource
from tests.support.reference import REFERENCE

DOCUMENTS = REFERENCE / "openapi"

pytestmark = [
    pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="no recorded documents here"),
    pytest.mark.reference,
]
Difference = tuple[str, Any, Any]


@cache
def resources() -> tuple[Resource, ...]:
    return tuple(builtin.resources(RegistryConfig()))


@cache
def ours(name: str) -> Any:
    builder = Builder((1, 36))
    tree = builder.v2(resources()) if name == "v2" else builder.v3(resources())[name]
    return serializer.loads(serializer.dumps(tree))


def recorded(name: str) -> Any:
    return serializer.loads(gzip.decompress((DOCUMENTS / f"{name}.json.gz").read_bytes()))


def differences(mine: Any, theirs: Any, path: str = "") -> Iterator[Difference]:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in sorted(mine.keys() | theirs.keys()):
            yield from differences(mine.get(key, "(absent)"), theirs.get(key, "(absent)"), f"{path}/{key}")
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for index, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            yield from differences(a, b, f"{path}/{index}")
    elif mine != theirs:
        yield path, mine, theirs


def is_known(difference: Difference) -> bool:
    path, mine, theirs = difference
    if not path.endswith("/description"):
        return False
    if path.endswith(("resource.Quantity/description", "intstr.IntOrString/description")):
        return True
    start, _, values = str(mine).partition("\n\nPossible enum values:\n")
    listed = [line.partition("`")[2].partition("`")[0] for line in str(theirs).splitlines() if line.startswith(" - `")]
    ours_listed = [line.strip(" -`") for line in values.splitlines()]
    return bool(values) and str(theirs).startswith(start) and set(ours_listed) <= set(listed)


@pytest.mark.parametrize(("name", "document"), [("v2", "v2"), ("v3-apps-v1", "apis/apps/v1"), ("v3-core-v1", "api/v1")])
def test_documents_differ_in_prose_only(name: str, document: str) -> None:
    found = [d for d in differences(ours(document), recorded(name)) if not is_known(d)]
    assert found == []


def test_index_names_the_same_documents() -> None:
    index = serializer.loads((DOCUMENTS / "v3-index.json").read_bytes())
    assert sorted(Builder((1, 36)).v3(resources())) == sorted(index["paths"])


PROSE = ("Possible enum values", "resource.Quantity", "intstr.IntOrString")
"""What stands in a document whose prose is not carried over in full."""


async def test_other_documents_are_the_same_to_the_byte() -> None:
    index = serializer.loads((DOCUMENTS / "v3-index.json").read_bytes())["paths"]
    service = OpenAPIService(resources, lambda: 1, version=(1, 36), clock=ManualClock())
    mine = serializer.loads((await service.v3_index()).body)["paths"]
    documents = {name: await service.v3(name) for name in index}
    whole = [n for n, d in documents.items() if d is not None and not any(p.encode() in d.body for p in PROSE)]
    assert len(whole) == 34
    assert {name: mine[name] for name in whole} == {name: index[name] for name in whole}
