"""What is wrong with signing requests and their progress. Models pkg/apis/certificates/validation."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from apimachinery import field, validation
from apimachinery.objects import View

APPROVED: Final = "Approved"
DENIED: Final = "Denied"
FAILED: Final = "Failed"
LEGACY_UNKNOWN: Final = "kubernetes.io/legacy-unknown"
MIN_EXPIRATION: Final = 600
USAGES: Final = tuple(
    sorted(
        (
            "signing",
            "digital signature",
            "content commitment",
            "key encipherment",
            "key agreement",
            "data encipherment",
            "cert sign",
            "crl sign",
            "encipher only",
            "decipher only",
            "any",
            "server auth",
            "client auth",
            "code signing",
            "email protection",
            "s/mime",
            "ipsec end system",
            "ipsec tunnel",
            "ipsec user",
            "timestamping",
            "ocsp signing",
            "microsoft sgc",
            "netscape sgc",
        )
    )
)
_SPEC: Final = field.Path("spec")
_CONDITIONS: Final = field.Path("status") / "conditions"
_CERTIFICATE: Final = field.Path("status") / "certificate"
_PEM: Final = re.compile(rb"-----BEGIN ([^\n]*?)-----\s*?\n(.*?)-----END \1-----[ \t\r]*(?:\n|\Z)", re.DOTALL)
_HEADER: Final = re.compile(rb"^[^\n:]+:[^\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an endpoint may change."""

    approval: bool = False
    certificate: bool = False


def request_errors(obj: View) -> list[field.Error]:
    """Errors of a whole CertificateSigningRequest."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    found: list[field.Error] = []
    request = spec.get("request") or ""
    if problem := _request(request):
        found.append(field.invalid(_SPEC / "request", request, problem))
    found += _usages(spec.get("usages") or ())
    signer, path = spec.get("signerName") or "", _SPEC / "signerName"
    if signer == LEGACY_UNKNOWN:
        found.append(field.invalid(path, signer, "the legacy signerName is not allowed via this API version"))
    else:
        found += signer_name(signer, path)
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < MIN_EXPIRATION:
        detail = "may not specify a duration less than 600 seconds (10 minutes)"
        found.append(field.invalid(_SPEC / "expirationSeconds", seconds, detail))
    found += _conditions(status.get("conditions") or ())
    if problem := _certificate(status.get("certificate") or ""):
        found.append(field.invalid(_CERTIFICATE, "<certificate data>", problem))
    return found


def update_errors(obj: View, old: View, allowed: Allowed) -> list[field.Error]:
    """Errors of a changed CertificateSigningRequest."""
    found = request_errors(obj)
    for kind in (APPROVED, DENIED, FAILED):
        if len(_of_type(obj, kind)) < len(_of_type(old, kind)):
            found.append(field.forbidden(_CONDITIONS, f'updates may not remove a condition of type "{kind}"'))
    if not allowed.approval:
        for kind in (APPROVED, DENIED):
            new, stored = _of_type(obj, kind), _of_type(old, kind)
            if len(new) > len(stored):
                found.append(field.forbidden(_CONDITIONS, f'updates may not add a condition of type "{kind}"'))
            elif len(new) == len(stored) and new != stored:
                found.append(field.forbidden(_CONDITIONS, f'updates may not modify a condition of type "{kind}"'))
    certificate = (obj.get("status") or {}).get("certificate") or ""
    before = (old.get("status") or {}).get("certificate") or ""
    if certificate != before:
        if not allowed.certificate:
            found.append(field.forbidden(_CERTIFICATE, "updates may not set certificate content"))
        elif before:
            found.append(field.forbidden(_CERTIFICATE, "updates may not modify existing certificate content"))
    return found


def _of_type(obj: View, kind: str) -> list[Any]:
    return [c for c in (obj.get("status") or {}).get("conditions") or () if c.get("type") == kind]


def _usages(usages: Sequence[str]) -> list[field.Error]:
    path = _SPEC / "usages"
    if not usages:
        return [field.required(path)]
    unknown = [field.not_supported(path[i], u, USAGES) for i, u in enumerate(usages) if u not in USAGES]
    return unknown + [field.duplicate(path[i], u) for i, u in enumerate(usages) if u in usages[:i]]


def signer_name(name: str, path: field.Path) -> list[field.Error]:
    """Errors of a signer's name such as `example.com/signer`. Models core validation's ValidateSignerName."""
    if not name:
        return [field.required(path)]
    parts = name.split("/")
    if len(parts) != 2:
        detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        return [field.invalid(path, name, detail)]
    domain, rest = parts
    found = [field.too_long(path, 253)] if len(domain) > 253 else []
    for label in domain.split("."):
        if problems := validation.dns1123_label(label):
            found += [field.invalid(path, domain, f'validating label "{label}": {p}') for p in problems]
            break
    if "." not in domain:
        detail = "should be a domain with at least two segments separated by dots"
        found.append(field.invalid(path, domain, detail))
    for label in rest.split("."):
        if problems := validation.dns1123_subdomain(label):
            found += [field.invalid(path, rest, f'validating label "{label}": {p}') for p in problems]
            break
    if len(name) > 2 * 253 + 1:
        found.append(field.too_long(path, 2 * 253 + 1))
    return found


def _conditions(conditions: Sequence[View]) -> list[field.Error]:
    found: list[field.Error] = []
    seen: set[str] = set()
    for i, condition in enumerate(conditions):
        path = _CONDITIONS[i]
        kind, status = condition.get("type") or "", condition.get("status") or ""
        if not kind:
            found.append(field.required(path / "type"))
        statuses = ("True",) if kind in (APPROVED, DENIED, FAILED) else ("False", "True", "Unknown")
        if not status:
            found.append(field.required(path / "status"))
        elif status not in statuses:
            found.append(field.not_supported(path / "status", status, statuses))
        other = {APPROVED: DENIED, DENIED: APPROVED}.get(kind)
        if other in seen:
            detail = "Approved and Denied conditions are mutually exclusive"
            found.append(field.invalid(path / "type", kind, detail))
        if kind in seen:
            found.append(field.duplicate(path / "type", kind))
        seen.add(kind)
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


def _request(text: str) -> str:
    """What is wrong with a request: a base64 PEM block of a PKCS#10 request, signed by its own key."""
    pem = _decoded(text)
    block = _PEM.search(pem)
    if block is None or block[1] != b"CERTIFICATE REQUEST":
        return "PEM block type must be CERTIFICATE REQUEST"
    try:
        request = x509.load_pem_x509_csr(block[0])
        if request.is_signature_valid:
            return ""
        if isinstance(request.public_key(), rsa.RSAPublicKey):
            return "crypto/rsa: verification error"
        return "x509: signature verification failure"
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as e:
        return f"asn1: structure error: {e}"


def _certificate(text: str) -> str:
    """What is wrong with an issued certificate: nothing but PEM blocks of certificates, at least one."""
    pem = _decoded(text)
    if not pem:
        return ""
    blocks = 0
    for block in _PEM.finditer(pem):
        if block[1] != b"CERTIFICATE":
            return f'only CERTIFICATE PEM blocks are allowed, found "{block[1].decode(errors="replace")}"'
        if _HEADER.search(block[2]):
            return "no PEM block headers are permitted"
        try:
            x509.load_pem_x509_certificate(block[0])
        except (ValueError, UnsupportedAlgorithm) as e:
            return f"x509: {e}"
        blocks += 1
    return "" if blocks else "must contain at least one CERTIFICATE PEM block"
