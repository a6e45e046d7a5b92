"""What Go says of certificates and keys that do not belong together."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from cryptography.x509.oid import NameOID

from server.registry.core.keypair import key_pair_problem
from tests.server.registry.kinds import kind

RSA = rsa.generate_private_key(65537, 2048)
CURVE, OTHER_CURVE = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()
NOTHING = "tls: failed to find any PEM data in"


def certificate(key: Any, signer: Any = None) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    signer = signer or key
    builder = x509.CertificateBuilder(name, name, key.public_key(), 5, start, start + timedelta(days=30))
    made = builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def pem(key: Any, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> bytes:
    written: bytes = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return written


def block(name: str, text: str = "aGVsbG8=") -> bytes:
    return f"-----BEGIN {name}-----\n{text}\n-----END {name}-----\n".encode()


OLD_FORM = serialization.PrivateFormat.TraditionalOpenSSL
PARAMETERS = block("EC PARAMETERS", "BggqhkjOPQMBBw==")
CASES: list[tuple[bytes, bytes, str]] = [
    (certificate(RSA), pem(RSA), ""),
    (certificate(RSA), pem(RSA, OLD_FORM), ""),
    (certificate(CURVE), PARAMETERS + pem(CURVE, OLD_FORM), ""),
    (certificate(EDWARDS), b"text\n" + pem(EDWARDS).replace(b"\n", b"\r\n"), ""),
    (block("CERTIFICATE", "!!!!") + certificate(RSA) + certificate(CURVE), pem(RSA).rstrip(), ""),
    (b"", b"", f"{NOTHING} certificate input"),
    (b"  " + certificate(RSA), pem(RSA), f"{NOTHING} certificate input"),
    (block("CERTIFICATE", "!!!!"), pem(RSA), f"{NOTHING} certificate input"),
    (certificate(RSA), b"y", f"{NOTHING} key input"),
    (
        pem(RSA),
        certificate(RSA),
        (
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; "
            "PEM inputs may have been switched"
        ),
    ),
    (
        PARAMETERS + block("X"),
        pem(CURVE),
        (
            'tls: failed to find "CERTIFICATE" PEM block in certificate input '
            "after skipping PEM blocks of the following types: [EC PARAMETERS X]"
        ),
    ),
    (
        certificate(RSA),
        certificate(RSA),
        "tls: found a certificate rather than a key in the PEM for the private key",
    ),
    (
        certificate(RSA),
        PARAMETERS,
        (
            'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input '
            "after skipping PEM blocks of the following types: [EC PARAMETERS]"
        ),
    ),
    (block("CERTIFICATE"), pem(RSA), "x509: malformed certificate"),
    (
        certificate(RSA),
        block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AA\n\naGVsbG8="),
        "tls: failed to parse private key",
    ),
    (certificate(RSA), pem(ed448.Ed448PrivateKey.generate()), "tls: failed to parse private key"),
    (
        certificate(RSA),
        pem(x25519.X25519PrivateKey.generate()),
        "tls: found unknown private key type in PKCS#8 wrapping",
    ),
    (certificate(ed448.Ed448PrivateKey.generate(), RSA), pem(RSA), "tls: unknown public key algorithm"),
    (certificate(RSA), pem(CURVE), "tls: private key type does not match public key type"),
    (certificate(CURVE), pem(OTHER_CURVE), "tls: private key does not match public key"),
]


@pytest.mark.parametrize(("crt", "key", "problem"), CASES, ids=[f"{c[2]} {i}" for i, c in enumerate(CASES)])
def test_key_pairs(crt: bytes, key: bytes, problem: str) -> None:
    assert key_pair_problem(crt, key) == problem


def test_secrets_of_the_type_earn_the_warning_and_others_do_not() -> None:
    data = {"tls.crt": base64.b64encode(b"a").decode(), "tls.key": ""}
    secret = {"metadata": {"name": "s"}, "type": "kubernetes.io/tls", "data": data}
    assert kind("v1", "secrets").warnings(secret) == [f"{NOTHING} certificate input"]
    assert kind("v1", "secrets").warnings({**secret, "type": "Opaque"}) == []
