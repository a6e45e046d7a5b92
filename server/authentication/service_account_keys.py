"""The keys of ServiceAccount tokens: reading, naming and publishing them.

Models client-go/util/keyutil and pkg/serviceaccount/{jwt,openidmetadata}.go.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apimachinery.objects import Object

PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_CURVES: Final = {256: ("ES256", "P-256"), 384: ("ES384", "P-384"), 521: ("ES512", "P-521")}


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key with the id that tokens name it by and the one algorithm it is good for."""

    key_id: str
    algorithm: str
    key: PublicKey

    @classmethod
    def of(cls, key: PublicKey) -> VerifyingKey:
        """The id is the base64url of the SHA-256 of the key's DER form."""
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return cls(_base64url(hashlib.sha256(der).digest()), _algorithm(key), key)

    def to_jwk(self) -> Object:
        """The entry of a JSON Web Key Set."""
        head: Object = {"use": "sig", "kid": self.key_id, "alg": self.algorithm}
        if isinstance(self.key, rsa.RSAPublicKey):
            rsa_numbers = self.key.public_numbers()
            return {**head, "kty": "RSA", "n": _integer(rsa_numbers.n), "e": _integer(rsa_numbers.e)}
        numbers, size = self.key.public_numbers(), (self.key.key_size + 7) // 8
        curve = _CURVES[self.key.key_size][1]
        return {**head, "kty": "EC", "crv": curve, "x": _integer(numbers.x, size), "y": _integer(numbers.y, size)}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and its public half."""

    key: PrivateKey
    public: VerifyingKey

    @classmethod
    def of(cls, key: PrivateKey) -> SigningKey:
        """With the public half derived."""
        return cls(key, VerifyingKey.of(key.public_key()))


def read_private_key(path: Path) -> PrivateKey:
    """The first private key of a PEM file; ValueError when there is none that can sign tokens."""
    key = serialization.load_pem_private_key(_block(path.read_bytes(), path, "PRIVATE KEY"), None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path}: want an RSA or EC key")  # noqa: TRY004 - the file is wrong, not the caller
    return key


def read_public_keys(paths: Iterable[Path]) -> list[PublicKey]:
    """Every key of the PEM files: public keys, certificates, and the public halves of private keys. ValueError."""
    found: list[PublicKey] = []
    for path in paths:
        blocks = [(m.group(1), m.group(0)) for m in _BLOCK.finditer(path.read_bytes())]
        keys = [_public(kind, block) for kind, block in blocks if kind != b"EC PARAMETERS"]
        good = [k for k in keys if isinstance(k, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)]
        if not good:
            raise ValueError(f"{path}: data does not contain any valid RSA or ECDSA public keys")
        found += good
    return found


def load_keys(
    signing_key_file: Path | None, key_files: Sequence[Path], *, default: Path
) -> tuple[SigningKey, list[VerifyingKey]]:
    """The key that signs and all that verify; without files the one at `default`, or one that is kept nowhere."""
    if signing_key_file is not None:
        private = read_private_key(signing_key_file)
    elif default.is_file():
        private = read_private_key(default)
    else:
        private = ec.generate_private_key(ec.SECP256R1())
    signing = SigningKey.of(private)
    verifying = {signing.public.key_id: signing.public} if not key_files else {}
    for key in map(VerifyingKey.of, read_public_keys(key_files)):
        verifying.setdefault(key.key_id, key)
    return signing, list(verifying.values())


def _block(data: bytes, path: Path, kind: str) -> bytes:
    for match in _BLOCK.finditer(data):
        if match.group(1).endswith(kind.encode()):
            return match.group(0)
    raise ValueError(f"{path}: data does not contain a valid RSA or ECDSA private key")


def _public(kind: bytes, block: bytes) -> object:
    try:
        if kind == b"CERTIFICATE":
            return x509.load_pem_x509_certificate(block).public_key()
        if kind.endswith(b"PRIVATE KEY"):
            private = serialization.load_pem_private_key(block, None)
            return private.public_key()
        return serialization.load_pem_public_key(block)
    except (ValueError, TypeError):
        return None


def _algorithm(key: PublicKey) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return "RS256"
    if key.key_size not in _CURVES:
        raise ValueError("unknown public key curve, must be 256, 384, or 521")
    return _CURVES[key.key_size][0]


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _integer(number: int, size: int = 0) -> str:
    return _base64url(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))
