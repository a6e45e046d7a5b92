"""Every example runs as it stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

EXAMPLES = sorted((REPOSITORY / "examples").glob("*.py"))
PRINTED = {
    "node_failure": (
        "node-2: Ready is Unknown: Kubelet stopped posting node status.\n"
        "  taint node.kubernetes.io/unreachable:NoSchedule\n"
        "  taint node.kubernetes.io/unreachable:NoExecute\n"
    )
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, cwd=REPOSITORY, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, PRINTED[path.stem]), done.stderr
