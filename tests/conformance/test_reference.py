"""Every recorded scenario against a fresh server: the same answers as a real API server's."""

from __future__ import annotations

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
