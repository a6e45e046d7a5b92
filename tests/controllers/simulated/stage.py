"""A pod's machine on a stage of its own: a world of dicts, one host, and time that moves when the test says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from apimachinery.objects import Object, View
from controllers.simulated.addresses import PodAddresses
from controllers.simulated.container_life import Event
from controllers.simulated.host import Host
from controllers.simulated.images import Images
from controllers.simulated.pod_machine import PodMachine
from controllers.simulated.scenario import Scenario

START = 1_767_323_045.0
"""2026-01-02T03:04:05Z."""
UID = "0b2f6a5e-0000-4000-8000-000000000001"


class DictWorld:
    """A World of plain dicts; nodes have room for everything."""

    def __init__(self) -> None:
        self.config_maps: dict[str, Object] = {}
        self.secrets: dict[str, Object] = {}
        self.claims: dict[str, Object] = {}
        self.allocatable = {"cpu": "4", "memory": "8Gi", "pods": "110"}
        self.node_labels: dict[str, str] = {}

    def config_map(self, namespace: str, name: str) -> View | None:
        return self.config_maps.get(name)

    def secret(self, namespace: str, name: str) -> View | None:
        return self.secrets.get(name)

    def claim(self, namespace: str, name: str) -> View | None:
        return self.claims.get(name)

    def services(self, namespace: str) -> Sequence[View]:
        spec = {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "protocol": "TCP"}]}
        return [{"metadata": {"name": "kubernetes"}, "spec": spec}] if namespace == "default" else []

    def node(self, name: str) -> View | None:
        return {
            "metadata": {"name": name, "labels": self.node_labels},
            "status": {"allocatable": self.allocatable},
        }


def container(name: str = "c", image: str = "nginx:1.25", **more: Any) -> Object:
    """A container with what the API server would have filled in for it."""
    return {"name": name, "image": image, "imagePullPolicy": "IfNotPresent", **more}


def pod(*containers: Object, **spec: Any) -> Object:
    """A pod that is bound to node n1."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "ns", "uid": UID, "generation": 1, "resourceVersion": "1"},
        "spec": {
            "nodeName": "n1",
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "containers": list(containers) or [container()],
            **spec,
        },
        "status": {"phase": "Pending", "qosClass": "BestEffort"},
    }


class Stage:
    """One machine; `run(seconds)` lets it live and gathers its events with their moments."""

    def __init__(self, obj: Object, *, world: DictWorld | None = None, scenario: Scenario | None = None) -> None:
        self.world = world or DictWorld()
        self.host = Host("n1", "172.18.0.2", PodAddresses("10.244.1.0/24"))
        self.now = START
        self.machine = PodMachine(obj, self.host, self.world, Images(scenario), lambda: self.now)
        self.events: list[tuple[float, Event]] = []
        self.history: list[tuple[float, str]] = []

    def run(self, seconds: float) -> Object:
        """Live for so long; the status at the end."""
        end = self.now + seconds
        while True:
            step = self.machine.step(self.now)
            self.events += [(round(self.now - START, 3), e) for e in step.events]
            shown = self.describe()
            if not self.history or self.history[-1][1] != shown:
                self.history.append((round(self.now - START, 3), shown))
            if step.next_due > end or math.isinf(step.next_due):
                break
            assert step.next_due > self.now, "a machine that is due at once never rests"
            self.now = step.next_due
        self.now = end
        return self.machine.status(end)

    def describe(self) -> str:
        """Phase and container states in one line: `Running c=running/ready`."""
        status = self.machine.status(self.now)
        parts = [status["phase"]]
        for key in ("initContainerStatuses", "containerStatuses"):
            for entry in status.get(key) or ():
                ((kind, state),) = entry["state"].items()
                text = kind if kind == "running" else state["reason"]
                parts.append(f"{entry['name']}={text}{'/ready' if entry['ready'] else ''}")
        return " ".join(parts)

    def delete(self, grace: int = 30) -> None:
        """Ask the pod to stop, as the API server does."""
        metadata = {
            **self.machine.pod["metadata"],
            "deletionTimestamp": "2026-01-02T03:05:00Z",
            "deletionGracePeriodSeconds": grace,
        }
        self.machine.update({**self.machine.pod, "metadata": metadata}, self.now)

    def reasons(self) -> list[str]:
        """The reasons of the events so far."""
        return [e.reason for _, e in self.events]

    def messages(self, reason: str) -> list[str]:
        """The messages of the events of a reason."""
        return [e.message for _, e in self.events if e.reason == reason]


def condition(status: Object, kind: str) -> tuple[str, str, str]:
    """Status, reason and message of a condition."""
    found = next(c for c in status["conditions"] if c["type"] == kind)
    return found["status"], found.get("reason", ""), found.get("message", "")
