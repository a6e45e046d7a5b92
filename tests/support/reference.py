"""Recorded answers of a real API server, where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.api import ROOT

REFERENCE = Path(os.environ.get("MOCKUBE_REFERENCE") or ROOT.parent / "shared" / "reference")


def available() -> bool:
    """Whether the recorded answers and their player are there."""
    return (REFERENCE / "transcript.py").is_file()


def scenarios() -> list[str]:
    """The names of all recorded scenarios."""
    return sorted(p.stem for p in (REFERENCE / "scenarios").glob("*.yaml")) if available() else []
