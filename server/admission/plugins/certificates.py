"""CertificateApproval, CertificateSigning, CertificateSubjectRestriction and ClusterTrustBundleAttest.

Models plugin/pkg/admission/certificates/{approval,signing,subjectrestriction,ctbattest} and authorization.go.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from apimachinery.serializer import go_quote
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.refusal import forbidden
from server.authentication.interfaces import PRIVILEGED, User
from server.authorization import interfaces as authorization

REQUESTS: Final = "certificatesigningrequests.certificates.k8s.io"
TRUST_BUNDLES: Final = "clustertrustbundles.certificates.k8s.io"
CLIENT_SIGNER: Final = "kubernetes.io/kube-apiserver-client"


async def may_use_signer(authorizer: authorization.Authorizer, user: User, verb: str, signer: str) -> bool:
    """Whether the user holds the verb on the signer, or on all signers of its domain."""
    for name in (signer, f"{signer.partition('/')[0]}/*"):
        asked = authorization.Attributes(
            user, verb, api_group="certificates.k8s.io", api_version="*", resource="signers", name=name
        )
        if (await authorizer.authorize(asked)).allowed:
            return True
    return False


class CertificateApproval:
    """Approving needs the `approve` verb on the signer."""

    name = "CertificateApproval"
    operations: frozenset[Operation] = frozenset({"UPDATE"})
    resources: frozenset[str] = frozenset({REQUESTS})

    def __init__(self, authorizer: authorization.Authorizer) -> None:
        self._authorizer = authorizer

    async def validate(self, attributes: Attributes) -> None:
        """On the approval subresource."""
        if attributes.old_object is None or not attributes.is_(REQUESTS, "approval"):
            return
        signer = (attributes.old_object.get("spec") or {}).get("signerName") or ""
        if not await may_use_signer(self._authorizer, attributes.user, "approve", signer):
            raise forbidden(attributes, f"user not permitted to approve requests with signerName {go_quote(signer)}")


class CertificateSigning:
    """Issuing needs the `sign` verb on the signer."""

    name = "CertificateSigning"
    operations: frozenset[Operation] = frozenset({"UPDATE"})
    resources: frozenset[str] = frozenset({REQUESTS})

    def __init__(self, authorizer: authorization.Authorizer) -> None:
        self._authorizer = authorizer

    async def validate(self, attributes: Attributes) -> None:
        """On the status subresource, when the certificate or the conditions change."""
        old, obj = attributes.old_object, attributes.object
        if old is None or obj is None or not attributes.is_(REQUESTS, "status"):
            return
        before, after = old.get("status") or {}, obj.get("status") or {}
        if all((before.get(k) or None) == (after.get(k) or None) for k in ("certificate", "conditions")):
            return
        signer = (old.get("spec") or {}).get("signerName") or ""
        if not await may_use_signer(self._authorizer, attributes.user, "sign", signer):
            raise forbidden(attributes, f"user not permitted to sign requests with signerName {go_quote(signer)}")


class CertificateSubjectRestriction:
    """Nobody becomes system:masters by certificate."""

    name = "CertificateSubjectRestriction"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[str] = frozenset({REQUESTS})

    async def validate(self, attributes: Attributes) -> None:
        """Only requests to the client signer."""
        if attributes.object is None or not attributes.is_(REQUESTS):
            return
        spec = attributes.object.get("spec") or {}
        if spec.get("signerName") != CLIENT_SIGNER:
            return
        try:
            pem = base64.b64decode(spec.get("request") or "", validate=True)
            request = x509.load_pem_x509_csr(pem)
        except (ValueError, binascii.Error) as e:
            why = "failed to parse CSR: PEM block type must be CERTIFICATE REQUEST"
            raise forbidden(attributes, why) from e
        groups = [a.value for a in request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
        if PRIVILEGED in groups:
            raise forbidden(attributes, f"use of {CLIENT_SIGNER} signer with {PRIVILEGED} group is not allowed")


class ClusterTrustBundleAttest:
    """Publishing the trust bundle of a signer needs the `attest` verb on it."""

    name = "ClusterTrustBundleAttest"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[str] = frozenset({TRUST_BUNDLES})

    def __init__(self, authorizer: authorization.Authorizer) -> None:
        self._authorizer = authorizer

    async def validate(self, attributes: Attributes) -> None:
        """Bundles without a signer are free."""
        if attributes.object is None or not attributes.is_(TRUST_BUNDLES):
            return
        signer = (attributes.object.get("spec") or {}).get("signerName") or ""
        if signer and not await may_use_signer(self._authorizer, attributes.user, "attest", signer):
            raise forbidden(attributes, f"user not permitted to attest for signerName {go_quote(signer)}")
