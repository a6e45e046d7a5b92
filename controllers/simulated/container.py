"""One container of a pod as its kubelet knows it, and its status. Models pkg/kubelet/container and kubelet_pods.go."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.simulated.behaviour import Behaviour
from controllers.simulated.logs import InstanceLog
from controllers.simulated.probes import Probe
from controllers.simulated.process import Process

if TYPE_CHECKING:
    from controllers.simulated.sandbox import Sandbox

Kind = Literal["init", "sidecar", "app", "ephemeral"]


class Stage(Enum):
    """Where a container is on its way; `due` says when the stage ends."""

    IDLE = auto()
    PULLING = auto()
    PULL_FAILED = auto()
    CONFIG_ERROR = auto()
    CREATED = auto()
    RUNNING = auto()
    STOPPING = auto()
    EXITED = auto()
    BACKOFF = auto()
    DONE = auto()


class Ended(NamedTuple):
    """How a run ended; times in seconds of the wall clock."""

    started_at: float
    finished_at: float
    exit_code: int
    reason: str
    container_id: str
    message: str = ""


@dataclass(slots=True)
class Container:
    """The state of one container; a run is one start of it."""

    spec: View
    kind: Kind
    behaviour: Behaviour
    stage: Stage = Stage.IDLE
    due: float = math.inf
    reason: str = "ContainerCreating"
    message: str = ""
    runs: int = 0
    started_at: float = 0.0
    ended: Ended | None = None
    last: Ended | None = None
    ready: bool = False
    started: bool = False
    pulled: bool = False
    pull_failures: int = 0
    pull_begun: float = 0.0
    backoff: float = 0.0
    backoff_at: float = -math.inf
    kill_at: float = math.inf
    restarting: bool = False
    probes: list[Probe] = field(default_factory=list)
    process: Process | None = None
    log: InstanceLog | None = None
    previous_log: InstanceLog | None = None
    sandbox: Sandbox | None = None

    @property
    def name(self) -> str:
        """Its name in the pod."""
        return str(self.spec["name"])

    @property
    def image(self) -> str:
        """As the pod's spec names it."""
        return str(self.spec["image"])

    @property
    def running(self) -> bool:
        """Whether a run is going on, asked to stop or not."""
        return self.stage in (Stage.RUNNING, Stage.STOPPING)

    @property
    def succeeded(self) -> bool:
        """Whether it is done for good, well."""
        return self.stage is Stage.DONE and self.ended is not None and self.ended.exit_code == 0

    @property
    def field_path(self) -> str:
        """Where events say that they are about this container."""
        part = {"app": "containers", "ephemeral": "ephemeralContainers"}.get(self.kind, "initContainers")
        return f"spec.{part}{{{self.name}}}"

    def next_due(self) -> float:
        """When something happens to it next."""
        found = self.due
        if self.stage is Stage.RUNNING:
            for probe in self.probes:
                if probe.due < found and (probe.kind == "startup" or self.started):
                    found = probe.due
            if self.process is not None and self.process.resume_at < found:
                found = self.process.resume_at
        elif self.stage is Stage.STOPPING and self.kill_at < found:
            found = self.kill_at
        return found


def container_id(uid: str, name: str, run: int) -> str:
    """The runtime's identifier of a run, the same each time."""
    return "containerd://" + hashlib.sha256(f"{uid}/{name}/{run}".encode()).hexdigest()


def stamp(moment: float) -> str:
    """A moment as the API writes it."""
    return format_time(datetime.fromtimestamp(moment, UTC))


def full_image(image: str) -> str:
    """The name that a container runtime gives an image: registry and tag spelt out."""
    name, at, digest = image.partition("@")
    first, slash, rest = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif "." not in first and ":" not in first and first != "localhost":
        name = f"docker.io/{first}/{rest}"
    if at:
        return f"{name}@{digest}"
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def image_id(image: str) -> str:
    """The digest of an image's manifest, the same each time."""
    name = full_image(image)
    if "@" in name:
        return name
    repository = name.rpartition(":")[0]
    return f"{repository}@sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def _terminated(ended: Ended) -> Object:
    found: Object = {"exitCode": ended.exit_code, "reason": ended.reason}
    if ended.message:
        found["message"] = ended.message
    found["startedAt"] = stamp(ended.started_at) if ended.started_at else None
    found["finishedAt"] = stamp(ended.finished_at) if ended.finished_at else None
    if ended.container_id:
        found["containerID"] = ended.container_id
    return {"terminated": found}


def _waits_again(c: Container) -> bool:
    """Whether a container that has exited shows why it waits, and no longer how it ended."""
    if c.ended is None or c.stage in (Stage.EXITED, Stage.DONE):
        return False
    return c.stage not in (Stage.PULLING, Stage.CREATED) or c.reason not in ("ContainerCreating", "PodInitializing")


def _state(c: Container) -> Object:
    if c.running:
        return {"running": {"startedAt": stamp(c.started_at)}}
    if c.ended is not None and not _waits_again(c):
        return _terminated(c.ended)
    waiting = {"reason": c.reason}
    if c.message:
        waiting["message"] = c.message
    return {"waiting": waiting}


def status(c: Container, uid: str) -> Object:
    """The entry of containerStatuses and its like."""
    last = c.ended if _waits_again(c) else c.last
    known = c.runs > 0
    ready = c.ready if c.kind != "init" else c.succeeded
    found: Object = {
        "name": c.name,
        "state": _state(c),
        "lastState": _terminated(last) if last is not None else {},
        "ready": ready,
        "restartCount": max(0, c.runs - 1),
        "image": full_image(c.image) if known else c.image,
        "imageID": image_id(c.image) if known else "",
    }
    if known:
        found["containerID"] = c.ended.container_id if c.ended is not None else container_id(uid, c.name, c.runs)
    found["started"] = c.started
    resources = c.spec.get("resources") or {}
    if known:
        if requests := resources.get("requests"):
            found["allocatedResources"] = dict(requests)
        found["resources"] = {k: dict(resources[k]) for k in ("limits", "requests") if resources.get(k)}
        if mounts := c.spec.get("volumeMounts"):
            found["volumeMounts"] = [_mount(m) for m in mounts]
        found["user"] = {"linux": _user(c)}
    return found


def _mount(mount: View) -> Object:
    found: Object = {"name": mount["name"], "mountPath": mount["mountPath"]}
    if mount.get("readOnly"):
        found |= {"readOnly": True, "recursiveReadOnly": mount.get("recursiveReadOnly") or "Disabled"}
    return found


def _user(c: Container) -> dict[str, Any]:
    context = c.spec.get("securityContext") or {}
    uid, gid = int(context.get("runAsUser") or 0), int(context.get("runAsGroup") or 0)
    return {"uid": uid, "gid": gid, "supplementalGroups": [gid]}
