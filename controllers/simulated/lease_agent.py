"""The heartbeats of the simulated kubelets: each keeps its node's Lease renewed.

Models component-helpers/apimachinery/lease/controller.go. Heartbeats have workers of their own and come before other
requests, so that none waits behind a pod: a node whose lease is late is taken for dead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apimachinery import errors, meta
from apimachinery.clock import Clock
from apimachinery.objects import View
from apimachinery.timestamp import format_micro_time
from controllers.runtime.client import Client
from controllers.runtime.errors import ReconcileError
from controllers.runtime.informer import SharedInformer
from controllers.runtime.rate_limiter import ItemExponentialFailureRateLimiter
from controllers.runtime.resources import LEASES
from controllers.runtime.workqueue import WorkQueue
from controllers.simulated import node as nodes
from controllers.simulated.cadence import Cadence
from controllers.simulated.heartbeats import Heartbeats

LEASE_NAMESPACE: Final = "kube-node-lease"
RENEW_SECONDS: Final = 10.0
RENEW_SECONDS_CAP: Final = 30.0
RENEWALS_A_SECOND: Final = 500
RENEWALS_A_SECOND_ALONE: Final = 50
"""Where more would be needed, each lease is renewed less often, up to RENEW_SECONDS_CAP. A server that takes no
heartbeats together takes fewer of them."""
RENEW_SECONDS_STILL: Final = 36.0
"""How often while time is moved from one moment to the next, when heartbeats are most of what happens: the longest that
a lease of 40 s allows, since a moment may be some seconds later than what is due."""
_MAX_UPDATE_RETRIES: Final = 5
_RETRY_SECONDS: Final = 0.1
_RETRY_SECONDS_CAP: Final = 7.0


def retries() -> ItemExponentialFailureRateLimiter[str]:
    """How long to wait after a renewal that failed."""
    return ItemExponentialFailureRateLimiter(base=_RETRY_SECONDS, cap=_RETRY_SECONDS_CAP)


class LeaseAgents:
    """Keeps the Lease of every node whose kubelet lives; `owner` gives the UID of such a node, "" for any other."""

    def __init__(
        self, client: Client, clock: Clock, leases: SharedInformer, queue: WorkQueue[str], owner: Callable[[str], str]
    ) -> None:
        self._client = client
        self._clock = clock
        self._cadence = Cadence(clock)
        self._leases = leases
        self._queue = queue
        self._owner = owner
        self._beats = Heartbeats(client)
        self._nodes: set[str] = set()

    def start(self, name: str) -> None:
        """A kubelet runs, or can be heard again: renew at once."""
        self._nodes.add(name)
        self._queue.add(name)

    async def sync(self, name: str) -> None:
        """Renew a lease, and see to it that it is renewed again."""
        uid = self._owner(name)
        if not uid:
            self._nodes.discard(name)
            return
        await self._renew(name, uid)
        self._queue.add_after(name, self._cadence.wait(name, self._interval()))

    def _interval(self) -> float:
        speed = self._cadence.speed
        if not speed:
            return RENEW_SECONDS_STILL
        most = RENEWALS_A_SECOND if self._beats.together else RENEWALS_A_SECOND_ALONE
        return min(RENEW_SECONDS_CAP, max(RENEW_SECONDS, len(self._nodes) * speed / most))

    async def _renew(self, name: str, uid: str) -> None:
        lease = self._leases.get(name, LEASE_NAMESPACE)
        if lease is not None and _is_of(lease, uid) and await self._beats.beat(name, self._clock.now()):
            return
        for _ in range(_MAX_UPDATE_RETRIES):
            stamp = format_micro_time(self._clock.now())
            try:
                if lease is None:
                    await self._client.create(LEASES, nodes.lease(name, uid, stamp), namespace=LEASE_NAMESPACE)
                else:
                    await self._client.update(LEASES, _renewed(lease, name, uid, stamp))
            except (errors.Conflict, errors.AlreadyExists, errors.NotFound):
                lease = await self._read(name)
            else:
                return
        raise ReconcileError(f"failed {_MAX_UPDATE_RETRIES} attempts to update lease")

    async def _read(self, name: str) -> View | None:
        try:
            return await self._client.get(LEASES, name, namespace=LEASE_NAMESPACE)
        except errors.NotFound:
            return None


def _is_of(lease: View, uid: str) -> bool:
    return any(owner["uid"] == uid for owner in meta.metadata(lease).get("ownerReferences") or ())


def _renewed(lease: View, name: str, uid: str, stamp: str) -> View:
    metadata = meta.metadata(lease)
    if not metadata.get("ownerReferences"):
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid}
        metadata = {**metadata, "ownerReferences": [owner]}
    return {**lease, "metadata": metadata, "spec": {**(lease.get("spec") or {}), "renewTime": stamp}}
