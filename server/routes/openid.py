"""OIDC discovery of the ServiceAccount issuer: its configuration and its keys.

Models pkg/routes/openidmetadata.go and pkg/serviceaccount/openidmetadata.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from apimachinery import serializer
from apimachinery.objects import Object
from server.authentication.service_account_keys import VerifyingKey
from server.endpoints.dispatch import method_not_allowed
from server.endpoints.request import Request, Response
from server.endpoints.response import of_error

CONFIGURATION_PATH: Final = "/.well-known/openid-configuration"
KEYS_PATH: Final = "/openid/v1/jwks"
_CACHE: Final = "public, max-age=3600"


class OpenIdMetadata:
    """`configuration` and `keys` are the handlers of the two paths; `base_url` says where the API is reached."""

    def __init__(self, issuer: str, keys: Sequence[VerifyingKey], base_url: Callable[[], str]) -> None:
        self._issuer = issuer
        self._keys = tuple(keys)
        self._base_url = base_url

    async def configuration(self, request: Request) -> Response:
        """What an OIDC client reads first."""
        document = {
            "issuer": self._issuer,
            "jwks_uri": self._base_url() + KEYS_PATH,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": sorted({k.algorithm for k in self._keys}),
        }
        return _serve(request, document, "application/json")

    async def keys(self, request: Request) -> Response:
        """The public keys as a JSON Web Key Set."""
        return _serve(request, {"keys": [k.to_jwk() for k in self._keys]}, "application/jwk-set+json")


def _serve(request: Request, document: Object, media_type: str) -> Response:
    if request.method not in ("GET", "HEAD"):
        return of_error(request, method_not_allowed())
    return Response(200, {"Content-Type": media_type, "Cache-Control": _CACHE}, serializer.dumps(document))
