"""The crash test, short; docs/reliability.md has the long run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability import crash

pytestmark = [pytest.mark.etcd, pytest.mark.slow]


async def test_nothing_is_lost_when_processes_are_killed(tmp_path: Path) -> None:
    report, held = await crash.run(tmp_path, kills=6, seed=3, fsync=False)
    assert held, report
