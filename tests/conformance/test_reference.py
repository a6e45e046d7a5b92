"""Every recorded scenario against a fresh server: the same answers as a real API server's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support import reference
from tests.support.api import server_process

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not reference.available(), reason="the recorded answers are not here"),
]


@pytest.mark.parametrize("scenario", reference.scenarios())
def test_answers_are_those_of_a_real_server(scenario: str, tmp_path: Path) -> None:
    with server_process(tmp_path, "--authorization-mode=RBAC") as server:
        found = reference.differences(server, scenario, tmp_path / "report.json")
    assert found.keys() == reference.known(scenario), found


def test_what_differs_in_access_is_in_the_recording_alone() -> None:
    """Two roles were numbered and then taken out of the recorded list, so no server can answer with these numbers;
    the rule that only the recording has is one of theirs."""
    steps = {s["name"]: s for s in json.loads((reference.REFERENCE / "answers" / "access.json").read_text())}
    numbers = {int(n) for step in steps.values() for n in re.findall(r"<uid:(\d+)>", json.dumps(step["body"]))}
    assert len(set(range(1, max(numbers) + 1)) - numbers) == 2
    names = [i["metadata"]["name"] for i in steps["cluster-roles"]["body"]["items"]]
    numbered = [int(i["metadata"]["uid"][5:-1]) for i in steps["cluster-roles"]["body"]["items"]]
    gaps = [(names[i], names[i + 1]) for i in range(len(names) - 1) if numbered[i + 1] - numbered[i] == 2]
    assert gaps == [
        ("system:controller:service-account-controller", "system:controller:service-cidrs-controller"),
        ("system:node-proxier", "system:persistent-volume-provisioner"),
    ]
    granted = steps["rules"]["body"]["status"]["nonResourceRules"]
    assert {"nonResourceURLs": ["/.well-known", "/.well-known/*"], "verbs": ["get"]} in granted
