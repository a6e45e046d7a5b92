"""Whether a certificate and a private key belong together. Models Go's crypto/tls (X509KeyPair)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

_BLOCK: Final = re.compile(
    rb"^-----BEGIN ([^\n]*?)-----[ \t\r]*\n((?:[^\n:]+:[^\n]*\n)*)(.*?)-----END \1-----[ \t\r]*$",
    re.DOTALL | re.MULTILINE,
)
_KINDS: Final = (
    (RSAPublicKey, RSAPrivateKey),
    (EllipticCurvePublicKey, EllipticCurvePrivateKey),
    (Ed25519PublicKey, Ed25519PrivateKey),
)
_PRIVATE_KINDS: Final = tuple(private for _, private in _KINDS)


class _Block(NamedTuple):
    kind: str
    der: bytes


def key_pair_problem(certificate: bytes, key: bytes) -> str:
    """What is wrong with a certificate and its key, both in PEM; empty when they belong together."""
    blocks = list(_blocks(certificate))
    certificates = [block.der for block in blocks if block.kind == "CERTIFICATE"]
    if not certificates:
        return _no_certificate([block.kind for block in blocks])
    skipped: list[str] = []
    for block in _blocks(key):
        if block.kind == "PRIVATE KEY" or block.kind.endswith(" PRIVATE KEY"):
            return _mismatch(certificates[0], block.der)
        skipped.append(block.kind)
    return _no_key(skipped)


def _blocks(text: bytes) -> Iterator[_Block]:
    """The PEM blocks that can be decoded."""
    for found in _BLOCK.finditer(text):
        try:
            der = base64.b64decode(b"".join(found[3].split()), validate=True)
        except binascii.Error:
            continue
        yield _Block(found[1].decode(errors="replace"), der)


def _no_certificate(kinds: list[str]) -> str:
    if not kinds:
        return "tls: failed to find any PEM data in certificate input"
    if len(kinds) == 1 and kinds[0].endswith("PRIVATE KEY"):
        what = "certificate PEM data in certificate input, but did find a private key"
        return f"tls: failed to find {what}; PEM inputs may have been switched"
    after = f"after skipping PEM blocks of the following types: [{' '.join(kinds)}]"
    return f'tls: failed to find "CERTIFICATE" PEM block in certificate input {after}'


def _no_key(kinds: list[str]) -> str:
    if not kinds:
        return "tls: failed to find any PEM data in key input"
    if kinds == ["CERTIFICATE"]:
        return "tls: found a certificate rather than a key in the PEM for the private key"
    after = f"after skipping PEM blocks of the following types: [{' '.join(kinds)}]"
    return f'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input {after}'


def _mismatch(certificate: bytes, key: bytes) -> str:
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "x509: malformed certificate"
    try:
        private = serialization.load_der_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "tls: failed to parse private key"
    if isinstance(private, X25519PrivateKey):
        return "tls: found unknown private key type in PKCS#8 wrapping"
    if not isinstance(private, _PRIVATE_KINDS):
        return "tls: failed to parse private key"
    wanted = next((private_kind for public_kind, private_kind in _KINDS if isinstance(public, public_kind)), None)
    if wanted is None:
        return "tls: unknown public key algorithm"
    if not isinstance(private, wanted):
        return "tls: private key type does not match public key type"
    der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*der) != public.public_bytes(*der):
        return "tls: private key does not match public key"
    return ""
