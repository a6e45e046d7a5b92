"""Where the recorded answers of a real API server are, when they are here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
REFERENCE = Path(os.environ.get("MOCKUBE_REFERENCE", ROOT.parent / "shared" / "reference"))
needs_reference = pytest.mark.skipif(not (REFERENCE / "answers").is_dir(), reason="no recorded answers here")
