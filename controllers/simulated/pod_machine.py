"""The life of one pod on its node as a state machine, pure. Models pkg/kubelet (syncPod, kuberuntime, status).

`step(now)` plays everything that is due and says which events to record and when to come back; `status(now)` is what
to report. Time is a number of seconds of the cluster's wall clock, and nothing here waits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Literal, NamedTuple

from apimachinery import meta, scheduling
from apimachinery.objects import Object, View
from controllers.simulated import admission, pod_status, restore, volumes
from controllers.simulated.container import Container, Kind, Stage, stamp
from controllers.simulated.container import status as container_status
from controllers.simulated.container_life import ContainerLife, Event
from controllers.simulated.filesystem import Files
from controllers.simulated.host import Host
from controllers.simulated.images import Images
from controllers.simulated.process import Answer, Request
from controllers.simulated.world import World

SANDBOX_SECONDS: Final = 0.1
MOUNT_RETRY_FIRST: Final = 0.5
MOUNT_RETRY_CAP: Final = 122.0
_DEADLINE: Final = "Pod was active on the node longer than the specified deadline"
_EVICTED: Final = "Evicted"
_NOT_LOCATED: Final = "The container could not be located when the pod was terminated"


class PodStage(Enum):
    """How far the pod as a whole has come."""

    NEW = auto()
    MOUNTING = auto()
    SANDBOX = auto()
    RUNNING = auto()
    STOPPING = auto()
    FINISHED = auto()


class Step(NamedTuple):
    """What a step leaves to do: events to record, requests to the API server, and when to come back."""

    events: list[Event]
    requests: list[tuple[Container, Request]]
    next_due: float


@dataclass(slots=True)
class PodMachine:
    """One pod; `pod` is the newest object seen."""

    pod: View
    host: Host
    world: World
    images: Images
    clock: Callable[[], float]
    stage: PodStage = PodStage.NEW
    due: float = 0.0
    containers: list[Container] = field(default_factory=list)
    start_time: float = 0.0
    pod_ip: str = ""
    reason: str = ""
    message: str = ""
    mount_retry: float = MOUNT_RETRY_FIRST
    missing: bool = False
    grace_ends: float = math.inf
    failed: bool = False
    abandoned: bool = False
    """Whether somebody else wrote how the pod ended: its status is theirs."""
    disrupted: bool = False
    """Whether the kubelet ended it for the node's sake."""
    conditions: dict[str, tuple[str, str]] = field(default_factory=dict)
    storage: dict[str, Files] = field(default_factory=dict)
    life: ContainerLife = field(init=False)

    def __post_init__(self) -> None:
        self.life = ContainerLife(self)
        self._add_containers()

    # what others ask ------------------------------------------------------------------------------------------------

    @property
    def uid(self) -> str:
        """The pod's UID."""
        return meta.uid(self.pod)

    @property
    def finished(self) -> bool:
        """Whether no container will ever run again."""
        return self.stage is PodStage.FINISHED

    @property
    def stopping(self) -> bool:
        """Whether the pod is ending or has ended."""
        return self.stage in (PodStage.STOPPING, PodStage.FINISHED)

    @property
    def grace(self) -> float:
        """Seconds between SIGTERM and SIGKILL."""
        value = self.pod["spec"].get("terminationGracePeriodSeconds")
        return 30.0 if value is None else float(value)

    @property
    def starting(self) -> bool:
        """Whether it is still on its way to its first running container."""
        return self.stage in (PodStage.NEW, PodStage.MOUNTING, PodStage.SANDBOX) or (
            self.stage is PodStage.RUNNING and not any(c.runs for c in self.containers)
        )

    @property
    def addresses(self) -> dict[str, str]:
        """The addresses by their downward API names."""
        host = self.host.address
        own = host if self.pod["spec"].get("hostNetwork") else self.pod_ip
        return {"podIP": own, "podIPs": own, "hostIP": host, "hostIPs": host}

    def container(self, name: str) -> Container | None:
        """The container of this name, whatever its kind."""
        return next((c for c in self.containers if c.name == name), None)

    # inputs ---------------------------------------------------------------------------------------------------------

    def update(self, pod: View, now: float) -> None:
        """Take a newer object of the same pod."""
        old, self.pod = self.pod, pod
        if old["spec"] is not pod["spec"] and old["spec"] != pod["spec"]:
            self._spec_changed(now)
        if meta.is_deleting(pod) and self.stage is not PodStage.FINISHED:
            grace = float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
            if self.stage is not PodStage.STOPPING:
                self._stop(now, grace)
            elif now + grace < self.grace_ends:
                self.grace_ends = now + grace
                for c in self.containers:
                    c.kill_at = min(c.kill_at, self.grace_ends)
        elif scheduling.is_terminal(pod) and self.stage not in (PodStage.STOPPING, PodStage.FINISHED):
            self._abandon()

    def wake(self, now: float) -> None:
        """Something that the pod misses may have appeared: look at once where it would not be missed any more."""
        if self.stage is PodStage.MOUNTING and next(volumes.unmountable(self.pod, self.world), None) is None:
            self.due = now
        for c in self.containers:
            if c.stage is Stage.CONFIG_ERROR and not self.life.config_problem(c):
                c.due = now

    def power_off(self, now: float) -> None:
        """The machine is off; when it comes back, what ran has exited and starts again where it may."""
        if self.finished:
            return
        self.pod_ip = ""
        for c in self.containers:
            self.life.lose(c, now)

    def evict(self, message: str, annotations: Mapping[str, str], now: float, grace: float) -> None:
        """End the pod because its machine runs short of something."""
        self.reason, self.message, self.failed = _EVICTED, message, True
        self.disrupted = True
        self.life.events.append(Event("Warning", _EVICTED, message, annotations=annotations))
        self._stop(now, grace)

    def release(self) -> None:
        """The pod is gone from the node: give back what it took."""
        self.host.load.remove(self.uid)
        self.host.addresses.release(self.uid)

    def answer(self, container: Container, answer: Answer, now: float) -> None:
        """Hand an API answer to the program that asked."""
        if container.process is not None:
            container.process.answer(answer, now)

    def adopt(self, now: float) -> None:
        """Go on with a pod that ran before this process did."""
        restore.restore(self, now)

    def step(self, now: float) -> Step:
        """Play all that is due."""
        requests: list[tuple[Container, Request]] = []
        while self._advance(now):
            pass
        for c in self.containers:
            if c.process is not None and c.process.request is not None:
                requests.append((c, c.process.request))
                c.process.request = None
        events, self.life.events = self.life.events, []
        return Step(events, requests, self._next_due())

    # the pod as a whole ---------------------------------------------------------------------------------------------

    def _next_due(self) -> float:
        if self.stage is PodStage.FINISHED:
            return math.inf
        found = self.due
        for c in self.containers:
            found = min(found, c.next_due())
        return found

    def _advance(self, now: float) -> bool:
        """One step of the pod or of a container; whether there was any."""
        if self.stage is PodStage.FINISHED:
            return False
        if self.due <= now and self._advance_pod(now):
            return True
        moved = False
        for c in self.containers:
            if c.next_due() <= now:
                self.life.advance(c, now)
                moved = True
        if self.stage is PodStage.RUNNING:
            moved = self._schedule(now) or moved
        elif self.stage is PodStage.STOPPING:
            moved = self._stop_next(now) or moved
        return moved

    def _advance_pod(self, now: float) -> bool:
        self.due = math.inf
        match self.stage:
            case PodStage.NEW:
                self._admit(now)
            case PodStage.MOUNTING:
                self._mount(now)
            case PodStage.SANDBOX:
                self.stage = PodStage.RUNNING
                self.pod_ip = self.host.addresses.take(self.uid)
                self._set_deadline()
            case PodStage.RUNNING:
                self._exceed_deadline(now)
            case _:
                return False
        return True

    def _admit(self, now: float) -> None:
        self.start_time = now
        node = self.world.node(self.host.name)
        if node is None:
            return
        rejection = admission.admit(self.pod, node, self.host.load, self.host.pressure)
        if rejection is not None:
            self.reason, self.message = rejection.reason, f"Pod was rejected: {rejection.message}"
            self.life.events.append(Event("Warning", rejection.reason, rejection.message))
            self.failed, self.stage = True, PodStage.FINISHED
            return
        self.host.load.add(self.uid, self.pod["spec"])
        self.stage = PodStage.MOUNTING
        self._mount(now)

    def _mount(self, now: float) -> None:
        problem = next(volumes.unmountable(self.pod, self.world), None)
        self.missing = problem is not None
        if problem is None:
            self.stage, self.due = PodStage.SANDBOX, now + SANDBOX_SECONDS
            return
        message = f'MountVolume.SetUp failed for volume "{problem[0]}" : {problem[1]}'
        self.life.events.append(Event("Warning", "FailedMount", message))
        self.due = now + self.mount_retry
        self.mount_retry = min(MOUNT_RETRY_CAP, self.mount_retry * 2)

    def _set_deadline(self) -> None:
        seconds = self.pod["spec"].get("activeDeadlineSeconds")
        self.due = self.start_time + float(seconds) if seconds is not None else math.inf

    def _exceed_deadline(self, now: float) -> None:
        self.reason, self.message, self.failed = "DeadlineExceeded", _DEADLINE, True
        self.life.events.append(Event("Normal", "DeadlineExceeded", _DEADLINE))
        self._stop(now, self.grace)

    # containers -----------------------------------------------------------------------------------------------------

    def _add_containers(self) -> None:
        for part, kind in (("initContainers", "init"), ("containers", "app"), ("ephemeralContainers", "ephemeral")):
            for spec in self.pod["spec"].get(part) or ():
                own: Kind = "sidecar" if kind == "init" and spec.get("restartPolicy") == "Always" else kind  # type: ignore[assignment]
                known = self.container(spec["name"])
                if known is not None:
                    known.spec = spec
                    continue
                found = Container(spec, own, self.images.behaviour(self.pod, spec))
                if self.pod["spec"].get("initContainers") and kind != "ephemeral":
                    found.reason = "PodInitializing"
                self.containers.append(found)

    def _spec_changed(self, now: float) -> None:
        before = {c.name: c.image for c in self.containers}
        self._add_containers()
        for c in self.containers:
            if before.get(c.name, c.image) != c.image:
                c.behaviour = self.images.behaviour(self.pod, c.spec)
                self.life.image_changed(c, now)

    def _schedule(self, now: float) -> bool:
        """Begin the containers whose turn it is, and end the pod when nothing will run again."""
        for c in self.containers:
            if c.kind == "ephemeral" and c.stage is Stage.IDLE:
                self.life.begin(c, now)
                return True
        for c in self.containers:
            if c.kind not in ("init", "sidecar") or c.succeeded:
                continue
            if c.stage is Stage.IDLE:
                self.life.begin(c, now)
                return True
            if c.kind == "init" and c.stage is Stage.DONE:
                self._stop(now, self.grace)
                return True
            if not (c.started and c.kind == "sidecar") and not any(a.runs for a in self.containers if a.kind == "app"):
                return False
        begun = False
        apps = [c for c in self.containers if c.kind == "app"]
        for c in apps:
            if c.stage is Stage.IDLE:
                self.life.begin(c, now)
                begun = True
        if begun:
            return True
        if all(c.stage is Stage.DONE for c in apps):
            self._stop(now, self.grace)
            return True
        return False

    def _stop(self, now: float, grace: float) -> None:
        """Begin the end: the pod is deleted, past its deadline, evicted, or has done its work."""
        self.stage, self.due = PodStage.STOPPING, math.inf
        self.grace_ends = now + grace
        for c in self._stop_order():
            if c.kind != "sidecar":
                self.life.stop(c, now, self.grace_ends)

    def _stop_next(self, now: float) -> bool:
        """Stop sidecars in reverse order once the others are down; finish when nothing runs."""
        if any(c.running for c in self.containers if c.kind != "sidecar"):
            return False
        for c in reversed(self.containers):
            if c.kind == "sidecar" and c.stage is not Stage.DONE:
                if c.stage is Stage.STOPPING:
                    return False
                self.life.stop(c, now, self.grace_ends)
                return True
        self._finish()
        return True

    def _stop_order(self) -> Iterator[Container]:
        return iter(sorted(self.containers, key=lambda c: c.name))

    def _finish(self) -> None:
        if meta.is_deleting(self.pod) or self.failed:
            for c in self.containers:
                if c.ended is None and c.kind in ("app", "sidecar"):
                    c.ended = self.life.lost(_NOT_LOCATED)
        self.stage = PodStage.FINISHED
        self.release()

    def _abandon(self) -> None:
        """Somebody wrote a terminal phase: stop everything and leave the status as it is."""
        for c in self.containers:
            c.stage, c.due, c.process = Stage.DONE, math.inf, None
        self.stage, self.abandoned = PodStage.FINISHED, True
        self.release()

    # status ---------------------------------------------------------------------------------------------------------

    def phase(self) -> Literal["Pending", "Running", "Succeeded", "Failed"]:
        """The phase to report."""
        if self.stage is PodStage.FINISHED and self.failed:
            return "Failed"
        if self.stage in (PodStage.NEW, PodStage.MOUNTING, PodStage.SANDBOX):
            return "Pending"
        return pod_status.phase(  # type: ignore[return-value]
            self.pod,
            self.containers,
            initialized=pod_status.is_initialized(self.containers),
            stopping=self.stage is PodStage.FINISHED,
        )

    def status(self, now: float) -> Object:
        """The whole status as of now."""
        phase, generation = self.phase(), meta.generation(self.pod)
        found: Object = {"observedGeneration": generation, "phase": phase}
        if self.failed and not self.containers_started and self.stage is PodStage.FINISHED:
            return {**found, "reason": self.reason, "message": self.message, "startTime": stamp(self.start_time)}
        initialized = pod_status.is_initialized(self.containers)
        states = pod_status.condition_states(
            self.pod, self.containers, phase, sandbox=bool(self.pod_ip) and not self.finished, initialized=initialized
        )
        found["conditions"] = pod_status.conditions(states, self.conditions, now, generation, self.pod)
        if self.finished and self.reason:
            found["reason"], found["message"] = self.reason, self.message
        if self.finished and self.disrupted:
            found["conditions"].insert(0, pod_status.disruption(self.message, self.conditions, now, generation))
        host = self.host.address
        found["hostIP"], found["hostIPs"] = host, [{"ip": host}]
        if self.start_time:
            found["startTime"] = stamp(self.start_time)
        address = host if self.pod["spec"].get("hostNetwork") else self.pod_ip
        if address:
            found["podIP"], found["podIPs"] = address, [{"ip": address}]
        self._container_statuses(found)
        return found

    @property
    def containers_started(self) -> bool:
        """Whether the pod got past admission."""
        return bool(self.pod_ip) or self.stage not in (PodStage.NEW, PodStage.FINISHED)

    def _container_statuses(self, found: Object) -> None:
        uid = self.uid
        by_part: dict[str, list[Object]] = {}
        for c in self.containers:
            by_part.setdefault(pod_status.PARTS[c.kind], []).append(container_status(c, uid))
        for part, entries in by_part.items():
            found[part] = sorted(entries, key=lambda e: str(e["name"])) if part == "containerStatuses" else entries
