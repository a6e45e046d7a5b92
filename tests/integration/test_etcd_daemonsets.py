"""The DaemonSet scenarios once more, on a server that keeps its state in etcd."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration import test_daemonset_deletion, test_daemonset_placement, test_daemonset_pods
from tests.integration import test_daemonset_rollout as rollout
from tests.support.api import ServerProcess
from tests.support.etcd import Etcd

pytestmark = [pytest.mark.etcd, pytest.mark.slow]

for _module in (rollout, test_daemonset_placement, test_daemonset_pods, test_daemonset_deletion):
    for _name, _test in vars(_module).items():
        if _name.startswith("test_") and callable(_test):
            globals()[_name] = _test


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """An API server on an etcd of its own, in place of the one on memory."""
    folder = tmp_path_factory.mktemp("on-etcd")
    etcd = Etcd(folder)
    try:
        etcd.start()
        arguments = ["--store=etcd", f"--etcd-servers={etcd.endpoint}"]
        with ServerProcess(folder / "server", arguments) as process:
            yield process
    finally:
        etcd.kill()
