"""The composition root: storage → registry → admission → filters → one handler. Models pkg/controlplane/server.go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from apimachinery import decode, schema
from apimachinery.clock import Clock
from apimachinery.clusterclock import ClusterClock
from apimachinery.gvk import GroupResource
from apimachinery.names import NameGenerator
from apimachinery.objects import View
from server import access, bootstrap
from server.access import AccessControl
from server.admission.chain import AdmissionChain
from server.admission.interfaces import PluginContext
from server.admission.plugins.registration import build_plugins
from server.aggregation import AvailabilityController
from server.apiextensions.controller import CustomResourceDefinitions
from server.apiextensions.serving import CustomResources
from server.certificates import Authority, Pair
from server.endpoints.catalog import Catalog, Endpoint
from server.endpoints.discovery import Discovery
from server.endpoints.dispatch import Dispatcher
from server.endpoints.request import Handler
from server.endpoints.scope import Services
from server.fieldmanager.field_manager import FieldManager
from server.fieldmanager.types import Converter
from server.fieldmanager.versions import other_versions
from server.fieldmanager.zero import zero_object
from server.filters import chain
from server.filters.authorization import with_authorization
from server.filters.max_in_flight import with_max_in_flight
from server.filters.panic_recovery import with_panic_recovery
from server.filters.request_info import with_request_info
from server.filters.timeout import with_timeout
from server.filters.warnings import with_warnings
from server.loopback import LoopbackClient
from server.options import ServerOptions
from server.registry import builtin
from server.registry.config import RegistryConfig
from server.registry.registry import Registry
from server.registry.rest import Resource
from server.registry.store import Store
from server.routes import heartbeats, openapi, snapshot
from server.routes.checks import checks
from server.routes.control import PREFIX as CLOCK_PREFIX
from server.routes.control import ClockControl
from server.routes.healthz import Health
from server.routes.index import Index
from server.routes.metrics import Metrics
from server.routes.openid import CONFIGURATION_PATH, KEYS_PATH, OpenIdMetadata
from server.routes.router import Router
from server.routes.version import Version
from server.upstream import HttpUpstream
from storage.backend.etcd.config import EtcdConfig
from storage.errors import StorageError
from storage.factory import StorageFactory, open_backend
from storage.interfaces import Attributes

_log = logging.getLogger(__name__)
HEALTH_TIMEOUT: Final = 2.0
"""Seconds of real time within which the store must answer a health check."""


@dataclass(slots=True)
class ApiServer:
    """A server without its sockets: `start` it, call `handler`, `stop` it."""

    options: ServerOptions
    services: Services
    storage: StorageFactory
    control: AccessControl
    handler: Handler
    dispatcher: Handler
    url: str = ""
    """Where clients reach the API."""
    ready: bool = False
    draining: bool = False
    custom: CustomResourceDefinitions | None = None
    """Follows CustomResourceDefinitions, once started."""
    background: asyncio.Task[None] | None = None

    async def start(self, port: int) -> None:
        """Load what is stored and create what every cluster has; `port` is where the API will be reached."""
        self.url = self.url or f"https://{self.options.bind_address}:{port}"
        await self.storage.start()
        self.services.names.begin_at(await self.storage.backend.current_revision())
        self.custom = self._custom_resources()
        await self.custom.start()
        await bootstrap.run(self.services, LoopbackClient(self.dispatcher), self.options, port)
        if self.control.rbac is not None:
            await self.control.rbac.load()
        self.background = asyncio.create_task(self._run(), name="api-server")
        self.ready = True

    async def _run(self) -> None:
        """What goes on beside requests, until cancelled."""
        availability = AvailabilityController(self.services, LoopbackClient(self.dispatcher))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(availability.run(), name="apiservice-availability")
            if self.custom is not None:
                tasks.create_task(self.custom.run(), name="custom-resource-definitions")
            if self.control.rbac is not None:
                tasks.create_task(self.control.rbac.run(), name="rbac")

    def _custom_resources(self) -> CustomResourceDefinitions:
        services = self.services
        serving = CustomResources(
            services.catalog,
            services.registry,
            self.storage,
            services.definitions,
            clock=services.clock,
            names=services.names,
        )
        return CustomResourceDefinitions(services, serving, LoopbackClient(self.dispatcher))

    def drain(self) -> None:
        """Take no more work and end every watch."""
        self.draining = True
        for watch in list(self.services.watches):
            watch.stop()

    async def stop(self) -> None:
        """Let go of the storage."""
        self.drain()
        if self.background is not None:
            self.background.cancel()
            await asyncio.gather(self.background, return_exceptions=True)
        await self.storage.stop()
        if isinstance(self.services.upstream, HttpUpstream):
            await self.services.upstream.close()
        if self.control.audit_log is not None:
            self.control.audit_log.close()


def build(options: ServerOptions, *, clock: Clock | None = None) -> ApiServer:
    """The server of these options; ValueError for options that name something unknown."""
    clock = clock or ClusterClock(start=options.cluster_time)
    names = NameGenerator(options.seed)
    storage = StorageFactory(open_backend(_store_url(options), clock), clock)
    registry, catalog = Registry(), Catalog()
    definitions = schema.definitions(options.kubernetes_version)
    config = RegistryConfig(
        registry=registry,
        clock=clock,
        names=names,
        version=options.version,
        service_cidrs=options.service_cluster_ip_range,
        node_port_range=options.service_node_port_range,
        allow_privileged=options.allow_privileged,
        event_ttl=int(options.event_ttl),
    )
    _install(builtin.resources(config), catalog, registry, storage, definitions, config)
    control = access.build(options, registry, clock)
    services = Services(
        catalog=catalog,
        registry=registry,
        admission=AdmissionChain(
            build_plugins(
                PluginContext(registry, control.authorizer, clock, names, options.version),
                enable=options.enable_admission_plugins,
                disable=options.disable_admission_plugins,
                guards=control.guards,
            )
        ),
        authorizer=control.authorizer,
        clock=clock,
        names=names,
        definitions=definitions,
        codec=decode.codec(options.kubernetes_version),
        version=options.version,
        rules=control.authorizer,
        tokens=control.tokens,
        token_generator=control.token_generator,
        api_audiences=control.api_audiences,
        upstream=HttpUpstream(lambda: _kubelet_client(options)),
    )
    dispatcher = Dispatcher(services)
    router = Router(Discovery(catalog), dispatcher)
    metrics = Metrics()
    activity: tuple[chain.Filter, ...] = ()
    if isinstance(clock, ClusterClock):
        clock_control = ClockControl(clock, storage, services.catalog)
        router.prefix(CLOCK_PREFIX, clock_control)
        activity = (clock_control.with_activity(),)
    server = ApiServer(options, services, storage, control, router, dispatcher)
    _routes(server, control, router, metrics)
    server.handler = chain.build(
        (
            with_panic_recovery(),
            with_request_info(),
            metrics.with_metrics(),
            *activity,
            with_warnings(),
            with_panic_recovery(),
            with_timeout(options.request_timeout),
            *control.filters,
            with_max_in_flight(options.max_requests_inflight, options.max_mutating_requests_inflight),
            with_authorization(control.authorizer),
        ),
        router,
    )
    return server


def _kubelet_client(options: ServerOptions) -> Pair:
    """What the server shows kubelets."""
    name = "kube-apiserver-kubelet-client"
    return Authority(options.cert_dir).client("apiserver-kubelet-client", name, ("system:masters",))


def _store_url(options: ServerOptions) -> str:
    if options.store == "memory":
        return "memory://"
    return EtcdConfig.from_servers(
        options.etcd_servers,
        prefix=options.etcd_prefix,
        cafile=options.etcd_cafile,
        certfile=options.etcd_certfile,
        keyfile=options.etcd_keyfile,
    ).url()


def _install(
    resources: list[Resource],
    catalog: Catalog,
    registry: Registry,
    storage: StorageFactory,
    definitions: schema.Definitions,
    config: RegistryConfig,
) -> None:
    """Serve every resource; those that define a stored form come before those that are converted to it."""
    converter = Converter()
    codec = decode.codec(f"{config.version[0]}.{config.version[1]}")
    forms: dict[GroupResource, str] = {}
    stores: dict[tuple[str, str, str], Store] = {}
    for resource in sorted(resources, key=lambda r: r.to_storage is not None):
        if not resource.virtual:
            stored = storage.storage(
                resource.storage_resource, attributes=_attributes(resource), index=_index(resource.storage_resource)
            )
            if resource.to_storage is None:
                forms[resource.storage_resource] = resource.definition
            stores[resource.group, resource.version, resource.plural] = Store(
                resource,
                stored,
                clock=config.clock,
                names=config.names,
                settle=partial(codec.as_stored, definition=forms[resource.storage_resource]),
            )
    for resource in resources:
        store = stores.get((resource.group, resource.version, resource.plural))
        if store is not None:
            registry.add(store)
        catalog.add(_endpoint(resource, store, definitions, converter, resources))


def _endpoint(
    resource: Resource,
    store: Store | None,
    definitions: schema.Definitions,
    converter: Converter,
    served: list[Resource],
) -> Endpoint:
    if resource.definition not in definitions:
        return Endpoint(resource, store)
    found = definitions.get(resource.definition)
    zero = zero_object(found, resource.gvk)
    managers = {"": _manager(resource, definitions, zero, converter, "", served)}
    for subresource in resource.subresources:
        if subresource.strategy is not None:
            managers[subresource.name] = _manager(resource, definitions, zero, converter, subresource.name, served)
    empty = {k: v for k, v in zero.items() if k not in ("kind", "apiVersion", "metadata")}
    return Endpoint(resource, store, found, managers, empty)


def _manager(
    resource: Resource,
    definitions: schema.Definitions,
    zero: View,
    converter: Converter,
    subresource: str,
    served: list[Resource],
) -> FieldManager:
    part = resource.subresource(subresource)
    strategy = part.strategy if part is not None and part.strategy is not None else resource.strategy
    others, convert = other_versions(resource, served, definitions, subresource)
    return FieldManager(
        definitions.get(resource.definition),
        resource.gvk,
        subresource=subresource,
        reset_fields=strategy.reset_fields,
        empty=zero,
        converter=converter,
        others=others,
        convert=convert,
    )


def _attributes(resource: Resource) -> Attributes:
    """Labels and selectable fields of a stored object."""
    selectable = resource.selectable_fields

    def attributes(obj: View) -> tuple[Mapping[str, str], Mapping[str, str]]:
        metadata = obj["metadata"]
        fields = {"metadata.name": metadata["name"]}
        if resource.namespaced:
            fields["metadata.namespace"] = metadata.get("namespace", "")
        if selectable is not None:
            fields.update(selectable(obj))
        return metadata.get("labels") or {}, fields

    return attributes


def _index(resource: GroupResource) -> str:
    return "spec.nodeName" if resource == GroupResource("", "pods") else ""


def _upstream(paths: list[str]) -> list[str]:
    """Those that kube-apiserver has too."""
    return [path for path in paths if not path.startswith("/mockube/")]


def _routes(server: ApiServer, control: AccessControl, router: Router, metrics: Metrics) -> None:
    async def ready() -> str:
        return "" if server.ready else "the server is starting"

    async def not_draining() -> str:
        return "process is shutting down" if server.draining else ""

    async def stored() -> str:
        if not server.ready:
            return "not started"
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT):
                await server.storage.backend.current_revision()
        except TimeoutError:
            return "error getting data from etcd: context deadline exceeded"
        except StorageError as e:
            return f"error getting data from etcd: {e}"
        return ""

    health = Health(checks(started=ready, stored=stored, not_draining=not_draining))
    for path in ("/healthz", "/livez", "/readyz"):
        router.prefix(path, health)
    version = Version(server.options.version)
    router.exact("/version", version)
    router.exact("/version/", version)
    router.exact("/metrics", metrics)
    openapi.register(router, server.services.catalog, version=server.options.version, clock=server.services.clock)
    openid = OpenIdMetadata(server.options.service_account_issuer, control.verifying_keys, lambda: server.url)
    router.exact(CONFIGURATION_PATH, openid.configuration)
    router.exact(KEYS_PATH, openid.keys)
    router.exact(snapshot.PATH, snapshot.Snapshot(server.storage))
    leases = server.services.registry.find("leases.coordination.k8s.io")
    router.exact(heartbeats.PATH, heartbeats.Heartbeats(leases, server.services.clock))
    index = Index(server.services.catalog, lambda: [*_upstream(router.paths()), *health.paths()])
    router.exact("/", index)
