"""Writing a StatefulSet's pods and claims, with their events. Models stateful_pod_control.go, v1.36."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.runtime.client import Client
from controllers.runtime.consistency import Writes
from controllers.runtime.errors import RETRIABLE, ReconcileError
from controllers.runtime.event_recorder import EventRecorder
from controllers.runtime.informer import SharedInformer
from controllers.runtime.resources import PERSISTENT_VOLUME_CLAIMS, POD_KIND, PODS
from controllers.statefulset import identity, retention

_UPDATE_ATTEMPTS: Final = 4
_UPDATE_PAUSE: Final = 0.01


class StatefulPodControl:
    """Creates, corrects and deletes pods together with their claims, and says so in events on the set."""

    def __init__(
        self,
        client: Client,
        recorder: EventRecorder,
        writes: Writes,
        *,
        pods: SharedInformer,
        claims: SharedInformer,
    ) -> None:
        self._client = client
        self._recorder = recorder
        self._writes = writes
        self._pods = pods
        self._claims = claims

    async def create(self, st: View, pod: Object) -> None:
        """Create the pod's claims, then the pod; a pod that exists already raises without an event."""
        try:
            await self._create_claims(st, pod)
        except RETRIABLE as error:
            self._pod_event("create", st, pod, error)
            raise
        failure: Exception | None = None
        try:
            created = await self._client.create(PODS, pod, namespace=meta.namespace(st))
        except errors.AlreadyExists:
            raise
        except RETRIABLE as error:
            failure = error
        else:
            self._writes.wrote(meta.key(st), PODS, created)
        await self._give_claims(st, pod)
        self._pod_event("create", st, pod, failure)
        if failure is not None:
            raise failure

    async def correct(self, st: View, pod: View) -> None:
        """Give the pod the labels, volumes and claims that its name asks for."""
        attempted, failure = False, None
        for attempt in range(_UPDATE_ATTEMPTS):
            corrected = await self._corrected(st, pod)
            if corrected is None:
                failure = None
                break
            attempted = True
            try:
                updated = await self._client.update(PODS, corrected)
            except errors.Conflict as error:
                failure = error
                pod = self._pods.get(meta.name(pod), meta.namespace(st)) or pod
                await self._client.pacing.sleep(_UPDATE_PAUSE * 5**attempt)
            except RETRIABLE as error:
                self._pod_event("update", st, pod, error)
                raise
            else:
                self._writes.wrote(meta.key(st), PODS, updated)
                failure = None
                break
        if attempted:
            self._pod_event("update", st, pod, failure)
        if failure is not None:
            raise failure

    async def delete(self, st: View, pod: View) -> None:
        """Delete the pod; what the server refuses is told and raised, that the pod is gone too."""
        try:
            gone = await self._client.delete(PODS, meta.name(pod), namespace=meta.namespace(pod))
        except RETRIABLE as error:
            self._pod_event("delete", st, pod, error)
            raise
        self._writes.wrote(meta.key(st), PODS, gone)
        self._pod_event("delete", st, pod, None)

    # claims ---------------------------------------------------------------------------------------------------------

    async def complete_claims(self, st: View, pod: View) -> None:
        """Create what the pod's claims lack and give them their owners."""
        await self._create_claims(st, pod)
        await self._give_claims(st, pod)

    def has_stale_claim(self, st: View, pod: View) -> bool:
        """Whether a claim of an earlier pod of this name is still to go before the pod may be made."""
        return not retention.retains_when_scaled(st) and any(
            retention.is_stale(claim, pod, POD_KIND) for claim in self._present(st, pod)
        )

    def claims_match(self, st: View, pod: View) -> bool:
        """Whether the pod's claims have the owners that the retention policy asks for."""
        return all(retention.is_up_to_date(claim, st, pod) for claim in self._present(st, pod))

    async def update_claims(self, st: View, pod: View) -> None:
        """Give the pod's claims the owners that the retention policy asks for."""
        for claim in self._present(st, pod):
            if retention.has_unexpected_controller(claim, st, pod):
                self._recorder.event(
                    st,
                    "Warning",
                    "ConflictingController",
                    f"PersistentVolumeClaim {meta.name(claim)} has a conflicting OwnerReference that acts as a manging"
                    " controller, the retention policy is ignored for this claim",
                )
            if retention.is_up_to_date(claim, st, pod):
                continue
            refs = retention.owners(claim, st, pod)
            try:
                await self._client.update(
                    PERSISTENT_VOLUME_CLAIMS, {**claim, "metadata": {**claim["metadata"], "ownerReferences": refs}}
                )
            except RETRIABLE as error:
                raise ReconcileError(
                    f"could not update claim {meta.name(claim)} for delete policy ownerRefs: {error}"
                ) from error

    def _present(self, st: View, pod: View) -> Iterable[View]:
        number = identity.ordinal(pod)
        for template in st["spec"].get("volumeClaimTemplates") or ():
            claim = self._claims.get(identity.claim_name(st, template, number), meta.namespace(st))
            if claim is not None:
                yield claim

    async def _give_claims(self, st: View, pod: View) -> None:
        try:
            await self.update_claims(st, pod)
        except RETRIABLE as error:
            self._pod_event("update", st, pod, error)
            raise

    async def _corrected(self, st: View, pod: View) -> View | None:
        corrected = pod
        if not identity.identity_matches(st, pod):
            corrected = identity.with_identity(st, corrected)
        try:
            if not identity.storage_matches(st, corrected):
                corrected = identity.with_storage(st, corrected)
                await self._create_claims(st, corrected)
            match = self.claims_match(st, corrected)
            if not match:
                await self.update_claims(st, corrected)
        except RETRIABLE as error:
            self._pod_event("update", st, pod, error)
            raise
        return None if match and corrected is pod else corrected

    async def _create_claims(self, st: View, pod: View) -> None:
        failures: list[str] = []
        for claim in identity.claims_of(st, pod).values():
            name = meta.name(claim)
            present = self._claims.get(name, meta.namespace(st))
            if present is not None:
                if meta.is_deleting(present):
                    failures.append(f"pvc {name} is being deleted")
                continue
            failure: Exception | None = None
            try:
                await self._client.create(PERSISTENT_VOLUME_CLAIMS, claim, namespace=meta.namespace(st))
            except RETRIABLE as error:
                failure = error
                failures.append(f"failed to create PVC {name}: {error}")
            if not isinstance(failure, errors.AlreadyExists):
                self._claim_event(st, pod, claim, failure)
        if failures:
            unique = list(dict.fromkeys(failures))
            raise ReconcileError(unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]")

    # events ---------------------------------------------------------------------------------------------------------

    def _pod_event(self, verb: str, st: View, pod: View, error: Exception | None) -> None:
        what = f"{verb} Pod {meta.name(pod)} in StatefulSet {meta.name(st)}"
        if error is None:
            self._recorder.event(st, "Normal", f"Successful{verb.title()}", f"{what} successful")
        else:
            self._recorder.event(st, "Warning", f"Failed{verb.title()}", f"{what} failed error: {error}")

    def _claim_event(self, st: View, pod: View, claim: View, error: Exception | None) -> None:
        where = f"Pod {meta.name(pod)} in StatefulSet {meta.name(st)}"
        if error is None:
            self._recorder.event(st, "Normal", "SuccessfulCreate", f"create Claim {meta.name(claim)} {where} success")
        else:
            message = f"create Claim {meta.name(claim)} for {where} failed error: {error}"
            self._recorder.event(st, "Warning", "FailedCreate", message)
