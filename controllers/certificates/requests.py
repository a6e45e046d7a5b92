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
_CLIENT_USAGES: Final = frozenset({"digital signature", "key encipherment", "client auth"})
_SERVING_USAGES: Final = frozenset({"digital signature", "key encipherment", "server auth"})
_OPTIONAL: Final = frozenset({"key encipherment"})
_NODES: Final = ("system:nodes",)
_NODE_PREFIX: Final = "system:node:"
_NOT_NODES: Final = "subject organization is not system:nodes"
_NOT_A_NODE: Final = "subject common name does not begin with system:node:"
_NO_DNS: Final = "DNS subjectAltNames are not allowed"
_NO_EMAIL: Final = "Email subjectAltNames are not allowed"
_NO_IP: Final = "IP subjectAltNames are not allowed"
_NO_URI: Final = "URI subjectAltNames are not allowed"


@dataclass(frozen=True, slots=True)
class Subject:
    """The parts of a request that rules look at."""

    common_name: str = ""
    organizations: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()


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
        names = x509.SubjectAlternativeName([])
    common = values(x509.NameOID.COMMON_NAME)
    return Subject(
        common_name=common[0] if common else "",
        organizations=values(x509.NameOID.ORGANIZATION_NAME),
        dns_names=tuple(names.get_values_for_type(x509.DNSName)),
        addresses=tuple(map(str, names.get_values_for_type(x509.IPAddress))),
        emails=tuple(names.get_values_for_type(x509.RFC822Name)),
        uris=tuple(names.get_values_for_type(x509.UniformResourceIdentifier)),
    )


def kubelet_client_problem(subject: Subject, usages: Sequence[str]) -> str:
    """Why this is no kubelet client request; empty when it is. Models ValidateKubeletClientCSR."""
    checks = (
        (subject.organizations != _NODES, _NOT_NODES),
        (bool(subject.dns_names), _NO_DNS),
        (bool(subject.emails), _NO_EMAIL),
        (bool(subject.addresses), _NO_IP),
        (bool(subject.uris), _NO_URI),
        (not subject.common_name.startswith(_NODE_PREFIX), _NOT_A_NODE),
        _usages(usages, _CLIENT_USAGES),
    )
    return next((text for wrong, text in checks if wrong), "")


def kubelet_serving_problem(subject: Subject, usages: Sequence[str]) -> str:
    """Why this is no kubelet serving request; empty when it is. Models ValidateKubeletServingCSR."""
    checks = (
        (subject.organizations != _NODES, _NOT_NODES),
        (not subject.dns_names and not subject.addresses, "DNS or IP subjectAltName is required"),
        (bool(subject.emails), _NO_EMAIL),
        (bool(subject.uris), _NO_URI),
        _usages(usages, _SERVING_USAGES),
        (not subject.common_name.startswith(_NODE_PREFIX), _NOT_A_NODE),
    )
    return next((text for wrong, text in checks if wrong), "")


def _usages(usages: Sequence[str], required: frozenset[str]) -> tuple[bool, str]:
    wrong = frozenset(usages) not in (required, required - _OPTIONAL)
    return wrong, f"usages did not match [{' '.join(sorted(required))}]"


def api_client_problem(usages: Sequence[str]) -> str:
    """Why these are no usages of an API client; empty when they are. Models validAPIServerClientUsages."""
    for usage in usages:
        if usage not in _CLIENT_USAGES:
            return f"invalid usage for client certificate: {usage}"
    return "" if "client auth" in usages else "missing required usage for client certificate: client auth"


def condition_of(csr: View, kind: str) -> View | None:
    """A condition of the request by type."""
    return meta.condition(csr, kind)


def is_approved(csr: View) -> bool:
    """Whether the request is approved and not denied."""
    return condition_of(csr, "Approved") is not None and condition_of(csr, "Denied") is None


def is_decided(csr: View) -> bool:
    """Whether the request is approved or denied."""
    return condition_of(csr, "Approved") is not None or condition_of(csr, "Denied") is not None
