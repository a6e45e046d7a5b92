"""The transitions of one container: pull, configure, run, probe, stop, restart. Models pkg/kubelet/kuberuntime."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from apimachinery.objects import View
from apimachinery.timestamp import go_duration
from controllers.simulated import image_names, probes
from controllers.simulated.container import Container, Ended, Stage, container_id
from controllers.simulated.environment import ConfigError, declared
from controllers.simulated.logs import InstanceLog
from controllers.simulated.process import Process, Stream
from controllers.simulated.sandbox import NotFoundInImage, Sandbox

if TYPE_CHECKING:
    from controllers.simulated.pod_machine import PodMachine

BACKOFF_FIRST: Final = 10.0
BACKOFF_CAP: Final = 300.0
CONFIG_RETRY: Final = 12.0
RESTART_SECONDS: Final = 0.5
SEEN_SECONDS: Final = 1.0
"""How long an exit is shown before the back-off: a kubelet looks at its containers once a second."""
MINIMUM_GRACE: Final = 2.0
KILLED: Final = 137
_ROOT: Final = "container has runAsNonRoot and image will run as root"


class Event(NamedTuple):
    """An event about the pod, or about the container that `field_path` names."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str
    field_path: str = ""
    annotations: Mapping[str, str] = MappingProxyType({})


