"""Client certificates: the common name is the user, organizations are groups. Models authentication/request/x509."""

from __future__ import annotations

from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from server.authentication.interfaces import User
from server.endpoints.request import Request


@lru_cache(maxsize=256)
def user_of(certificate: bytes) -> User | None:
    """The user of a verified DER certificate; None when it names nobody."""
    parsed = x509.load_der_x509_certificate(certificate)
    names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not names or not names[0].value:
        return None
    groups = tuple(str(a.value) for a in parsed.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME))
    return User(str(names[0].value), groups=groups)


class ClientCertificates:
    """The transport has verified the certificate against the client CAs."""

    async def authenticate(self, request: Request) -> User | None:
        """The certificate's user; None without a certificate."""
        return user_of(request.peer_certificate) if request.peer_certificate is not None else None
