"""Creating and deleting an owner's pods, with their events, and slow-start batches. Models controller_utils.go."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.runtime.client import Client
from controllers.runtime.errors import RETRIABLE, ReconcileError
from controllers.runtime.event_recorder import EventRecorder
from controllers.runtime.resources import PODS

SLOW_START_INITIAL_BATCH: Final = 1
NAMESPACE_TERMINATING: Final = "NamespaceTerminating"
_MAX_PREFIX: Final = 253


def pod_from_template(template: View, owner: View, controller_ref: Object) -> Object:
    """A pod as a controller sends it: the template's labels, annotations, finalizers and spec, and one owner."""
    source = meta.metadata(template)
    prefix = f"{meta.name(owner)}-"
    metadata: Object = {
        "generateName": prefix if len(prefix) <= _MAX_PREFIX else meta.name(owner),
        "labels": dict(source.get("labels") or {}),
        "annotations": dict(source.get("annotations") or {}),
        "ownerReferences": [controller_ref],
    }
    if source.get("finalizers"):
        metadata["finalizers"] = list(source["finalizers"])
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


class PodControl:
    """Writes pods on behalf of an owner and says so in events on it."""

    def __init__(self, client: Client, recorder: EventRecorder) -> None:
        self._client = client
        self._recorder = recorder

    async def create(self, pod: Object, owner: View) -> Object:
        """Create a pod in the owner's namespace; raises what the server raised."""
        if not pod["metadata"].get("labels"):
            raise ReconcileError("unable to create pods, no labels")
        try:
            created = await self._client.create(PODS, pod, namespace=meta.namespace(owner))
        except RETRIABLE as error:
            if not is_namespace_terminating(error):
                self._recorder.event(owner, "Warning", "FailedCreate", f"Error creating: {error}")
            raise
        self._recorder.event(owner, "Normal", "SuccessfulCreate", f"Created pod: {meta.name(created)}")
        return created

    async def delete(self, name: str, owner: View) -> None:
        """Delete a pod of the owner's namespace with its default grace; raises NotFound when it is gone already."""
        try:
            await self._client.delete(PODS, name, namespace=meta.namespace(owner))
        except errors.NotFound:
            raise
        except RETRIABLE as error:
            self._recorder.event(owner, "Warning", "FailedDelete", f"Error deleting: {error}")
            raise ReconcileError(f"unable to delete pods: {error}") from error
        self._recorder.event(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {name}")

    async def patch(self, namespace: str, name: str, patch: Object, *, content_type: str) -> None:
        """Patch a pod."""
        await self._client.patch(PODS, name, patch, namespace=namespace, content_type=content_type)


def is_namespace_terminating(error: Exception) -> bool:
    """Whether a create was refused because its namespace is being deleted."""
    return isinstance(error, errors.StatusError) and error.has_cause(NAMESPACE_TERMINATING)


async def slow_start_batch(
    count: int, initial: int, function: Callable[[int], Awaitable[None]], *, limit: int = sys.maxsize
) -> tuple[int, Exception | None]:
    """Call the function for 0..count-1 in batches of 1, 2, 4, … up to `limit`; stop after a batch with an error.

    Gives the number of successes and the first error. Models slowStartBatch.
    """
    successes = 0
    position = 0
    batch = min(count, initial)
    while batch > 0:
        results = await run_batch(range(position, position + batch), function)
        position += batch
        failures = [r for r in results if r is not None]
        successes += batch - len(failures)
        if failures:
            return successes, failures[0]
        batch = min(2 * batch, count - position, limit)
    return successes, None


async def run_batch(indexes: range, function: Callable[[int], Awaitable[None]]) -> list[Exception | None]:
    """Call the function for every index at once; each one's retriable error or None."""

    async def call(index: int) -> Exception | None:
        try:
            await function(index)
        except RETRIABLE as error:
            return error
        return None

    if len(indexes) == 1:
        return [await call(indexes[0])]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(call(i)) for i in indexes]
    return [task.result() for task in running]
