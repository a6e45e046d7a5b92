"""Approves kubelets' own client certificates. Models pkg/controller/certificates/approver/sarapprove.go."""

from __future__ import annotations

from typing import Final

from apimachinery import meta
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.certificates import requests
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import ReconcileError
from controllers.runtime.resources import CERTIFICATE_SIGNING_REQUESTS

_MESSAGES: Final = {
    "selfnodeclient": "Auto approving self kubelet client certificate after SubjectAccessReview.",
    "nodeclient": "Auto approving kubelet client certificate after SubjectAccessReview.",
}
_REVIEWS: Final = GroupVersionResource("authorization.k8s.io", "v1", "subjectaccessreviews")


class CSRApprovingController:
    """Keys are CertificateSigningRequests."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._queue = context.queue("certificate_approving", str)
        self._requests = context.informers.informer(CERTIFICATE_SIGNING_REQUESTS)
        self._requests.add_handler(on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new))
        self._controller = Controller(
            "certificatesigningrequest-approving-controller",
            self._queue,
            self.sync,
            workers=5,
            informers=(self._requests,),
        )

    async def run(self) -> None:
        """Approve until cancelled."""
        await self._controller.run()

    def _enqueue(self, csr: View) -> None:
        self._queue.add(meta.name(csr))

    async def sync(self, name: str) -> None:
        """Approve one request if it is a kubelet's and its author may have it."""
        csr = self._requests.get(name)
        if csr is None or (csr.get("status") or {}).get("certificate") or requests.is_decided(csr):
            return
        spec = csr["spec"]
        if spec.get("signerName") != requests.KUBELET_CLIENT:
            return
        try:
            subject = requests.subject_of(requests.parse(csr))
        except ValueError as error:
            raise ReconcileError(f'unable to parse csr "{name}": {error}') from error
        if requests.kubelet_client_problem(subject, spec.get("usages") or ()):
            return
        own = spec.get("username") == subject.common_name
        tried = ("selfnodeclient", "nodeclient") if own else ("nodeclient",)
        for subresource in tried:
            if await self._allowed(spec, subresource):
                await self._approve(csr, _MESSAGES[subresource])
                return
        raise ReconcileError(
            f'recognized csr "{name}" as [{" ".join(tried)}] but subject access review was not approved'
        )

    async def _allowed(self, spec: View, subresource: str) -> bool:
        attributes = {
            "group": "certificates.k8s.io",
            "resource": "certificatesigningrequests",
            "verb": "create",
            "subresource": subresource,
            "version": "*",
        }
        review: Object = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": spec.get("username", ""),
                "uid": spec.get("uid", ""),
                "groups": spec.get("groups") or [],
                "extra": spec.get("extra") or {},
                "resourceAttributes": attributes,
            },
        }
        answer = await self._client.create(_REVIEWS, review)
        return bool((answer.get("status") or {}).get("allowed"))

    async def _approve(self, csr: View, message: str) -> None:
        stamp = format_time(self._clock.now())
        condition = {
            "type": "Approved",
            "status": "True",
            "reason": "AutoApproved",
            "message": message,
            "lastUpdateTime": stamp,
            "lastTransitionTime": stamp,
        }
        body = {**csr, "status": {**(csr.get("status") or {}), "conditions": [condition]}}
        await self._client.update(CERTIFICATE_SIGNING_REQUESTS, body, subresource="approval")
