"""One server for all requests of a module; what a request stores it names for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from apimachinery.objects import Object
from tests.support.api import InProcess, in_process


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InProcess]:
    async with in_process(tmp_path_factory.mktemp("api")) as server:
        account: Object = {"metadata": {"name": "default"}, "automountServiceAccountToken": False}
        await server.create("/api/v1/namespaces/default/serviceaccounts", account)
        yield server
