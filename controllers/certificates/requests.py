"""What a certificate signing request asks for, and who may have it. Models pkg/apis/certificates/helpers.go."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apimachinery import meta
from apimachinery.objects import View

if TYPE_CHECKING:
    from cryptography import x509

KUBELET_CLIENT: Final = "kubernetes.io/kube-apiserver-client-kubelet"
KUBELET_SERVING: Final = "kubernetes.io/kubelet-serving"
API_CLIENT: Final = "kubernetes.io/kube-apiserver-client"
LEGACY: Final = "kubernetes.io/legacy-unknown"
SIGNERS: Final = (KUBELET_CLIENT, KUBELET_SERVING, API_CLIENT, LEGACY)
_CLIENT_USAGES: Final = (
    frozenset({"digital signature", "key encipherment", "client auth"}),
    frozenset({"digital signature", "client auth"}),
)
_SERVING_USAGES: Final = (
    frozenset({"digital signature", "key encipherment", "server auth"}),
    frozenset({"digital signature", "server auth"}),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """The parts of a request that rules look at."""

    common_name: str
    organizations: tuple[str, ...]
    dns_names: tuple[str, ...]
    addresses: tuple[str, ...]
    others: int


def parse(csr: View) -> x509.CertificateSigningRequest:
    """The PKCS#10 request in spec.request; raises ValueError."""
    from cryptography import x509

    return x509.load_pem_x509_csr(base64.b64decode(csr["spec"]["request"]))


def subject_of(request: x509.CertificateSigningRequest) -> Subject:
    """The names that the request asks for."""
    from cryptography import x509

    def values(oid: x509.ObjectIdentifier) -> tuple[str, ...]:
        return tuple(str(a.value) for a in request.subject.get_attributes_for_oid(oid))

    try:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = None
    dns = tuple(names.get_values_for_type(x509.DNSName)) if names is not None else ()
    addresses = tuple(str(a) for a in names.get_values_for_type(x509.IPAddress)) if names is not None else ()
    total = len(names) if names is not None else 0
    common = values(x509.NameOID.COMMON_NAME)
    return Subject(
        common[0] if common else "",
        values(x509.NameOID.ORGANIZATION_NAME),
        dns,
        addresses,
        total - len(dns) - len(addresses),
    )


def kubelet_client_problem(subject: Subject, usages: Sequence[str]) -> str:
    """Why this is no kubelet client request; empty when it is. Models ValidateKubeletClientCSR."""
    if subject.organizations != ("system:nodes",):
        return "subject organization is not system:nodes"
    if subject.dns_names:
        return "DNS subjectAltNames are not allowed"
    if subject.addresses:
        return "IP subjectAltNames are not allowed"
    if subject.others:
        return "Email subjectAltNames are not allowed"
    if not subject.common_name.startswith("system:node:"):
        return "subject common name does not begin with system:node:"
    return "" if frozenset(usages) in _CLIENT_USAGES else "usages did not match"


def kubelet_serving_problem(subject: Subject, usages: Sequence[str]) -> str:
    """Why this is no kubelet serving request; empty when it is. Models ValidateKubeletServingCSR."""
    if not subject.dns_names and not subject.addresses:
        return "at least one DNS or IP subjectAltName is required"
    if subject.organizations != ("system:nodes",):
        return "subject organization is not system:nodes"
    if subject.others:
        return "Email subjectAltNames are not allowed"
    if not subject.common_name.startswith("system:node:"):
        return "subject common name does not begin with system:node:"
    return "" if frozenset(usages) in _SERVING_USAGES else "usages did not match"


def condition_of(csr: View, kind: str) -> View | None:
    """A condition of the request by type."""
    return meta.condition(csr, kind)


def is_approved(csr: View) -> bool:
    """Whether the request is approved and not denied."""
    return condition_of(csr, "Approved") is not None and condition_of(csr, "Denied") is None
