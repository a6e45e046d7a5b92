"""Every recorded scenario against a fresh server: the same answers as a real API server's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import reference
from tests.support.api import ADMIN_TOKEN, server_process

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not reference.available(), reason="the recorded answers are not here"),
]
LATER = {"custom-resources"}


@pytest.mark.parametrize("scenario", [s for s in reference.scenarios() if s not in LATER])
def test_answers_are_those_of_a_real_server(scenario: str, tmp_path: Path) -> None:
    folder = reference.REFERENCE
    with server_process(tmp_path) as server:
        done = subprocess.run(
            [
                sys.executable,
                str(folder / "transcript.py"),
                "compare",
                f"--server={server.url}",
                f"--token={ADMIN_TOKEN}",
                f"--reference={folder / 'answers'}",
                str(folder / "scenarios" / f"{scenario}.yaml"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
