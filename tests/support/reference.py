"""Recorded answers of a real API server, where they are at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.support.api import ADMIN_TOKEN, ROOT, ServerProcess

REFERENCE = Path(os.environ.get("MOCKUBE_REFERENCE") or ROOT.parent / "shared" / "reference")

KNOWN: Final = {
    "discovery/openapi-v3-index": "hashes of documents with enumerations, whose prose is not carried over; the "
    "scenario leaves hashes out, but for names without a dot only",
    "access/rules": "the recording server grants /.well-known, which Kubernetes' own policy does not",
    "access/cluster-roles": "UIDs are numbered with two roles that were taken out of the recording",
    "access/view-role": "UIDs are numbered with two roles that were taken out of the recording",
}
"""Steps that differ, and why; a step that comes to agree has to leave this list."""

TIMED: Final = frozenset({"lists-and-watches"})
"""Scenarios that need time to pass; in the others it stands still, since managedFields are sorted by the second."""


def available() -> bool:
    """Whether the recorded answers and their player are there."""
    return (REFERENCE / "transcript.py").is_file()


def scenarios() -> list[str]:
    """The names of all recorded scenarios."""
    return sorted(p.stem for p in (REFERENCE / "scenarios").glob("*.yaml")) if available() else []


def known(scenario: str) -> set[str]:
    """The steps of a scenario that differ for a reason."""
    return {step for step in KNOWN if step.startswith(f"{scenario}/")}


def differences(server: ServerProcess, scenario: str, report: Path) -> dict[str, list[str]]:
    """What a fresh server answers otherwise, by step."""
    if scenario not in TIMED:
        paused = server.request("POST", "/mockube/v1/clock/pause")
        assert paused.status == 200, paused
    command = [sys.executable, str(REFERENCE / "transcript.py"), "compare"]
    command += [f"--server={server.url}", f"--token={ADMIN_TOKEN}", f"--reference={REFERENCE / 'answers'}"]
    command += [f"--json={report}", str(REFERENCE / "scenarios" / f"{scenario}.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert report.is_file(), done.stdout + done.stderr
    found: dict[str, list[str]] = json.loads(report.read_text())
    return found
