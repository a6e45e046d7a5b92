"""Fixtures of the storage tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.etcd import Etcd

pytest.register_assert_rewrite("tests.support.storage_suite")


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    """A real etcd that the tests of this process share, each below a prefix of its own."""
    member = Etcd(Path(tmp_path_factory.mktemp("etcd")))
    try:
        yield member.start()
    finally:
        member.kill()
