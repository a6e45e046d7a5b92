"""Brings events to the API server when it has time for them. Models client-go/tools/record/event.go.

Every event waits as the bytes that will be sent. Waiting is bounded twice: a kubelet is held to its own rate, as if it
sent for itself, and all together to what may be kept; what does not fit is dropped, and counted.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections import Counter
from typing import Final, NamedTuple

from apimachinery import errors, serializer
from apimachinery.clock import Clock, Timer
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object
from controllers.runtime.client import STRATEGIC_MERGE_PATCH, Client, object_path
from controllers.runtime.errors import TransportError
from controllers.runtime.event_correlator import LRU
from controllers.runtime.rate_limiter import TokenBucket
from controllers.runtime.resources import EVENTS_V1

HOST_QPS: Final = 50
HOST_BURST: Final = 100
HOST_QUEUED: Final = 1000
"""What a kubelet sends a second and at once, and how many more events it keeps: its own defaults."""
QUEUE_SIZE: Final = 16_384
REPORT_SECONDS: Final = 60.0
"""Events that were dropped are told of this often, in one line."""
_SENDERS: Final = 4
_PATIENCE_SECONDS: Final = 0.5
_TRIES: Final = 12
_RETRY_SECONDS: Final = 10.0

log = logging.getLogger(__name__)


class Source(NamedTuple):
    """Who speaks; `host` is a kubelet's node."""

    component: str
    host: str = ""


class _Sending(NamedTuple):
    resource: GroupVersionResource
    namespace: str
    name: str
    body: bytes
    patch: bytes | None


class EventSink:
    """Bounded queues of events and their senders, which wait until nothing more urgent is under way."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._hosts: LRU[TokenBucket] = LRU()
        self._queues: list[asyncio.Queue[_Sending]] = [asyncio.Queue(QUEUE_SIZE) for _ in range(_SENDERS)]
        self._dropped: Counter[str] = Counter()
        self._report: Timer | None = None

    def put(self, source: Source, resource: GroupVersionResource, event: Object, patch: Object | None) -> None:
        """Queue an event to create, or a patch of it to try first."""
        metadata = event["metadata"]
        queue = self._queues[zlib.crc32(f"{metadata['namespace']}/{_about(event)}".encode()) % _SENDERS]
        if queue.full() or not self._allowed(source):
            self._drop(source)
            return
        version = "events.k8s.io/v1" if resource is EVENTS_V1 else "v1"
        body = serializer.dumps({"apiVersion": version, "kind": "Event", **event})
        diff = serializer.dumps(patch) if patch is not None else None
        queue.put_nowait(_Sending(resource, metadata["namespace"], metadata["name"], body, diff))

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for n, queue in enumerate(self._queues):
                    tasks.create_task(self._send_all(queue), name=f"events-{n}")
        finally:
            if self._report is not None:
                self._report.cancel()
                self._tell()

    async def drain(self) -> None:
        """Return once everything queued so far was sent or given up."""
        for queue in self._queues:
            await queue.join()

    # what does not fit ----------------------------------------------------------------------------------------------

    def _allowed(self, source: Source) -> bool:
        """Whether a kubelet that sends on its own would have room for one more event."""
        if not source.host:
            return True
        bucket = self._hosts.get(source)
        if bucket is None:
            bucket = TokenBucket(self._clock, qps=HOST_QPS, burst=HOST_BURST + HOST_QUEUED)
        self._hosts.keep(source, bucket)
        return bucket.try_accept()

    def _drop(self, source: Source) -> None:
        self._dropped[source.component] += 1
        if self._report is None:
            self._report = self._client.clock.call_later(REPORT_SECONDS, self._tell)

    def _tell(self) -> None:
        counts = ", ".join(f"{count} of {component}" for component, count in sorted(self._dropped.items()))
        log.warning("too many events: %d were dropped within %g s (%s)", self._dropped.total(), REPORT_SECONDS, counts)
        self._dropped.clear()
        self._report = None

    # sending --------------------------------------------------------------------------------------------------------

    async def _send_all(self, queue: asyncio.Queue[_Sending]) -> None:
        while True:
            sending = await queue.get()
            await self._client.quiet(_PATIENCE_SECONDS)
            try:
                await self._send(sending)
            finally:
                queue.task_done()

    async def _send(self, sending: _Sending) -> None:
        for attempt in range(_TRIES):
            try:
                await self._write(sending)
                return
            except errors.StatusError as error:
                quiet = isinstance(error, errors.AlreadyExists) or error.has_cause("NamespaceTerminating")
                log.log(logging.DEBUG if quiet else logging.INFO, "event refused: %s", error)
                return
            except TransportError as error:
                log.debug("event not sent, attempt %d: %s", attempt + 1, error)
                await self._client.clock.sleep(_RETRY_SECONDS)

    async def _write(self, sending: _Sending) -> None:
        if sending.patch is not None:
            path = object_path(sending.resource, sending.namespace, sending.name)
            try:
                await self._client.request("PATCH", path, body=sending.patch, content_type=STRATEGIC_MERGE_PATCH)
                return
            except errors.NotFound:
                pass
        await self._client.request("POST", object_path(sending.resource, sending.namespace), body=sending.body)


def _about(event: Object) -> str:
    return str((event.get("involvedObject") or event.get("regarding") or {}).get("name"))
