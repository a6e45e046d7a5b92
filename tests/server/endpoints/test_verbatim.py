"""The data of a ControllerRevision, which is its client's text: runtime.RawExtension keeps what it was given."""

from __future__ import annotations

import pytest

from apimachinery import serializer
from tests.support.api import InProcess

PATH = "/apis/apps/v1/namespaces/default/controllerrevisions"
REFUSED = 'ControllerRevision.apps "r" is invalid: data: Invalid value: {}: field is immutable'
MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
JSON = {"Content-Type": "application/json-patch+json"}
LABEL = {"metadata": {"labels": {"a": "b"}}}
ADD_LABELS = [{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]


def revision(data: str) -> bytes:
    head = '{"kind":"ControllerRevision","apiVersion":"apps/v1","metadata":{"name":"r"},"revision":1,"data":'
    return f"{head}{data}}}".encode()


async def test_it_is_read_as_any_json(api: InProcess) -> None:
    created = await api.request("POST", PATH, revision('{"b": 1,\n "a": "x y" }'))
    assert created.json()["data"] == {"b": 1, "a": "x y"}
    (listed,) = (await api.request("GET", PATH)).json()["items"]
    assert listed["data"] == {"b": 1, "a": "x y"}
    assert b"\n" not in (await api.request("GET", f"{PATH}/r")).body.rstrip()


@pytest.mark.parametrize(
    ("stored", "sent", "refused"),
    [
        ('{"b": 1}', '{"b": 1}', ""),
        ('{"b": 1}', '{"b":1}', '{"b":1}'),
        ('{"b":1}', '{"b": 1}', '{"b":1}'),
        ('{"b":1,"a":2}', '{"a":2,"b":1}', '{"a":2,"b":1}'),
        ('{"b":1e3}', '{"b":1e3}', ""),
        ('{"b":1e3}', '{"b":1000}', '{"b":1000}'),
    ],
)
async def test_an_update_must_write_it_in_the_same_way(api: InProcess, stored: str, sent: str, refused: str) -> None:
    await api.request("POST", PATH, revision(stored))
    answer = await api.request("PUT", f"{PATH}/r", revision(sent))
    assert answer.json().get("message", "") == (REFUSED.format(refused) if refused else "")


@pytest.mark.parametrize(
    ("stored", "content_type", "patch", "refused"),
    [
        ('{"b":1,"a":2}', MERGE, LABEL, ""),
        ('{"b":1,"a":2}', JSON, ADD_LABELS, ""),
        ('{"b": 1,"a":2}', MERGE, LABEL, '{"b":1,"a":2}'),
        ('{"b": 1,"a":2}', JSON, ADD_LABELS, '{"b":1,"a":2}'),
        ('{"b":1e3}', MERGE, LABEL, ""),
        ('{"b":"<"}', MERGE, LABEL, r'{"b":"\u003c"}'),
        ('{"b":1,"a":2}', STRATEGIC, LABEL, '{"a":2,"b":1}'),
        ('{"a":2,"b":1}', STRATEGIC, LABEL, ""),
    ],
)
async def test_a_patch_compacts_it_and_a_strategic_one_sorts_it(
    api: InProcess, stored: str, content_type: dict[str, str], patch: object, refused: str
) -> None:
    await api.request("POST", PATH, revision(stored))
    answer = await api.request("PATCH", f"{PATH}/r", serializer.dumps(patch), headers=content_type)
    assert answer.json().get("message", "") == (REFUSED.format(refused) if refused else "")
