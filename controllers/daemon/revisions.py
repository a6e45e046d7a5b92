"""The revision history of a DaemonSet. Models pkg/controller/daemon/update.go (constructHistory, snapshot)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.runtime import history
from controllers.runtime.client import MERGE_PATCH, Client
from controllers.runtime.errors import ReconcileError
from controllers.runtime.history import CONTROLLER_REVISION_HASH
from controllers.runtime.resources import CONTROLLER_REVISIONS, DAEMON_SET_KIND, DAEMON_SETS, PODS


def current_hash(revision: View) -> str:
    """The hash label of a revision, which is what pods carry."""
    return meta.labels(revision).get(CONTROLLER_REVISION_HASH) or ""


def revisions_to_delete(ds: View, old: Sequence[View], pods: Iterable[View]) -> list[View]:
    """The oldest unused revisions above revisionHistoryLimit; pure."""
    excess = len(old) - int(ds["spec"].get("revisionHistoryLimit", 10))
    if excess <= 0:
        return []
    in_use = {h for p in pods if (h := meta.labels(p).get(CONTROLLER_REVISION_HASH))}
    unused = [r for r in history.sort_revisions(old) if current_hash(r) not in in_use]
    return unused[:excess]


class RevisionHistory:
    """Keeps one revision for each template that the DaemonSet had, the current one with the highest number."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def construct(self, ds: View, claimed: Sequence[View], pods: Sequence[View]) -> tuple[View, list[View]]:
        """The current revision, made or renumbered where needed, and the old ones."""
        data = history.template_patch(ds["spec"]["template"])
        current: list[View] = []
        old: list[View] = []
        for revision in claimed:
            if CONTROLLER_REVISION_HASH not in meta.labels(revision):
                revision = await self._update(revision, labels={CONTROLLER_REVISION_HASH: meta.name(revision)})
            (current if revision.get("data") == data else old).append(revision)
        number = history.max_revision(old) + 1
        if not current:
            return await self._snapshot(ds, data, number), old
        kept = await self._deduplicate(current, pods) if len(current) > 1 else current[0]
        if history.revision_of(kept) < number:
            kept = await self._update(kept, number=number)
        return kept, old

    async def truncate(self, ds: View, old: Sequence[View], pods: Iterable[View]) -> None:
        """Delete what revisionHistoryLimit and the pods leave over."""
        for revision in revisions_to_delete(ds, old, pods):
            await self._delete(revision)

    async def _snapshot(self, ds: View, data: Object, number: int) -> View:
        template = ds["spec"]["template"]
        collisions = (ds.get("status") or {}).get("collisionCount")
        suffix = history.compute_hash(template, collisions)
        name = f"{meta.name(ds)}-{suffix}"
        revision = history.new_controller_revision(
            ds,
            DAEMON_SET_KIND,
            name=name,
            data=data,
            revision=number,
            labels={**meta.labels(template), CONTROLLER_REVISION_HASH: suffix},
        )
        try:
            return await self._client.create(CONTROLLER_REVISIONS, revision, namespace=meta.namespace(ds))
        except errors.AlreadyExists:
            existing = await self._client.get(CONTROLLER_REVISIONS, name, namespace=meta.namespace(ds))
            if existing.get("data") == data:
                return existing
            await self._count_collision(ds, collisions)
            raise

    async def _count_collision(self, ds: View, seen: int | None) -> None:
        live = await self._client.get(DAEMON_SETS, meta.name(ds), namespace=meta.namespace(ds))
        status = live.setdefault("status", {})
        if status.get("collisionCount") != seen:
            raise ReconcileError(
                f"found a stale collision count ({seen}, expected {status.get('collisionCount')}) of DaemonSet"
                f' "{meta.name(ds)}" while processing; will retry until it is updated'
            )
        status["collisionCount"] = (seen or 0) + 1
        await self._client.update_status(DAEMON_SETS, live)

    async def _deduplicate(self, current: Sequence[View], pods: Sequence[View]) -> View:
        kept = current[0]
        for revision in current[1:]:
            if history.revision_of(revision) >= history.revision_of(kept):
                kept = revision
        label = current_hash(kept)
        for revision in current:
            if revision is kept:
                continue
            for pod in pods:
                if meta.labels(pod).get(CONTROLLER_REVISION_HASH) != label:
                    await self._relabel(pod, label)
            await self._delete(revision)
        return kept

    async def _relabel(self, pod: View, label: str) -> None:
        patch = {"metadata": {"labels": {CONTROLLER_REVISION_HASH: label}}}
        await self._client.patch(PODS, meta.name(pod), patch, namespace=meta.namespace(pod), content_type=MERGE_PATCH)

    async def _update(self, revision: View, *, labels: dict[str, str] | None = None, number: int | None = None) -> View:
        changed: Object = {**revision, "metadata": {**revision["metadata"]}}
        if labels:
            changed["metadata"]["labels"] = {**meta.labels(revision), **labels}
        if number is not None:
            changed["revision"] = number
        return await self._client.update(CONTROLLER_REVISIONS, changed)

    async def _delete(self, revision: View) -> None:
        try:
            await self._client.delete(CONTROLLER_REVISIONS, meta.name(revision), namespace=meta.namespace(revision))
        except errors.NotFound:
            return
