"""A cluster to test controllers in: an API server and a manager as processes, and a client that waits on watches."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from apimachinery import meta, scheduling, serializer
from apimachinery.clock import Clock, ManualClock
from apimachinery.clusterclock import ClusterClock
from apimachinery.gvk import GroupVersionResource
from apimachinery.names import NameGenerator
from apimachinery.objects import Object, View
from controllers.runtime import resources
from controllers.runtime.client import MERGE_PATCH, STRATEGIC_MERGE_PATCH, Client
from controllers.runtime.clock_follower import PATH, ClockFollower
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Runnable
from controllers.runtime.event_recorder import EventBroadcaster
from controllers.runtime.informer import InformerFactory, wait_for_sync
from controllers.runtime.kubeconfig import load_kubeconfig
from controllers.runtime.metrics import Registry
from tests.support.api import ROOT, ServerProcess

TIMEOUT: Final = 60.0
SIMULATED: Final = {"mockube.dev/node": "simulated"}


def simulated_node(name: str, *, labels: dict[str, str] | None = None, taints: Sequence[Object] = ()) -> Object:
    """A Node that asks for a simulated kubelet."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/hostname": name, **(labels or {})},
            "annotations": dict(SIMULATED),
        },
        "spec": {"taints": list(taints)} if taints else {},
    }


class ManagerProcess:
    """`python -m controllers` against a server; use it as a context manager, kill() it to see what is left."""

    def __init__(self, server: ServerProcess, arguments: Sequence[str] = (), nodes: Sequence[Object] = ()) -> None:
        self._server = server
        self._log = server.directory / f"manager-{id(self):x}.log"
        self._arguments = ["--leader-elect=false", *arguments]
        if nodes:
            file = server.directory / f"nodes-{id(self):x}.json"
            file.write_text(json.dumps(list(nodes)))
            self._arguments.append(f"--simulated-nodes={file}")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the process has written."""
        return self._log.read_text(errors="replace")

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "controllers", f"--kubeconfig={self._server.kubeconfig}", *self._arguments],
                cwd=ROOT,
                env=os.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def kill(self) -> None:
        """End it as a crash would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        alive = self._process.poll() is None
        self._process.terminate()
        try:
            code = self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        if kind is None and alive:
            assert code == 0, f"the manager ended with {code}:\n{self.log}"


