"""Signs approved requests with the cluster's CA. Models pkg/controller/certificates/signer/signer.go."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from apimachinery import meta
from apimachinery.objects import View
from apimachinery.timestamp import format_time
from controllers.certificates import requests
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import ReconcileError
from controllers.runtime.flags import flag
from controllers.runtime.resources import CERTIFICATE_SIGNING_REQUESTS

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

_BACKDATE: Final = timedelta(minutes=5)
_SHORT: Final = timedelta(hours=8)
_SHORTEST: Final = timedelta(minutes=10)
_KEY_USAGES: Final = {
    "signing": "digital_signature",
    "digital signature": "digital_signature",
    "content commitment": "content_commitment",
    "key encipherment": "key_encipherment",
    "data encipherment": "data_encipherment",
    "key agreement": "key_agreement",
    "cert sign": "key_cert_sign",
    "crl sign": "crl_sign",
    "encipher only": "encipher_only",
    "decipher only": "decipher_only",
}
_EXTENDED_USAGES: Final = {
    "any": "2.5.29.37.0",
    "server auth": "1.3.6.1.5.5.7.3.1",
    "client auth": "1.3.6.1.5.5.7.3.2",
    "code signing": "1.3.6.1.5.5.7.3.3",
    "email protection": "1.3.6.1.5.5.7.3.4",
    "s/mime": "1.3.6.1.5.5.7.3.4",
    "timestamping": "1.3.6.1.5.5.7.3.8",
    "ocsp signing": "1.3.6.1.5.5.7.3.9",
}


@dataclass(frozen=True, slots=True)
class SigningOptions:
    """Flags of the signing controller."""

    cluster_signing_cert_file: str = flag("", "CA certificate that signs requests; nothing is signed if empty.")
    cluster_signing_key_file: str = flag("", "Key of --cluster-signing-cert-file.")
    cluster_signing_duration: float = flag(8760 * 3600.0, "Longest life of a certificate.", duration=True)


class CSRSigningController:
    """Keys are CertificateSigningRequests."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._options = context.options(SigningOptions)
        self._queue = context.queue("certificate_signing", str)
        self._requests = context.informers.informer(CERTIFICATE_SIGNING_REQUESTS)
        self._requests.add_handler(on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new))
        self._controller = Controller(
            "certificatesigningrequest-signing-controller",
            self._queue,
            self.sync,
            workers=5,
            informers=(self._requests,),
        )

    async def run(self) -> None:
        """Sign until cancelled."""
        if self._options.cluster_signing_cert_file and self._options.cluster_signing_key_file:
            await self._controller.run()
        else:
            await asyncio.get_running_loop().create_future()

    def _enqueue(self, csr: View) -> None:
        self._queue.add(meta.name(csr))

    async def sync(self, name: str) -> None:
        """Sign one approved request of a signer of ours."""
        csr = self._requests.get(name)
        if csr is None or not requests.is_approved(csr):
            return
        status = csr.get("status") or {}
        if status.get("certificate") or requests.condition_of(csr, "Failed") is not None:
            return
        spec = csr["spec"]
        if spec.get("signerName") not in requests.SIGNERS:
            return
        try:
            request = requests.parse(csr)
        except ValueError as error:
            raise ReconcileError(f'unable to parse csr "{name}": {error}') from error
        problem = _problem(spec, request)
        if problem:
            await self._fail(csr, problem)
            return
        asked = spec.get("expirationSeconds")
        pem = await asyncio.to_thread(
            sign,
            request,
            Path(self._options.cluster_signing_cert_file),
            Path(self._options.cluster_signing_key_file),
            usages=spec.get("usages") or (),
            now=self._clock.now(),
            life=lifetime(asked, timedelta(seconds=self._options.cluster_signing_duration)),
        )
        body = {**csr, "status": {**status, "certificate": base64.b64encode(pem).decode()}}
        await self._client.update_status(CERTIFICATE_SIGNING_REQUESTS, body)

    async def _fail(self, csr: View, message: str) -> None:
        stamp = format_time(self._clock.now())
        status = csr.get("status") or {}
        condition = {
            "type": "Failed",
            "status": "True",
            "reason": "SignerValidationFailure",
            "message": message,
            "lastUpdateTime": stamp,
            "lastTransitionTime": stamp,
        }
        body = {**csr, "status": {**status, "conditions": [*(status.get("conditions") or ()), condition]}}
        await self._client.update_status(CERTIFICATE_SIGNING_REQUESTS, body)


def _problem(spec: View, request: x509.CertificateSigningRequest) -> str:
    subject = requests.subject_of(request)
    usages = spec.get("usages") or ()
    match spec["signerName"]:
        case requests.KUBELET_CLIENT:
            return requests.kubelet_client_problem(subject, usages)
        case requests.KUBELET_SERVING:
            return requests.kubelet_serving_problem(subject, usages)
        case requests.API_CLIENT:
            return requests.api_client_problem(usages)
        case _:
            return ""


def lifetime(asked: int | None, longest: timedelta) -> timedelta:
    """How long a certificate is to live: what was asked for, between ten minutes and the longest allowed."""
    if asked is None:
        return longest
    wanted = timedelta(seconds=asked)
    return longest if wanted > longest else max(wanted, _SHORTEST)


def sign(
    request: x509.CertificateSigningRequest,
    ca_certificate: Path,
    ca_key: Path,
    *,
    usages: Iterable[str],
    now: datetime,
    life: timedelta,
) -> bytes:
    """A PEM certificate for the request, never outliving the CA.

    It is back-dated by five minutes, and ends that much earlier too unless its life is a short one. Raises
    ReconcileError when the CA has expired. Models authority.PermissiveSigningPolicy.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    authority = x509.load_pem_x509_certificate(ca_certificate.read_bytes())
    key: Any = serialization.load_pem_private_key(ca_key.read_bytes(), None)
    usages = list(usages)
    bits = {_KEY_USAGES[u] for u in usages if u in _KEY_USAGES}
    extended = [x509.ObjectIdentifier(_EXTENDED_USAGES[u]) for u in usages if u in _EXTENDED_USAGES]
    if now >= authority.not_valid_after_utc:
        raise ReconcileError("refusing to sign a certificate that expired in the past")
    end = now + life if life < _SHORT else now + life - _BACKDATE
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(authority.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(min(end, authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if bits:
        usage = x509.KeyUsage(**{name: name in bits for name in sorted(set(_KEY_USAGES.values()))})
        builder = builder.add_extension(usage, critical=True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    try:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        builder = builder.add_extension(names.value, critical=names.critical)
    except x509.ExtensionNotFound:
        pass
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
