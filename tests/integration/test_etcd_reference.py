"""The recorded answers of a real API server, asked of a server on etcd: the store makes no difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import reference
from tests.support.api import server_process
from tests.support.etcd import Etcd

pytestmark = [
    pytest.mark.etcd,
    pytest.mark.reference,
    pytest.mark.skipif(not reference.available(), reason="the recorded answers are not here"),
]


@pytest.mark.parametrize("scenario", reference.scenarios())
def test_answers_are_those_of_a_real_server(scenario: str, tmp_path: Path) -> None:
    etcd = Etcd(tmp_path)
    try:
        etcd.start()
        with server_process(
            tmp_path / "server", "--store=etcd", f"--etcd-servers={etcd.endpoint}", "--authorization-mode=RBAC"
        ) as server:
            found = reference.differences(server, scenario, tmp_path / "report.json")
    finally:
        etcd.kill()
    assert found.keys() == reference.known(scenario), found
