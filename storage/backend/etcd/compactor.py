"""Compacts etcd every few minutes, one server at a time. Models apiserver/pkg/storage/etcd3/compact.go.

The servers share one key whose version counts the rounds: who raises it from the version it knows compacts, at the
revision that was current one interval before. Its value tells a new server how far back the history reaches.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aetcd import rpc

from apimachinery.clock import Clock
from storage.backend.etcd.client import ATTEMPT_TIMEOUT, Connection, EtcdClient, Metadata
from storage.backend.etcd.faults import RpcError
from storage.errors import StorageError

_log = logging.getLogger(__name__)

COMPACT_REV_KEY: Final = b"compact_rev_key"
INTERVAL: Final = 300.0


class Compactor:
    """Keeps one to two intervals of history; `compact` is called with the revision to compact at."""

    def __init__(
        self,
        client: EtcdClient,
        clock: Clock,
        compact: Callable[[int], Awaitable[None]],
        *,
        interval: float = INTERVAL,
        key: bytes = COMPACT_REV_KEY,
    ) -> None:
        self._client = client
        self._clock = clock
        self._compact = compact
        self._interval = interval
        self._key = key
        self._round = 0
        self._revision = 0

    async def oldest(self) -> int:
        """The revision of the last compaction; what is current now, in a store that was never compacted."""
        found, revision = await self._read()
        if found is None:
            _, revision = await self._claim(0, revision)
            found, _ = await self._read()
        if found is None:
            return revision
        self._round, self._revision = found.version, revision
        try:
            return min(int(found.value), revision)
        except ValueError:
            return revision

    async def run(self) -> None:
        """Compact until cancelled."""
        while True:
            await self._clock.sleep(self._interval)
            try:
                await self.turn()
            except (StorageError, RpcError) as e:
                _log.warning("compacting etcd: %s", e)

    async def turn(self) -> bool:
        """One round: whether it was this server's to compact."""
        wanted = self._revision
        won, current = await self._claim(self._round, wanted)
        self._revision = current
        if not won:
            found, _ = await self._read()
            self._round = found.version if found is not None else 0
            return False
        self._round += 1
        if wanted:
            await self._compact(wanted)
        return True

    async def _claim(self, number: int, revision: int) -> tuple[bool, int]:
        """Raise the round from `number`, noting the revision; whether it was so, and etcd's revision."""
        request = rpc.TxnRequest(
            compare=[rpc.Compare(result=rpc.Compare.EQUAL, target=rpc.Compare.VERSION, key=self._key, version=number)],
            success=[rpc.RequestOp(request_put=rpc.PutRequest(key=self._key, value=str(revision).encode()))],
        )

        async def claim(connection: Connection, metadata: Metadata) -> Any:
            return await connection.kv.Txn(request, timeout=ATTEMPT_TIMEOUT, metadata=metadata)

        answer = await self._client.call(claim, write=True)
        return answer.succeeded, answer.header.revision

    async def _read(self) -> tuple[Any, int]:
        async def read(connection: Connection, metadata: Metadata) -> Any:
            request = rpc.RangeRequest(key=self._key)
            return await connection.kv.Range(request, timeout=ATTEMPT_TIMEOUT, metadata=metadata)

        answer = await self._client.call(read)
        return (answer.kvs[0] if answer.kvs else None), answer.header.revision
