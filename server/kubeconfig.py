"""Kubeconfig files for those whom the server itself gives an identity. Models cmd/kubeadm/app/util/kubeconfig."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from apimachinery import serializer
from server.certificates import Pair


def write(
    path: Path, *, url: str, authority: Path, client: Pair, cluster: str = "mockube", user: str = "admin"
) -> None:
    """Write a kubeconfig that carries everything it needs, readable by its owner alone."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {"server": url, "certificate-authority-data": _data(authority)}}],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _data(client.certificate),
                    "client-key-data": _data(client.key),
                },
            }
        ],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": user}}],
        "current-context": cluster,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_bytes(serializer.yaml_dumps(document))
    temporary.replace(path)


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
