"""A small client for the command line's own calls, on the standard library alone so that commands start at once."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
import urllib.parse
from pathlib import Path
from typing import Any

from mockube import kubeconfig


class ApiError(RuntimeError):
    """An answer other than 2xx; the message is the server's own."""

    def __init__(self, code: int, status: dict[str, Any]) -> None:
        super().__init__(str(status.get("message") or f"HTTP {code}"))
        self.code, self.status = code, status


class ApiClient:
    """One connection to the API server that a kubeconfig names."""

    def __init__(self, config_path: Path, timeout: float = 30.0) -> None:
        config = kubeconfig.read(config_path)
        name = config.get("current-context")
        context = next(
            (c["context"] for c in config["contexts"] if c["name"] == name), config["contexts"][0]["context"]
        )
        cluster = next(c["cluster"] for c in config["clusters"] if c["name"] == context["cluster"])
        user = next(u["user"] for u in config["users"] if u["name"] == context["user"])
        self.server: str = cluster["server"]
        url = urllib.parse.urlsplit(self.server)
        self._headers = {"Accept": "application/json", "User-Agent": "mockube"}
        if token := user.get("token"):
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection = http.client.HTTPSConnection(url.netloc, context=ssl_context(cluster, user), timeout=timeout)

    def request(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """The decoded answer; raises ApiError, or OSError when the server cannot be reached."""
        headers = dict(self._headers)
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), content_type
        self._connection.request(method, path, body=data, headers=headers)
        response = self._connection.getresponse()
        raw = response.read()
        try:
            found = json.loads(raw) if raw else {}
        except ValueError:
            found = {"message": raw.decode(errors="replace").strip()}
        if response.status >= 300:
            raise ApiError(response.status, found if isinstance(found, dict) else {})
        return found

    def raw(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The answer's bytes for bytes; raises as `request` does."""
        headers = {**self._headers, "Accept": "*/*", "Content-Type": "application/octet-stream"}
        self._connection.request(method, path, body=body, headers=headers)
        response = self._connection.getresponse()
        data = response.read()
        if response.status >= 300:
            try:
                status = json.loads(data)
            except ValueError:
                status = {"message": data.decode(errors="replace").strip()}
            raise ApiError(response.status, status if isinstance(status, dict) else {})
        return data

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def ssl_context(cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:
    """What a kubeconfig says of whom to trust and who to be."""
    authority = cluster.get("certificate-authority-data")
    context = ssl.create_default_context(
        cafile=cluster.get("certificate-authority"),
        cadata=base64.b64decode(authority).decode() if authority else None,
    )
    if "client-certificate-data" in user:
        with tempfile.TemporaryDirectory() as folder:
            pair = Path(folder) / "client.pem"
            pair.touch(mode=0o600)
            pair.write_bytes(
                base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"])
            )
            context.load_cert_chain(pair)
    elif "client-certificate" in user:
        context.load_cert_chain(user["client-certificate"], user["client-key"])
    return context
