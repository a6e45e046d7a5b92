"""What the manager says of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controllers.manager import Manager
from controllers.options import ManagerOptions
from tests.support.api import ServerProcess


def manager(kubeconfig: Path, *, leader_elect: bool) -> Manager:
    options = ManagerOptions(kubeconfig=str(kubeconfig), leader_elect=leader_elect, secure_port=0)
    return Manager(options, {}, descriptors=())


@pytest.mark.parametrize("leader_elect", [True, False])
def test_before_it_begins_only_who_waits_for_the_lease_is_ready(leader_elect: bool) -> None:
    assert manager(Path("nowhere"), leader_elect=leader_elect).ready is leader_elect


@pytest.mark.slow
async def test_it_is_ready_once_its_controllers_stand(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        made = manager(server.kubeconfig, leader_elect=False)
        running = asyncio.ensure_future(made.run())
        async with asyncio.timeout(60):
            while not made.ready:  # noqa: ASYNC110 - a manager tells nobody that it is ready
                await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
