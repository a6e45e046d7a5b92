"""Starts the controllers of this process. Models cmd/kube-controller-manager/app/controllermanager.go."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from apimachinery.clock import Clock
from apimachinery.clusterclock import ClusterClock
from apimachinery.names import NameGenerator
from controllers import (
    certificates,
    clusterroleaggregation,
    cronjob,
    daemon,
    deployment,
    disruption,
    endpoints,
    endpointslice,
    garbagecollector,
    job,
    namespace,
    nodeipam,
    nodelifecycle,
    podgc,
    replicaset,
    resourcequota,
    serviceaccount,
    simulated,
    statefulset,
    tainteviction,
    ttlafterfinished,
    volumeprotection,
)
from controllers.health import HealthServer
from controllers.options import ManagerOptions, enabled
from controllers.runtime.client import Client
from controllers.runtime.clock_follower import ClockFollower
from controllers.runtime.context import ControllerContext, ControllerDescriptor
from controllers.runtime.controller import Runnable
from controllers.runtime.discovery import server_version
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.event_recorder import EventBroadcaster
from controllers.runtime.informer import InformerFactory
from controllers.runtime.kubeconfig import load_kubeconfig
from controllers.runtime.leader_election import LeaderElectionOptions, LeaderElector
from controllers.runtime.lockstep import Lockstep
from controllers.runtime.metrics import Registry

DESCRIPTORS: Final[tuple[ControllerDescriptor, ...]] = (
    daemon.DESCRIPTOR,
    deployment.DESCRIPTOR,
    *replicaset.DESCRIPTORS,
    statefulset.DESCRIPTOR,
    job.DESCRIPTOR,
    cronjob.DESCRIPTOR,
    garbagecollector.DESCRIPTOR,
    namespace.DESCRIPTOR,
    *serviceaccount.DESCRIPTORS,
    nodelifecycle.DESCRIPTOR,
    tainteviction.DESCRIPTOR,
    podgc.DESCRIPTOR,
    nodeipam.DESCRIPTOR,
    endpoints.DESCRIPTOR,
    *endpointslice.DESCRIPTORS,
    disruption.DESCRIPTOR,
    resourcequota.DESCRIPTOR,
    clusterroleaggregation.DESCRIPTOR,
    *certificates.DESCRIPTORS,
    ttlafterfinished.DESCRIPTOR,
    *volumeprotection.DESCRIPTORS,
    *simulated.DESCRIPTORS,
)

log = logging.getLogger(__name__)


class ControllerFailed(Exception):
    """A controller met an error that is not the cluster's; the process ends."""


class Manager:
    """Runs the chosen controllers over one client, one set of caches and one clock."""

    def __init__(
        self,
        options: ManagerOptions,
        flags: dict[str, Any],
        *,
        descriptors: Sequence[ControllerDescriptor] = DESCRIPTORS,
        clock: Clock | None = None,
    ) -> None:
        self._options = options
        self._flags = flags
        self._descriptors = enabled(options.controllers, descriptors)
        self._clock = clock or ClusterClock()
        self._metrics = Registry()
        self._leading = not options.leader_elect
        self._informers: InformerFactory | None = None

    @property
    def ready(self) -> bool:
        """Whether every controller has full caches to stand on; a manager that waits for the lease is ready too."""
        if not self._leading:
            return True
        return self._informers is not None and all(i.has_synced for i in self._informers.known())

    async def run(self) -> None:
        """Work until cancelled; raises ControllerFailed or LeadershipLost."""
        options = self._options
        config = load_kubeconfig(Path(options.kubeconfig), context=options.context, server=options.master)
        client = Client(
            config,
            qps=options.kube_api_qps,
            burst=options.kube_api_burst,
            metrics=self._metrics,
            lockstep=Lockstep(wanted=options.seed >= 0 and isinstance(self._clock, ClusterClock)),
        )
        health = HealthServer(self._metrics, lambda: self.ready)
        try:
            if options.secure_port:
                await health.start(
                    options.bind_address, options.secure_port, options.tls_cert_file, options.tls_private_key_file
                )
            async with client:
                await self._lead(client)
        finally:
            await health.stop()

    async def _lead(self, client: Client) -> None:
        options = self._options
        events = EventBroadcaster(client, self._clock)

        async def work() -> None:
            await self._work(client, events)

        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(events.run(), name="events")
            if options.leader_elect:
                names = NameGenerator()
                lease = LeaderElectionOptions(
                    identity=f"{socket.gethostname()}_{names.uid()}",
                    name=options.leader_elect_resource_name,
                    namespace=options.leader_elect_resource_namespace,
                    lease_duration=options.leader_elect_lease_duration,
                    renew_deadline=options.leader_elect_renew_deadline,
                    retry_period=options.leader_elect_retry_period,
                )
                recorder = events.recorder(lease.identity.partition("_")[0])
                urgent = client.urgent(timeout=lease.renew_deadline / 2)
                await LeaderElector(urgent, lease, recorder=recorder, metrics=self._metrics).run(work)
            else:
                await work()
            sending.cancel()

    async def _work(self, client: Client, events: EventBroadcaster) -> None:
        self._leading = True
        informers = InformerFactory(client)
        follower = await self._follower(client, informers)
        version = await _version(client)
        context = ControllerContext(
            client=client,
            informers=informers,
            events=events,
            clock=self._clock,
            names=NameGenerator(self._options.seed if self._options.seed >= 0 else None),
            metrics=self._metrics,
            flags=self._flags,
            version=version,
        )
        controllers = [(d.name, d.factory(context)) for d in self._descriptors]
        self._informers = informers
        log.info("starting %s", ", ".join(name for name, _ in controllers))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(informers.run(), name="informers")
            if follower is not None:
                tasks.create_task(follower.run(), name="clock")
            for name, controller in controllers:
                tasks.create_task(_run(name, controller), name=name)

    async def _follower(self, client: Client, informers: InformerFactory) -> ClockFollower | None:
        """Who keeps the clock on the cluster's time, which it shows from now on; None for a clock of one's own."""
        if not isinstance(self._clock, ClusterClock):
            return None
        identity = f"{socket.gethostname()}-{os.getpid()}"
        follower = ClockFollower(client, self._clock, informers, self._metrics, identity=identity)
        await follower.begin()
        return follower


async def _version(client: Client) -> tuple[int, int]:
    """The server's version, as soon as it says it."""
    while True:
        try:
            return await server_version(client)
        except RETRIABLE as error:
            log.warning("the server does not tell its version: %s", error)
            await client.clock.sleep(1.0)


async def _run(name: str, controller: Runnable) -> None:
    try:
        await controller.run()
    except Exception as error:
        raise ControllerFailed(f"{name}: {_first(error)!r}") from error


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
