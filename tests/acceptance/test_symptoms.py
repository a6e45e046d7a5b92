"""What trouble looks like to kubectl: replays the sessions of docs/symptoms.md."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.support.kubectl import Kubectl
from tests.support.live import Api
from tests.support.machine import ClusterTime
from tests.support.recording import Session, replay

pytestmark = pytest.mark.kubectl

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "symptoms.md"


def test_each_symptom_shows_as_documented(api: Api, kubectl: Kubectl, tmp_path: Path) -> None:
    folder = tmp_path / "session"
    folder.mkdir()
    api.until("/api/v1/namespaces/default/serviceaccounts", bool)
    clock = ClusterTime(api)
    replay(DOCUMENT, Session(kubectl, folder), hold=lambda held: clock.run_at(0.0 if held else 1.0))
