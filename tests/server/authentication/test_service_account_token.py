"""Signing, reading and refusing ServiceAccount tokens; reading and publishing keys."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from apimachinery.clock import ManualClock
from server.authentication.service_account import user_of
from server.authentication.service_account_keys import PrivateKey, SigningKey, VerifyingKey, load_keys, read_public_keys
from server.authentication.service_account_token import Claims, InvalidToken, Reference, TokenGenerator, TokenReader

ISSUER = "https://issuer"
NOW = ManualClock().now()
KEYS: list[PrivateKey] = [
    rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ec.generate_private_key(ec.SECP256R1()),
]
CLAIMS = Claims(
    "ns",
    Reference("bot", "u1"),
    ("api",),
    token_id="id",
    pod=Reference("p", "u2"),
    node=Reference("n"),
)


def pair(key: PrivateKey) -> tuple[TokenGenerator, TokenReader]:
    signing = SigningKey.of(key)
    return TokenGenerator(ISSUER, signing), TokenReader((ISSUER,), (signing.public,))


@pytest.mark.parametrize("key", KEYS, ids=["rsa", "ec"])
def test_what_is_signed_can_be_read(key: PrivateKey) -> None:
    generator, reader = pair(key)
    token = generator.generate(CLAIMS, now=NOW, seconds=600)
    assert reader.is_ours(token)
    assert reader.read(token, now=NOW) == CLAIMS
    header, payload = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    assert set(header) == {"alg", "kid"}
    assert payload["exp"] - payload["iat"] == 600
    assert payload["kubernetes.io"] == {
        "namespace": "ns",
        "node": {"name": "n"},
        "pod": {"name": "p", "uid": "u2"},
        "serviceaccount": {"name": "bot", "uid": "u1"},
    }


def test_tokens_expire_with_a_minute_to_spare() -> None:
    generator, reader = pair(KEYS[1])
    token = generator.generate(CLAIMS, now=NOW, seconds=600)
    reader.read(token, now=NOW + timedelta(seconds=650))
    with pytest.raises(InvalidToken, match="service account token has expired"):
        reader.read(token, now=NOW + timedelta(seconds=661))
    with pytest.raises(InvalidToken, match="not valid yet"):
        reader.read(token, now=NOW - timedelta(seconds=61))


def test_tokens_of_others_are_not_ours() -> None:
    generator, _ = pair(KEYS[1])
    token = generator.generate(CLAIMS, now=NOW, seconds=600)
    stranger = TokenReader(("https://other",), (VerifyingKey.of(KEYS[1].public_key()),))
    assert not stranger.is_ours(token)
    assert not stranger.is_ours("nonsense")


@pytest.mark.parametrize("forged", ["none", "hs256", "other-key", "changed"])
def test_forged_tokens_are_refused(forged: str) -> None:
    generator, reader = pair(KEYS[1])
    token = generator.generate(CLAIMS, now=NOW, seconds=600)
    payload = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    public = (
        KEYS[1].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    match forged:
        case "none":
            token = jwt.encode(payload, "", algorithm="none", headers={"kid": kid})
        case "hs256":
            token = _hs256(payload, public, kid)
        case "other-key":
            token = jwt.encode(
                payload, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": kid}
            )
        case _:
            head, body, signature = token.split(".")
            token = f"{head}.{body[:-4]}AAAA.{signature}"
    with pytest.raises(InvalidToken):
        reader.read(token, now=NOW)


def _hs256(payload: dict[str, object], secret: bytes, kid: str) -> str:
    import base64
    import hmac
    import json

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signed = f"{part({'alg': 'HS256', 'kid': kid})}.{part(payload)}"
    digest = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def test_the_user_carries_what_the_token_is_bound_to() -> None:
    user = user_of(CLAIMS)
    assert (user.name, user.uid) == ("system:serviceaccount:ns:bot", "u1")
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:ns")
    assert user.extra == {
        "authentication.kubernetes.io/credential-id": ("JTI=id",),
        "authentication.kubernetes.io/node-name": ("n",),
        "authentication.kubernetes.io/pod-name": ("p",),
        "authentication.kubernetes.io/pod-uid": ("u2",),
    }


def test_keys_are_published_without_their_private_half() -> None:
    for key in KEYS:
        published = VerifyingKey.of(key.public_key()).to_jwk()
        assert published["use"] == "sig"
        assert not {"d", "p", "q"} & published.keys()
        assert jwt.PyJWK(published).key_id == VerifyingKey.of(key.public_key()).key_id


def _pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_keys_come_from_certificates_public_and_private_keys(tmp_path: Path) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sa")])
    builder = x509.CertificateBuilder(name, name, KEYS[1].public_key(), 1, NOW, NOW + timedelta(days=1))
    certificate = builder.sign(KEYS[1], hashes.SHA256())
    public = (
        KEYS[0].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "cert").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "both").write_bytes(public + _pem(KEYS[1]))
    (tmp_path / "none").write_text("nothing")
    found = read_public_keys([tmp_path / "cert", tmp_path / "both"])
    assert [VerifyingKey.of(k).algorithm for k in found] == ["ES256", "RS256", "ES256"]
    with pytest.raises(ValueError, match="data does not contain any valid RSA or ECDSA public keys"):
        read_public_keys([tmp_path / "none"])


def test_the_signing_key_verifies_unless_other_keys_are_named(tmp_path: Path) -> None:
    (tmp_path / "sign").write_bytes(_pem(KEYS[0]))
    (tmp_path / "verify").write_bytes(_pem(KEYS[1]))
    signing, verifying = load_keys(tmp_path / "sign", (), default=tmp_path / "absent")
    assert verifying == [signing.public]
    _, verifying = load_keys(tmp_path / "sign", (tmp_path / "verify",), default=tmp_path / "absent")
    assert [k.algorithm for k in verifying] == ["ES256"]
    signing, _ = load_keys(None, (), default=tmp_path / "sign")
    assert signing.public.algorithm == "RS256"
