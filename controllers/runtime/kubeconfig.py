"""A kubeconfig file read into what a connection needs. Models client-go/tools/clientcmd for certificates and tokens."""

from __future__ import annotations

import base64
import binascii
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apimachinery import serializer


class KubeconfigError(ValueError):
    """The kubeconfig cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class RestConfig:
    """Where the API server is and who asks: `server` without a trailing slash, PEM bytes, a bearer token or none."""

    server: str
    ca: bytes | None = None
    client_certificate: bytes | None = None
    client_key: bytes | None = None
    token: str = ""
    token_file: Path | None = None
    insecure: bool = False
    server_name: str = ""

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS side of the connection; None for a plain http server."""
        if urlsplit(self.server).scheme != "https":
            return None
        context = ssl.create_default_context(cadata=self.ca.decode() if self.ca else None)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.client_certificate and self.client_key:
            with tempfile.TemporaryDirectory() as folder:
                certificate, key = Path(folder, "tls.crt"), Path(folder, "tls.key")
                certificate.write_bytes(self.client_certificate)
                key.touch(mode=0o600)
                key.write_bytes(self.client_key)
                context.load_cert_chain(certificate, key)
        return context

    def bearer_token(self) -> str:
        """The token to send now; a token file is read anew, since whoever mounted it may rotate it."""
        return self.token_file.read_text().strip() if self.token_file else self.token


def load_kubeconfig(path: Path, *, context: str = "", server: str = "") -> RestConfig:
    """The named or current context of a kubeconfig file; `server` wins over the file's. Raises KubeconfigError."""
    try:
        document = serializer.yaml_loads(path.read_bytes())
    except OSError as error:
        raise KubeconfigError(f"cannot read kubeconfig {path}: {error.strerror}") from error
    except Exception as error:
        raise KubeconfigError(f"kubeconfig {path} is not YAML: {error}") from error
    if not isinstance(document, Mapping):
        raise KubeconfigError(f"kubeconfig {path} is not a mapping")
    chosen = context or str(document.get("current-context") or "")
    entry = _named(document, "contexts", "context", chosen, path)
    cluster = _named(document, "clusters", "cluster", str(entry.get("cluster") or ""), path)
    user = _named(document, "users", "user", str(entry["user"]), path) if entry.get("user") else {}
    if "exec" in user or "auth-provider" in user:
        raise KubeconfigError(f"kubeconfig {path}: credential plugins are not supported; use a certificate or a token")
    address = server or str(cluster.get("server") or "")
    if not address:
        raise KubeconfigError(f"kubeconfig {path} names no server")
    token_file = user.get("tokenFile")
    return RestConfig(
        server=address.rstrip("/"),
        ca=_data(cluster, "certificate-authority", path),
        client_certificate=_data(user, "client-certificate", path),
        client_key=_data(user, "client-key", path),
        token=str(user.get("token") or ""),
        token_file=path.parent / token_file if token_file else None,
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
        server_name=str(cluster.get("tls-server-name") or ""),
    )


def _named(document: Mapping[str, Any], section: str, field: str, name: str, path: Path) -> Mapping[str, Any]:
    for entry in document.get(section) or ():
        if entry.get("name") == name:
            return entry.get(field) or {}
    raise KubeconfigError(f'kubeconfig {path}: no entry "{name}" in {section}')


def _data(entry: Mapping[str, Any], field: str, path: Path) -> bytes | None:
    inline: str | None = entry.get(f"{field}-data")
    if inline:
        try:
            return base64.b64decode(inline, validate=True)
        except binascii.Error as error:
            raise KubeconfigError(f"kubeconfig {path}: {field}-data is not base64") from error
    name = entry.get(field)
    if not name:
        return None
    try:
        return Path(path.parent, name).read_bytes()
    except OSError as error:
        raise KubeconfigError(f"kubeconfig {path}: cannot read {field} {name}: {error.strerror}") from error
