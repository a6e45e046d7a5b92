"""The revision history of a StatefulSet. Models getStatefulSetRevisions and pkg/controller/history, v1.36."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from apimachinery import errors, meta, names, serializer
from apimachinery.objects import Object, View
from controllers.runtime import history
from controllers.runtime.client import Client
from controllers.runtime.controller_ref import check_owner
from controllers.runtime.resources import CONTROLLER_REVISIONS, STATEFUL_SET_KIND, STATEFUL_SETS
from controllers.statefulset.identity import pod_revision

HASH_LABEL: Final = "controller.kubernetes.io/hash"
_MAX_PREFIX: Final = 223
_CONFLICT_RETRIES: Final = 5


def revision_hash(data: Object, collisions: int) -> str:
    """The safe-encoded FNV-1 of a revision's data and a collision count. Models HashControllerRevision."""
    value = 2166136261
    for byte in serializer.go_json(data).encode() + str(collisions).encode():
        value = ((value * 16777619) & 0xFFFFFFFF) ^ byte
    return names.safe_encode(str(value))


def revision_name(st: View, digest: str) -> str:
    """The name of the revision with a hash."""
    return f"{meta.name(st)[:_MAX_PREFIX]}-{digest}"


def at_revision(st: View, revision: View) -> Object:
    """The set with the template of a revision. Models ApplyRevision."""
    template = {k: v for k, v in revision["data"]["spec"]["template"].items() if k != "$patch"}
    return {**st, "spec": {**st["spec"], "template": template}}


def same_state(one: View, other: View) -> bool:
    """Whether two revisions hold the same template; what is null counts as absent."""
    return bool(_without_nulls(one.get("data")) == _without_nulls(other.get("data")))


def revisions_to_delete(
    st: View, revisions: Sequence[View], pods: Iterable[View], current: View | None, update: View | None
) -> list[View]:
    """The oldest revisions above revisionHistoryLimit that neither the set nor a pod uses; `revisions` is sorted."""
    live = {meta.name(r) for r in (current, update) if r is not None} | {pod_revision(p) for p in pods}
    unused = [r for r in revisions if meta.name(r) not in live]
    return unused[: max(0, len(unused) - int(st["spec"].get("revisionHistoryLimit", 10)))]


class RevisionHistory:
    """Keeps the revisions of the templates that the set had, the update revision with the highest number."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def adopt(self, st: View, orphans: Sequence[View]) -> None:
        """Make orphaned revisions the set's; raises ReconcileError when the set was replaced or is going."""
        if not orphans:
            return
        await check_owner(self._client, STATEFUL_SETS, st)
        for revision in orphans:
            ref = meta.new_controller_ref(st, STATEFUL_SET_KIND)
            patch: Object = {"metadata": {"ownerReferences": [ref], "uid": meta.uid(revision)}}
            await self._client.patch(
                CONTROLLER_REVISIONS, meta.name(revision), patch, namespace=meta.namespace(revision)
            )

    async def current_and_update(self, st: View, revisions: Sequence[View]) -> tuple[View, View, int]:
        """The current and the update revision and the collision count; `revisions` is sorted."""
        status: View = st.get("status") or {}
        collisions = int(status.get("collisionCount") or 0)
        proposed = self._proposed(st, history.max_revision(revisions) + 1, collisions)
        equal = [r for r in revisions if same_state(r, proposed)]
        if equal and same_state(revisions[-1], proposed):
            update: View = revisions[-1]
        elif equal:
            update = await self._renumber(equal[-1], history.revision_of(proposed))
        else:
            update, collisions = await self._create(st, proposed, collisions)
        current = next((r for r in revisions if meta.name(r) == status.get("currentRevision")), update)
        return current, update, collisions

    async def truncate(self, revisions: Iterable[View]) -> None:
        """Delete revisions."""
        for revision in revisions:
            await self._client.delete(CONTROLLER_REVISIONS, meta.name(revision), namespace=meta.namespace(revision))

    @staticmethod
    def _proposed(st: View, number: int, collisions: int) -> Object:
        template = st["spec"]["template"]
        data = history.template_patch(template)
        digest = revision_hash(data, collisions)
        return history.new_controller_revision(
            st,
            STATEFUL_SET_KIND,
            name=revision_name(st, digest),
            data=data,
            revision=number,
            labels={**meta.labels(template), HASH_LABEL: digest},
        )

    async def _create(self, st: View, revision: Object, collisions: int) -> tuple[View, int]:
        while True:
            name = revision_name(st, revision_hash(revision["data"], collisions))
            named: Object = {**revision, "metadata": {**revision["metadata"], "name": name}}
            try:
                created = await self._client.create(CONTROLLER_REVISIONS, named, namespace=meta.namespace(st))
            except errors.AlreadyExists:
                existing = await self._client.get(CONTROLLER_REVISIONS, name, namespace=meta.namespace(st))
                if existing.get("data") == revision["data"]:
                    return existing, collisions
                collisions += 1
            else:
                return created, collisions

    async def _renumber(self, revision: View, number: int) -> View:
        for attempt in range(_CONFLICT_RETRIES):
            if history.revision_of(revision) == number:
                return revision
            try:
                return await self._client.update(CONTROLLER_REVISIONS, {**revision, "revision": number})
            except errors.Conflict:
                if attempt == _CONFLICT_RETRIES - 1:
                    raise
                name, namespace = meta.name(revision), meta.namespace(revision)
                revision = await self._client.get(CONTROLLER_REVISIONS, name, namespace=namespace)
        raise AssertionError("the last attempt returns or raises")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value
