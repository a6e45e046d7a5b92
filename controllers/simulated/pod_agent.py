"""The pod side of the simulated kubelets: plays every pod's state machine and writes down what it says.

Playing and writing are apart, as a kubelet's pod workers and its status manager are: a slow server delays what is
written, which is always the newest status, and not what happens. Models pkg/kubelet/status/status_manager.go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from apimachinery import errors, meta, scheduling
from apimachinery.clock import Clock
from apimachinery.objects import View
from controllers.runtime.client import Client
from controllers.runtime.errors import TransportError
from controllers.runtime.event_recorder import EventBroadcaster
from controllers.runtime.indexer import BY_NODE, by_node
from controllers.runtime.informer import SharedInformer
from controllers.runtime.resources import PODS, SERVICE_ACCOUNTS
from controllers.runtime.workqueue import WorkQueue
from controllers.simulated.cadence import Cadence
from controllers.simulated.cluster_view import WAKE_SECONDS, ClusterView
from controllers.simulated.container import Container
from controllers.simulated.host import Host
from controllers.simulated.images import Images
from controllers.simulated.pod_machine import PodMachine, Step
from controllers.simulated.pod_status import concerns, ended_by_others, patch_of
from controllers.simulated.process import Answer, Request
from controllers.simulated.shell.commands import TOKEN_PATH

SOON_SECONDS: Final = 2.0
"""While requests wait for others, a pod that starts is written once it has come further, if that is so soon."""

log = logging.getLogger(__name__)


class _Entry:
    """A machine and what the API server has of it."""

    __slots__ = ("deleted", "machine", "version", "written")

    def __init__(self, machine: PodMachine) -> None:
        self.machine = machine
        self.written: View = {}
        self.version = 0
        self.deleted = False


class PodAgents:
    """Every pod on every simulated node; `host` finds a node's machine."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        events: EventBroadcaster,
        pods: SharedInformer,
        world: ClusterView,
        queue: WorkQueue[str],
        statuses: WorkQueue[str],
        images: Images,
        *,
        host: Callable[[str], Host | None],
    ) -> None:
        self._client = client
        self._clock = clock
        self._events = events
        self._pods = pods
        self._world = world
        self._queue = queue
        self._statuses = statuses
        self._cadence = Cadence(clock)
        self._images = images
        self._host = host
        self._entries: dict[str, _Entry] = {}
        self._missing: dict[str, set[str]] = {}
        pods.add_index(BY_NODE, by_node)

    def __len__(self) -> int:
        return len(self._entries)

    def machine(self, namespace: str, name: str) -> PodMachine | None:
        """The machine of a pod that a simulated node runs."""
        entry = self._entries.get(f"{namespace}/{name}")
        return entry.machine if entry is not None else None

    def machines_on(self, node: str) -> list[PodMachine]:
        """The machines of the pods on a node."""
        keys = (meta.key(pod) for pod in self._pods.indexer.by_index(BY_NODE, node))
        return [self._entries[key].machine for key in keys if key in self._entries]

    def look_again(self, machine: PodMachine) -> None:
        """Something was done to a machine from outside: play what is due now."""
        self._queue.add(meta.key(machine.pod))

    def now(self) -> float:
        """Seconds of the cluster's wall clock."""
        return self._clock.now().timestamp()

    # events ---------------------------------------------------------------------------------------------------------

    def seen(self, pod: View) -> None:
        """A pod appeared or changed."""
        node = pod["spec"].get("nodeName")
        if not node or self._host(node) is None:
            return
        key = meta.key(pod)
        entry = self._entries.get(key)
        if entry is not None and entry.machine.uid == meta.uid(pod):
            if self._is_own(entry, pod):
                return
        elif scheduling.is_terminal(pod) and not meta.is_deleting(pod):
            return
        self._queue.add(key)

    @staticmethod
    def _is_own(entry: _Entry, pod: View) -> bool:
        """Whether a change holds nothing but what was written here; the older object is then let go."""
        version, machine = int(meta.resource_version(pod) or 0), entry.machine
        if version > entry.version or meta.is_deleting(pod) or concerns(machine.pod) != concerns(pod):
            return False
        if version == entry.version and ended_by_others(pod, entry.written):
            return False
        machine.pod = pod
        if version == entry.version:
            entry.written = pod.get("status") or {}
        return True

    def gone(self, pod: View) -> None:
        """A pod was removed."""
        key = meta.key(pod)
        entry = self._entries.get(key)
        if entry is not None and entry.machine.uid == meta.uid(pod):
            self._drop(key)

    def node_changed(self, name: str) -> None:
        """A node's machine came, went, or changed its state."""
        if self._host(name) is None:
            for pod in self._pods.indexer.by_index(BY_NODE, name):
                self._drop(meta.key(pod))
            return
        for pod in self._pods.indexer.by_index(BY_NODE, name):
            self._queue.add(meta.key(pod))

    def power_off(self, name: str) -> None:
        """A machine lost its power: nothing of its containers is left."""
        for pod in self._pods.indexer.by_index(BY_NODE, name):
            entry = self._entries.get(meta.key(pod))
            if entry is not None:
                entry.machine.power_off(self.now())

    def namespace_changed(self, namespace: str) -> None:
        """Something that pods mount or read appeared in a namespace."""
        for key in self._missing.get(namespace, ()):
            self._queue.add_after(key, WAKE_SECONDS)

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        self._note_missing(key, missing=False)
        if entry is not None:
            entry.machine.release()

    def _note_missing(self, key: str, *, missing: bool) -> None:
        namespace = key.partition("/")[0]
        if missing:
            self._missing.setdefault(namespace, set()).add(key)
        elif namespace in self._missing:
            self._missing[namespace].discard(key)

    # work -----------------------------------------------------------------------------------------------------------

    async def sync(self, key: str) -> None:
        """Play what is due for a pod, and have written what changed."""
        found = self._found(key)
        if found is None:
            return
        pod, host = found
        now = self.now()
        machine = self._entry(key, pod, host, now).machine
        if machine.pod is not pod:
            machine.update(pod, now)
        if key in self._missing.get(meta.namespace(pod), ()):
            machine.wake(now)
        step = machine.step(now)
        if step.next_due != float("inf"):
            self._queue.add_after(key, max(0.0, step.next_due - now))
        self._note_missing(key, missing=machine.missing)
        if host.cut_off:
            return
        self._record(pod, step)
        if not self._waits(machine, step.next_due - now):
            self._statuses.add(key)
        for container, request in step.requests:
            machine.answer(container, await self._ask(pod, container, request), self.now())
            self._queue.add(key)

    def _found(self, key: str) -> tuple[View, Host] | None:
        """A pod and its machine, if a kubelet looks after it."""
        namespace, _, name = key.partition("/")
        pod = self._pods.get(name, namespace)
        host = self._host(pod["spec"].get("nodeName") or "") if pod is not None else None
        return None if pod is None or host is None or host.kubelet_down else (pod, host)

    def _waits(self, machine: PodMachine, left: float) -> bool:
        """Whether to write nothing now: the server is busy, and there will soon be more to say of a pod that starts."""
        return machine.starting and left <= SOON_SECONDS and self._client.saturated and self._cadence.speed == 1.0

    async def write(self, key: str) -> None:
        """Bring the newest status to the API server, and end the deletion of a pod of which nothing is left."""
        found, entry = self._found(key), self._entries.get(key)
        if found is None or entry is None or found[1].cut_off or entry.machine.uid != meta.uid(found[0]):
            return
        pod, machine = found[0], entry.machine
        if not machine.abandoned:
            await self._write(entry, pod, self.now())
        if machine.finished and meta.is_deleting(machine.pod) and not entry.deleted:
            await self._delete(entry, pod)

    def _entry(self, key: str, pod: View, host: Host, now: float) -> _Entry:
        entry = self._entries.get(key)
        if entry is not None and entry.machine.uid == meta.uid(pod):
            return entry
        if entry is not None:
            self._drop(key)
        machine = PodMachine(pod, host, self._world, self._images, self.now)
        entry = self._entries[key] = _Entry(machine)
        status = pod.get("status") or {}
        if status.get("startTime") or scheduling.is_terminal(pod):
            machine.adopt(now)
            entry.written = dict(status)
        elif meta.is_deleting(pod):
            machine.update(pod, now)
        return entry

    def _record(self, pod: View, step: Step) -> None:
        if not step.events:
            return
        recorder = self._events.recorder("kubelet", pod["spec"]["nodeName"])
        for event in step.events:
            recorder.event(
                pod,
                event.type,
                event.reason,
                event.message,
                field_path=event.field_path,
                annotations=event.annotations,
            )

    async def _write(self, entry: _Entry, pod: View, now: float) -> None:
        status = entry.machine.status(now)
        version = int(meta.resource_version(pod) or 0)
        base = (pod.get("status") or {}) if version > entry.version else entry.written
        patch = patch_of(status, base)
        if not patch:
            entry.written, entry.version = status, max(entry.version, version)
            return
        body = {"metadata": {"uid": meta.uid(pod)}, "status": patch}
        try:
            answer = await self._client.patch(
                PODS, meta.name(pod), body, namespace=meta.namespace(pod), subresource="status"
            )
        except errors.NotFound:
            return
        except errors.Conflict as error:
            log.debug("status of %s: %s", meta.key(pod), error)
            return
        entry.written, entry.version = status, int(meta.resource_version(answer))

    async def _delete(self, entry: _Entry, pod: View) -> None:
        try:
            await self._client.delete(
                PODS, meta.name(pod), namespace=meta.namespace(pod), grace_period_seconds=0, uid=meta.uid(pod)
            )
        except (errors.NotFound, errors.Conflict) as error:
            log.debug("deleting %s: %s", meta.key(pod), error)
        entry.deleted = True

    # what programs ask ----------------------------------------------------------------------------------------------

    async def _ask(self, pod: View, container: Container, request: Request) -> Answer:
        account = pod["spec"].get("serviceAccountName") or "default"
        return await self.ask(meta.namespace(pod), account, request)

    async def ask(self, namespace: str, account: str, request: Request) -> Answer:
        """Ask the API server as a service account, or for its token."""
        try:
            if request.path == TOKEN_PATH:
                wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
                answer = await self._client.create(
                    SERVICE_ACCOUNTS, wanted, namespace=namespace, name=account, subresource="token"
                )
                return Answer(200, answer["status"]["token"])
            user = f"system:serviceaccount:{quote(namespace)}:{quote(account)}"
            return Answer(200, await self._client.as_user(user).get_path(request.path))
        except errors.StatusError as error:
            return Answer(error.code, None, str(error))
        except TransportError as error:
            return Answer(503, None, str(error))
