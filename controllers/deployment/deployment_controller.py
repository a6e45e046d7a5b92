"""Rolls ReplicaSets over to a Deployment's template. Models pkg/controller/deployment, v1.36."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, View
from controllers.deployment import rollout
from controllers.deployment import status as progress
from controllers.runtime import history
from controllers.runtime.consistency import WrittenVersions
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.controller_ref import ControllerRefManager
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.runtime.indexer import BY_CONTROLLER_UID, by_controller_uid
from controllers.runtime.pod_control import is_namespace_terminating
from controllers.runtime.resources import DEPLOYMENT_KIND, DEPLOYMENTS, PODS, REPLICA_SETS

_UNLIMITED: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class DeploymentOptions:
    """Flags of the Deployment controller."""

    concurrent_deployment_syncs: int = flag(5, "Deployments synced at once.")


class DeploymentController:
    """One key is one Deployment, `namespace/name`."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._version = context.version
        self._recorder = context.events.recorder("deployment-controller")
        self._queue = context.queue("deployment", str)
        self._written = WrittenVersions()
        self._written_sets = WrittenVersions()
        self._deployments = context.informers.informer(DEPLOYMENTS)
        self._sets = context.informers.informer(REPLICA_SETS)
        self._pods = context.informers.informer(PODS)
        for informer in (self._sets, self._pods):
            informer.add_index(BY_CONTROLLER_UID, by_controller_uid)
        self._deployments.add_handler(
            on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new), on_delete=self._deleted
        )
        self._sets.add_handler(on_add=self._set_added, on_update=self._set_updated, on_delete=self._set_gone)
        self._pods.add_handler(on_delete=self._pod_deleted)
        self._controller = Controller(
            "deployment-controller",
            self._queue,
            self.sync,
            workers=context.options(DeploymentOptions).concurrent_deployment_syncs,
            informers=(self._deployments, self._sets, self._pods),
            max_retries=15,
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    # events ---------------------------------------------------------------------------------------------------------

    def _enqueue(self, deployment: View) -> None:
        self._queue.add(meta.key(deployment))

    def _deleted(self, deployment: View) -> None:
        self._written.forget(meta.key(deployment))
        self._enqueue(deployment)

    def _owner(self, rs: View) -> View | None:
        ref = meta.controller_of(rs)
        if ref is None or ref["kind"] != DEPLOYMENT_KIND.kind:
            return None
        deployment = self._deployments.get(ref["name"], meta.namespace(rs))
        return deployment if deployment is not None and meta.uid(deployment) == ref["uid"] else None

    def _set_added(self, rs: View) -> None:
        if meta.controller_of(rs) is None:
            self._enqueue_matching(rs)
        elif (owner := self._owner(rs)) is not None:
            self._enqueue(owner)

    def _set_updated(self, old: View, rs: View) -> None:
        old_ref, ref = meta.controller_of(old), meta.controller_of(rs)
        if old_ref is not None and old_ref != ref and (former := self._owner(old)) is not None:
            self._enqueue(former)
        if ref is not None or old_ref is not None or meta.labels(old) != meta.labels(rs):
            self._set_added(rs)

    def _set_gone(self, rs: View) -> None:
        self._written_sets.forget(meta.key(rs))
        owner = self._owner(rs)
        if owner is not None:
            self._enqueue(owner)

    def _enqueue_matching(self, rs: View) -> None:
        for deployment in self._deployments.list(meta.namespace(rs)):
            selector = LabelSelector.from_object(deployment["spec"].get("selector"))
            if not selector.empty() and selector.matches(meta.labels(rs)):
                self._enqueue(deployment)

    def _pod_deleted(self, pod: View) -> None:
        """A Recreate deployment goes on when the last pod of its old sets is gone."""
        ref = meta.controller_of(pod)
        rs = self._sets.get(ref["name"], meta.namespace(pod)) if ref is not None else None
        deployment = self._owner(rs) if rs is not None else None
        if deployment is not None and not rollout.is_rolling(deployment):
            self._enqueue(deployment)

    # sync -----------------------------------------------------------------------------------------------------------

    async def sync(self, key: str) -> None:
        """Take the next step of a Deployment."""
        deployment = self._deployments.indexer.get(key)
        if deployment is None or not self._written.visible(key, deployment):
            return
        selector = LabelSelector.from_object(deployment["spec"].get("selector"))
        if selector.empty():
            await self._refuse(deployment)
            return
        sets = await self._claim(deployment, selector)
        if not all(self._written_sets.visible(meta.key(s), s) for s in sets):
            return
        if meta.is_deleting(deployment):
            new, old = await self._sort(deployment, sets)
            await self._store(deployment, self._status(deployment, new, old))
            return
        deployment = await self._note_pause(deployment)
        if deployment["spec"].get("paused") or rollout.is_scaling_event(deployment, sets):
            await self._scale_only(deployment, sets)
        elif rollout.is_rolling(deployment):
            await self._roll(deployment, sets)
        else:
            await self._recreate(deployment, sets)

    async def _refuse(self, deployment: View) -> None:
        self._recorder.event(
            deployment,
            "Warning",
            "SelectingAll",
            "This deployment is selecting all pods. A non-empty selector is required.",
        )
        status = deployment.get("status") or {}
        if status.get("observedGeneration", 0) < meta.generation(deployment):
            await self._store(deployment, {**status, "observedGeneration": meta.generation(deployment)})

    async def _claim(self, deployment: View, selector: LabelSelector) -> list[View]:
        indexer = self._sets.indexer
        refs = ControllerRefManager(
            self._client,
            REPLICA_SETS,
            owner=deployment,
            owner_kind=DEPLOYMENT_KIND,
            owner_resource=DEPLOYMENTS,
            selector=selector,
        )
        return await refs.claim(
            [
                *indexer.by_index(BY_CONTROLLER_UID, meta.uid(deployment)),
                *indexer.by_index(BY_CONTROLLER_UID, f"/{meta.namespace(deployment)}"),
            ]
        )

    async def _note_pause(self, deployment: View) -> View:
        """Say in the Progressing condition that the rollout was paused or resumed."""
        if not progress.has_deadline(deployment):
            return deployment
        status = deployment.get("status") or {}
        condition = progress.get_condition(status, "Progressing")
        reason = condition.get("reason") if condition else ""
        paused = bool(deployment["spec"].get("paused"))
        if reason == progress.TIMED_OUT or paused == (reason == "DeploymentPaused"):
            return deployment
        told = (
            ("DeploymentPaused", "Deployment is paused") if paused else ("DeploymentResumed", "Deployment is resumed")
        )
        changed = {**status, "conditions": list(status.get("conditions") or ())}
        progress.set_condition(changed, progress.new_condition("Progressing", "Unknown", *told, self._clock.now()))
        return await self._write({**deployment, "status": changed})

    async def _sort(self, deployment: View, sets: Sequence[View]) -> tuple[View | None, list[View]]:
        """The new set, with its annotations brought up to date, and the old ones."""
        new = rollout.find_new(deployment, sets)
        old = [s for s in sets if new is None or meta.uid(s) != meta.uid(new)]
        if new is None:
            return None, old
        number = max((rollout.revision(s) for s in old), default=0) + 1
        annotations = rollout.annotations_for_new(deployment, new, number)
        min_ready = deployment["spec"].get("minReadySeconds") or 0
        if annotations is not None or (new["spec"].get("minReadySeconds") or 0) != min_ready:
            metadata = {**new["metadata"], "annotations": annotations or dict(meta.annotations(new))}
            spec = {k: v for k, v in new["spec"].items() if k != "minReadySeconds"}
            if min_ready:
                spec["minReadySeconds"] = min_ready
            new = await self._update_set({**new, "metadata": metadata, "spec": spec})
        await self._note_revision(deployment, new)
        return new, old

    async def _note_revision(self, deployment: View, new: View) -> None:
        status = deployment.get("status") or {}
        number = meta.annotations(new).get(rollout.REVISION, "")
        unseen = progress.has_deadline(deployment) and progress.get_condition(status, "Progressing") is None
        if meta.annotations(deployment).get(rollout.REVISION) == number and not unseen:
            return
        changed: Object = {**status, "conditions": list(status.get("conditions") or ())}
        if unseen:
            message = f'Found new replica set "{meta.name(new)}"'
            progress.set_condition(
                changed,
                progress.new_condition("Progressing", "True", "FoundNewReplicaSet", message, self._clock.now()),
            )
        await self._note(deployment, changed, number)

    async def _note(self, deployment: View, status: Object, number: str) -> None:
        """Write a status together with the revision annotation, and go on from there in the next sync."""
        annotations = {**meta.annotations(deployment), rollout.REVISION: number}
        metadata = {**deployment["metadata"], "annotations": annotations}
        await self._write({**deployment, "metadata": metadata, "status": status})

    async def _ensure_new(self, deployment: View, sets: Sequence[View]) -> tuple[View | None, list[View]]:
        new, old = await self._sort(deployment, sets)
        if new is None:
            new = await self._create_set(deployment, old)
        return new, old

    async def _create_set(self, deployment: View, old: Sequence[View]) -> View | None:
        status = deployment.get("status") or {}
        template = deployment["spec"]["template"]
        digest = history.compute_hash(template, status.get("collisionCount"))
        label = {rollout.TEMPLATE_HASH: digest}
        number = max((rollout.revision(s) for s in old), default=0) + 1
        selector = deployment["spec"]["selector"]
        size = rollout.new_replicas(deployment, old, None)
        labels = {**meta.labels(template), **label}
        spec: Object = {
            "replicas": size,
            "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), **label}},
            "template": {**template, "metadata": {**meta.metadata(template), "labels": labels}},
        }
        if deployment["spec"].get("minReadySeconds"):
            spec["minReadySeconds"] = deployment["spec"]["minReadySeconds"]
        name = f"{meta.name(deployment)}-{digest}"
        wanted: Object = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": name,
                "namespace": meta.namespace(deployment),
                "labels": labels,
                "annotations": rollout.annotations_for_new(deployment, None, number),
                "ownerReferences": [meta.new_controller_ref(deployment, DEPLOYMENT_KIND)],
            },
            "spec": spec,
        }
        try:
            created = await self._client.create(REPLICA_SETS, wanted, namespace=meta.namespace(deployment))
        except errors.AlreadyExists:
            return await self._existing_set(deployment, name)
        except RETRIABLE as error:
            if is_namespace_terminating(error):
                return None
            await self._tell_failure(deployment, name, error)
            raise
        self._written_sets.wrote(meta.key(created), created)
        if size > 0:
            self._scaled(deployment, created, 0, size, created=True)
        changed: Object = {**status, "conditions": list(status.get("conditions") or ())}
        if progress.has_deadline(deployment):
            message = f'Created new replica set "{name}"'
            progress.set_condition(
                changed,
                progress.new_condition("Progressing", "True", "NewReplicaSetCreated", message, self._clock.now()),
            )
        await self._note(deployment, changed, str(number))
        return created

    async def _existing_set(self, deployment: View, name: str) -> View:
        """The set of this name if it is ours with this template; else count a hash collision and try again."""
        found = await self._client.get(REPLICA_SETS, name, namespace=meta.namespace(deployment))
        wanted = rollout.without_hash(deployment["spec"]["template"])
        if meta.is_controlled_by(found, deployment) and rollout.without_hash(found["spec"]["template"]) == wanted:
            return found
        status = deployment.get("status") or {}
        collisions = (status.get("collisionCount") or 0) + 1
        await self._write({**deployment, "status": {**status, "collisionCount": collisions}})
        raise errors.AlreadyExists(f'replicasets.apps "{name}" already exists')

    async def _tell_failure(self, deployment: View, name: str, error: Exception) -> None:
        message = f'Failed to create new replica set "{name}": {error}'
        self._recorder.event(deployment, "Warning", "ReplicaSetCreateError", message)
        if not progress.has_deadline(deployment):
            return
        status = deployment.get("status") or {}
        changed: Object = {**status, "conditions": list(status.get("conditions") or ())}
        progress.set_condition(
            changed,
            progress.new_condition("Progressing", "False", "ReplicaSetCreateError", message, self._clock.now()),
        )
        if changed["conditions"] != (status.get("conditions") or []):
            await self._write({**deployment, "status": changed})

    # strategies -----------------------------------------------------------------------------------------------------

    async def _scale_only(self, deployment: View, sets: Sequence[View]) -> None:
        new, old = await self._sort(deployment, sets)
        new, old = await self._scale(deployment, new, old)
        if deployment["spec"].get("paused"):
            await self._clean_up(deployment, old)
        await self._store(deployment, self._status(deployment, new, old))

    async def _scale(self, deployment: View, new: View | None, old: list[View]) -> tuple[View | None, list[View]]:
        everything = [*old, new] if new is not None else old
        sizes: dict[str, int] = {}
        single = rollout.active_or_latest(new, old)
        if single is not None:
            if rollout.replicas(single) == rollout.replicas(deployment):
                return new, old
            sizes[meta.name(single)] = rollout.replicas(deployment)
        elif rollout.is_saturated(deployment, new):
            sizes = {meta.name(s): 0 for s in old if rollout.replicas(s) > 0}
        elif rollout.is_rolling(deployment):
            sizes = rollout.proportional_sizes(deployment, everything)
        scaled = {
            meta.name(s): await self._scale_set(deployment, s, sizes[meta.name(s)])
            for s in everything
            if meta.name(s) in sizes
        }
        if new is not None:
            new = scaled.get(meta.name(new), new)
        return new, [scaled.get(meta.name(s), s) for s in old]

    async def _roll(self, deployment: View, sets: Sequence[View]) -> None:
        new, old = await self._ensure_new(deployment, sets)
        if new is None:
            return
        everything = [*old, new]
        size = rollout.replicas(deployment)
        if rollout.replicas(new) < size:
            size = rollout.new_replicas(deployment, everything, new)
        if size != rollout.replicas(new):
            new = await self._scale_set(deployment, new, size)
            await self._store_progress(deployment, new, old)
            return
        shrunk = await self._shrink_old(deployment, new, old)
        if shrunk is not None:
            await self._store_progress(deployment, new, shrunk)
            return
        if rollout.is_complete(deployment, deployment.get("status") or {}):
            await self._clean_up(deployment, old)
        await self._store_progress(deployment, new, old)

    async def _shrink_old(self, deployment: View, new: View, old: list[View]) -> list[View] | None:
        """Scale the old sets down as far as availability allows, unhealthy pods first; None if nothing may go."""
        if rollout.total(old) == 0:
            return None
        floor = rollout.replicas(deployment) - rollout.max_unavailable(deployment)
        missing = rollout.replicas(new) - rollout.status_number(new, "availableReplicas")
        budget = rollout.total([*old, new]) - floor - missing
        if budget <= 0:
            return None
        sizes = {meta.name(s): rollout.replicas(s) for s in old}
        before = dict(sizes)
        for rs in rollout.by_age(old):
            unhealthy = rollout.replicas(rs) - rollout.status_number(rs, "availableReplicas")
            gone = max(0, min(budget, unhealthy))
            sizes[meta.name(rs)] -= gone
            budget -= gone
        available = sum(rollout.status_number(s, "availableReplicas") for s in [*old, new])
        surplus = available - floor
        for rs in rollout.by_age(old):
            gone = max(0, min(surplus, sizes[meta.name(rs)]))
            sizes[meta.name(rs)] -= gone
            surplus -= gone
        if sizes == before:
            return None
        return [await self._scale_set(deployment, s, sizes[meta.name(s)]) for s in old]

    async def _recreate(self, deployment: View, sets: Sequence[View]) -> None:
        new, old = await self._sort(deployment, sets)
        if rollout.total(old) > 0:
            old = [await self._scale_set(deployment, s, 0) for s in old]
            await self._store_progress(deployment, new, old)
            return
        if self._old_pods_run(new, old):
            await self._store_progress(deployment, new, old)
            return
        if new is None:
            new = await self._create_set(deployment, old)
            if new is None:
                return
        new = await self._scale_set(deployment, new, rollout.replicas(deployment))
        if rollout.is_complete(deployment, deployment.get("status") or {}):
            await self._clean_up(deployment, old)
        await self._store_progress(deployment, new, old)

    def _old_pods_run(self, new: View | None, old: Sequence[View]) -> bool:
        if any(rollout.status_number(s, "replicas") for s in old):
            return True
        return any(
            (p.get("status") or {}).get("phase") not in ("Failed", "Succeeded")
            for s in old
            for p in self._pods.indexer.by_index(BY_CONTROLLER_UID, meta.uid(s))
        )

    # writes ---------------------------------------------------------------------------------------------------------

    async def _scale_set(self, deployment: View, rs: View, size: int) -> View:
        before = rollout.replicas(rs)
        annotations = {**meta.annotations(rs), **rollout.replica_annotations(deployment)}
        if size == before and annotations == meta.annotations(rs):
            return rs
        metadata = {**rs["metadata"], "annotations": annotations}
        written = await self._update_set({**rs, "metadata": metadata, "spec": {**rs["spec"], "replicas": size}})
        if size != before:
            self._scaled(deployment, rs, before, size)
        return written

    def _scaled(self, deployment: View, rs: View, before: int, size: int, *, created: bool = False) -> None:
        message = rollout.scaling_message(meta.name(rs), before, size, created=created, version=self._version)
        self._recorder.event(deployment, "Normal", "ScalingReplicaSet", message)

    async def _update_set(self, rs: Object) -> View:
        written = await self._client.update(REPLICA_SETS, rs)
        self._written_sets.wrote(meta.key(written), written)
        return written

    async def _clean_up(self, deployment: View, old: Sequence[View]) -> None:
        limit = deployment["spec"].get("revisionHistoryLimit")
        if limit is None or limit == _UNLIMITED:
            return
        for rs in rollout.clean_up(old, int(limit)):
            try:
                await self._client.delete(REPLICA_SETS, meta.name(rs), namespace=meta.namespace(rs))
            except errors.NotFound:
                continue

    def _status(self, deployment: View, new: View | None, old: Sequence[View]) -> Object:
        sets = [*old, new] if new is not None else list(old)
        return progress.calculate(deployment, sets, new, self._clock.now(), version=self._version)

    async def _store_progress(self, deployment: View, new: View | None, old: Sequence[View]) -> None:
        sets = [*old, new] if new is not None else list(old)
        status = progress.with_progress(deployment, self._status(deployment, new, old), sets, new, self._clock.now())
        if not await self._store(deployment, status):
            self._watch_deadline(deployment, status)

    def _watch_deadline(self, deployment: View, status: View) -> None:
        condition = progress.get_condition(deployment.get("status") or {}, "Progressing")
        if not progress.has_deadline(deployment) or condition is None:
            return
        if rollout.is_complete(deployment, status) or condition.get("reason") == progress.TIMED_OUT:
            return
        left = progress.progress_due(deployment, condition) - self._clock.now()
        self._queue.add_after(meta.key(deployment), max(0.0, left.total_seconds()) + 1)

    async def _store(self, deployment: View, status: Object) -> bool:
        """Write the status if it differs and nobody wrote in this sync; whether it was written."""
        if not self._written.visible(meta.key(deployment), deployment):
            return True
        if not status.get("conditions"):
            status.pop("conditions", None)
        if (deployment.get("status") or {}) == status:
            return False
        await self._write({**deployment, "status": status})
        return True

    async def _write(self, deployment: Object) -> View:
        written = await self._client.update_status(DEPLOYMENTS, deployment)
        self._written.wrote(meta.key(written), written)
        return written
