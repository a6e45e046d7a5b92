"""Deletes finished Jobs after their time to live. Models pkg/controller/ttlafterfinished."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from apimachinery import errors, meta
from apimachinery.objects import View
from apimachinery.timestamp import parse_time
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.flags import flag
from controllers.runtime.resources import JOBS


@dataclass(frozen=True, slots=True)
class TTLAfterFinishedOptions:
    """Flags of the TTL controller."""

    concurrent_ttl_after_finished_syncs: int = flag(5, "Jobs looked at at once.")


def expires_at(job: View) -> datetime | None:
    """When a finished Job is to go; None while it runs or when it may stay; pure."""
    ttl = job["spec"].get("ttlSecondsAfterFinished")
    if ttl is None or meta.is_deleting(job):
        return None
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition.get("type") in ("Complete", "Failed") and condition.get("status") == "True":
            finished: str = condition["lastTransitionTime"]
            return parse_time(finished) + timedelta(seconds=int(ttl))
    return None


class TTLAfterFinishedController:
    """Keys are Jobs."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._queue = context.queue("ttl_jobs_to_delete", str)
        self._jobs = context.informers.informer(JOBS)
        self._jobs.add_handler(on_add=self._seen, on_update=lambda _, new: self._seen(new))
        self._controller = Controller(
            "ttl-after-finished-controller",
            self._queue,
            self.sync,
            workers=context.options(TTLAfterFinishedOptions).concurrent_ttl_after_finished_syncs,
            informers=(self._jobs,),
        )

    async def run(self) -> None:
        """Delete until cancelled."""
        await self._controller.run()

    def _seen(self, job: View) -> None:
        if expires_at(job) is not None:
            self._queue.add(meta.key(job))

    async def sync(self, key: str) -> None:
        """Delete one Job if its time is over, else come back when it is."""
        job = self._jobs.indexer.get(key)
        due = expires_at(job) if job is not None else None
        if job is None or due is None:
            return
        left = (due - self._clock.now()).total_seconds()
        if left > 0:
            self._queue.add_after(key, left)
            return
        try:
            live = await self._client.get(JOBS, meta.name(job), namespace=meta.namespace(job))
            fresh = expires_at(live)
            if fresh is None or fresh > self._clock.now():
                return
            await self._client.delete(
                JOBS,
                meta.name(job),
                namespace=meta.namespace(job),
                propagation_policy="Foreground",
                uid=meta.uid(live),
            )
        except errors.NotFound:
            return
