"""One of several managers works, by a Lease. Models client-go/tools/leaderelection."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import Object
from apimachinery.timestamp import format_micro_time
from controllers.runtime.client import Client
from controllers.runtime.errors import TransportError
from controllers.runtime.event_recorder import EventRecorder
from controllers.runtime.metrics import Registry
from controllers.runtime.resources import LEASES

_JITTER: Final = 1.2

log = logging.getLogger(__name__)


class LeadershipLost(Exception):
    """The lease could not be renewed in time: stop at once, somebody else may be working."""


@dataclass(frozen=True, slots=True)
class LeaderElectionOptions:
    """Whose lease, and its times in seconds."""

    identity: str
    name: str = "kube-controller-manager"
    namespace: str = "kube-system"
    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0


class LeaderElector:
    """Runs the work only while it holds the lease; gives the lease up when the work ends."""

    def __init__(
        self,
        client: Client,
        options: LeaderElectionOptions,
        *,
        recorder: EventRecorder | None = None,
        metrics: Registry | None = None,
    ) -> None:
        self._client = client
        self._clock = client.clock
        self._options = options
        self._recorder = recorder
        self._metrics = metrics or Registry()
        self._record: Object = {}
        self._observed_at = 0.0
        self._lease: Object | None = None

    @property
    def is_leader(self) -> bool:
        """Whether the last record seen names us."""
        return bool(self._record) and self._record.get("holderIdentity") == self._options.identity

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, then work until the work ends, it is cancelled, or the lease is lost (LeadershipLost)."""
        await self._acquire()
        self._metrics.leader.set(1, self._options.name)
        try:
            async with asyncio.TaskGroup() as tasks:
                renewing = tasks.create_task(self._renew(), name="leader-election")
                await work()
                renewing.cancel()
        finally:
            self._metrics.leader.set(0, self._options.name)
            await self._release()

    async def _acquire(self) -> None:
        options = self._options
        log.info("attempting to acquire leader lease %s/%s...", options.namespace, options.name)
        while not await self._try_acquire_or_renew():
            await self._clock.sleep(options.retry_period * (1 + random.random() * _JITTER))
        log.info("successfully acquired lease %s/%s", options.namespace, options.name)
        if self._recorder is not None and self._lease is not None:
            self._recorder.event(self._lease, "Normal", "LeaderElection", f"{options.identity} became leader")

    async def _renew(self) -> None:
        options = self._options
        renewed = self._clock.monotonic()
        while True:
            await self._clock.sleep(options.retry_period)
            remaining = options.renew_deadline - (self._clock.monotonic() - renewed)
            try:
                async with asyncio.timeout(max(remaining, 0)):
                    if await self._try_acquire_or_renew():
                        renewed = self._clock.monotonic()
                        continue
            except TimeoutError:
                pass
            if self._clock.monotonic() - renewed >= options.renew_deadline:
                raise LeadershipLost(
                    f"failed to renew lease {options.namespace}/{options.name}: context deadline exceeded"
                )

    async def _try_acquire_or_renew(self) -> bool:
        try:
            return await self._attempt()
        except (errors.StatusError, TransportError) as error:
            log.info("error retrieving or writing lease %s/%s: %s", self._options.namespace, self._options.name, error)
            return False

    async def _attempt(self) -> bool:
        options = self._options
        stamp = format_micro_time(self._clock.now())
        record: Object = {
            "holderIdentity": options.identity,
            "leaseDurationSeconds": int(options.lease_duration),
            "acquireTime": stamp,
            "renewTime": stamp,
            "leaseTransitions": 0,
        }
        try:
            lease = await self._client.get(LEASES, options.name, namespace=options.namespace)
        except errors.NotFound:
            body: Object = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": options.name, "namespace": options.namespace},
                "spec": record,
            }
            self._observe(await self._client.create(LEASES, body, namespace=options.namespace))
            return True
        current = lease.get("spec") or {}
        if current != self._record:
            self._observe(lease)
        holder = current.get("holderIdentity") or ""
        held_until = self._observed_at + float(current.get("leaseDurationSeconds") or 0)
        if holder and holder != options.identity and held_until > self._clock.monotonic():
            return False
        if holder == options.identity:
            record["acquireTime"] = current.get("acquireTime")
            record["leaseTransitions"] = current.get("leaseTransitions") or 0
        else:
            record["leaseTransitions"] = (current.get("leaseTransitions") or 0) + 1
        lease["spec"] = {**current, **record}
        self._observe(await self._client.update(LEASES, lease))
        return True

    def _observe(self, lease: Object) -> None:
        self._lease = lease
        self._record = lease.get("spec") or {}
        self._observed_at = self._clock.monotonic()

    async def _release(self) -> None:
        if not self.is_leader or self._lease is None:
            return
        stamp = format_micro_time(self._clock.now())
        lease = self._lease
        lease["spec"] = {
            "holderIdentity": "",
            "leaseDurationSeconds": 1,
            "acquireTime": stamp,
            "renewTime": stamp,
            "leaseTransitions": lease["spec"].get("leaseTransitions", 0),
        }
        self._record = {}
        try:
            async with asyncio.timeout(self._options.retry_period):
                await self._client.update(LEASES, lease)
        except (errors.StatusError, TransportError, TimeoutError) as error:
            log.info("could not release lease %s: %s", meta.key(lease), error)