class Cluster:
    """A client with caches: until() returns as soon as a watch event makes its predicate true."""

    def __init__(self, kubeconfig: Path) -> None:
        self._config = load_kubeconfig(kubeconfig)
        self._stack = AsyncExitStack()
        self.metrics = Registry()
        self.client = Client(self._config, metrics=self.metrics)
        self.informers = InformerFactory(self.client)
        self._tasks: asyncio.TaskGroup | None = None

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.client)
        self._tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._running = self._tasks.create_task(self.informers.run())
        usual = (resources.DAEMON_SETS, resources.PODS, resources.NODES, resources.CONTROLLER_REVISIONS)
        await wait_for_sync(*(self.informers.informer(r) for r in usual))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.cancel()
        await self._stack.__aexit__(None, None, None)

    async def until(
        self,
        resource: GroupVersionResource,
        predicate: Callable[[list[View]], bool],
        namespace: str = "",
        *,
        timeout: float = TIMEOUT,
        what: str = "",
    ) -> list[View]:
        """The objects of the resource once they satisfy the predicate; fails with what there is after the timeout."""
        informer = self.informers.informer(resource)
        done = asyncio.Event()

        def look(*_: View) -> None:
            if informer.has_synced and predicate(informer.list(namespace)):
                done.set()

        handler = informer.add_handler(on_add=look, on_update=look, on_delete=look)
        try:
            async with asyncio.timeout(timeout):
                await informer.wait_for_sync()
                look()
                await done.wait()
        except TimeoutError:
            found = "\n".join(json.dumps({**o, "spec": "..."})[:1000] for o in informer.list(namespace)[:10])
            raise AssertionError(f"{what or 'not reached'} within {timeout} s; {resource.resource}:\n{found}") from None
        finally:
            informer.remove_handler(handler)
        return informer.list(namespace)

    async def never(
        self,
        resource: GroupVersionResource,
        predicate: Callable[[list[View]], bool],
        namespace: str,
        *,
        during: float = 1.0,
    ) -> None:
        """The predicate stays false at every event while so many seconds of the server's time pass."""
        informer = self.informers.informer(resource)
        await informer.wait_for_sync()
        broken: list[View] = []

        def look(*_: View) -> None:
            if predicate(found := informer.list(namespace)):
                broken.extend(found)

        handler = informer.add_handler(on_add=look, on_update=look, on_delete=look)
        try:
            look()
            await self.settled(during)
        finally:
            informer.remove_handler(handler)
        assert not broken, f"it came to pass: {json.dumps(broken[0])[:1000]}"

    async def settled(self, seconds: float = 0.0) -> None:
        """Move the server's time; return once nothing goes on there, in its managers, and in this process."""
        clock = ClockFollower(self.client, ClusterClock(), self.informers, self.metrics, identity="")
        while True:
            before = self.metrics.queue_adds.total()
            body = serializer.dumps({"seconds": seconds})
            await self.client.request("POST", f"{PATH}/advance", body=body)
            await clock.caught_up()
            await clock.calm()
            if self.metrics.queue_adds.total() == before:
                return
            seconds = 0.0

    async def history(
        self, resource: GroupVersionResource, namespace: str, during: Callable[[], object]
    ) -> list[tuple[str, str]]:
        """What `during()` (awaited) makes of the resource: (event, name) pairs in order; a pod ENDED with its phase."""
        informer = self.informers.informer(resource)
        await informer.wait_for_sync()
        seen: list[tuple[str, str]] = []

        def note(kind: str) -> Callable[[View], None]:
            return lambda obj: seen.append((kind, meta.name(obj))) if meta.namespace(obj) == namespace else None

        handler = informer.add_handler(on_delete=note("DELETED"))
        present = {meta.uid(o) for o in informer.list(namespace)}
        adding = informer.add_handler(
            on_add=lambda o: note("ADDED")(o) if meta.uid(o) not in present else None,
            on_update=lambda old, o: (
                note("ENDED")(o) if scheduling.is_terminal(o) and not scheduling.is_terminal(old) else None
            ),
        )
        try:
            await during()  # type: ignore[misc]
        finally:
            informer.remove_handler(handler)
            informer.remove_handler(adding)
        return seen

    async def live(self, resource: GroupVersionResource, namespace: str = "") -> list[View]:
        """What the server has now."""
        return list((await self.client.list(resource, namespace=namespace))["items"])

    # shorthand ------------------------------------------------------------------------------------------------------

    async def namespace(self, name: str) -> str:
        """A fresh namespace with its ServiceAccount."""
        await self.client.create(
            resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        )
        await self.until(resources.SERVICE_ACCOUNTS, bool, name)
        return name

    async def merge(
        self, resource: GroupVersionResource, name: str, patch: Object, namespace: str = "", subresource: str = ""
    ) -> Object:
        """A JSON merge patch."""
        return await self.client.patch(
            resource, name, patch, namespace=namespace, subresource=subresource, content_type=MERGE_PATCH
        )

    async def strategic(
        self, resource: GroupVersionResource, name: str, patch: Object, namespace: str = "", subresource: str = ""
    ) -> Object:
        """A strategic merge patch."""
        return await self.client.patch(
            resource, name, patch, namespace=namespace, subresource=subresource, content_type=STRATEGIC_MERGE_PATCH
        )

    async def add_node(self, node: Object) -> None:
        """Register a simulated node and wait until it is ready and schedulable."""
        name = meta.name(node)
        own = {t["key"] for t in (node.get("spec") or {}).get("taints") or ()}
        await self.client.create(resources.NODES, node)
        await self.until(resources.NODES, lambda nodes: any(meta.name(n) == name and _settled(n, own) for n in nodes))

    async def ready_nodes(self, count: int) -> None:
        """Wait for so many settled nodes."""
        await self.until(resources.NODES, lambda nodes: sum(_settled(n, set()) for n in nodes) >= count)

    async def said(self, namespace: str, message: str) -> View:
        """The event with this message, once there is one."""
        found = await self.until(
            resources.EVENTS, lambda events: any(e["message"] == message for e in events), namespace, what=message
        )
        return next(e for e in found if e["message"] == message)

    async def events(self, namespace: str, reason: str, *, at_least: int = 1) -> list[View]:
        """The events of a namespace with a reason, once there are so many."""

        def enough(events: list[View]) -> bool:
            return sum(1 for e in events if e.get("reason") == reason) >= at_least

        found = await self.until(resources.EVENTS, enough, namespace, what=f"{reason} event")
        return [e for e in found if e.get("reason") == reason]

    async def rolled_out(self, namespace: str, name: str = "ds", *, nodes: int) -> View:
        """The DaemonSet once its newest template is available on so many nodes."""
        live = await self.client.get(resources.DAEMON_SETS, name, namespace=namespace)
        newest = meta.generation(live)

        def reached(ds: View) -> bool:
            return meta.name(ds) == name and meta.generation(ds) >= newest and is_rolled_out(ds, nodes)

        sets = await self.until(
            resources.DAEMON_SETS,
            lambda found: any(map(reached, found)),
            namespace,
            what=f"{name} rolled out on {nodes} nodes",
        )
        return next(d for d in sets if meta.name(d) == name)

    def context(self, clock: Clock, *, version: tuple[int, int] = (1, 36), **flags: object) -> ControllerContext:
        """What a controller is made from, to run it in the test's own process on the test's own clock."""
        return ControllerContext(
            client=self.client,
            informers=self.informers,
            events=EventBroadcaster(self.client, clock),
            clock=clock,
            names=NameGenerator(),
            metrics=self.metrics,
            flags=flags,
            version=version,
        )


@asynccontextmanager
async def at_work(context: ControllerContext, *controllers: Runnable) -> AsyncIterator[None]:
    """Controllers made from the context, and its events, at work in this process until the block ends."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(r.run()) for r in (*controllers, context.events)]
        yield
        for task in running:
            task.cancel()


async def timer_set(clock: ManualClock) -> None:
    """Return once something waits for the clock."""
    async with asyncio.timeout(TIMEOUT):
        while clock.next_timer() is None:  # noqa: ASYNC110 - a clock tells nobody of its timers
            await asyncio.sleep(0)


def _settled(node: View, own: set[str]) -> bool:
    taints = {t["key"] for t in (node.get("spec") or {}).get("taints") or ()}
    return (meta.condition(node, "Ready") or {}).get("status") == "True" and taints <= own


def is_rolled_out(ds: View, nodes: int) -> bool:
    """Whether status says that the observed template is available everywhere it is wanted."""
    status = ds.get("status") or {}
    fields = ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    return status.get("observedGeneration") == meta.generation(ds) and all(status.get(f, 0) == nodes for f in fields)


def daemonset(name: str = "ds", *, image: str = "nginx:1.25", spec: Object | None = None, **template: object) -> Object:
    """A DaemonSet to send; keyword arguments go into the pod spec."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": image}], **template},
            },
            **(spec or {}),
        },
    }
