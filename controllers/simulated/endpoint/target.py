"""The container that a request of the kubelet endpoint is about, and refusals."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from apimachinery.clock import Clock
from controllers.simulated.container import Container
from controllers.simulated.pod_agent import PodAgents
from controllers.simulated.pod_machine import PodMachine


class Refused(Exception):
    """An answer in plain text, as kubelets give them."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code

    def response(self) -> web.Response:
        """The HTTP answer."""
        return web.Response(status=self.code, text=str(self))


@dataclass(frozen=True, slots=True)
class Target:
    """One container of one pod, and what it takes to talk to it."""

    pods: PodAgents
    clock: Clock
    machine: PodMachine
    container: Container

    @property
    def now(self) -> float:
        """Seconds of the cluster's wall clock."""
        return self.pods.now()

    def require_running(self) -> None:
        """Raise Refused unless the container runs."""
        if not self.container.running:
            raise Refused(404, f'container not found ("{self.container.name}")')
