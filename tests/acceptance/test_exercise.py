"""The exercise of the second course, solved with kubectl alone: replays the session of docs/exercise.md."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.support.kubectl import Kubectl
from tests.support.live import Api
from tests.support.machine import ClusterTime
from tests.support.recording import Session, replay
from tests.support.seeds import NGINX_INGRESS

pytestmark = pytest.mark.kubectl

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "exercise.md"


def test_the_exercise_is_solved_as_documented(api: Api, kubectl: Kubectl, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "nginx-ingress.yaml").write_text(NGINX_INGRESS)
    api.until("/api/v1/namespaces/default/serviceaccounts", bool)
    clock = ClusterTime(api)
    with clock.speed(3):
        replay(DOCUMENT, Session(kubectl, folder), hold=lambda held: clock.run_at(0.0 if held else 3.0))
