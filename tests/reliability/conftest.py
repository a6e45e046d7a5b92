"""Several API servers over one etcd."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import ServerProcess
from tests.support.etcd import Etcd


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    """A real etcd for the module."""
    member = Etcd(Path(tmp_path_factory.mktemp("etcd")))
    try:
        yield member.start()
    finally:
        member.kill()


@pytest.fixture(scope="module")
def servers(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServerProcess]]:
    """Two API servers over it that share their keys."""
    folder = Path(tmp_path_factory.mktemp("servers"))
    arguments = ["--store=etcd", f"--etcd-servers={etcd.endpoint}"]
    for path in (folder / "one" / "pki", folder / "two"):
        path.mkdir(parents=True)
    (folder / "two" / "pki").symlink_to(folder / "one" / "pki")
    with ServerProcess(folder / "one", arguments) as one, ServerProcess(folder / "two", arguments) as two:
        yield [one, two]