class ContainerLife:
    """Plays the containers of one pod; events gather in `events`."""

    __slots__ = ("_pod", "events")

    def __init__(self, machine: PodMachine) -> None:
        self._pod = machine
        self.events: list[Event] = []

    def advance(self, c: Container, now: float) -> None:
        """Play what is due for a container."""
        match c.stage:
            case Stage.PULLING:
                self._pull_ended(c, now)
            case Stage.PULL_FAILED:
                self._pull_retry(c, now)
            case Stage.CONFIG_ERROR:
                self._create(c, now)
            case Stage.CREATED:
                self._start(c, now)
            case Stage.RUNNING:
                self._run(c, now)
            case Stage.STOPPING:
                self._stopped(c, now)
            case Stage.EXITED:
                self._back_off(c, now)
            case Stage.BACKOFF:
                self._restart(c, now)
            case Stage.IDLE | Stage.DONE:
                c.due = math.inf

    # image ----------------------------------------------------------------------------------------------------------

    def begin(self, c: Container, now: float) -> None:
        """Get the image, then create and start."""
        image, pull = c.image, c.behaviour.pull
        if problem := image_names.invalid(image):
            self._wait(c, "InvalidImageName", problem)
            self._event(c, "Warning", "InspectFailed", problem)
            self._event(c, "Warning", "Failed", "Error: InvalidImageName")
            c.stage, c.due = Stage.PULL_FAILED, now + CONFIG_RETRY
            return
        policy = c.spec.get("imagePullPolicy") or "IfNotPresent"
        present = image in self._pod.host.images
        if policy == "Never" and pull.error:
            text = f'Container image "{image}" is not present with pull policy of Never'
            self._wait(c, "ErrImageNeverPull", text)
            self._event(c, "Warning", "ErrImageNeverPull", text)
            self._event(c, "Warning", "Failed", "Error: ErrImageNeverPull")
            c.stage, c.due = Stage.PULL_FAILED, now + CONFIG_RETRY
        elif policy == "Never" or (policy == "IfNotPresent" and present):
            text = f'Container image "{image}" already present on machine and can be accessed by the pod'
            self._event(c, "Normal", "Pulled", text)
            self._create(c, now)
        else:
            self._event(c, "Normal", "Pulling", f'Pulling image "{image}"')
            c.pull_begun = now
            c.stage, c.due = Stage.PULLING, now + (pull.seconds if not present else min(pull.seconds, 0.05))

    def _pull_ended(self, c: Container, now: float) -> None:
        image, pull = c.image, c.behaviour.pull
        if pull.error:
            c.pull_failures += 1
            self._wait(c, "ErrImagePull", pull.error)
            self._event(c, "Warning", "Failed", f'Failed to pull image "{image}": {pull.error}')
            self._event(c, "Warning", "Failed", "Error: ErrImagePull")
            c.stage, c.due = Stage.PULL_FAILED, now + SEEN_SECONDS
            return
        c.pull_failures = 0
        self._pod.host.images.add(image)
        took = go_duration(round(now - c.pull_begun, 3))
        self._event(
            c,
            "Normal",
            "Pulled",
            f'Successfully pulled image "{image}" in {took} ({took} including waiting). Image size: {pull.size} bytes.',
        )
        self._create(c, now)

    def _pull_retry(self, c: Container, now: float) -> None:
        if c.reason == "ErrImagePull":
            message = f'Back-off pulling image "{c.image}"'
            self._event(c, "Normal", "BackOff", message)
            self._event(c, "Warning", "Failed", "Error: ImagePullBackOff")
            self._wait(c, "ImagePullBackOff", f"{message}: ErrImagePull: {c.behaviour.pull.error}")
            delay = min(BACKOFF_CAP, BACKOFF_FIRST * 2 ** (c.pull_failures - 1))
            c.due = now + delay - SEEN_SECONDS
        else:
            self.begin(c, now)

    # start ----------------------------------------------------------------------------------------------------------

    def _create(self, c: Container, now: float) -> None:
        c.pulled = True
        problem = self.config_problem(c)
        self._pod.missing = bool(problem)
        if problem:
            self._wait(c, "CreateContainerConfigError", problem)
            self._event(c, "Warning", "Failed", f"Error: {problem}")
            c.stage, c.due = Stage.CONFIG_ERROR, now + CONFIG_RETRY
            return
        self._wait(c, "PodInitializing" if self._pod.pod["spec"].get("initContainers") else "ContainerCreating", "")
        self._event(c, "Normal", "Created", "Container created")
        c.stage, c.due = Stage.CREATED, now + c.behaviour.start_delay
        if c.due <= now:
            self._start(c, now)

    def config_problem(self, c: Container) -> str:
        """Why the container cannot be created; empty when it can."""
        pod = self._pod
        if c.spec.get("env") or c.spec.get("envFrom"):
            try:
                declared(pod.pod, c.spec, pod.world, pod.addresses)
            except ConfigError as error:
                return str(error)
        return self._root_problem(c)

    def _root_problem(self, c: Container) -> str:
        whole: View = self._pod.pod["spec"].get("securityContext") or {}
        own: View = c.spec.get("securityContext") or {}
        if not own.get("runAsNonRoot", whole.get("runAsNonRoot")):
            return ""
        user = own.get("runAsUser", whole.get("runAsUser"))
        described = f'(pod: "{self._pod.pod["metadata"]["name"]}_{self._pod.pod["metadata"]["namespace"]}'
        described += f'({self._pod.uid})", container: {c.name})'
        if user is None:
            return f"{_ROOT} {described}" if c.behaviour.user in ("root", "0") else ""
        return f"container's runAsUser breaks non-root policy {described}" if int(user) == 0 else ""

    def _start(self, c: Container, now: float) -> None:
        if c.ended is not None:
            c.last, c.ended = c.ended, None
        c.previous_log, c.log = c.log, InstanceLog(now, c.behaviour.lines)
        c.runs += 1
        c.started_at, c.message, c.kill_at, c.restarting = now, "", math.inf, False
        c.reason = "ContainerCreating"
        c.stage, c.due = Stage.RUNNING, now + c.behaviour.exit_after
        try:
            self.start_program(c, now)
        except NotFoundInImage as error:
            self._event(c, "Warning", "Failed", f"Error: {error}")
            c.started_at = now
            self._exited(c, 128, "StartError", now, str(error))
            return
        self._event(c, "Normal", "Started", "Container started")
        c.probes = [] if c.kind in ("init", "ephemeral") else probes.probes_of(c.spec, now)
        kinds = {p.kind for p in c.probes}
        c.started = "startup" not in kinds
        if "readiness" not in kinds and c.behaviour.ready_delay and c.kind in ("app", "sidecar"):
            c.probes.append(probes.Probe("readiness", {}, now + c.behaviour.ready_delay))
            kinds = {*kinds, "readiness"}
        c.ready = c.started and "readiness" not in kinds
        if c.kind == "init":
            c.ready = False
        self._run(c, now)

    def start_program(self, c: Container, now: float) -> None:
        """Start what the image runs; raises NotFoundInImage when there is no such command."""
        c.process = c.sandbox = None
        if c.behaviour.program is not None:
            c.sandbox = Sandbox.of(self._pod, c)
            c.process = Process(c.behaviour.program(c.sandbox), now)

    # run ------------------------------------------------------------------------------------------------------------

    def _run(self, c: Container, now: float) -> None:
        if c.process is not None and c.process.resume_at <= now:
            log = c.log
            assert log is not None  # noqa: S101 - a run has its log

            def write(at: float, text: str, stream: Stream) -> None:
                log.write(at, text, stream)

            c.process.run(now, write)
            if c.process.exited:
                code = c.process.exit_code or 0
                self._exited(c, code, "", min(now, c.process.resume_at))
                return
        if c.due <= now:
            self._exited(c, c.behaviour.exit_code, c.behaviour.exit_reason, now)
            return
        for probe in c.probes:
            if probe.due <= now and (probe.kind == "startup" or c.started):
                self._probe(c, probe, now)
                if c.stage is not Stage.RUNNING:
                    return

    def _probe(self, c: Container, probe: probes.Probe, now: float) -> None:
        if not probe.spec:
            probe.due, c.ready = math.inf, True
            return
        elapsed = now - c.started_at
        answer = probes.ask(
            probe, c.behaviour, c.spec, elapsed, self._pod.addresses["podIP"], lambda spec: self._exec(c, spec)
        )
        if not answer.success:
            shown = probe.kind.capitalize()
            self._event(c, "Warning", "Unhealthy", f"{shown} probe failed: {answer.output}")
        decided = probe.take(answer, now, c.started_at)
        if probe.kind == "readiness":
            c.ready = probe.result is True
        elif probe.result is False:
            message = f"Container {c.name} failed {probe.kind} probe, will be restarted"
            own = probe.spec.get("terminationGracePeriodSeconds")
            self._kill(c, now, message, float(own) if own is not None else self._pod.grace)
        elif probe.kind == "startup" and decided:
            probe.due, c.started = math.inf, True
            c.ready = not any(p.kind == "readiness" for p in c.probes)
            for other in c.probes:
                if other is not probe:
                    other.due = max(other.due, now)

    def _exec(self, c: Container, spec: View) -> tuple[int, str]:
        return Sandbox.inside(self._pod, c).run_now([str(a) for a in spec.get("command") or ()])

    # end ------------------------------------------------------------------------------------------------------------

    def image_changed(self, c: Container, now: float) -> None:
        """The pod's spec names another image."""
        c.pull_failures = 0
        if c.stage is Stage.RUNNING:
            self._kill(c, now, f"Container {c.name} definition changed, will be restarted", self._pod.grace)
        elif c.stage in (Stage.PULLING, Stage.PULL_FAILED):
            c.stage, c.due, c.reason = Stage.PULL_FAILED, now, "ContainerCreating"

    def _kill(self, c: Container, now: float, message: str, grace: float) -> None:
        self._event(c, "Normal", "Killing", message)
        c.restarting = True
        self._begin_stop(c, now, now + grace)

    def stop(self, c: Container, now: float, grace_ends: float) -> None:
        """Stop a container for good because its pod ends."""
        c.restarting = False
        if c.stage is Stage.STOPPING:
            c.kill_at = min(c.kill_at, grace_ends)
        elif c.stage is Stage.RUNNING:
            self._event(c, "Normal", "Killing", f"Stopping container {c.name}")
            self._begin_stop(c, now, grace_ends)
        else:
            c.stage, c.due = Stage.DONE, math.inf

    def _begin_stop(self, c: Container, now: float, grace_ends: float) -> None:
        behaviour = c.behaviour
        pre_stop = _pre_stop_seconds((c.spec.get("lifecycle") or {}).get("preStop") or {})
        c.stage = Stage.STOPPING
        after = c.sandbox.on_terminate()[0] if c.sandbox is not None else behaviour.stop_after
        c.due = now + pre_stop + after
        if grace_ends <= now:
            c.kill_at = now
        else:
            c.kill_at = max(grace_ends, now + MINIMUM_GRACE)

    def _stopped(self, c: Container, now: float) -> None:
        if c.due <= c.kill_at and c.due <= now:
            self._exited(c, c.sandbox.on_terminate()[1] if c.sandbox is not None else c.behaviour.stop_code, "", now)
        elif c.kill_at <= now:
            self._exited(c, KILLED, "Error", now)

    def lose(self, c: Container, now: float) -> None:
        """The machine went down under the container."""
        if c.running:
            self._exited(c, 255, "Unknown", now)
        elif c.stage is Stage.CREATED:
            c.stage, c.due = Stage.PULLING, now

    def lost(self, message: str) -> Ended:
        """How a container ended that nobody saw."""
        return Ended(0.0, 0.0, KILLED, "ContainerStatusUnknown", "", message)

    def _exited(self, c: Container, code: int, reason: str, now: float, message: str = "") -> None:
        if c.log is not None:
            c.log.end(now)
        if not message and c.sandbox is not None:
            message = c.sandbox.termination_message(c.spec, c.log, code)
        c.ended = Ended(
            c.started_at,
            now,
            code,
            reason or ("Completed" if code == 0 else "Error"),
            container_id(self._pod.uid, c.name, c.runs),
            message,
        )
        c.ready = c.started = False
        c.process, c.probes = None, []
        self.after_exit(c, now)

    def after_exit(self, c: Container, now: float) -> None:
        """Decide whether a container that has exited runs again."""
        c.stage, c.due = Stage.DONE, math.inf
        stopping = self._pod.stopping
        if stopping or c.ended is None or not self._restarts(c, c.ended.exit_code):
            return
        c.stage = Stage.EXITED
        c.due = now + (RESTART_SECONDS if self._delay(c, now) == 0 else SEEN_SECONDS)

    def _restarts(self, c: Container, code: int) -> bool:
        policy = self._pod.pod["spec"].get("restartPolicy") or "Always"
        match c.kind:
            case "ephemeral":
                return False
            case "sidecar":
                return True
            case "init":
                return code != 0 and policy != "Never"
        return policy == "Always" or (policy == "OnFailure" and code != 0)

    def _delay(self, c: Container, now: float) -> float:
        return c.backoff if now - c.backoff_at <= 2 * BACKOFF_CAP else 0.0

    def _back_off(self, c: Container, now: float) -> None:
        assert c.ended is not None  # noqa: S101 - it has exited
        delay = self._delay(c, now)
        until = c.ended.finished_at + delay
        if delay == 0 or until <= now:
            self._restart(c, now)
            return
        pod = self._pod.pod["metadata"]
        where = f"{pod['name']}_{pod['namespace']}({self._pod.uid})"
        c.reason = "CrashLoopBackOff"
        c.message = f"back-off {go_duration(delay)} restarting failed container={c.name} pod={where}"
        self._event(c, "Warning", "BackOff", f"Back-off restarting failed container {c.name} in pod {where}")
        c.stage, c.due = Stage.BACKOFF, until

    def _restart(self, c: Container, now: float) -> None:
        delay = self._delay(c, now)
        c.backoff = min(BACKOFF_CAP, delay * 2) if delay else BACKOFF_FIRST
        c.backoff_at = now
        self.begin(c, now)

    # common ---------------------------------------------------------------------------------------------------------

    def _wait(self, c: Container, reason: str, message: str) -> None:
        if reason in ("ContainerCreating", "PodInitializing") and c.ended is not None:
            return
        c.reason, c.message = reason, message

    def _event(self, c: Container, kind: Literal["Normal", "Warning"], reason: str, message: str) -> None:
        self.events.append(Event(kind, reason, message, c.field_path))


def _pre_stop_seconds(hook: View) -> float:
    if sleep := hook.get("sleep"):
        return float(sleep.get("seconds") or 0)
    command = [str(a) for a in (hook.get("exec") or {}).get("command") or ()]
    words = " ".join(command).replace(";", " ").replace("&&", " ").split()
    seconds = 0.0
    for word, following in itertools.pairwise(words):
        if word.rpartition("/")[2] == "sleep" and following.rstrip("s").replace(".", "", 1).isdigit():
            seconds += float(following.rstrip("s"))
    return seconds
